"""What was paid over what was published, with how far the published count may be from the truth. Pure Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

from app.monitoring.costs.definitions import LAGS, NORMAL_95, STAGES, CostedOutcome, NoCost
from app.plan.coordination.quarters import Quarter, quarters
from app.plan.records.money import Amount
from app.plan.vocabulary import AmountKind, AmountNature
from app.releases.rules import RATIO_FLOOR, ROUNDED_TO, VARIANCE
from app.releases.vocabulary import Stage

QUARTERS: Final = 4
_CENTS: Final = 100
_CELL_VARIANCE: Final = VARIANCE + ROUNDED_TO**2 / 12
"""Of one published count: of its noise, and of rounding as if every remainder were as likely."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a release of a quarter or a year tells of stages; None is suppressed."""

    release: str
    stages: Mapping[Stage, int | None]


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid in a budget year, in one of its quarters, or in all the time of a plan."""

    code: str
    since: Quarter
    quarters: int
    cents: int
    whole: bool
    """Whether it is all: false while the plan has payments of no year, some of which may be this one's."""


@dataclass(frozen=True, slots=True)
class Row:
    """What an outcome cost at one lag."""

    outcome: CostedOutcome
    lag: int
    outcomes_from: date
    outcomes_to: date
    releases: tuple[str, ...]
    """The releases the count is from."""
    count: int | None
    """As published, added up."""
    euros: float | None
    low: float | None
    high: float | None
    lacking: NoCost | None
    """Why there is no cost: set exactly then."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What an outcome of a period cost, over all lags that have a cost."""

    outcome: CostedOutcome
    lags: int
    """How many have one."""
    least: float | None
    most: float | None
    low: float | None
    """Lowest end of the rows' intervals."""
    high: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """The costs of what was paid in one period."""

    paid: Paid
    rows: Sequence[Row]
    spreads: Sequence[Spread]


def payments(amounts: Iterable[Amount]) -> list[Paid]:
    """Return what was paid by budget year, and by quarter of those years each of whose quarters has a payment.

    A year booked in one sum is not spread: a quarter's share of it would be made up. Nor is what was booked for several
    years in one: it is in none of them, and they are then not whole.
    """
    paid = _paid(amounts)
    whole, found = all(one.year is not None for one in paid), []
    for year in sorted({one.year for one in paid if one.year is not None}):
        own = [one for one in paid if one.year == year]
        found.append(Paid(str(year), Quarter(year, 1), QUARTERS, sum(one.cents for one in own), whole))
        dated = {number: [one for one in own if Quarter.of(one.on) == Quarter(year, number)] for number in range(1, 5)}
        if all(dated.values()) and sum(map(len, dated.values())) == len(own):
            by_quarter = [(Quarter(year, number), some) for number, some in dated.items()]
            found += [Paid(one.name, one, 1, sum(amount.cents for amount in some), whole) for one, some in by_quarter]
    return found


def over_the_plan(amounts: Iterable[Amount], first: date, last: date) -> list[Paid]:
    """Return all that was paid, over the quarters from a plan's first day to its last, where years do not tell.

    That is while some of it is booked for several years in one; nothing when every payment has its year.
    """
    paid, span = _paid(amounts), list(quarters(first, last))
    if all(one.year is not None for one in paid):
        return []
    code = f"{span[0].name}/{span[-1].name}"
    return [Paid(code, span[0], len(span), sum(one.cents for one in paid), whole=True)]


def not_spread(amounts: Iterable[Amount]) -> int | None:
    """Return the EUR cents paid for several years in one; None when every payment has its year."""
    found = [one.cents for one in _paid(amounts) if one.year is None]
    return sum(found) if found else None


def _paid(amounts: Iterable[Amount]) -> list[Amount]:
    return [one for one in amounts if one.nature is AmountNature.expenditure and one.kind is AmountKind.payment_credit]


def costs(paid: Iterable[Paid], published: Mapping[str, Published]) -> list[Period]:
    """Return the costs of each payment; `published` are releases of quarters and years by their name."""
    found = []
    for one in paid:
        rows = [_row(one, outcome, lag, published) for outcome in CostedOutcome for lag in LAGS]
        spreads = [_spread(outcome, [row for row in rows if row.outcome is outcome]) for outcome in CostedOutcome]
        found.append(Period(one, rows, spreads))
    return found


def _row(paid: Paid, outcome: CostedOutcome, lag: int, published: Mapping[str, Published]) -> Row:
    counted = _quarters(_later(paid.since, lag), paid.quarters)
    releases = _releases(counted, published)
    cells = [one.stages.get(stage) for one in releases for stage in STAGES[outcome]]
    count = sum(cell for cell in cells if cell is not None)
    lacking = _lacking(paid, releases, cells, count)
    known = bool(releases) and None not in cells
    euros = low = high = None
    if lacking is None:
        away = NORMAL_95 * sqrt(len(cells) * _CELL_VARIANCE)
        euros, low = _per(paid.cents, count), _per(paid.cents, count + away)
        high = _per(paid.cents, count - away) if count > away else None
    return Row(
        outcome,
        lag,
        counted[0].since,
        counted[-1].until,
        tuple(one.release for one in releases),
        count if known else None,
        euros,
        low,
        high,
        lacking,
    )


def _per(cents: int, count: float) -> float:
    """Return euros for each outcome, to the cent."""
    return round(cents / count) / _CENTS


def _later(quarter: Quarter, lag: int) -> Quarter:
    for _ in range(lag):
        quarter = quarter.next
    return quarter


def _quarters(first: Quarter, count: int) -> list[Quarter]:
    return [_later(first, number) for number in range(count)]


def _releases(counted: Sequence[Quarter], published: Mapping[str, Published]) -> list[Published]:
    """Return the release of each year whose quarters are among them, else those of quarters; none when one is lacking.

    One count has less noise than the sum of four, and late records are in it.
    """
    found, left = [], list(counted)
    while left:
        year = str(left[0].year)
        whole = left[0].number == 1 and len(left) >= QUARTERS and year in published
        name = year if whole else left[0].name
        if name not in published:
            return []
        found.append(published[name])
        left = left[QUARTERS if whole else 1 :]
    return found


def _lacking(paid: Paid, releases: Sequence[Published], cells: Sequence[int | None], count: int) -> NoCost | None:
    if not paid.whole:
        return NoCost.not_spread
    if paid.cents <= 0:
        return NoCost.nothing_paid
    if not releases:
        return NoCost.no_release
    if None in cells:
        return NoCost.suppressed
    return NoCost.small_denominator if count < RATIO_FLOOR else None


def _spread(outcome: CostedOutcome, rows: Sequence[Row]) -> Spread:
    euros = [row.euros for row in rows if row.euros is not None]
    lows = [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.euros is not None]
    known = [high for high in highs if high is not None]
    return Spread(
        outcome,
        len(euros),
        min(euros, default=None),
        max(euros, default=None),
        min(lows, default=None),
        max(known, default=None) if len(known) == len(highs) else None,
    )
