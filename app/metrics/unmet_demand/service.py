"""Asking for unmet demand, and its indicators."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from app import errors
from app.clock import SLOT_HOURS
from app.directory.schemas import LabelSent
from app.errors import Fault
from app.metrics.asking import Compute, Question, check_crossing, limits
from app.metrics.figures import CountSent, RateSent, kind_labels, territory_labels
from app.metrics.indicator import Figure, Granularity, Period, Ratio, Split
from app.metrics.unmet_demand import counting, queries
from app.metrics.unmet_demand.definitions import (
    NIGHT,
    NO_PLACES,
    RATE_RULES,
    SEVERAL_KINDS,
    UNMET_RULE,
    UNMET_VERSION,
    UnmetBy,
)
from app.metrics.unmet_demand.records import Added, Cell, Demand, Needs
from app.metrics.unmet_demand.schemas import CellKeySent, UnmetDemandSent, UnmetGroupSent

_COUNTED: Final = tuple(Demand.__dataclass_fields__)
_WHERE: Final = frozenset({UnmetBy.kind, UnmetBy.territory})
Places = Mapping[Cell, float] | None
"""The places free of each cell; None when they are of several kinds."""
Counts = TypeVar("Counts", bound=Added)


async def ask_unmet_demand(question: Question, by: Sequence[UnmetBy]) -> UnmetDemandSent:
    """Return unmet demand by up to two dimensions, after writing down who asked for it."""
    if len(set(by)) != len(by):
        raise errors.invalid(faults=[Fault("?group_by", "rule", "must not repeat a dimension")])
    check_crossing(question, by)
    await question.write_down("metrics.unmet-demand", group_by=[dimension.value for dimension in by])
    scope = question.session, question.view, question.period, question.kind
    demand = await counting.demand(*scope, by)
    needs = await counting.needs(*scope, by)
    places = await _places(question, by)
    keys = _keys(question, by)
    cells = sorted(demand.keys() | needs.keys()) if by else []
    return UnmetDemandSent(
        definition="unmet_demand",
        definition_version=UNMET_VERSION,
        rule=LabelSent.of(UNMET_RULE),
        **limits(question),
        kind=question.kind,
        group_by=list(by),
        groups=[
            _group(keys(cell), demand.get(cell, Demand()), needs.get(cell, Needs()), places, cell) for cell in cells
        ],
        total=_group(
            [], _sum(demand.values(), Demand()), _sum(needs.values(), Needs()), await _places(question, ()), ()
        ),
    )


async def _places(question: Question, by: Sequence[UnmetBy]) -> Places:
    """Return the places reported free: of each facility the mean over time, summed over the facilities of a cell."""
    if UnmetBy.kind not in by and question.kind is None:
        return None
    seen = question.view.territories
    facilities = {
        facility.id: facility.ref
        for facility in question.directory.facilities.values()
        if question.kind in {None, facility.ref.kind} and (seen is None or facility.ref.territory_code in seen)
    }
    when = [dimension for dimension in by if dimension not in _WHERE]
    sums: dict[Cell, float] = {}
    for found in await queries.reported(question.session, list(facilities.values()), question.period, when):
        ref, times = facilities[found.facility_id], iter(found.cell)
        where = {UnmetBy.kind: ref.kind, UnmetBy.territory: ref.territory_code}
        cell = tuple(where[dimension] if dimension in _WHERE else next(times) for dimension in by)
        sums[cell] = sums.get(cell, 0.0) + found.free_ms / found.ms
    return sums


def _keys(question: Question, by: Sequence[UnmetBy]) -> Callable[[Cell], list[CellKeySent]]:
    """Return what describes a cell."""
    labels: dict[UnmetBy, Callable[[str | None], LabelSent | None]] = {
        UnmetBy.kind: kind_labels(question.directory),
        UnmetBy.territory: territory_labels(question.directory),
        UnmetBy.hour: _slot_label,
    }

    def described(dimension: UnmetBy, key: str) -> CellKeySent:
        label = labels[dimension](key) if dimension in labels else None
        night = NIGHT.issuperset(_hours(key)) if dimension is UnmetBy.hour else None
        return CellKeySent(by=dimension, key=key, label=label, night=night)

    return lambda cell: list(map(described, by, cell))


def _hours(key: str) -> range:
    """Return the hours of the clock in a slot."""
    return range(int(key), int(key) + SLOT_HOURS)


def _slot_label(key: str | None) -> LabelSent | None:
    slot = _hours(key or "0")
    return LabelSent(fr=f"{slot.start} h - {slot.stop} h", en=f"{slot.start:02}:00-{slot.stop:02}:00")


def _sum(counted: Iterable[Counts], nothing: Counts) -> Counts:
    for one in counted:
        nothing = nothing.plus(one)
    return nothing


def _group(keys: list[CellKeySent], demand: Demand, needs: Needs, places: Places, cell: Cell) -> UnmetGroupSent:
    free = places.get(cell) if places is not None else None
    missing = SEVERAL_KINDS if places is None else NO_PLACES
    return UnmetGroupSent(
        keys=keys,
        **{name: CountSent.of(getattr(demand, name)) for name in _COUNTED},
        needs_expressed=CountSent.of(needs.expressed),
        needs_without_offer=CountSent.of(needs.without_offer),
        places_free=free,
        places_reason=missing if free is None else None,
        rates=_rates(demand, needs),
    )


def _rates(demand: Demand, needs: Needs) -> list[RateSent]:
    ratios = {
        "no_place_rate": (demand.no_place, demand.requests),
        "unanswered_share": (demand.unanswered, demand.requests),
        "needs_without_offer_rate": (needs.without_offer, needs.expressed),
    }
    return [RateSent.of(code, RATE_RULES[code], *counted) for code, counted in ratios.items()]


def _by_period(
    periods: Sequence[Period], split: Split | None, found: Mapping[Cell, Counts], nothing: Counts
) -> dict[tuple[Period, str | None], Counts]:
    """Add cells of (day, split's key) up by period; without a split every period is there."""
    starts = [period.since for period in periods]
    sums: dict[tuple[Period, str | None], Counts] = {}
    if split is None:
        sums = {(period, None): nothing for period in periods}
    for cell, counted in sorted(found.items()):
        period = periods[bisect_right(starts, date.fromisoformat(cell[0])) - 1]
        key = period, cell[1] if split else None
        sums[key] = sums.get(key, nothing).plus(counted)
    return sums


def _dimensions(split: Split | None) -> list[UnmetBy | Granularity]:
    return [Granularity.day, *([UnmetBy(split.value)] if split else [])]


async def _demanded(
    question: Question, periods: Sequence[Period], split: Split | None
) -> dict[tuple[Period, str | None], Demand]:
    whole = Period(periods[0].since, periods[-1].until)
    found = await counting.demand(question.session, question.view, whole, question.kind, _dimensions(split))
    return _by_period(periods, split, found, Demand())


async def _unmet(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    return [
        Figure(
            since=period.since,
            until=period.until,
            key=key,
            value=Ratio(counted.no_place, counted.requests).value,
            n=counted.no_place,
            denominator=counted.requests,
            unknown=counted.unanswered,
            base=counted.requests,
            late=counted.late,
            reason=None if counted.requests else "nothing was requested",
        )
        for (period, key), counted in (await _demanded(question, periods, split)).items()
    ]


async def _refusals(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    return [
        Figure(
            since=period.since,
            until=period.until,
            key=key,
            value=counted.refused_no_place,
            n=counted.refused_no_place,
            denominator=None,
            unknown=counted.unanswered,
            base=counted.requests,
            late=counted.late,
        )
        for (period, key), counted in (await _demanded(question, periods, split)).items()
    ]


async def _unoffered(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    whole = Period(periods[0].since, periods[-1].until)
    found = await counting.needs(question.session, question.view, whole, question.kind, _dimensions(split))
    return [
        Figure(
            since=period.since,
            until=period.until,
            key=key,
            value=Ratio(counted.without_offer, counted.expressed).value,
            n=counted.without_offer,
            denominator=counted.expressed,
            reason=None if counted.expressed else "no need was expressed that a facility answers",
        )
        for (period, key), counted in _by_period(periods, split, found, Needs()).items()
    ]


COMPUTED: Final[Mapping[str, Compute]] = {
    "unmet_demand": _unmet,
    "no_place_refusals": _refusals,
    "needs_without_offer": _unoffered,
}
