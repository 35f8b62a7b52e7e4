"""Asking for the map, and computing its indicators."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from app import errors
from app.clock import HOUR_MS
from app.directory.queries import annotations
from app.directory.records import Annotation
from app.directory.schemas import LabelSent
from app.metrics.asking import Compute, Question, limits
from app.metrics.contacts import counting as contacts
from app.metrics.figures import CountSent, MeasureSent, TermSent, territory_labels
from app.metrics.indicator import Figure, Period, Split
from app.metrics.patrolling import counting as patrolling
from app.metrics.territories import queries
from app.metrics.territories.definitions import (
    INDICATORS,
    NO_CONTACTS,
    NO_HOURS,
    NO_PATROL_HOURS,
    NO_PREVIOUS,
    NO_TARGET,
    NOTHING_OUTSIDE,
    ONE_TERRITORY,
    TERRITORIES_RULE,
    TERRITORIES_VERSION,
)
from app.metrics.territories.records import Met
from app.metrics.territories.schemas import (
    AnnotationSent,
    AreaSent,
    DisplacementSent,
    TerritoriesSent,
    TerritoryFiguresSent,
)
from app.metrics.territories.statistics import Areas, displacement, jensen_shannon

_MET: Final = ("contacts", "contacts_timed", "outside", "late")
"""The counts of Met."""
_OF_ONE: Final = ("territory_share", "territory_contacts_per_hour")
_OF_ALL: Final = ("territory_contacts_per_hour", "outside_perimeter_share", "territory_divergence")


@dataclass(frozen=True, slots=True)
class Map:
    """What was met and how long teams were where, in one period; and what was met before."""

    period: Period
    previous: Period | None
    met: Mapping[str, Met]
    hours: Mapping[str, float]
    before: Mapping[str, int]

    @property
    def codes(self) -> list[str]:
        """Territories with a contact or hours."""
        return sorted(self.met.keys() | self.hours.keys())

    def total(self) -> Met:
        """Everything met."""
        met = self.met.values()
        sums = (sum(getattr(one, name) for one in met) for name in ("contacts", "contacts_timed", "outside", "late"))
        return Met("", *sums)


def previous_of(period: Period) -> Period | None:
    """Return the period of the same length just before, or None before the calendar begins."""
    start = period.since.toordinal() - period.days
    return Period(date.fromordinal(start), period.since) if start > 0 else None


async def maps_of(question: Question, periods: Sequence[Period], *, compared: bool = True) -> list[Map]:
    """Return what the statistics of each period of a series need; what was met before only when `compared`."""
    session, view = question.session, question.view
    met: defaultdict[int, dict[str, Met]] = defaultdict(dict)
    for (number, code), counts in (await contacts.counted(session, view, periods, "territory", _MET)).items():
        met[number][code] = Met(code, *counts)
    hours: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for (number, code), spent in (await patrolling.times(session, view, periods)).items():
        hours[number][code] = spent / HOUR_MS
    found = []
    for number, period in enumerate(periods):
        previous = previous_of(period)
        before = await _contacts(question, previous) if previous and compared else {}
        found.append(Map(period, previous, met[number], hours[number], before))
    return found


async def _contacts(question: Question, period: Period) -> dict[str, int]:
    """Return how many people were met in each territory."""
    found = await contacts.counted(question.session, question.view, [period], "territory", ("contacts",))
    return {code: people for (_, code), (people,) in found.items()}


def _share(shown: Map, key: str | None) -> Figure:
    total = shown.total()
    found = partial(Figure, shown.period.since, shown.period.until, key)
    if key is None:
        return found(None, total.contacts, total.contacts, late=total.late, reason=ONE_TERRITORY)
    one = shown.met.get(key) or Met(key, 0, 0, 0, 0)
    if not total.contacts:
        return found(None, 0, 0, late=0, reason=NO_CONTACTS)
    return found(one.contacts / total.contacts, one.contacts, total.contacts, late=one.late)


def _per_hour(shown: Map, key: str | None) -> Figure:
    one = shown.total() if key is None else shown.met.get(key) or Met(key, 0, 0, 0, 0)
    hours = sum(shown.hours.values()) if key is None else shown.hours.get(key, 0)
    reason = None if hours else NO_PATROL_HOURS if key is None else NO_HOURS
    return Figure(
        shown.period.since,
        shown.period.until,
        key,
        one.contacts_timed / hours if hours else None,
        one.contacts_timed,
        hours,
        unknown=one.contacts - one.contacts_timed,
        base=one.contacts,
        late=one.late,
        reason=reason,
    )


def _outside(question: Question, shown: Map) -> Figure:
    total, seen = shown.total(), question.view.territories
    found = partial(Figure, shown.period.since, shown.period.until, None, late=total.late)
    if seen is not None and not any(question.directory.outside(code) for code in seen):
        return found(None, 0, None, reason=NOTHING_OUTSIDE)
    if not total.contacts:
        return found(None, 0, 0, reason=NO_CONTACTS)
    return found(total.outside / total.contacts, total.outside, total.contacts)


def _divergence(shown: Map) -> Figure:
    now = {code: one.contacts for code, one in shown.met.items()}
    value, total = jensen_shannon(now, shown.before), shown.total()
    reason = NO_PREVIOUS if value is None else None
    since, until = shown.period.since, shown.period.until
    return Figure(since, until, None, value, total.contacts, sum(shown.before.values()), late=total.late, reason=reason)


def _figure(code: str, question: Question, shown: Map, key: str | None) -> Figure:
    match code:
        case "territory_share":
            return _share(shown, key)
        case "territory_contacts_per_hour":
            return _per_hour(shown, key)
        case "outside_perimeter_share":
            return _outside(question, shown)
        case "territory_divergence":
            return _divergence(shown)
        case _:
            return Figure(shown.period.since, shown.period.until, None, None, 0, None, reason=NO_TARGET)


async def _compute(code: str, question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    found = []
    for shown in await maps_of(question, periods, compared=code == "territory_divergence"):
        keys: Sequence[str | None] = [None] if split is None else shown.codes
        found += [_figure(code, question, shown, key) for key in keys]
    return found


COMPUTED: Final[Mapping[str, Compute]] = {code: partial(_compute, code) for code in INDICATORS}


async def _displacement(question: Question, shown: Map, target: str) -> DisplacementSent:
    """Return where what left the target went. Raises `not_found` for a target that is not in view.

    A record of a territory that holds the target or a part of the buffer, such as their arrondissement, is in no area.
    """
    directory, seen = question.directory, question.view.territories
    visible = directory.territories if seen is None else directory.territories & seen
    inside = directory.descendants(target) & visible
    if not inside:
        raise errors.not_found()
    touching = await queries.neighbours(question.session)
    near = frozenset().union(*(touching.get(code, frozenset()) for code in inside))
    buffer = directory.tree.covered(near) & visible - inside
    above = {code for one in inside | buffer for code in directory.ancestors(one)}
    control = {code for code in visible - inside - (buffer - above) - above if not directory.outside(code)}
    areas = [_area(shown, codes) for codes in (inside, buffer - above, control)]
    before, after = (Areas(*(getattr(area, name).n for area in areas)) for name in ("before", "after"))
    found = displacement(before, after)
    return DisplacementSent(
        target=areas[0],
        buffer=areas[1],
        control=areas[2],
        success=found.success,
        displaced=found.buffer,
        quotient=found.quotient,
        reason=found.reason,
    )


def _area(shown: Map, codes: frozenset[str] | set[str]) -> AreaSent:
    return AreaSent(
        territories=sorted(codes),
        before=CountSent.of(sum(n for code, n in shown.before.items() if code in codes)),
        after=CountSent.of(sum(one.contacts for code, one in shown.met.items() if code in codes)),
    )


async def _annotations(question: Question) -> list[AnnotationSent]:
    """Return the dated events of the period that concern the view: everywhere, in it, or in what it lies in."""
    found = await annotations(question.session, question.period.since, question.period.until)
    seen = question.view.territories
    if seen is not None:
        around = seen.union(*(question.directory.ancestors(code) for code in seen))
        found = [one for one in found if one.territory_code is None or one.territory_code in around]
    return [_annotation(one) for one in found]


def _annotation(one: Annotation) -> AnnotationSent:
    label = LabelSent.of(one.label)
    return AnnotationSent(
        id=one.id, day=one.day, territory=one.territory_code, kind=one.kind, label=label, source=one.source
    )


def _territories(question: Question, shown: Map) -> list[TerritoryFiguresSent]:
    label = territory_labels(question.directory)
    return [
        TerritoryFiguresSent(
            territory=code,
            label=label(code),
            outside_perimeter=question.directory.outside(code),
            contacts=CountSent.of(shown.met[code].contacts if code in shown.met else 0),
            previous_contacts=CountSent.of(shown.before.get(code, 0)),
            hours=shown.hours.get(code, 0),
            measures=[MeasureSent.of(one, _figure(one, question, shown, code)) for one in _OF_ONE],
        )
        for code in shown.codes
    ]


async def ask_territories(question: Question, target: str | None) -> TerritoriesSent:
    """Return the map of a period, after writing down who asked for it."""
    await question.write_down("metrics.territories", target=target)
    [shown] = await maps_of(question, [question.period])
    return TerritoriesSent(
        definition="territories",
        definition_version=TERRITORIES_VERSION,
        rule=LabelSent.of(TERRITORIES_RULE),
        **limits(question),
        previous_from=shown.previous.since if shown.previous else None,
        previous_to=shown.previous.until if shown.previous else None,
        terms=[TermSent.of(indicator) for indicator in INDICATORS.values()],
        territories=_territories(question, shown),
        measures=[MeasureSent.of(code, _figure(code, question, shown, None)) for code in _OF_ALL],
        displacement=await _displacement(question, shown, target) if target else None,
        annotations=await _annotations(question),
    )
