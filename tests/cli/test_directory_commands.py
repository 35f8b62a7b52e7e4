import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col
from typer.testing import CliRunner, Result

from app.audit.models import AuditEntry
from app.audit.service import SERVICE, first_broken
from app.cli import build
from app.directory.service import Directory, current_directory
from app.http.context import Context
from app.settings import Settings

HEADER = "code,name,level,parent,area_km2,east_km,north_km,source"


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))


def call(*words: str) -> Result:
    return CliRunner().invoke(build(), words)


async def maraude(*words: str) -> str:
    result = await asyncio.to_thread(call, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


async def made(*words: str) -> Any:
    return json.loads(await maraude(*words, "--json"))


async def refused(*words: str, code: int = 1) -> str:
    result = await asyncio.to_thread(call, *words)
    assert result.exit_code == code, result.output
    return result.stderr


@pytest.fixture(scope="module")
async def org(settings: Settings) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
        patch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
        return str((await made("org", "create", "Les Haltes"))["id"])


async def directory(context: Context) -> Directory:
    async with context.database.reading() as session:
        return await current_directory(context.database, session, context.clock(), fresh=True)


async def acts(context: Context, org_id: UUID) -> list[str]:
    wanted = select(col(AuditEntry.action)).where(col(AuditEntry.org_id) == org_id).order_by(col(AuditEntry.number))
    async with context.database.reading() as session:
        assert await first_broken(session, context.keyring, org_id) is None
        return list((await session.execute(wanted)).scalars())


async def test_a_facility_is_entered_given_hours_and_closed(context: Context, org: str) -> None:
    entered = await made(
        *("facility", "create", "Halte de la Chapelle", "--org", "Les Haltes"),
        *("--kind", "rest_room", "--territory", "7511804", "--from", "2025-01-01"),
    )
    await maraude("facility", "hours", "halte de la chapelle", "mon-fri 09:00-17:30", "sat 21:00-07:00")
    await maraude("facility", "hours", entered["id"], "fri-mon 22:00-06:00", "--from", "2030-01-01")
    await maraude("facility", "close", entered["id"], "--on", "2031-01-01")

    [listed] = [one for one in await made("facility", "list", "--kind", "rest_room") if one["id"] == entered["id"]]
    assert listed == {
        "id": entered["id"],
        "name": "Halte de la Chapelle",
        "kind": "rest_room",
        "territory": "7511804",
        "operator": "Les Haltes",
        "opened_on": "2025-01-01",
        "closed_on": "2031-01-01",
    }
    hours = (await directory(context)).facilities[UUID(entered["id"])].hours
    now = [(one.weekday.value, one.opens, one.closes) for one in hours if one.valid_until is not None]
    weekdays = [(day, 540, 1050) for day in ("monday", "tuesday", "wednesday", "thursday", "friday")]
    assert sorted(now) == sorted([*weekdays, ("saturday", 1260, 1860)])
    later = {one.weekday.value for one in hours if one.valid_until is None}
    assert later == {"friday", "saturday", "sunday", "monday"}
    assert [act for act in await acts(context, UUID(org)) if act.startswith("facility")] == [
        "facility.create",
        "facility.hours",
        "facility.hours",
        "facility.close",
    ]


async def test_hours_may_be_taken_away(context: Context, org: str) -> None:
    entered = await made(
        *("facility", "create", "Accueil", "--org", org, "--kind", "social_rights", "--territory", "75118"),
    )
    await maraude("facility", "hours", "Accueil", "daily 00:00-24:00", "--from", "2026-01-01")
    await maraude("facility", "hours", "Accueil", "--from", "2026-01-01")
    assert (await directory(context)).facilities[UUID(entered["id"])].hours == ()


@pytest.mark.usefixtures("org")
@pytest.mark.parametrize(
    "opening",
    ["monday 9-17", "mon 25:00-26:00", "mon 09:60-10:00", "mon-xyz 09:00-10:00", "daily-fri 09:00-10:00", ""],
)
async def test_an_opening_that_cannot_be_read_is_a_wrong_use(opening: str) -> None:
    assert "opening" in await refused("facility", "hours", "Accueil", opening, code=2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--kind": "palace"}, "/kind"),
        ({"--territory": "75"}, "/territory"),
        ({"--org": "Nobody"}, "no such organisation"),
    ],
)
@pytest.mark.usefixtures("org")
async def test_a_facility_that_cannot_stand_is_refused(changes: dict[str, str], said: str) -> None:
    options = {"--org": "Les Haltes", "--kind": "rest_room", "--territory": "7511804"} | changes
    words = [word for option in options.items() for word in option]
    assert said in await refused("facility", "create", "Halte", *words)


