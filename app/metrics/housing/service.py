"""Asking for housing, and the indicators of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.directory.schemas import LabelSent
from app.marks.queries import unlinked_before
from app.metrics.asking import Compute, Question, limits
from app.metrics.figures import kind_labels
from app.metrics.housing import gathering
from app.metrics.housing.answering import (
    NO_EXIT,
    NONE_FOLLOWED,
    NONE_LONG,
    NONE_OLD,
    Counts,
    answer,
    why_no_occupancy,
)
from app.metrics.housing.definitions import BLOCKED_AFTER_DAYS, HOUSING_RULE, HOUSING_VERSION, LATER, RETENTION_DAYS
from app.metrics.housing.gathering import Cell, kinds_of
from app.metrics.housing.rules import Occupancy
from app.metrics.housing.schemas import HousingKindSent, HousingSent
from app.metrics.indicator import Figure, Granularity, Period, Ratio, Split
from app.metrics.linking import CARDS_GONE, gone, needing_cards
from app.referrals.vocabulary import Destination


async def ask_housing(question: Question, granularity: Granularity | None, blocked_after_days: int) -> HousingSent:
    """Return housing by kind, after writing down who asked for it."""
    await question.write_down("metrics.housing", granularity=granularity, blocked_after_days=blocked_after_days)
    return HousingSent(
        definition="housing",
        definition_version=HOUSING_VERSION,
        rule=LabelSent.of(HOUSING_RULE),
        **limits(question),
        kind=question.kind,
        granularity=granularity,
        kinds=await _kinds(question, granularity, blocked_after_days),
    )


async def _kinds(question: Question, granularity: Granularity | None, days: int) -> list[HousingKindSent]:
    parts = question.period.split(granularity)
    nights = await gathering.occupancy(question, parts)
    unplaced = await gathering.unplaced(question)
    durations = await gathering.durations(question, [question.period])
    exits = await gathering.exits(question, [question.period])
    blocked = {row.kind: row for row in await gathering.blocked(question, question.period, days)}
    before = await unlinked_before(question.session)
    no_returns = CARDS_GONE if gone([question.period], before) else None
    no_blocked = CARDS_GONE if before is not None and question.period.until <= before else None
    not_kept = await gathering.why_not_blocked(question, question.period, days)
    label, facilities = kind_labels(question.directory), gathering.facilities_of(question)
    return [
        answer(
            Counts(
                kind=kind,
                label=label(kind),
                rung=rung,
                facilities=sum(ref.kind == kind for ref in facilities),
                whole=(question.period, _sum([nights[cell] for cell in nights if cell[1] == kind])),
                series=[(p, nights.get((n, kind), Occupancy())) for n, p in enumerate(parts)] if granularity else [],
                unplaced=unplaced.get(kind, 0),
                durations=[row for row in durations if row.kind == kind],
                exits=[row for row in exits if row.kind == kind],
                blocked=blocked.get(kind),
                blocked_after_days=days,
                no_blocked=no_blocked,
                not_kept=not_kept,
                no_returns=no_returns,
            )
        )
        for kind, rung in kinds_of(question).items()
    ]


def _sum(found: Sequence[Occupancy]) -> Occupancy:
    return Occupancy(*(sum(getattr(one, name) for one in found) for name in Occupancy.__slots__))


_Part = tuple[int, int, int, int]
"""Above the line, below it, how many are unknown, and of how many."""
_NOTHING: Final[_Part] = (0, 0, 0, 0)


def _figures(
    question: Question,
    periods: Sequence[Period],
    split: Split | None,
    parts: Mapping[Cell, _Part],
    why: Callable[[_Part], str],
) -> list[Figure]:
    """Return the figures of counts by period and kind: of every kind when split, else of all together."""
    kinds: Sequence[str | None] = [*kinds_of(question)] if split else [None]
    found = []
    for place, period in enumerate(periods):
        for kind in kinds:
            of = [part for (at, code), part in parts.items() if at == place and kind in {None, code}]
            found.append(_figure(period, kind, _total(of), why))
    return found


def _total(parts: Iterable[_Part]) -> _Part:
    n, denominator, unknown, base = (sum(column) for column in zip(_NOTHING, *parts, strict=True))
    return n, denominator, unknown, base


def _figure(period: Period, kind: str | None, part: _Part, why: Callable[[_Part], str]) -> Figure:
    n, denominator, unknown, base = part
    value = Ratio(n, denominator).value
    reason = why(part) if value is None else None
    return Figure(period.since, period.until, kind, value, n, denominator, unknown=unknown, base=base, reason=reason)


def _nights(*, full: bool) -> Compute:
    async def compute(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
        found = await gathering.occupancy(question, periods)
        parts = {
            cell: (
                one.full if full else one.occupied_reported,
                one.reported if full else one.offered,
                one.facility_nights - one.reported,
                one.facility_nights,
            )
            for cell, one in found.items()
        }
        return _figures(question, periods, split, parts, _why_no_nights)

    return compute


def _why_no_nights(part: _Part) -> str:
    *_, without, nights = part
    return why_no_occupancy(Occupancy(facility_nights=nights, reported=nights - without))


def _because(reason: str) -> Callable[[_Part], str]:
    return lambda _part: reason


def _added(rows: Sequence[tuple[Cell, _Part]]) -> Mapping[Cell, _Part]:
    """Return parts added up by period and kind."""
    found: defaultdict[Cell, _Part] = defaultdict(lambda: _NOTHING)
    for cell, (n, denominator, unknown, base) in rows:
        a, b, c, d = found[cell]
        found[cell] = (a + n, b + denominator, c + unknown, d + base)
    return found


def _retention(place: int, *, positive: bool) -> Compute:
    async def compute(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
        rows = [
            (
                (row.period, row.kind),
                (
                    (row.positive if positive else row.retained)[place],
                    row.old[place],
                    row.stays - row.old[place],
                    row.stays,
                ),
            )
            for row in await gathering.durations(question, periods)
        ]  # fmt: skip
        return _figures(question, periods, split, _added(rows), _because(NONE_OLD))

    return compute


async def _exits(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    rows = [
        (
            (row.period, row.kind),
            (
                row.exits if row.destination == Destination.longer_stay_housing else 0,
                row.exits,
                row.exits if row.destination in {None, Destination.unknown} else 0,
                row.exits,
            ),
        )
        for row in await gathering.exits(question, periods)
    ]
    return _figures(question, periods, split, _added(rows), _because(NO_EXIT))


async def _returns(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    rows = [
        ((row.period, row.kind), (row.returned, row.followed, row.exits - row.followed, row.exits))
        for row in await gathering.exits(question, periods)
    ]
    return _figures(question, periods, split, _added(rows), _because(NONE_FOLLOWED))


async def _blocked(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    """Return the figures at the end of each period; one statement each, of months at the shortest."""
    rows = [
        ((place, row.kind), (row.blocked, row.open_long, row.open_long - row.carded, row.open_long))
        for place, period in enumerate(periods)
        for row in await gathering.blocked(question, period, BLOCKED_AFTER_DAYS)
    ]
    found = _figures(question, periods, split, _added(rows), _because(NONE_LONG))
    rungs = kinds_of(question)
    missing = {one.since: await gathering.why_not_blocked(question, one, BLOCKED_AFTER_DAYS) for one in periods}
    shown = [figure for figure in found if figure.key is None or rungs[figure.key] in LATER]
    return [replace(one, denominator=None, reason=why) if (why := missing[one.since]) else one for one in shown]


COMPUTED: Final[Mapping[str, Compute]] = {
    "housing_occupancy": _nights(full=False),
    "housing_saturated_nights": _nights(full=True),
    **{f"housing_retention_{days}": _retention(n, positive=False) for n, days in enumerate(RETENTION_DAYS)},
    **{f"housing_retained_or_positive_{days}": _retention(n, positive=True) for n, days in enumerate(RETENTION_DAYS)},
    "housing_exits_longer_stay": _exits,
    "housing_blocked_stays": needing_cards(_blocked, at_the_end=True),
    "housing_return_to_street": needing_cards(_returns),
}
"""What computes each indicator; periods are consecutive."""
