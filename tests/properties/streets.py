"""Rows of encounters for two associations, each with a night team and a day team, drawn by Hypothesis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import httpx
from hypothesis import strategies as st
from sqlalchemy import delete

from app.db.bulk import insert_new
from app.db.table import table_of
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity import service as identity
from app.identity.vocabulary import Reach, Role
from app.marks.queries import mark_days, mark_everything
from app.metrics.asking import Compute, Question, View
from app.metrics.indicator import Figure, Period, Split
from app.metrics.people.models import PersonNumber
from app.metrics.refreshing import FACTS
from tests import members, places
from tests.clock import NIGHT, SetClock
from tests.oracles.meetings import Look, Row

TERRITORIES = ("7511803", "7511804", "7512001", "7511904", "93066")
PERIMETER = frozenset(TERRITORIES[:3])
_BUSY = {
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 3, 28),
    date(2026, 3, 29),
    date(2026, 10, 24),
    date(2026, 10, 25),
}
"""Around New Year, and where the clock changes."""
_ENCOUNTER = table_of(Encounter)
_ids = count(1)


@dataclass(frozen=True)
class Street:
    """Who works there, and who asks: name of the caller: (token, what they may look at)."""

    client: httpx.AsyncClient
    context: Context
    teams: Sequence[tuple[UUID, UUID]]
    """(organisation, team)."""
    callers: dict[str, tuple[str, Look]]

    async def fill(self, rows: Sequence[Row]) -> None:
        """Make these all the encounters there are."""
        async with self.context.database.writing() as session:
            await session.execute(delete(_ENCOUNTER))
            await insert_new(session, _ENCOUNTER, rows)
            for facts in FACTS.values():
                await facts.clear(session)
            await session.execute(delete(table_of(PersonNumber)))
            await mark_everything(session)

    async def add(self, rows: Sequence[Row]) -> None:
        """Have more encounters beside those there are, as if phones had sent them."""
        async with self.context.database.writing() as session:
            await insert_new(session, _ENCOUNTER, rows)
            await mark_days(session, [(row["org_id"], row["service_day"]) for row in rows])

    async def ask(self, path: str, caller: str, **parameters: Any) -> Any:
        asked = {name: str(value) for name, value in parameters.items() if value is not None}
        token = self.callers[caller][0]
        answer = await self.client.get(path, params=asked, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def compute(
        self, compute: Compute, caller: str, periods: Sequence[Period], split: Split | None = None
    ) -> list[Figure]:
        """Return the figures of an indicator as the catalogue asks for them."""
        look, nobody = self.callers[caller][1], cast("Any", None)
        view = View(look.org_id, None if look.territories is None else frozenset(look.territories))
        whole = Period(periods[0].since, periods[-1].until)
        async with self.context.database.analysing() as session:
            question = Question(self.context, session, nobody, nobody, view, whole, None, None, NIGHT)
            return await compute(question, periods, split)


async def laid_out(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Street:
    """Found two associations and give them coordinators; settings must let tokens live for years."""
    await places.seeded(context)
    teams: list[tuple[UUID, UUID]] = []
    houses = [await members.found(context), await members.found(context)]
    for house in houses:
        async with context.database.writing() as session:
            day_team = await identity.create_team(
                session, context.keyring, clock(), org_id=house.org_id, name="Jour", night=False
            )
        teams += [(house.org_id, house.team_id), (house.org_id, day_team)]
    nightly = frozenset(house.team_id for house in houses)
    org = houses[0].org_id

    async def token(reach: Reach, perimeter: str | None) -> str:
        async with context.database.writing() as session:
            account = await identity.create_account(
                session, context.keyring, clock(), org_id=org, name=f"coordination {next(_ids)}",
                role=Role.coordinator, reach=reach, perimeter=perimeter,
            )  # fmt: skip
        return await members.token_of(context, houses[0], account)

    callers = {
        "organisation": (await token(Reach.organisation, None), Look(org, None, nightly)),
        "confined": (await token(Reach.organisation, "paris-nord-est"), Look(org, PERIMETER, nightly)),
        "perimeter": (await token(Reach.perimeter, "paris-nord-est"), Look(None, PERIMETER, nightly)),
    }
    return Street(client, context, teams, callers)


def encounters(
    teams: Sequence[tuple[UUID, UUID]], first: date, days: int, *, most: int, cards: int
) -> st.SearchStrategy[list[Row]]:
    """Draw encounters of some days, many of them on few; and few cards, so that they come again."""
    busy = [number for number in range(days) if first + timedelta(days=number) in _BUSY] or [0, days - 1]
    number = st.sampled_from(busy) | st.integers(0, days - 1)
    day = number.map(lambda number: first + timedelta(days=number))
    return st.lists(_encounter(teams, day, cards), min_size=most // 2, max_size=most)


@st.composite
def _encounter(
    draw: st.DrawFn, teams: Sequence[tuple[UUID, UUID]], day: st.SearchStrategy[date], cards: int
) -> dict[str, Any]:
    org_id, team_id = draw(st.sampled_from(teams))
    service_day = draw(day)
    people = draw(st.sampled_from([1, 1, 1, 1, 1, 2, 7, 50]))
    card = draw(st.sampled_from([None, *range(cards)])) if people == 1 else None
    noon = datetime(service_day.year, service_day.month, service_day.day, 12, tzinfo=UTC)
    received = noon + timedelta(hours=draw(st.integers(-6, 100)))
    return {
        "org_id": org_id,
        "id": UUID(int=next(_ids)),
        "team_id": team_id,
        "patrol_id": None,
        "service_day": service_day,
        "slot": draw(st.integers(0, 11)),
        "territory": draw(st.sampled_from(TERRITORIES)),
        "outside_perimeter": False,
        "people_count": people,
        "first_contact": draw(st.sampled_from(["yes", "no", "unknown"])) if people == 1 else "unknown",
        "gender": "unknown",
        "age_band": "unknown",
        "sleeping": "unknown",
        "needs": [],
        "supplies": {},
        "acts": [],
        "link_id": None if card is None else card.to_bytes(16, "big"),
        "withdrawn": draw(st.sampled_from([False] * 7 + [True])),
        "rk": 0,
        "skew_s": 0,
        "first_received_at": received,
        "received_at": received + timedelta(hours=draw(st.sampled_from([0, 0, 200]))),
        "revision": 1,
        "digest": bytes(32),
    }
