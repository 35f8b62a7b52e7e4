"""Which teams and facilities say nothing, and since when. Pure Python."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from app.directory.rules import Hours, is_valid, local_day
from app.directory.vocabulary import Label
from app.monitoring.alerts.definitions import Threshold
from app.monitoring.alerts.judging import in_time
from app.monitoring.alerts.opening import first_opening, open_spells, reached, total
from app.monitoring.alerts.records import Alert, Quiet, Reported, Unheard
from app.monitoring.alerts.vocabulary import AlertKind, Severity

_DAY: Final = timedelta(days=1)


def silent(teams: Iterable[Quiet], threshold: Threshold) -> Iterator[Alert]:
    """Yield the teams of which nothing came for too many whole days."""
    for one in teams:
        name = _of(one.organisation, one.name)
        found = in_time(AlertKind.silent_team, one.team, name, one.since, one.until - _DAY, threshold)
        if found is not None:
            yield found


def stale(reports: Iterable[Reported], now: datetime, threshold: Threshold) -> Iterator[Alert]:
    """Yield the facilities whose last report is too many times as old as its kind's are believed.

    It grows older only while the facility is planned to be open, so nobody is asked for one over a weekend; where no
    hours were ever planned it does all the time.
    """
    for one in reports:
        spells = open_spells(one.hours, one.at, now) if one.hours else [(one.at, now)]
        watched = reached(spells, timedelta(seconds=one.believed_s * threshold.watch))
        if watched is not None:
            times = total(spells).total_seconds() / one.believed_s
            severity = Severity.alarm if times >= threshold.alarm else Severity.watch
            name, since = _of(one.organisation, one.name), local_day(watched)
            yield Alert(AlertKind.stale_report, one.facility, name, since, severity, float(int(times)), threshold.watch)


def unheard(facilities: Iterable[Unheard], today: date) -> Iterator[Alert]:
    """Yield the facilities with planned hours that never said anything, once the first day they planned is over.

    A facility without hours in force is not expected to report. It may be one that has nothing to report with, so this
    never becomes an alarm, and no threshold is told.
    """
    for one in facilities:
        since = first_planned(one.hours, one.opened_on)
        planned = any(is_valid(hours.valid_from, hours.valid_until, today) for hours in one.hours)
        if planned and since is not None and since < today:
            name = _of(one.organisation, one.name)
            yield Alert(AlertKind.never_reported, one.facility, name, since, Severity.watch)


def first_planned(hours: Iterable[Hours], opened_on: date) -> date | None:
    """Return the first day from `opened_on` on that a planned opening begins on, None when there is none."""
    begins = ((one, first_opening(one, opened_on)) for one in hours)
    return min((day for one, day in begins if is_valid(one.valid_from, one.valid_until, day)), default=None)


def _of(organisation: str, name: str) -> Label:
    """Return a name with whose it is: several associations have a team of one name."""
    return Label(f"{organisation} : {name}", f"{organisation}: {name}")
