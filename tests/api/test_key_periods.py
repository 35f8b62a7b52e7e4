"""A key period ends: numbers stay, links go, the key is destroyed, and nothing of it is found in any file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app.audit.models import AuditEntry
from app.closing.service import Closer
from app.closing.vocabulary import PeriodState
from app.db.bulk import insert_new
from app.db.table import table_of
from app.encounters.models import Encounter
from app.errors import Problem
from app.http.context import Context
from app.identity.vocabulary import Role
from app.ingest.coarse import coarse_id
from app.keyring import KeyDestroyedError, Keyring, seals_of
from app.marks.models import TrailMark
from app.metrics.indicators.catalogue import CATALOGUE
from app.metrics.people.models import AloneFact, PeopleFact, PersonNumber
from app.metrics.refreshing import REBUILD_DAYS, rebuild, refresh, verify
from app.referrals.models import HeldEvent, Referral
from tests import make, members, planted
from tests.clock import SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker
from tests.street import outcomes, pointers, post, referral, rows, store

_LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The year 2025 has been over for longer than late data come."""
_NEED_CARDS = {"housing_return_to_street", "housing_blocked_stays"} | {
    code for code, entry in CATALOGUE.items() if entry.room == "coverage"
}
"""Indicators whose cards are gone, and which are not kept as numbers."""
_PEOPLE = 40
_IN_THE_LAST_NIGHT = 5
"""Of these: met after midnight of the last night too, under the next key, and so counted once more in the year."""


@dataclass(frozen=True)
class Chain:
    """Referrals that take each other up: those of the year, and two of the next."""

    year: frozenset[UUID]
    december: UUID
    january: UUID
    """It takes up the last of December."""
    february: UUID
    """It takes up that of January."""
    unknown: UUID
    """What one of December takes up: it never came."""


@dataclass
class Ended:
    """A year whose period was closed and destroyed, and what was answered before and after."""

    house: House
    asker: Asker
    closer: Closer
    seals: set[bytes]
    """Of cards and slips of the year."""
    next_seals: set[bytes]
    """Of the night after New Year's Eve, of the same persons' cards."""
    chain: "Chain"
    numbers: dict[str, list[Json]]
    """Each indicator's answers before."""
    after: dict[str, list[Json]]
    keyring: Keyring


def _days(first: date, step: int, times: int) -> Iterator[datetime]:
    for number in range(times):
        day = first + timedelta(days=step * number)
        yield datetime(day.year, day.month, day.day, 20, 10, tzinfo=UTC)


async def _indicator(asker: Asker, code: str, since: str, until: str, **parameters: str) -> Json:
    headers = {"Authorization": f"Bearer {asker.token}"}
    asked = {"from": since, "to": until, **parameters}
    answer = await asker.client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def _answers(asker: Asker) -> dict[str, list[Json]]:
    found = {}
    for code, entry in CATALOGUE.items():
        for granularity in (None, "month"):
            if granularity is None or granularity in entry.indicator.granularities:
                parameters = {"granularity": granularity} if granularity else {}
                answer = await _indicator(asker, code, "2025-01-01", "2026-01-01", **parameters)
                found[f"{code} {granularity}"] = answer["figures"]
    return found


