"""The catalogue: which counts are published for which places and periods, and from when on. Pure Python.

One record enters at most `MOST_CELLS` cells. What releases tell of it adds up over these: that bound, as much as the
noise of a cell, is what holds an attacker's accuracy down (docs/decisions/0026).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.directory.rules import PARIS
from app.releases.vocabulary import Dimension, Measure, Scope, Span

MOST_CELLS: Final = 8
"""Cells a record may enter, over all releases."""
DUE_AFTER: Final = timedelta(days=15)
"""A period is published so long after its last day."""
FINE_DAYS: Final = 83
"""Records are known by day for 90 days, then by week: so old may a month's first day be when it is counted."""
VERSIONS: Final[Mapping[Measure, int]] = dict.fromkeys(Measure, 1)
"""One more whenever the same records would give another count."""
_MONTHS: Final[Mapping[Span, int]] = {Span.month: 1, Span.quarter: 3, Span.year: 12}
_CODE: Final = re.compile(r"^(20[2-9][0-9])(?:-(0[1-9]|1[0-2])|-Q([1-4]))?$")


@dataclass(frozen=True, slots=True)
class Node:
    """Counts published together: of a measure, split by a dimension, for every place of a scope."""

    scope: Scope
    measure: Measure
    dimension: Dimension


_WHOLE: Final = (
    Node(Scope.perimeter, Measure.encounters, Dimension.total),
    Node(Scope.perimeter, Measure.referrals, Dimension.total),
)
_BY_TERRITORY: Final = (
    Node(Scope.territory, Measure.encounters, Dimension.total),
    Node(Scope.territory, Measure.referrals, Dimension.total),
)
_LATE: Final = (
    Node(Scope.perimeter, Measure.late_encounters, Dimension.total),
    Node(Scope.perimeter, Measure.late_referrals, Dimension.total),
)
CATALOGUE: Final[Mapping[Span, Sequence[Node]]] = {
    Span.month: _WHOLE,
    Span.quarter: (*_WHOLE, Node(Scope.perimeter, Measure.referrals, Dimension.stage), *_LATE, *_BY_TERRITORY),
    Span.year: (
        *_WHOLE,
        Node(Scope.perimeter, Measure.referrals, Dimension.stage),
        Node(Scope.perimeter, Measure.first_contacts, Dimension.total),
        Node(Scope.perimeter, Measure.first_contacts, Dimension.gender),
        Node(Scope.perimeter, Measure.first_contacts, Dimension.age_band),
        *_LATE,
        *_BY_TERRITORY,
        Node(Scope.territory, Measure.referrals, Dimension.stage),
    ),
}
"""Everything that is ever published. A late record is missing from finer releases, so its late cell costs nothing."""


@dataclass(frozen=True, slots=True)
class Published:
    """A calendar month, quarter or year: service days in [since, until)."""

    code: str
    span: Span
    since: date
    until: date

    @property
    def due(self) -> datetime:
        """The instant from which it is published: records received later are not in it."""
        return datetime.combine(self.until + DUE_AFTER, time(), PARIS).astimezone(UTC)

    @property
    def months(self) -> Sequence["Published"]:
        """The calendar months it consists of."""
        return [of_day(_shifted(self.since, number), Span.month) for number in range(_MONTHS[self.span])]


def read_period(code: str) -> Published | None:
    """Return the period that `2026-10`, `2026-Q3` or `2026` names, or None."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    year, month, quarter = found.groups()
    if month:
        return of_day(date(int(year), int(month), 1), Span.month)
    if quarter:
        return of_day(date(int(year), int(quarter) * 3, 1), Span.quarter)
    return of_day(date(int(year), 1, 1), Span.year)


def of_day(day: date, span: Span) -> Published:
    """Return the calendar period that a day lies in."""
    length = _MONTHS[span]
    since = date(day.year, (day.month - 1) // length * length + 1, 1)
    codes = {
        Span.month: f"{since:%Y-%m}",
        Span.quarter: f"{since:%Y}-Q{(since.month + 2) // 3}",
        Span.year: f"{since:%Y}",
    }
    return Published(codes[span], span, since, _shifted(since, length))


def _shifted(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def lateness_limits(month: Published) -> Sequence[datetime]:
    """Return until when a month's records enter its release, its quarter's, and its year's."""
    return [of_day(month.since, span).due for span in Span]


def admitted_lateness(span: Span) -> int:
    """Return how late records of a release may be: 0 in time for the month, 1 for the quarter, 2 for the year."""
    return list(Span).index(span)
