"""When a key period may end, and what state it is in. Pure Python."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.closing.vocabulary import PeriodState

_PARIS: Final = ZoneInfo("Europe/Paris")
FIRST_YEAR: Final = 2020
"""No record is older: the service refuses earlier instants."""


def ends_at(year: int) -> datetime:
    """Return the instant at which the days of a period are over: noon after its last night, in Paris."""
    return datetime.combine(date(year + 1, 1, 1), time(12), _PARIS)


def why_not_close(
    year: int, now: datetime, late_data: timedelta, earlier: Collection[int], *, early: bool
) -> str | None:
    """Return why a period may not be closed now, as a sentence; None when it may.

    `earlier` are the periods before it that still have links. A period that goes on is never closed; `early` spares
    only the wait for late records.
    """
    if now < ends_at(year):
        return f"The year {year} has not ended: its last night is over at noon on 1 January {year + 1}."
    if earlier:
        return f"Close the earlier periods first: {', '.join(map(str, sorted(earlier)))}."
    until = ends_at(year) + late_data
    if now < until and not early:
        return (
            f"Late records of {year} may come until {until:%Y-%m-%d}, and would be kept without their links. Wait, or "
            "say why not with --early and a reason."
        )
    return None


def may_create(year: int, now: datetime) -> bool:
    """Say whether a key may be made for a year: the present one or the next."""
    return year - now.astimezone(_PARIS).year in {0, 1}


def state_of(*, began: bool, nulled: bool, destroyed: bool) -> PeriodState:
    """Return the state of a period, by the steps that are done."""
    if destroyed:
        return PeriodState.destroyed
    if nulled:
        return PeriodState.closed
    return PeriodState.closing if began else PeriodState.open