async def _live_through_2025(context: Context, house: House) -> tuple[set[bytes], set[bytes], Chain]:
    """Fill the year, its last night, and the days after; return the seals of the year, those of its last night, and the
    chain of its referrals.
    """
    cards = [make.code() for _ in range(_PEOPLE)]
    seal = context.keyring.seal
    made: list[Json] = []
    met, seals, next_seals = [], set(), set()
    for number, at in enumerate(_days(date(2025, 1, 5), 3, 120)):
        for card in cards[number % 7 :: 3]:
            link = seal(2025, card)
            seals.add(link)
            met.append(planted.encounter(house, at, link_id=link))
        slip = seal(2025, make.code())
        seals.add(slip)
        link = seal(2025, cards[number % _PEOPLE])
        arrived = {"state": "arrived", "arrived_at": at + timedelta(hours=3), "state_at": at + timedelta(hours=3)}
        taken_up = {"previous_referral_id": made[-1]["id"]} if number % 3 else {}
        told = (arrived if number % 2 else {}) | taken_up
        made.append(planted.referral(house, at, slip_digest=slip, link_id=link, **told))
    for card in cards[:_IN_THE_LAST_NIGHT]:
        after_midnight = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Paris, the same night
        link = seal(2026, card)
        next_seals.add(link)
        met += [planted.encounter(house, after_midnight + timedelta(days=n), link_id=link) for n in (0, 10)]
    wrong_clock = datetime(2026, 1, 2, 19, tzinfo=UTC)  # a phone a day and more behind sealed it for the old year
    met.append(planted.encounter(house, wrong_clock, link_id=seal(2025, cards[0]), skew_s=170_000))
    await planted.plant(context, Encounter, met)
    chain, beyond = _chained(house, made)
    await planted.plant(context, Referral, [*made, *beyond])
    async with context.database.writing() as session:
        trails = [
            _trail(house, made[0]["id"], link_id=seal(2025, cards[1]), since=0),
            _trail(house, beyond[0]["id"], waits_for=chain.unknown),
            _trail(house, chain.january, waits_for=chain.december),
        ]
        await insert_new(session, table_of(TrailMark), trails)
        await insert_new(session, table_of(HeldEvent), [_held(house, seal(2025, cards[2]), seal(2026, cards[2]))])
    return seals, next_seals, chain


def _chained(house: House, made: list[Json]) -> tuple[Chain, list[Json]]:
    """Return the chain of the year's referrals, and those beyond them that it goes on with."""
    unknown, last = UUID(make.new_id()), made[-1]
    waits = planted.referral(house, datetime(2025, 12, 30, 20, tzinfo=UTC), previous_referral_id=unknown)
    january = planted.referral(house, datetime(2026, 1, 6, 20, tzinfo=UTC), previous_referral_id=last["id"])
    february = planted.referral(house, datetime(2026, 2, 6, 20, tzinfo=UTC), previous_referral_id=january["id"])
    year = frozenset({waits["id"], *(one["id"] for one in made)})
    return Chain(year, last["id"], january["id"], february["id"], unknown), [waits, january, february]


def _trail(house: House, referral_id: UUID, **changes: object) -> Json:
    return {
        "org_id": house.org_id, "id": UUID(make.new_id()), "referral_id": referral_id, "link_id": None, "since": None,
        "waits_for": None,
    } | changes  # fmt: skip


def _held(house: House, slip: bytes, beside: bytes) -> Json:
    at = datetime(2025, 12, 31, 12, tzinfo=UTC)
    return {
        "org_id": house.org_id, "id": UUID(make.new_id()), "referral_id": None, "slip_digest": slip,
        "slip_digest_beside": beside, "facility_id": None, "kind": None, "step": "arrived", "reason": None,
        "destination": None, "occurred_at": at, "recorded_at": at, "received_at": at, "sender_id": house.team_id,
        "channel": "app", "digest": bytes(32),
    }  # fmt: skip


@pytest.fixture(scope="module")
async def ended(client: httpx.AsyncClient, context: Context, clock: SetClock, city: None) -> Ended:  # noqa: ARG001 - teams work in a city
    """The year 2025, lived through, asked about, closed, destroyed, and asked about again."""
    clock.now = _LATER
    house = await members.found(context)
    seals, next_seals, chain = await _live_through_2025(context, house)
    token = await members.account_token(context, house, Role.coordinator)
    asker = Asker(client, context, house, token)
    await refresh(context.database, step_days=REBUILD_DAYS)
    before = await _answers(asker)
    other = Keyring(context.settings.keys_dir)
    other.seal(2025, make.code())  # another worker, with the key in memory
    closer = Closer(context.database, context.keyring, clock)
    await closer.close(2025)
    await closer.destroy(2025, grace_s=0)
    return Ended(house, asker, closer, seals, next_seals, chain, before, await _answers(asker), other)


@pytest.fixture(autouse=True)
def _months_later(clock: SetClock, _clock_starts_over: None) -> None:
    clock.now = _LATER


def test_what_is_kept_as_a_number_or_a_fact_stays_what_it_was(ended: Ended) -> None:
    kept = {asked: figures for asked, figures in ended.numbers.items() if asked.split()[0] not in _NEED_CARDS}
    assert {asked: ended.after[asked] for asked in kept} == kept
    assert [one["value"] for one in kept["file_active None"]] == [_PEOPLE + _IN_THE_LAST_NIGHT]


