"""Every indicator of the funnel, as the catalogue serves it, is what plain Python counts story by story: counted from
the referrals where days are stale, then read from facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from app.db.table import table_of
from app.http.context import Context
from app.marks.queries import mark_everything
from app.metrics.funnel.indicators import INDICATORS
from app.metrics.refreshing import FACTS, refresh, verify
from app.referrals.models import Referral
from tests import planted
from tests.clock import SetClock
from tests.effort import examples
from tests.members import House
from tests.oracle import KINDS, MOVES
from tests.oracles import funnel_indicators as oracle
from tests.oracles.funnel_indicators import Told
from tests.planted import Row
from tests.properties.cities import ALL_AT_ONCE
from tests.properties.streets import TERRITORIES, Street, laid_out

ORACLED = oracle.CODES
_DAY, _MS = timedelta(days=1), timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)
_FIRST = datetime(2025, 10, 1, tzinfo=UTC)
_AS_OF = (
    datetime(2025, 11, 24, 9, 30, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 4, 27, 11, 0, tzinfo=UTC),
)
"""So that cohorts lie at the end of a year and at both changes of the clock."""
_LONGEST = 100
"""Days that the referrals of one example are spread over."""
_KINDS = ("rest_room", "emergency_housing", "longer_stay_housing", "health_care")
_FORMS = (
    ("week", "kind"),
    ("week", "territory"),
    (None, None),
    ("month", "team"),
    ("week", None),
    (None, "kind"),
    ("day", "territory"),
    ("quarter", "kind"),
    ("month", "territory"),
    ("year", None),
)
"""(granularity, split)."""
_BELOW = {"75118": ("7511803", "7511804"), "75": TERRITORIES[:4], "93066": ("93066",)}


@dataclass(frozen=True)
class Asked:
    """One way to ask for any of the indicators."""

    caller: str
    since: date
    until: date
    granularity: str | None
    split: str | None
    territory: str | None
    kind: str | None


@pytest.fixture(scope="module")
async def street(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Street:
    clock.now = _FIRST
    return await laid_out(client, context, clock)


def story(chance: Random, kind: str, made_at: datetime, as_of: datetime) -> list[tuple[str, datetime]]:
    """Return what became of a referral until now: often just within its thirty days, or just not."""
    told = [(chance.choice(["offered", "requested", "requested", "declined"]), made_at)]
    while chance.random() < 0.85:
        state, at = told[-1]
        ended = state == "arrived" and KINDS[kind][0] == "arrived"
        following = [word for word in MOVES.get(state, "").split() if not ended]
        if not following:
            break
        near = made_at + 30 * _DAY + chance.choice([-_MS, 0 * _MS, _MS])
        next_at = chance.choice([near, at, at + chance.random() * _DAY, at + chance.random() * 12 * _DAY])
        if not at <= next_at <= as_of:
            break
        told.append((chance.choice(following), next_at.replace(microsecond=next_at.microsecond // 1000 * 1000)))
    if chance.random() < 0.08 and told[-1][0] in {"offered", "requested", "accepted", "waitlisted"}:
        told.append(("entered_in_error", told[-1][1]))
    return told


def referrals(chance: Random, teams: Sequence[tuple[UUID, UUID]], as_of: datetime) -> list[tuple[Told, Row]]:
    """Return referrals of few days, each as it is told and as its row says it."""
    days = [30, *chance.sample(range(_LONGEST), 12)]
    return [referral(chance, teams, as_of, days) for _ in range(70)]


def referral(
    chance: Random, teams: Sequence[tuple[UUID, UUID]], as_of: datetime, days: Sequence[int]
) -> tuple[Told, Row]:
    """Return a referral of that many days ago, more or less."""
    number, kind = chance.randrange(len(teams)), chance.choice(_KINDS)
    org_id, team_id = teams[number]
    less = chance.choice([-_MS, 0 * _MS, _MS, chance.randrange(24) * _HOUR])
    made_at = as_of - chance.choice(days) * _DAY + less
    told = story(chance, kind, made_at, as_of)
    received_at = made_at + chance.choice([0, 0, 5, 24, 25, 90]) * _HOUR
    row = planted.referral(
        House(org_id, team_id, ""), made_at, kind=kind, success=KINDS[kind][0], received_at=received_at,
        expires_after_s=int(KINDS[kind][1].total_seconds()), territory=chance.choice(TERRITORIES),
        first_state=told[0][0], state=told[-1][0], state_at=told[-1][1], requested_at=None,
    )  # fmt: skip
    row |= {f"{state}_at": at for state, at in told if f"{state}_at" in row}
    one = Told(org_id, str(team_id), kind, row["success"], row["territory"], row["cohort_day"], received_at, told)
    return one, row


async def store(street: Street, *batches: list[Row]) -> None:
    """Make these referrals all there are, of which no day is computed yet."""
    async with street.context.database.writing() as session:
        await session.execute(delete(table_of(Referral)))
        for facts in FACTS.values():
            await facts.clear(session)
    for rows in batches:
        await planted.plant(street.context, Referral, rows)
    async with street.context.database.writing() as session:
        await mark_everything(session)


def question(chance: Random, form: tuple[str | None, str | None], as_of: datetime) -> Asked:
    granularity, split = form
    since = as_of.date() - chance.choice([_LONGEST, 60, 45, 33]) * _DAY
    length = 20 if granularity == "day" else chance.choice([7, 31, 45, _LONGEST + 2])
    return Asked(
        caller=chance.choice(["organisation", "organisation", "confined", "perimeter"]),
        since=since,
        until=since + length * _DAY,
        granularity=granularity,
        split=split,
        territory=chance.choice([None, None, None, "75118", "75"]),
        kind=chance.choice([None, None, None, *_KINDS[:2]]),
    )


def seen(street: Street, referrals: list[Told], asked: Asked) -> list[Told]:
    """Return the referrals that a question is about."""
    look, below = street.callers[asked.caller][1], _BELOW.get(asked.territory or "", TERRITORIES)
    return [
        one
        for one in referrals
        if look.org_id in {None, one.org}
        and (look.territories is None or one.territory in look.territories)
        and one.territory in below
        and asked.kind in {None, one.kind}
    ]


async def figures(street: Street, code: str, asked: Asked) -> list[dict[str, Any]]:
    """Return what the service answers, without its words."""
    parameters = {"from": asked.since, "to": asked.until, "granularity": asked.granularity, "split": asked.split}
    beside = {"territory": asked.territory, "kind": asked.kind}
    answer = await street.ask(f"/v1/indicators/{code}", asked.caller, **parameters, **beside)
    shown = answer["figures"]
    for figure in shown:
        assert (figure["reason"] is None) == (figure["value"] is not None)
    names = ("period_from", "period_to", "key", "value", "n", "denominator", "unknown", "base", "late")
    return [{name: figure[name] for name in names} for figure in shown]


def test_the_oracle_knows_every_indicator_of_the_funnel() -> None:
    assert set(ORACLED) == set(INDICATORS)


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_the_funnel_is_what_plain_python_counts(
    street: Street, clock: SetClock, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    clock.now = as_of = chance.choice(_AS_OF)
    both = referrals(chance, street.teams, as_of)
    await store(street, [row for _, row in both])
    weekly, other = chance.sample(_FORMS[:2], 1), chance.sample(_FORMS[2:], 2)
    questions = [question(chance, form, as_of) for form in (*weekly, *other)]
    for upkeep in (False, True):
        if upkeep:
            await refresh(street.context.database, step_days=ALL_AT_ONCE)
        for asked in questions:
            there = seen(street, [told for told, _ in both], asked)
            periods = oracle.periods_of(asked.since, asked.until, asked.granularity)
            for code in ORACLED:
                wanted = oracle.series(code, there, periods, asked.split, as_of)
                assert await figures(street, code, asked) == wanted, (code, asked, upkeep)
    for org_id in {org_id for org_id, _ in street.teams}:
        assert set((await verify(street.context.database, org_id)).values()) == {0}


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_names_and_order_make_no_difference(street: Street, clock: SetClock, seed: int) -> None:
    """Relabelled ids, and referrals that came in another order, give the same figures."""
    chance = Random(seed)  # noqa: S311 - the same
    clock.now = as_of = _AS_OF[0]
    both = referrals(chance, street.teams, as_of)
    asked = replace(question(chance, ("week", "kind"), as_of), caller="organisation", kind=None, territory=None)
    answers = []
    for _ in range(2):
        rows = [row | {"id": UUID(int=chance.getrandbits(128)), "position": chance.randrange(99)} for _, row in both]
        chance.shuffle(rows)
        await store(street, rows[:7], rows[7:])
        await refresh(street.context.database, step_days=ALL_AT_ONCE)
        answers.append([await figures(street, code, asked) for code in ORACLED])
    assert answers[0] == answers[1]
