"""What SQL says of an encounter beyond its columns: whether it reached us late, and under which year's key its card is.

The tables are given by the caller: only rooms' queries import them.
"""

from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Table, and_, case, false, literal, select, true

from app.clock import DAY_MS, HOUR_MS, SLOT_HOURS, SLOT_MS
from app.db.portability import day_number
from app.metrics.counting import ms
from app.metrics.indicator import LATE_AFTER_HOURS, Period
from app.metrics.walltime import Wall

_NOON_SLOT = 6
_NEVER_MS = (SLOT_HOURS + LATE_AFTER_HOURS - 2) * HOUR_MS
_ALWAYS_MS = (SLOT_HOURS + LATE_AFTER_HOURS + 24) * HOUR_MS
"""Reckoned from the service day and slot as if they were UTC: Paris is at most two hours ahead, a night a day longer.

Nearly every encounter is decided by these, without the costlier exact clock.
"""


def _nightly(encounter: Table, team: Table) -> ColumnElement[bool]:
    """Return the condition: a night team met somebody; its service day goes on until noon of the next calendar day."""
    return encounter.c.team_id.in_(select(team.c.id).where(team.c.night))


def late(encounter: Table, team: Table, period: Period) -> ColumnElement[bool]:
    """Return the condition: first received more than 24 hours after it happened, beyond doubt.

    An encounter has a two-hour slot, and its receipt the hour it fell in: it is late when 24 hours or more lie between
    the end of the slot and the start of that hour. `period` is that of the service days asked about.
    """
    day, slot, received = encounter.c.service_day, encounter.c.slot, ms(encounter.c.first_received_at)
    began = Wall.around(period).slot_began(day, slot, _nightly(encounter, team))
    exactly = received - began >= (SLOT_HOURS + LATE_AFTER_HOURS) * HOUR_MS
    roughly = received - day_number(day) * literal(DAY_MS, BigInteger) - slot * literal(SLOT_MS, BigInteger)
    return case((roughly < _NEVER_MS, false()), (roughly >= _ALWAYS_MS, true()), else_=exactly)


def under_next_key(encounter: Table, team: Table, year: int) -> ColumnElement[bool]:
    """Return the condition: an encounter of a service day of this year has its card stored under the next year's key.

    The key is that of the calendar day: so it is after midnight in the last night of the year.
    """
    eve = encounter.c.service_day == date(year, 12, 31)
    return and_(eve, encounter.c.slot < _NOON_SLOT, _nightly(encounter, team))
