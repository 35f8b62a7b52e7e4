"""`maraude account | token`: people who read or administer, and their tokens."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from app.cli.identity import NewName, Org, organisation_of
from app.cli.running import AsJson, Hand, iso, pick, run, show_list, show_made
from app.identity.tokens import handle_of
from app.identity.vocabulary import ACCOUNT_ROLES, MOST_PULL_DAYS, Reach, Role

if TYPE_CHECKING:
    from datetime import datetime

    from app.identity.records import Account, TokenInUse

account: Final = typer.Typer(help="People who read or administer.", no_args_is_help=True)
token: Final = typer.Typer(help="Bearer tokens of accounts: which are in use, and ending one.", no_args_is_help=True)

GROUPS: Final[Mapping[str, typer.Typer]] = {"token": token}

_TOGETHER: Final = "HANDLE and --org go together; without both the token's text is read from standard input."
AccountMeant = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, by id or name.")]


async def account_of(hand: Hand, org_id: UUID, meant: str) -> "Account":
    """Return the account of an organisation whose id or name was typed."""
    from app.identity import service

    return pick(await service.list_accounts(hand.session, org_id), meant, lambda a: a.name, "account")


@account.command("create")
def create_account(
    name: NewName,
    org: Org,
    role: Annotated[Role, typer.Option(help=f"One of {', '.join(ACCOUNT_ROLES)}.", show_choices=False)],
    reach: Annotated[Reach, typer.Option(help="How far a coordinator's view goes.")] = Reach.organisation,
    perimeter: Annotated[str | None, typer.Option(help="Code of the perimeter the view is confined to.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make an account and print its id."""
    from app.identity import service

    async def work(h: Hand) -> UUID:
        org_id = (await organisation_of(h, org)).id
        return await service.create_account(
            h.session, h.keyring, h.now, org_id=org_id, name=name, role=role, reach=reach, perimeter=perimeter
        )

    show_made({"id": run(work), "name": name, "role": role.value}, as_json=as_json)


@account.command("list")
def list_accounts(org: Org, *, as_json: AsJson = False) -> None:
    """List the accounts of an organisation, revoked ones included, and when the tokens they have in use end."""
    from app.identity import service

    async def work(h: Hand) -> "tuple[Sequence[Account], Mapping[UUID, Sequence[datetime]]]":
        org_id = (await organisation_of(h, org)).id
        return await service.list_accounts(h.session, org_id), await service.token_ends(h.session, org_id, h.now)

    accounts, ends = run(work)
    rows = [
        {
            "id": a.id,
            "name": a.name,
            "role": a.role,
            "reach": a.reach,
            "perimeter": a.perimeter,
            "revoked_at": iso(a.revoked_at),
            "tokens_until": " ".join(str(iso(end)) for end in ends.get(a.id, ())) or None,
        }
        for a in accounts
    ]
    show_list(rows, as_json=as_json)


@account.command("token")
def issue_account_token(
    account: AccountMeant,
    org: Org,
    days: Annotated[
        int | None, typer.Option(min=1, max=MOST_PULL_DAYS, help="Good for so many days; for a monitor's account only.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Issue a bearer token for an account and print it, once; good for a day, or a monitor's for `--days`."""
    from app.identity import service

    async def work(h: Hand) -> dict[str, Any]:
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        whose = {"org_id": org_id, "account_id": account_id}
        if days is None:
            issued = await service.issue_account_token(h.session, h.keyring, h.now, h.settings.token_lifetime, **whose)
        else:
            issued = await service.issue_pull_token(h.session, h.keyring, h.now, days, **whose)
        return {"token": issued.token, "expires_at": iso(issued.expires_at), "handle": issued.handle}

    show_made(run(work), as_json=as_json)


@account.command("revoke")
def revoke_account(account: AccountMeant, org: Org) -> None:
    """Shut an account out: every worker refuses it within a second."""
    from app.identity import service

    async def work(h: Hand) -> None:
        org_id = (await organisation_of(h, org)).id
        account_id = (await account_of(h, org_id, account)).id
        await service.revoke_account(h.session, h.keyring, h.now, org_id=org_id, account_id=account_id)

    run(work)


@token.command("list")
def list_tokens(
    org: Org,
    account: Annotated[str | None, typer.Option(help="Only those of this account, by id or name.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the tokens of accounts that are in use, each by its handle: their texts are shown once and not kept."""
    from app.identity import service

    async def work(h: Hand) -> "Sequence[TokenInUse]":
        org_id = (await organisation_of(h, org)).id
        only = (await account_of(h, org_id, account)).id if account is not None else None
        tokens = await service.list_tokens(h.session, org_id, h.now)
        return [token for token in tokens if only in {None, token.account_id}]

    rows = [
        {
            "handle": handle_of(token.digest),
            "account": token.account_name,
            "issued_at": iso(token.issued_at),
            "expires_at": iso(token.expires_at),
        }
        for token in run(work)
    ]
    show_list(rows, as_json=as_json)


@token.command("revoke")
def revoke_token(
    handle: Annotated[
        str | None, typer.Argument(help="The token's handle, or as much of it as no other begins with.")
    ] = None,
    org: Annotated[str | None, typer.Option("--org", help="With a handle: the organisation, by id or name.")] = None,
) -> None:
    """Withdraw one token, by its handle; without one its text is read from standard input: no shell remembers it."""
    from app.identity import service

    async def work(h: Hand, handle: str, org: str) -> None:
        org_id = (await organisation_of(h, org)).id
        await service.revoke_token_called(h.session, h.keyring, h.now, org_id=org_id, handle=handle)

    if handle is not None and org is not None:
        run(partial(work, handle=handle, org=org))
    elif handle is None and org is None:
        given = typer.prompt("Token", hide_input=True).strip()
        run(lambda h: service.revoke_token(h.session, h.keyring, h.now, given))
    else:
        raise typer.BadParameter(_TOGETHER)