async def test_a_day_that_is_none_is_a_wrong_use() -> None:
    await refused("facility", "close", "Accueil", "--on", "tomorrow", code=2)


async def test_a_perimeter_is_entered_once(context: Context) -> None:
    words = ("perimeter", "create", "seine", "--label-fr", "Seine", "--label-en", "Seine", "--territory", "93")
    await maraude(*words, "--territory", "75119")
    assert "There is a perimeter" in await refused(*words)
    found = {one["code"]: (one["territories"], one["in_use"]) for one in await made("perimeter", "list")}
    assert found == {"paris-nord-est": ("75118 75120", True), "seine": ("75119 93", False)}
    assert "93001" in (await directory(context)).within("seine")
    assert "perimeter.create" in await acts(context, SERVICE)


async def test_a_perimeter_that_cannot_stand_is_refused() -> None:
    labels = ("--label-fr", "x", "--label-en", "x")
    assert "/code" in await refused("perimeter", "create", "Seine!", *labels, "--territory", "93")
    assert "/territories" in await refused("perimeter", "create", "nowhere", *labels, "--territory", "00")


async def test_territories_are_listed_by_level_and_place() -> None:
    quarters = await made("territory", "list", "--below", "75118", "--level", "quarter")
    assert [one["name"] for one in quarters] == ["Grandes-Carrières", "Clignancourt", "Goutte-d'Or", "La Chapelle"]
    assert "Île-de-France" in await maraude("territory", "list", "--level", "region")


async def test_territories_are_imported_from_a_file(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "territories.csv"
    file.write_text(f"{HEADER}\n93027,La Courneuve,commune,93,7.52,,,Insee\n", encoding="utf-8-sig")
    assert await made("territory", "import", str(file)) == {"new": 1, "changed": 0}
    assert await made("territory", "import", str(file)) == {"new": 0, "changed": 0}
    assert "93027" in (await directory(context)).territories
    assert (await acts(context, SERVICE)).count("territory.import") == 1
    file.write_text(f"{HEADER}\n99027,Ailleurs,commune,99,,,,Insee\n", encoding="utf-8")
    assert "/0/parent" in await refused("territory", "import", str(file))
    file.write_bytes("code\nÉ\n".encode("latin-1"))
    assert "UTF-8" in await refused("territory", "import", str(file))


async def test_kinds_are_listed_with_their_timers() -> None:
    kinds = {one["code"]: one for one in await made("kind", "list")}
    assert kinds["reintegration_housing"]["expires_after_h"] == 30 * 24
    assert kinds["reintegration_housing"]["success"] == "admitted"
    assert len(kinds) == 9


async def test_a_dated_event_is_entered_and_listed_by_day(context: Context) -> None:
    said = ("--label-fr", "Évacuation du campement", "--label-en", "Camp cleared", "--source", "préfecture de police")
    later = await made("annotation", "add", "eviction", "--on", "2026-03-10", "--territory", "7511804", *said)
    first = await made("annotation", "add", "law", "--on", "2026-01-01", *said)
    assert first["territory"] is None
    listed = await made("annotation", "list")
    assert [(one["id"], one["kind"], one["territory"]) for one in listed] == [
        (first["id"], "law", None),
        (later["id"], "eviction", "7511804"),
    ]
    assert listed[1] == {
        "id": later["id"],
        "day": "2026-03-10",
        "kind": "eviction",
        "territory": "7511804",
        "label_fr": "Évacuation du campement",
        "label_en": "Camp cleared",
        "source": "préfecture de police",
    }
    assert (await acts(context, SERVICE))[-2:] == ["annotation.add", "annotation.add"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--territory": "9999999"}, "/territory must be a territory of the directory."),
        ({"--label-fr": ""}, "/label_fr must have 1 to 120 characters."),
        ({"--source": "x" * 121}, "/source must have 1 to 120 characters."),
    ],
)
async def test_a_dated_event_that_cannot_be_shown_is_refused(changes: dict[str, str], said: str) -> None:
    options = {"--on": "2026-03-10", "--label-fr": "Loi", "--label-en": "Law", "--source": "JO", **changes}
    words = [word for pair in options.items() for word in pair]
    assert said in await refused("annotation", "add", "law", *words)