def test_what_needs_cards_has_no_value_and_says_why(ended: Ended) -> None:
    shown = [figure for asked, figures in ended.after.items() if asked.split()[0] in _NEED_CARDS for figure in figures]
    assert len(shown) > 12 * len(_NEED_CARDS) // 2
    assert {figure["value"] for figure in shown} == {None}
    assert all(figure["reason"] for figure in shown)


def test_most_figures_about_the_year_had_values(ended: Ended) -> None:
    assert sum(any(one["value"] for one in figures) for figures in ended.numbers.values()) > len(ended.numbers) // 4


async def test_persons_of_a_period_that_was_not_kept_are_unknown_and_never_0(ended: Ended) -> None:
    answer = await _indicator(ended.asker, "file_active", "2025-03-02", "2025-03-20")
    assert [(one["value"], bool(one["reason"])) for one in answer["figures"]] == [(None, True)]


async def test_persons_are_kept_by_quarter_and_by_territory(ended: Ended) -> None:
    quarter = await _indicator(ended.asker, "file_active", "2025-04-01", "2025-07-01")
    split = await _indicator(ended.asker, "file_active", "2025-01-01", "2026-01-01", split="territory")
    assert quarter["figures"][0]["value"] == _PEOPLE
    assert [(one["key"], one["value"]) for one in split["figures"]] == [(make.QUARTER, _PEOPLE + _IN_THE_LAST_NIGHT)]


async def test_a_referral_of_january_that_took_up_one_of_december_is_counted_anew(ended: Ended) -> None:
    flows = await ended.asker.ask("flows", "2026-01-01", "2026-02-01")
    assert [(one["rule"], one["value"]) for one in flows["links"] if one["rule"] != "exit"] == [("unlinked", 1)]


async def test_the_figures_of_coverage_and_of_card_carriers_say_that_cards_are_gone(ended: Ended) -> None:
    coverage = await ended.asker.ask("coverage", "2025-05-01", "2025-07-01")
    funnel = await ended.asker.ask("funnel", "2025-05-01", "2025-07-01", persons=True)
    assert (coverage["counted"], coverage["reason"]) == (None, "the key of the period was closed: its cards are gone")
    assert funnel["persons"] is None
    assert funnel["persons_reason"]


@pytest.mark.usefixtures("ended")
async def test_no_record_carries_a_seal_of_the_period(context: Context) -> None:
    left = {}
    for model, name in (
        (Encounter, "link_id"), (Referral, "link_id"), (Referral, "slip_digest"), (HeldEvent, "slip_digest"),
        (TrailMark, "link_id"), (PersonNumber, "link_id"),
    ):  # fmt: skip
        column = table_of(model).c[name]
        async with context.database.reading() as session:
            counted = select(func.count()).where(column.between(*seals_of(2025)))
            left[model.__tablename__, name] = (await session.execute(counted)).scalar_one()
    assert set(left.values()) == {0}


async def test_no_referral_of_the_period_takes_up_another_or_is_taken_up(ended: Ended, context: Context) -> None:
    made = await rows(context, Referral, org_id=ended.house.org_id)
    assert ended.chain.year <= {one["id"] for one in made}
    names = {one["id"]: one["previous_referral_id"] for one in made if one["previous_referral_id"] is not None}
    assert names == {ended.chain.february: ended.chain.january}
    assert {one["waits_for"] for one in await rows(context, TrailMark, org_id=ended.house.org_id)} <= {None}


@pytest.mark.usefixtures("ended")
async def test_no_set_of_people_of_the_year_is_left(context: Context) -> None:
    async with context.database.reading() as session:
        days = [*await session.scalars(select(table_of(PeopleFact).c.first_day))]
        days += [*await session.scalars(select(table_of(AloneFact).c.day))]
    assert min(days) >= date(2026, 1, 1)


async def test_what_was_sealed_after_midnight_of_the_last_night_still_links(ended: Ended, context: Context) -> None:
    met = await rows(context, Encounter, org_id=ended.house.org_id)
    linked = [(one["service_day"], one["link_id"]) for one in met if one["link_id"] is not None]
    assert {link for _, link in linked} == ended.next_seals
    assert sum(day == date(2025, 12, 31) for day, _ in linked) == len(ended.next_seals)
    held = await rows(context, HeldEvent, org_id=ended.house.org_id)
    assert [(one["slip_digest"], one["slip_digest_beside"] is None) for one in held] == [(None, False)]


