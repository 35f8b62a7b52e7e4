"""Housing of days whose records are coarse: the whole answer and every indicator are what they were."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.audit.service import append
from app.directory.models import FacilityReport
from app.encounters.models import Encounter
from app.http.context import Context
from app.ingest.coarse import CLOSED
from app.metrics.housing.definitions import INDICATORS
from app.metrics.housing.models import ExitSighting, FollowedExit, PlaceNight, StayLeft, StayOpened
from app.metrics.refreshing import FACTS, rebuild, verify
from app.referrals.models import Referral
from app.retention import service
from app.retention.service import purge
from app.settings import Settings
from tests import places
from tests.clock import SetClock
from tests.dying import dying_at
from tests.make import Json
from tests.members import House
from tests.planted import Asker, asker, encounter, plant, referral, report
from tests.street import rows

_PARIS = ZoneInfo("Europe/Paris")
_HOTEL, _ASSORE, _LONGER = "emergency_housing", "reintegration_housing", "longer_stay_housing"
_CARD, _OTHER = b"c" * 16, b"d" * 16
_YEAR = ("2026-01-01", "2027-01-01")
_AS_OF = datetime(2026, 11, 20, 10, tzinfo=UTC)


def paris(month: int, day: int, hour: int = 12) -> datetime:
    """Return an hour by the clock in Paris."""
    return datetime(2026, month, day, hour, tzinfo=_PARIS).astimezone(UTC)


def stay(house: House, kind: str, came: datetime, left: datetime | None, **changes: Any) -> Json:
    """A referral admitted an hour after it was made."""
    facts = {"success": "admitted", "state": "admitted", "state_at": came, "admitted_at": came, "exited_at": left}
    to = {"exit_destination": None if left is None else "street"}
    return referral(house, came - timedelta(hours=1), kind=kind, position=0, **facts, **(to | changes))


def refusal(house: House, kind: str, at: datetime, **changes: Any) -> Json:
    """A referral that found no place."""
    facts = {"success": "admitted", "state": "refused", "reason": "no_place", "state_at": at, "position": 0}
    return referral(house, at - timedelta(hours=1), kind=kind, **facts, **changes)


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the year: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def askers(client: httpx.AsyncClient, context: Context, house: House) -> Sequence[Asker]:
    """A coordinator of the organisation, and one of everybody in the perimeter."""
    return [await asker(client, context, house), await asker(client, context, house, everybody=True)]


async def _a_year(context: Context, house: House) -> dict[str, Json]:
    """Store stays of a year: some move, some return, some wait for another, some are nowhere known."""
    hotel, assore = [await places.opened(context, house, kind=kind) for kind in (_HOTEL, _ASSORE)]
    first = stay(house, _HOTEL, paris(2, 1), paris(3, 5, 4), facility_id=hotel)
    second = stay(house, _HOTEL, paris(3, 6, 3), paris(3, 20), facility_id=hotel, previous_referral_id=first["id"])
    moving = stay(house, _HOTEL, paris(4, 1), paris(5, 2), facility_id=hotel)
    going_on = stay(house, _HOTEL, paris(5, 2, 20), None, previous_referral_id=moving["id"], link_id=_OTHER)
    followed = stay(house, _HOTEL, paris(2, 10), paris(3, 10, 9), facility_id=hotel, link_id=_CARD)
    onwards = stay(house, _ASSORE, paris(1, 10), paris(9, 30), facility_id=assore, exit_destination=_LONGER)
    lasting = stay(house, _ASSORE, paris(3, 1), None, facility_id=assore)
    refused = refusal(house, _LONGER, paris(5, 4, 9), previous_referral_id=lasting["id"])
    listed = [
        first, second, moving, going_on, followed, onwards, lasting, refused,
        stay(house, _HOTEL, paris(3, 28, 23), paris(3, 29, 4)),
        refusal(house, _LONGER, paris(4, 3), link_id=_OTHER),
    ]  # fmt: skip
    await plant(context, Referral, listed)
    said = [(hotel, paris(3, 5, 3), 0), (hotel, paris(3, 20, 13), 2), (assore, paris(6, 3), 1)]
    reports = [report(place, house, at, opened=True) | {"places_free": free} for place, at, free in said]
    await plant(context, FacilityReport, reports)
    met = [encounter(house, at, link_id=_CARD, sleeping="street") for at in (paris(3, 20, 20), paris(8, 3, 20))]
    await plant(context, Encounter, met)
    return {"first": first, "moving": moving, "refused": refused, "followed": followed}


async def _everything(context: Context, askers: Sequence[Asker]) -> list[Json]:
    """Ask for everything there is about housing."""
    context.clock.now = _AS_OF  # type: ignore[attr-defined]  # tests set the clock
    found = []
    for one in askers:
        found += [await one.ask("housing", *_YEAR, granularity="month")]
        found += [await one.ask("housing", "2026-03-02", day) for day in ("2026-03-06", "2026-05-20", "2026-10-20")]
        found += [await _indicator(one, code) for code in INDICATORS]
    return found


async def _indicator(one: Asker, code: str) -> Json:
    asked = {"from": "2026-02-01", "to": "2026-11-01", "split": "kind", "granularity": "month"}
    headers = {"Authorization": f"Bearer {one.token}"}
    answer = await one.client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def test_every_answer_is_what_it_was(
    context: Context, house: House, clock: SetClock, askers: Sequence[Asker]
) -> None:
    await _a_year(context, house)
    before = await _everything(context, askers)
    hotel = next(kind for kind in before[0]["kinds"] if kind["kind"] == _HOTEL)
    assert (hotel["stays"]["n"], hotel["transfers"]["n"], hotel["return_to_street"]["returned"]["n"]) == (4, 2, 1)
    for now in (paris(7, 1), paris(8, 20), _AS_OF):
        await purge(context.database, context.keyring, now)
        assert await _everything(context, askers) == before, now
    assert len(await rows(context, StayOpened, org_id=house.org_id)) == 3
    assert len(await rows(context, StayLeft, org_id=house.org_id)) == 3
    assert await rows(context, PlaceNight, org_id=house.org_id)
    await rebuild(context.database)
    assert await verify(context.database) == dict.fromkeys(FACTS, 0)
    assert await _everything(context, askers) == before
    clock.now = _AS_OF


async def test_a_stay_that_goes_on_keeps_its_parts_and_what_blocks_it_fine(
    context: Context, house: House, clock: SetClock
) -> None:
    made = await _a_year(context, house)
    clock.now = _AS_OF
    await purge(context.database, context.keyring, clock())
    fine = {row["id"] for row in await rows(context, Referral, org_id=house.org_id) if row["position"] != CLOSED}
    assert {made["moving"]["id"], made["refused"]["id"]} <= fine
    assert made["first"]["id"] not in fine


async def test_an_exit_reported_long_after_is_counted_when_its_stay_becomes_coarse(
    context: Context, house: House, askers: Sequence[Asker]
) -> None:
    late = stay(house, _HOTEL, paris(2, 1), None)
    await plant(context, Referral, [late])
    await purge(context.database, context.keyring, paris(9, 1))
    async with context.database.writing() as session:
        table = Referral.__table__  # type: ignore[attr-defined]  # SQLModel gives it to every table class
        told = table.update().where(table.c.id == late["id"])
        await session.execute(told.values(exited_at=paris(2, 20), exit_destination="street"))
    before = await _everything(context, askers)
    await purge(context.database, context.keyring, _AS_OF)
    assert (await rows(context, Referral, org_id=house.org_id))[0]["position"] == CLOSED
    now = await _everything(context, askers)
    for was, one in zip(before, now, strict=True):
        assert was == one


async def test_killed_between_steps_no_stay_is_lost_or_counted_twice(
    context: Context, house: House, askers: Sequence[Asker], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _a_year(context, house)
    before = await _everything(context, askers)
    monkeypatch.setattr(service, "STEP", 1)
    for fatal in (1, 2, 5, 8):
        # All of a step is done but its commit.
        monkeypatch.setattr(service, "append", dying_at(fatal, append))
        with contextlib.suppress(KeyboardInterrupt):
            await purge(context.database, context.keyring, _AS_OF)
        assert await _everything(context, askers) == before, fatal
    monkeypatch.setattr(service, "append", append)
    await purge(context.database, context.keyring, _AS_OF)
    assert await _everything(context, askers) == before


async def test_blocked_stays_long_ago_are_known_for_thirty_days_only(
    context: Context, house: House, askers: Sequence[Asker]
) -> None:
    await _a_year(context, house)
    await purge(context.database, context.keyring, _AS_OF)
    context.clock.now = _AS_OF  # type: ignore[attr-defined]  # tests set the clock
    for days, known in ((30, True), (31, False)):
        answer = await askers[0].ask("housing", "2026-03-01", "2026-06-01", blocked_after_days=str(days))
        found = {kind["kind"]: kind for kind in answer["kinds"]}
        assert (found[_ASSORE]["blocked"] is not None) == known
        assert (found[_ASSORE]["blocked_reason"] is None) == known
    assert found[_LONGER]["blocked_reason"] is None


async def test_a_followed_exit_goes_once_its_card_has_gone(context: Context, house: House) -> None:
    await _a_year(context, house)
    await purge(context.database, context.keyring, _AS_OF)
    [exit_] = await rows(context, FollowedExit, org_id=house.org_id)
    assert exit_["link_id"] == _CARD
    assert [row["exit_id"] for row in await rows(context, ExitSighting, org_id=house.org_id)] == [exit_["id"]]
    async with context.database.writing() as session:
        table = FollowedExit.__table__  # type: ignore[attr-defined]  # SQLModel gives it to every table class
        await session.execute(table.update().values(link_id=None))
    await purge(context.database, context.keyring, _AS_OF)
    assert await rows(context, FollowedExit, org_id=house.org_id) == []
    assert await rows(context, ExitSighting, org_id=house.org_id) == []
