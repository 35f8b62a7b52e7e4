"""The statements behind sets of people: who showed a card, and who was met alone; and the numbers of cards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.db.bulk import insert_all_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among
from app.db.table import table_of
from app.encounters.models import Encounter
from app.identity.models import Team
from app.metrics.counting import count
from app.metrics.indicator import Period
from app.metrics.meetings import late, under_next_key
from app.metrics.people.models import PersonNumber

ENCOUNTER: Final = table_of(Encounter)
TEAM: Final = table_of(Team)
_NUMBER: Final = table_of(PersonNumber)
_CHUNK: Final = 5_000
_LARGEST: Final = 2**32 - 1
"""The largest number that a bitmap holds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A card that was shown on a service day in a territory."""

    day: date
    territory: str
    card: bytes
    year: int
    """Key period it is stored under: the day's year, or the next after midnight in the last night."""
    alone: bool
    """Whether it was shown in an encounter with one person."""


async def shown(session: ReadSession | WriteSession, org_id: UUID, days: Collection[date]) -> list[Shown]:
    """Return the cards of an organisation's encounters of these days."""
    found = await session.execute(
        select(ENCOUNTER.c.service_day, ENCOUNTER.c.territory, ENCOUNTER.c.link_id, _next_key(days), _alone())
        .distinct()
        .where(*_of(org_id, days), ENCOUNTER.c.link_id.is_not(None))
    )
    return [
        Shown(day, place, card, day.year + bool(next_year), bool(alone))
        for day, place, card, next_year, alone in found.all()
    ]


async def met_alone(
    session: ReadSession | WriteSession, org_id: UUID, days: Collection[date]
) -> dict[tuple[date, str], tuple[int, int, int]]:
    """Return the numbers of `alone_counts` for each (day, territory) of an organisation that has any."""
    cohort = (ENCOUNTER.c.service_day, ENCOUNTER.c.territory)
    counted = alone_counts(days, *cohort).where(*_of(org_id, days)).group_by(*cohort)
    return {(day, place): (n, with_card, after) for day, place, n, with_card, after in await session.execute(counted)}


def alone_counts(days: Collection[date], *keys: ColumnElement[Any]) -> Select[Any]:
    """Return the statement that counts encounters with one person, those with a card of the day's year, and late ones.

    It is not limited to the days, which are those it will be limited to.
    """
    whole = Period(min(days), max(days) + timedelta(days=1))
    columns = (func.count(), count(with_own_card(days)), count(late(ENCOUNTER, TEAM, whole)))
    return select(*keys, *columns).where(_alone(), ~ENCOUNTER.c.withdrawn)


def with_own_card(days: Collection[date]) -> ColumnElement[bool]:
    """Return the condition: one person was met on one of these days and showed a card stored under the day's year."""
    return _alone() & ENCOUNTER.c.link_id.is_not(None) & ~_next_key(days)


def _alone() -> ColumnElement[bool]:
    alone: ColumnElement[bool] = ENCOUNTER.c.people_count == 1
    return alone


def _next_key(days: Collection[date]) -> ColumnElement[bool]:
    return or_(*(under_next_key(ENCOUNTER, TEAM, year) for year in sorted({day.year for day in days})))


def _of(org_id: UUID, days: Collection[date]) -> list[ColumnElement[bool]]:
    return [ENCOUNTER.c.org_id == org_id, ENCOUNTER.c.service_day.in_(days), ~ENCOUNTER.c.withdrawn]


async def numbers(session: ReadSession | WriteSession, cards: Collection[bytes]) -> dict[bytes, int]:
    """Return {card: number} of all these cards.

    A card without a number was met on no day that is computed: a stand-in, from the largest number down, tells it from
    all others for as long as this answer is used. It is never stored.
    """
    found = await _numbers(session, cards)
    return found | {card: _LARGEST - n for n, card in enumerate(sorted(set(cards) - found.keys()))}


async def number(session: WriteSession, years: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return {card: number} of these {card: key period}, numbering those without; the caller holds the numbering."""
    found = await _numbers(session, years)
    new = sorted(years.keys() - found.keys())
    if new:
        last = (await session.execute(select(func.coalesce(func.max(_NUMBER.c.number), 0)))).scalar_one()
        given = {card: n for n, card in enumerate(new, int(last) + 1)}
        rows = [{"link_id": card, "year": years[card], "number": n} for card, n in given.items()]
        await insert_all_new(session, _NUMBER, rows)
        found |= given
    return found


async def _numbers(session: ReadSession | WriteSession, cards: Collection[bytes]) -> dict[bytes, int]:
    """Return {card: number} of the cards that have one."""
    found: dict[bytes, int] = {}
    listed = sorted(cards)
    for start in range(0, len(listed), _CHUNK):
        chosen = among(session, _NUMBER.c.link_id, listed[start : start + _CHUNK])
        rows = await session.execute(select(_NUMBER.c.link_id, _NUMBER.c.number).where(chosen))
        found |= {card: person for card, person in rows}  # noqa: C416 - rows are no pairs to the types
    return found
