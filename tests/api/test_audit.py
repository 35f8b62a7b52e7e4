"""A data-protection officer reads who asked and did what, when; reading is itself on the log."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.audit.service import SERVICE, Act, append
from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from app.settings import Settings
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import House, account_token, found
from tests.street import store

Json = dict[str, Any]


@pytest.fixture
async def officer(context: Context, house: House) -> str:
    return await account_token(context, house, Role.dpo)


async def read(client: httpx.AsyncClient, token: str, **asked: Any) -> Json:
    answer = await client.get("/v1/audit", params=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


async def test_it_says_who_did_what_when(
    client: httpx.AsyncClient, phone: Device, officer: str, clock: SetClock
) -> None:
    clock.advance(timedelta(minutes=3))
    await store(phone, "encounters", make.encounter())
    latest = (await read(client, officer, size=1))["items"][0]
    assert (latest["action"], latest["label_fr"]) == ("encounter.post", "Envoi de rencontres")
    assert latest["label_en"] == "Encounters posted"
    assert latest["actor"] == {
        "id": phone.enrolled["device_id"],
        "kind": "device",
        "name": "téléphone de maraude",
        "role": None,
    }
    assert latest["at"] == "2026-03-02T20:03:00Z"
    assert {"name": "created", "value": "1"} in latest["details"]


async def test_it_names_the_coordinator_who_asked_and_what_for(
    client: httpx.AsyncClient, context: Context, house: House, officer: str
) -> None:
    coordinator = await account_token(context, house, Role.coordinator)
    asked = {"from": "2026-01-01", "to": "2026-02-01", "territory": "75118"}
    await client.get("/v1/metrics/funnel", params=asked, headers={"Authorization": f"Bearer {coordinator}"})
    latest = (await read(client, officer, size=1))["items"][0]
    assert (latest["actor"]["kind"], latest["actor"]["role"]) == ("account", "coordinator")
    assert latest["action"] == "metrics.funnel"
    said = {detail["name"]: detail["value"] for detail in latest["details"]}
    assert asked.items() <= said.items()


async def test_reading_it_is_on_it(client: httpx.AsyncClient, officer: str) -> None:
    first = await read(client, officer)
    again = (await read(client, officer, size=1))["items"][0]
    assert (again["action"], again["actor"]["role"]) == ("audit.read", "dpo")
    assert {"name": "entries", "value": str(len(first["items"]))} in again["details"]


async def test_its_pages_hold_every_act_once(
    client: httpx.AsyncClient, context: Context, house: House, officer: str
) -> None:
    async with context.database.writing() as session:
        acts = [Act(house.org_id, SERVICE, "team.create", NIGHT, {}) for _ in range(7)]
        await append(session, context.keyring, acts)
    page = await read(client, officer, size=3)
    newest = page["items"][0]["number"]
    numbers = [entry["number"] for entry in page["items"]]
    while page["next"] is not None:
        page = await read(client, officer, size=3, cursor=page["next"])
        numbers += [entry["number"] for entry in page["items"]]
    assert numbers == list(range(newest, 0, -1))


async def test_its_days_are_those_of_paris(
    client: httpx.AsyncClient, context: Context, house: House, officer: str
) -> None:
    midnight = NIGHT.replace(year=2027, month=7, day=1, hour=0) - timedelta(hours=1)  # 00:00 in summer
    async with context.database.writing() as session:
        acts = [
            Act(house.org_id, SERVICE, "team.create", midnight + shift, {})
            for shift in (timedelta(milliseconds=-1), timedelta(0), timedelta(hours=24), timedelta(hours=24.1))
        ]
        await append(session, context.keyring, acts)
    found_ = await read(client, officer, **{"from": "2027-07-01", "to": "2027-07-02"})
    assert [entry["at"] for entry in found_["items"]] == ["2027-06-30T22:00:00Z"]


async def test_it_is_of_ones_own_organisation(client: httpx.AsyncClient, context: Context, officer: str) -> None:
    other = await account_token(context, await found(context), Role.dpo)
    own = {entry["actor"]["id"] for entry in (await read(client, officer))["items"]}
    page = await read(client, officer, size=1)
    foreign = await read(client, other, cursor=page["next"], size=200)
    assert len(own & {entry["actor"]["id"] for entry in foreign["items"]} - {str(SERVICE)}) == 0


@pytest.mark.parametrize("role", [Role.coordinator, Role.monitor, Role.administrator])
async def test_nobody_else_reads_it(client: httpx.AsyncClient, context: Context, house: House, role: Role) -> None:
    token = await account_token(context, house, role)
    answer = await client.get("/v1/audit", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-03-02", "to": "2026-03-02"},
        {"from": "2026-03-03", "to": "2026-03-02"},
        {"cursor": "x"},
        {"size": "0"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
    ],
)
async def test_a_span_or_a_cursor_that_makes_no_sense_is_no_failure(
    client: httpx.AsyncClient, officer: str, asked: dict[str, str]
) -> None:
    answer = await client.get("/v1/audit", params=asked, headers={"Authorization": f"Bearer {officer}"})
    assert answer.status_code in ({200} if set(asked) in ({"to"}, {"from"}) else {422})


class TestOnSqlite:
    """The triggers refuse what is no addition; they are no match for whoever may change the schema."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET at = 0",
            "DELETE FROM audit_entry",
            "DELETE FROM audit_entry WHERE number = 1",
            "REPLACE INTO audit_entry SELECT * FROM audit_entry LIMIT 1",
            "INSERT OR IGNORE INTO audit_entry SELECT * FROM audit_entry LIMIT 1",
            "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE true ON CONFLICT DO UPDATE SET at = 0",
        ],
    )
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.usefixtures("house")
    async def test_an_entry_stays_as_it_is(self, context: Context, statement: str) -> None:
        from sqlalchemy.exc import IntegrityError

        with pytest.raises(IntegrityError, match="only added to"):
            async with context.database.writing() as session:
                await session.execute(text(statement))


@pytest.mark.usefixtures("house")
async def test_the_service_writes_anchors_by_itself(settings: Settings, tmp_path: Path) -> None:
    import asyncio

    from app.main import create_app

    soon = settings.model_copy(update={"anchors_dir": tmp_path, "anchor_interval_s": 0.05})
    app = create_app(soon, clock=SetClock())
    async with app.router.lifespan_context(app):
        for _ in range(100):
            await asyncio.sleep(0.05)
            if (tmp_path / "anchors.txt").exists():
                break
        await asyncio.sleep(0.3)
    lines = (tmp_path / "anchors.txt").read_text().splitlines()
    assert lines
    assert len({line.split()[1] for line in lines}) == len(lines)  # once, however often it looked
