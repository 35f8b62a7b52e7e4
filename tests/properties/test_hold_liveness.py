"""A hold lives or not: the rule in plain words, and SQL that says the same."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.capacity import queries
from app.capacity.models import PlaceHold
from app.capacity.rules import hold_state
from app.capacity.vocabulary import HoldState
from app.http.context import Context
from app.referrals.models import Referral
from app.referrals.vocabulary import State
from tests import members, places, planted
from tests.effort import examples

_NOW = datetime(2026, 3, 2, 20, tzinfo=UTC)
_ENDED = {"arrived", "admitted", "refused", "declined", "no_show", "cancelled", "expired", "entered_in_error"}
_minutes = st.integers(-180, 180).map(lambda minutes: _NOW + timedelta(minutes=minutes))


def takes_a_place(
    expires_at: datetime, released_at: datetime | None, referral: str, due_at: datetime | None, now: datetime
) -> bool:
    """The rule as the field says it: nobody gave it up, the person is still on the way, and time is not over."""
    given_up = released_at is not None
    silent_too_long = due_at is not None and not due_at > now
    return not (given_up or referral in _ENDED or silent_too_long or expires_at <= now)


@examples(200)
@given(_minutes, st.none() | _minutes, st.sampled_from(State), st.none() | _minutes, _minutes)
def test_a_hold_lives_while_it_is_needed_and_no_longer(
    expires_at: datetime, released_at: datetime | None, referral: State, due_at: datetime | None, now: datetime
) -> None:
    state = hold_state(expires_at, released_at, referral, due_at, now)
    assert (state is HoldState.live) == takes_a_place(expires_at, released_at, referral.value, due_at, now)
    later = hold_state(expires_at, released_at, referral, due_at, now + timedelta(minutes=1))
    assert state is HoldState.live or later is not HoldState.live, "what has ended does not live again"


@pytest.mark.parametrize("state", State)
def test_time_alone_releases_every_hold(state: State) -> None:
    assert hold_state(_NOW, None, state, None, _NOW) is not HoldState.live


_facts = st.fixed_dictionaries(
    {
        "state": st.sampled_from([state.value for state in State]),
        "due_at": st.none() | _minutes,
        "expires_at": _minutes,
        "released": st.booleans(),
        "facility": st.integers(0, 1),
    }
)


@examples(25)
@given(st.lists(_facts, max_size=12), _minutes)
async def test_the_database_counts_what_the_rule_says(
    context: Context, facts: list[dict[str, Any]], now: datetime
) -> None:
    await places.seeded(context)
    house, operator = await members.found(context), await members.found(context)
    rooms = [await places.opened(context, operator) for _ in range(2)]
    wanted: dict[UUID, int] = {}
    referrals, holds = [], []
    for fact in facts:
        referral = planted.referral(house, _NOW - timedelta(days=1), state=fact["state"], due_at=fact["due_at"])
        made_at = min(fact["expires_at"], _NOW) - timedelta(hours=4)
        released_at = made_at if fact["released"] else None
        referrals.append(referral)
        holds.append(_hold(referral, rooms[fact["facility"]], made_at, fact["expires_at"], released_at))
        if takes_a_place(fact["expires_at"], released_at, fact["state"], fact["due_at"], now):
            wanted[rooms[fact["facility"]]] = wanted.get(rooms[fact["facility"]], 0) + 1
    await planted.plant(context, Referral, referrals)
    await planted.plant(context, PlaceHold, holds)
    async with context.database.reading() as session:
        assert await queries.live_by_facility(session, rooms, now) == wanted
        listed = await queries.live(session, queries.of_team(house.org_id, house.team_id), now, 100)
    assert len(listed) == sum(wanted.values())
    assert {hold.state(now) for hold in listed} <= {HoldState.live}


def _hold(
    referral: dict[str, Any], facility_id: UUID, made_at: datetime, expires_at: datetime, released_at: datetime | None
) -> dict[str, Any]:
    return {
        "org_id": referral["org_id"],
        "id": uuid4(),
        "team_id": referral["team_id"],
        "referral_id": referral["id"],
        "facility_id": facility_id,
        "made_at": made_at,
        "expires_at": expires_at,
        "released_at": released_at,
        "digest": bytes(32),
    }
