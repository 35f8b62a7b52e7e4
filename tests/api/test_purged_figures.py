"""Figures about days whose records are coarse: what they were, or refused; never counted from coarse records."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.ingest.coarse import fine_from
from app.metrics.refreshing import FACTS, rebuild, verify
from app.retention.service import purge
from tests import make, members
from tests.clock import NIGHT, SetClock
from tests.members import House
from tests.planted import Asker
from tests.street import rows, store

LATER = NIGHT + timedelta(days=110)
ANSWERED: tuple[tuple[str, dict[str, str]], ...] = (
    ("funnel", {"group_by": "territory", "horizon_days": "90"}),
    ("funnel", {"group_by": "week", "horizon_days": "7"}),
    ("reach", {}),
    ("reach", {"granularity": "day"}),
    ("time-to-success", {}),
    ("unmet-demand", {}),
    ("effort", {}),
    ("reporting", {}),
    ("territories", {}),
    ("flows", {}),
    ("housing", {"granularity": "week"}),
)
REFUSED: tuple[tuple[str, dict[str, str]], ...] = (
    ("funnel", {"horizon_days": "14"}),
    ("funnel", {"group_by": "facility"}),
    ("funnel", {"persons": "true"}),
)


NEED_DAYS_OF_CARDS = frozenset({"file_active", "contacts_per_person"})
"""Persons: of parts of months they are not known once days are coarse (`tests/api/test_coarse_people.py`)."""


def _told(answer: Any) -> Any:
    """Return an answer without the measures that need to know on which day a card was shown."""
    if isinstance(answer, list):
        return [_told(one) for one in answer if not (isinstance(one, dict) and one.get("code") in NEED_DAYS_OF_CARDS)]
    return {name: _told(value) for name, value in answer.items()} if isinstance(answer, dict) else answer


@pytest.fixture
async def asker(context: Context, house: House, clock: SetClock, client: httpx.AsyncClient) -> Asker:
    """A coordinator who asks long after."""
    clock.now = LATER
    return Asker(client, context, house, await members.account_token(context, house, Role.coordinator))


async def _a_fortnight(phone: Device, clock: SetClock) -> None:
    """Store a patrol, a card's encounter and an answered referral on each of fourteen days."""
    card = make.code()
    for number in range(14):
        at = NIGHT + timedelta(days=number)
        clock.now = at
        await phone.renew()
        patrol = make.patrol(id=make.new_id(at), started_at=at - timedelta(hours=2), ended_at=at)
        made = make.referral(id=make.new_id(at))
        met = make.encounter(
            id=make.new_id(at),
            occurred_at=at - timedelta(minutes=30),
            patrol_id=patrol["id"],
            card=card,
            needs=["rest"],
            referrals=[made],
        )
        event = make.event(id=make.new_id(at), referral_id=made["id"], occurred_at=at - timedelta(minutes=5))
        await store(phone, "patrols", patrol)
        await store(phone, "encounters", met)
        await store(phone, "referral-events", event)


async def test_that_facts_hold_stay_what_they_were(
    phone: Device, context: Context, house: House, clock: SetClock, asker: Asker
) -> None:
    await _a_fortnight(phone, clock)
    clock.now = LATER
    asked = [(what, more, ("2026-03-01", "2026-04-01")) for what, more in ANSWERED]
    asked += [(what, more, ("2026-03-04", "2026-03-12")) for what, more in ANSWERED]
    before = [await asker.ask(what, *days, **more) for what, more, days in asked]
    assert before[0]["total"]["made"]["n"] == 14
    await purge(context.database, context.keyring, clock())
    assert {row["slot"] for row in await rows(context, Encounter, org_id=house.org_id)} == {None}
    for (what, more, days), was in zip(asked, before, strict=True):
        assert _told(await asker.ask(what, *days, **more)) == _told(was), what
    await rebuild(context.database)
    assert await verify(context.database) == dict.fromkeys(FACTS, 0)
    for (what, more, days), was in zip(asked, before, strict=True):
        assert _told(await asker.ask(what, *days, **more)) == _told(was), what


@pytest.mark.parametrize(("what", "more"), REFUSED)
async def test_that_facts_do_not_hold_are_refused_with_the_first_day_that_can_be_asked(
    asker: Asker, context: Context, clock: SetClock, what: str, more: dict[str, str]
) -> None:
    await purge(context.database, context.keyring, clock())
    answer = await asker.get(what, "2026-03-01", "2026-08-01", **more)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == "?from"
    first = fine_from(clock() - timedelta(hours=1))
    assert first.isoformat() in fault["detail"]
    assert (await asker.get(what, first, "2026-08-01", **more)).status_code == 200
