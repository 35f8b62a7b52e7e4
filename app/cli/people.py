"""`maraude account invite | link | unlink | sign-out`: how people come to sign in, and stop."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from app.cli.accounts import AccountMeant, account, account_of
from app.cli.identity import Org, organisation_of
from app.cli.running import AsJson, Hand, fail, iso, run, show_made

GROUPS: Final[Mapping[str, typer.Typer]] = {"account": account}
"""The commands of `accounts`, and those below."""


@account.command("invite")
def invite(
    account: AccountMeant,
    org: Org,
    login: Annotated[str | None, typer.Option(help="Name to sign in with; made of the account's name if none.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Open an invitation and print its code, and the QR for the person's authenticator app; both are shown once."""
    from app.signin import service

    async def work(h: Hand) -> dict[str, Any]:
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        made = await service.invite(
            h.session, h.keyring, h.settings, h.now, org_id=org_id, account_id=account_id, login=login
        )
        page = f"{h.settings.public_url.rstrip('/')}/invitation"
        return {
            "code": made.code,
            "login": made.login,
            "expires_at": iso(made.expires_at),
            "page": page,
            "otpauth": made.otpauth,
        }

    made = run(work)
    show_made(made, as_json=as_json)
    if not as_json:
        import segno

        segno.make(made["otpauth"], error="m", micro=False).terminal(compact=True)


@account.command("link")
def link(
    account: AccountMeant,
    org: Org,
    subject: Annotated[str, typer.Option(help="The subject (`sub`) the OpenID provider gives this person.")],
) -> None:
    """Let a subject of the OpenID provider sign in as this account, in place of any that did."""
    from app.signin import service

    async def work(h: Hand) -> bool:
        if h.settings.oidc_issuer is None:
            return False
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        await service.link_subject(
            h.session,
            h.keyring,
            h.now,
            org_id=org_id,
            account_id=account_id,
            issuer=h.settings.oidc_issuer,
            subject=subject,
        )
        return True

    if not run(work):
        fail("No provider is set: MARAUDE_OIDC_ISSUER names it.")


@account.command("unlink")
def unlink(account: AccountMeant, org: Org) -> None:
    """Take the account's subject away and end its sessions."""
    from app.signin import service

    async def work(h: Hand) -> None:
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        await service.unlink_subject(h.session, h.keyring, h.now, org_id=org_id, account_id=account_id)

    run(work)


@account.command("sign-out")
def sign_out(account: AccountMeant, org: Org) -> None:
    """End every session of an account: every worker refuses them from the next request on.

    Its bearer tokens stay good: `maraude token list` names them, `maraude token revoke` or `account revoke` ends them.
    """
    from app.signin import service

    async def work(h: Hand) -> int:
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        return await service.sign_out_everywhere(h.session, h.keyring, h.now, org_id, account_id)

    typer.echo(f"{run(work)} sessions ended.")
