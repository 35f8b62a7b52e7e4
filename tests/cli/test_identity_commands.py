import asyncio
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import build
from app.clock import utc_now
from app.demo.device import Device, RefusedError
from app.http.context import Context
from app.settings import Settings
from tests.clock import SetClock

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{5}){2}")


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
    monkeypatch.setenv("MARAUDE_PUBLIC_URL", settings.public_url)


def call(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(build(), words, input=given)


async def maraude(*words: str, given: str | None = None) -> str:
    """Run a command that must go well; return what it printed."""
    result = await asyncio.to_thread(call, *words, given=given)
    assert result.exit_code == 0, result.output
    return result.stdout


async def made(*words: str) -> Any:
    return json.loads(await maraude(*words, "--json"))


async def refused(*words: str, code: int = 1) -> str:
    """Run a command that must fail; return what it said on stderr."""
    result = await asyncio.to_thread(call, *words)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return result.stderr


async def test_a_team_takes_phones_until_it_is_closed(context: Context) -> None:
    org = await made("org", "create", "Aux Portes", "--kind", "association")
    team = await made("team", "create", "Nuit", "--org", "Aux Portes", "--night")
    opened = await made("device", "enrol", "--org", org["id"], "--team", "nuit", "--label", "téléphone 1")
    assert opened["payload"] == f"maraude:{context.settings.public_url}?code={opened['code']}"

    listed = await made("team", "list", "--org", "Aux Portes")
    assert listed == [{"id": team["id"], "name": "Nuit", "night": True, "closed_at": None}]
    await maraude("team", "close", "Nuit", "--org", "Aux Portes")
    assert (await made("team", "list", "--org", "Aux Portes"))[0]["closed_at"] is not None
    assert "open team" in await refused("device", "enrol", "--org", org["id"], "--team", "Nuit", "--label", "x")


async def test_a_device_is_let_in_listed_and_shut_out(
    client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    clock.now = utc_now()
    await maraude("org", "create", "Les Quais")
    await maraude("team", "create", "Jour", "--org", "Les Quais")
    shown = await maraude("device", "enrol", "--org", "Les Quais", "--team", "Jour", "--label", "téléphone 2")
    found = CODE.search(shown)
    assert found is not None
    assert "█" in shown

    phone = Device(client, context.settings.public_url, clock)
    await phone.enrol(found[0])
    listed = await made("device", "list", "--org", "Les Quais")
    assert [(d["label"], d["team"], d["revoked_at"]) for d in listed] == [("téléphone 2", "Jour", None)]
    await maraude("device", "revoke", "téléphone 2", "--org", "Les Quais")
    await maraude("device", "revoke", listed[0]["id"], "--org", "Les Quais")
    with pytest.raises(RefusedError):
        await phone.renew()


async def test_an_account_gets_a_token_and_loses_it(client: httpx.AsyncClient, clock: SetClock) -> None:
    async def status(token: str) -> int:
        return (await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code

    clock.now = utc_now()
    await maraude("org", "create", "Ville", "--kind", "city")
    words = ("--org", "Ville", "--role", "coordinator", "--reach", "perimeter", "--perimeter", "paris-nord-est")
    account = await made("account", "create", "coordination", *words)
    first, second = [await made("account", "token", "coordination", "--org", "Ville") for _ in range(2)]
    await maraude("token", "revoke", given=f"{first['token']}\n")
    assert [await status(issued["token"]) for issued in (first, second)] == [401, 200]
    await maraude("account", "revoke", account["id"], "--org", "Ville")
    await asyncio.sleep(1)
    assert await status(second["token"]) == 401
    listed = await made("account", "list", "--org", "Ville")
    assert [(a["name"], a["role"], a["revoked_at"] is None) for a in listed] == [("coordination", "coordinator", False)]


async def test_a_monitor_s_programs_get_a_token_of_days_and_nobody_else_s(
    client: httpx.AsyncClient, clock: SetClock
) -> None:
    clock.now = utc_now()
    await maraude("org", "create", "Cour", "--kind", "ministry")
    for name, role in (("suivi", "monitor"), ("coordination", "coordinator")):
        await maraude("account", "create", name, "--org", "Cour", "--role", role)
    issued = await made("account", "token", "suivi", "--org", "Cour", "--days", "90")
    await made("account", "token", "coordination", "--org", "Cour")
    ends = {a["name"]: a["tokens_until"] for a in await made("account", "list", "--org", "Cour")}
    assert ends["suivi"] == issued["expires_at"]
    left = datetime.fromisoformat(issued["expires_at"]) - clock.now
    assert timedelta(days=90) - timedelta(minutes=1) < left < timedelta(days=90, minutes=1)
    assert ends["coordination"] < ends["suivi"]
    bearer = {"Authorization": f"Bearer {issued['token']}"}
    assert (await client.get("/v1/plans", headers=bearer)).status_code == 200
    assert "only a monitor's" in await refused("account", "token", "coordination", "--org", "Cour", "--days", "1")
    for days in ("0", "91", "-1", "x"):
        assert await refused("account", "token", "suivi", "--org", "Cour", "--days", days, code=2)
    await maraude("token", "revoke", given=f"{issued['token']}\n")
    await asyncio.sleep(1)
    assert (await client.get("/v1/plans", headers=bearer)).status_code == 401
    assert {a["name"]: a["tokens_until"] for a in await made("account", "list", "--org", "Cour")}["suivi"] is None


async def test_a_token_whose_text_is_lost_is_listed_and_ended_by_its_handle(
    client: httpx.AsyncClient, clock: SetClock
) -> None:
    clock.now = utc_now()
    await maraude("org", "create", "Perdue", "--kind", "ministry")
    for name in ("classeur", "tableau"):
        await maraude("account", "create", name, "--org", "Perdue", "--role", "monitor")
    words = ("--org", "Perdue", "--days", "30")
    first, second = [await made("account", "token", "classeur", *words) for _ in range(2)]
    await made("account", "token", "tableau", *words)
    listed = await made("token", "list", "--org", "Perdue", "--account", "classeur")
    assert {one["handle"] for one in listed} == {first["handle"], second["handle"]}
    assert {one["account"] for one in listed} == {"classeur"}
    assert sorted(one["expires_at"] for one in listed) == sorted(one["expires_at"] for one in (first, second))
    assert len(await made("token", "list", "--org", "Perdue")) == 3
    await maraude("token", "revoke", first["handle"], "--org", "Perdue")
    kept = await made("token", "list", "--org", "Perdue", "--account", "classeur")
    assert [one["handle"] for one in kept] == [second["handle"]]
    bearers = [{"Authorization": f"Bearer {issued['token']}"} for issued in (first, second)]
    assert [(await client.get("/v1/me", headers=bearer)).status_code for bearer in bearers] == [401, 200]
    assert "no such token" in await refused("token", "revoke", first["handle"], "--org", "Perdue")
    assert await refused("token", "revoke", second["handle"], code=2)
    assert await refused("token", "revoke", "--org", "Perdue", code=2)


async def test_problems_are_a_sentence_on_stderr() -> None:
    await maraude("org", "create", "Deux Fois")
    assert "already there" in await refused("org", "create", "Deux Fois")
    assert "no such organisation" in await refused("team", "list", "--org", "Personne")
    assert "no such team" in await refused("team", "close", "Personne", "--org", "Deux Fois")
    assert "/name" in await refused("org", "create", " ")
    assert "/role" in await refused("account", "create", "x", "--org", "Deux Fois", "--role", "team_device")
    assert "/perimeter" in await refused(
        "account", "create", "x", "--org", "Deux Fois", "--role", "dpo", "--reach", "perimeter"
    )


async def test_two_teams_of_one_name_are_told_apart_by_id() -> None:
    await maraude("org", "create", "Jumeaux")
    teams = [await made("team", "create", "Est", "--org", "Jumeaux") for _ in range(2)]
    assert "give its id" in await refused("team", "close", "Est", "--org", "Jumeaux")
    await maraude("team", "close", teams[0]["id"], "--org", "Jumeaux")


@pytest.mark.parametrize(
    "words",
    [
        ("org", "create"),
        ("org", "create", "X", "--kind", "club"),
        ("device", "enrol", "--org", "X", "--label", "x"),
        ("device", "enrol", "--org", "X", "--label", "x", "--facility", "not-an-id"),
        ("device", "fly"),
    ],
)
async def test_a_wrong_use_ends_with_two(words: tuple[str, ...]) -> None:
    assert await refused(*words, code=2)


async def test_a_database_nobody_migrated_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    assert "maraude migrate" in await refused("org", "list")


async def test_a_setting_that_is_not_valid_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_READ_TIMEOUT_S", "soon")
    assert "MARAUDE_READ_TIMEOUT_S" in await refused("org", "list")


async def test_lists_for_people_have_a_heading() -> None:
    await maraude("org", "create", "Une Liste", "--kind", "hospital")
    lines = (await maraude("org", "list")).splitlines()
    assert lines[0].split() == ["id", "name", "kind"]
    assert any(line.split()[1:] == ["Une", "Liste", "hospital"] for line in lines)


@pytest.mark.parametrize("group", ["org", "team", "device", "account", "token"])
def test_every_command_explains_itself(group: str) -> None:
    assert call(group, "--help").exit_code == 0
    assert "Usage" in call(group, "--help").stdout
