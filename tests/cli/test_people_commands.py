"""`maraude account invite | link | unlink | sign-out`."""

from typing import Any

import pytest

from app.http.context import Context
from app.settings import Settings
from app.signin.models import AccountInvitation, FederatedIdentity
from tests.cli.test_identity_commands import call, made, maraude, refused
from tests.street import rows

_ISSUER = "https://login.example.org"


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
    monkeypatch.setenv("MARAUDE_OIDC_ISSUER", _ISSUER)


@pytest.fixture
async def account(context: Context, request: pytest.FixtureRequest) -> tuple[str, str]:  # noqa: ARG001 - migrated
    """The names of an organisation and of an account of its."""
    org = f"Maison {request.node.name}"
    await made("org", "create", org, "--kind", "association")
    await made("account", "create", "Coordination Été", "--org", org, "--role", "coordinator")
    return org, "Coordination Été"


async def test_an_invitation_is_printed_once_with_what_the_app_needs(
    context: Context, account: tuple[str, str]
) -> None:
    org, name = account
    printed: Any = await made("account", "invite", name, "--org", org, "--login", "coord.nord")
    assert printed["login"] == "coord.nord"
    assert printed["page"].endswith("/invitation")
    assert printed["otpauth"].startswith("otpauth://totp/Maraude:coord.nord?secret=")
    [stored] = await rows(context, AccountInvitation, login="coord.nord")
    assert printed["code"].replace("-", "") not in repr(stored)


async def test_a_login_is_made_of_the_name_and_shown_with_a_qr(account: tuple[str, str]) -> None:
    org, name = account
    shown = await maraude("account", "invite", name, "--org", org)
    assert "coordination-ete" in shown
    assert "█" in shown


async def test_a_login_belongs_to_one_account(account: tuple[str, str]) -> None:
    org, name = account
    await made("account", "create", "Suivi", "--org", org, "--role", "monitor")
    await made("account", "invite", name, "--org", org, "--login", "taken.already")
    assert "login" in await refused("account", "invite", "Suivi", "--org", org, "--login", "Taken.Already")
    assert "/login" in await refused("account", "invite", "Suivi", "--org", org, "--login", "a b")


async def test_a_subject_is_linked_to_one_account_and_unlinked(context: Context, account: tuple[str, str]) -> None:
    org, name = account
    await made("account", "create", "Suivi", "--org", org, "--role", "monitor")
    subject = f"subject of {org}"
    await maraude("account", "link", name, "--org", org, "--subject", subject)
    held = await rows(context, FederatedIdentity)
    assert subject not in repr(held)
    assert "another account" in await refused("account", "link", "Suivi", "--org", org, "--subject", subject)
    await maraude("account", "unlink", name, "--org", org)
    assert len(await rows(context, FederatedIdentity)) == len(held) - 1


async def test_without_a_provider_nothing_is_linked(account: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARAUDE_OIDC_ISSUER")
    org, name = account
    assert "MARAUDE_OIDC_ISSUER" in await refused("account", "link", name, "--org", org, "--subject", "x")


async def test_signing_out_says_how_many_sessions_ended(account: tuple[str, str]) -> None:
    org, name = account
    assert await maraude("account", "sign-out", name, "--org", org) == "0 sessions ended.\n"


def test_commands_of_accounts_are_together() -> None:
    words = call("account", "--help").stdout
    assert all(word in words for word in ("create", "token", "invite", "link", "unlink", "sign-out"))