def test_the_key_is_gone_and_a_marker_is_left(ended: Ended, context: Context) -> None:
    names = {path.name for path in context.settings.keys_dir.iterdir() if "2025" in path.name}
    assert names == {"period-2025.closed", "period-2025.destroyed"}
    assert ended.closer.keyring.periods()[0].destroyed


def test_a_worker_that_had_the_key_in_memory_seals_nothing_more(ended: Ended) -> None:
    with pytest.raises(KeyDestroyedError):
        ended.keyring.seal(2025, make.code())
    with pytest.raises(KeyDestroyedError):
        ended.keyring.key("period-2025")


async def test_an_encounter_of_the_closed_year_is_stored_without_its_link_and_counted(
    ended: Ended, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    clock.now = datetime(2026, 1, 20, 12, tzinfo=UTC)  # the marker is what counts, not the day
    phone = await members.enrolled(client, context, ended.house)
    at = datetime(2025, 12, 20, 20, tzinfo=UTC)
    item = make.encounter(
        id=make.new_id(at),
        occurred_at=at,
        card=make.code(),
        referrals=[make.referral(id=make.new_id(at), slip=make.code())],
    )
    verdicts = [*await post(phone, "encounters", item), *await post(phone, "encounters", item)]
    assert outcomes(verdicts) == ["created", "unchanged"]
    told, again = [verdict["problem"] for verdict in verdicts]
    assert (told["type"], again) == ("/problems/link-not-made", None)
    assert [(fault["pointer"], fault["code"]) for fault in told["errors"]] == [
        ("/card", "period_closed"),
        ("/referrals/0/slip", "period_closed"),
    ]
    [stored] = await rows(context, Encounter, org_id=ended.house.org_id, id=UUID(item["id"]))
    assert stored["link_id"] is None
    entries = await rows(context, AuditEntry, org_id=ended.house.org_id)
    noted = [note for entry in entries for note in entry["detail"].get("notes", [])]
    named = str(coarse_id(context.keyring, UUID(item["id"])))
    assert [note["unlinked"] for note in noted if note["id"] == named] == [True]


async def test_a_referral_that_takes_up_one_of_the_closed_year_is_stored_without_it(
    ended: Ended, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    clock.now = at = datetime(2026, 1, 20, 20, tzinfo=UTC)
    phone = await members.enrolled(client, context, ended.house)
    december = str(ended.chain.december)
    item = make.lone_referral(id=make.new_id(at), occurred_at=at, previous_referral_id=december)
    [told], [again] = await post(phone, "referrals", item), await post(phone, "referrals", item)
    assert (outcomes([told, again]), again["problem"]) == (["created", "unchanged"], None)
    assert [(f["pointer"], f["code"]) for f in told["problem"]["errors"]] == [
        ("/previous_referral_id", "period_closed")
    ]
    assert (await referral(phone, item["id"]))["previous_referral_id"] is None
    old = make.encounter(
        id=make.new_id(at),
        occurred_at=at - timedelta(days=25),
        referrals=[make.referral(previous_referral_id=item["id"])],
    )
    [told] = await post(phone, "encounters", old)
    assert (told["outcome"], pointers(told)) == ("created", ["/referrals/0/previous_referral_id"])
    entries = await rows(context, AuditEntry, org_id=ended.house.org_id)
    noted = {note["id"]: note["unlinked"] for entry in entries for note in entry["detail"].get("notes", [])}
    assert {str(coarse_id(context.keyring, UUID(one["id"]))) for one in (item, old)} <= noted.keys()


async def test_a_referral_of_the_closed_year_that_comes_late_is_taken_up_by_none_that_waited_for_it(
    ended: Ended, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    clock.now = at = datetime(2026, 1, 20, 20, tzinfo=UTC)
    phone = await members.enrolled(client, context, ended.house)
    late = make.lone_referral(id=make.new_id(at), occurred_at=at - timedelta(days=25))
    waits = make.lone_referral(id=make.new_id(at), occurred_at=at, previous_referral_id=late["id"])
    [told] = await post(phone, "referrals", waits)
    assert pointers(told) == ["/previous_referral_id"]
    await store(phone, "referrals", late)
    assert (await referral(phone, waits["id"]))["previous_referral_id"] is None
    assert UUID(late["id"]) not in {one["waits_for"] for one in await rows(context, TrailMark)}


async def test_a_referral_that_a_correction_moves_into_the_closed_year_takes_up_none_any_more(
    ended: Ended, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    clock.now = at = datetime(2026, 1, 20, 20, tzinfo=UTC)
    phone = await members.enrolled(client, context, ended.house)
    made = make.referral(id=make.new_id(at), previous_referral_id=str(ended.chain.february))
    met = make.encounter(id=make.new_id(at), occurred_at=at, referrals=[made])
    await store(phone, "encounters", met)
    assert (await referral(phone, made["id"]))["previous_referral_id"] == str(ended.chain.february)
    await post(phone, "encounters", met | {"revision": 2, "occurred_at": (at - timedelta(days=25)).isoformat()})
    assert (await referral(phone, made["id"]))["previous_referral_id"] is None


async def test_upkeep_rebuilding_and_verifying_leave_final_days_alone(ended: Ended, context: Context) -> None:
    await planted.plant(context, Encounter, [planted.encounter(ended.house, datetime(2025, 6, 1, 20, tzinfo=UTC))])
    await refresh(context.database)
    await rebuild(context.database)
    assert set((await verify(context.database)).values()) == {0}
    again = await _answers(ended.asker)
    asked = [f"{code} None" for code in ("contacts", "file_active", "referrals_offered", "flows_unlinked_share")]
    assert [again[one] for one in asked] == [ended.numbers[one] for one in asked]


async def test_nothing_of_the_period_is_found_in_the_files_of_sqlite(ended: Ended, context: Context) -> None:
    url = make_url(context.settings.database_url)
    if url.get_backend_name() != "sqlite":
        assert ended.seals.isdisjoint({one["link_id"] for one in await rows(context, Encounter)})
        return
    path = Path(url.database or "")
    content = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    assert [seal for seal in ended.seals if seal in content or seal[1:] in content] == []
    assert ended.chain.unknown.bytes not in content
    assert all(seal in content for seal in ended.next_seals)  # the search can find what is there
    assert ended.chain.january.bytes in content


async def test_the_list_says_what_has_become_of_each_period(ended: Ended) -> None:
    listed = {one.year: one for one in await ended.closer.list_periods()}
    assert (listed[2025].state, listed[2025].mode, listed[2025].encounters) == (PeriodState.destroyed, None, 0)
    assert (listed[2026].state, listed[2026].mode, listed[2026].encounters) == (PeriodState.open, 0o400, 10)


async def test_destroying_again_does_it_again(ended: Ended) -> None:
    assert await ended.closer.destroy(2025, grace_s=0)


async def test_a_year_that_goes_on_is_not_closed_not_even_early(ended: Ended) -> None:
    with pytest.raises(Problem, match="has not ended"):
        await ended.closer.close(2026, early="no reason is good enough")


async def test_a_period_that_is_open_is_not_destroyed(ended: Ended) -> None:
    with pytest.raises(Problem, match="Close the period first"):
        await ended.closer.destroy(2026)


async def test_a_key_of_an_ended_or_distant_year_is_not_made(ended: Ended) -> None:
    for year in (2025, 2028):
        with pytest.raises(Problem):
            await ended.closer.create(year)


async def test_next_years_key_is_made_ahead_and_a_readable_one_is_refused(ended: Ended, context: Context) -> None:
    assert (await ended.closer.create(2027), await ended.closer.create(2027)) == (True, False)
    path = context.settings.keys_dir / "period-2027.key"
    assert path.stat().st_mode & 0o777 == 0o400
    path.chmod(0o444)
    with pytest.raises(Problem, match="chmod 0400"):
        await ended.closer.create(2027)
    path.chmod(0o400)
    context.settings.keys_dir.chmod(0o755)
    with pytest.raises(Problem, match="chmod 0700"):
        await ended.closer.create(2027)
    context.settings.keys_dir.chmod(0o700)
