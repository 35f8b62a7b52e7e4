"""What the answer and the indicators are made of: counts by period and kind, of what a question can see."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final
from uuid import UUID

from app.directory.service import FacilityRef
from app.directory.vocabulary import Rung, SuccessState
from app.metrics.asking import Question, View, view_of
from app.metrics.housing import queries
from app.metrics.housing.queries import BlockedQuestion, Nights, StaysQuestion
from app.metrics.housing.records import Blocked, Durations, Exits
from app.metrics.housing.rules import Occupancy, Reported, known, last_night, midnight, nights_of, number_of
from app.metrics.indicator import Period

_RUNGS: Final = tuple(Rung)
Cell = tuple[int, str]
"""Place in the list of periods, and kind."""


def kinds_of(question: Question) -> dict[str, Rung]:
    """Return the kinds where an admission opened a stay in the period, by rung."""
    period, found = question.period, {}
    for rule in sorted((kind.rule for kind in question.directory.kinds), key=lambda rule: rule.valid_from):
        there = rule.valid_from < period.until and (rule.valid_until is None or rule.valid_until > period.since)
        if there and rule.success is SuccessState.admitted and question.kind in {None, rule.code}:
            found[rule.code] = rule.rung
    return dict(sorted(found.items(), key=lambda item: (_RUNGS.index(item[1]), item[0])))


def _by_rung(question: Question) -> dict[Rung, list[str]]:
    """Return the kinds of each rung, on whatever day, where an admission opens a stay."""
    found: dict[Rung, set[str]] = {rung: set() for rung in Rung}
    for kind in question.directory.kinds:
        if kind.rule.success is SuccessState.admitted:
            found[kind.rule.rung].add(kind.rule.code)
    return {rung: sorted(codes) for rung, codes in found.items()}


def facilities_of(question: Question) -> list[FacilityRef]:
    """Return the facilities of these kinds in view: the organisation's own, in the territories that are seen."""
    view, kinds = question.view, kinds_of(question)
    refs = (facility.ref for facility in question.directory.facilities.values())
    return [
        ref
        for ref in refs
        if ref.kind in kinds
        and view.org_id in {None, ref.org_id}
        and (view.territories is None or ref.territory_code in view.territories)
    ]


def nights_in(periods: Sequence[Period], as_of: datetime) -> Nights | None:
    """Return the nights of consecutive periods that have been counted; None when there is none."""
    span = known(Period(periods[0].since, periods[-1].until), as_of)
    if span is None:
        return None
    first, last = number_of(span.since), min(number_of(span.until) - 1, last_night(as_of))
    return Nights(first, last) if first <= last else None


async def occupancy(question: Question, periods: Sequence[Period]) -> Mapping[Cell, Occupancy]:
    """Return the nights of facilities by period and kind; the periods are consecutive."""
    _refuse_coarse(question, periods[0])
    found: defaultdict[Cell, Occupancy] = defaultdict(Occupancy)
    facilities, nights = facilities_of(question), nights_in(periods, question.as_of)
    if not facilities or nights is None:
        return found
    changes, reports = await _nightly(question, facilities, nights)
    places = [place for place, period in enumerate(periods) for _ in range(period.days)]
    start = number_of(periods[0].since)
    for ref in facilities:
        there = _open_nights(ref, nights)
        for night in nights_of(range(nights.first - 1, nights.last + 1), changes[ref.id], reports[ref.id]):
            if night.night in there:
                found[places[night.night - start], ref.kind].count(night)
    return found


def _open_nights(ref: FacilityRef, nights: Nights) -> range:
    """Return the nights on which a facility exists."""
    first, after = number_of(ref.opened_on), nights.last + 1
    return range(max(first, nights.first), after if ref.closed_on is None else min(after, number_of(ref.closed_on)))


async def _nightly(
    question: Question, facilities: Sequence[FacilityRef], nights: Nights
) -> tuple[Mapping[UUID, Mapping[int, int]], Mapping[UUID, Mapping[int, Reported]]]:
    """Return the changes and the reports of each facility by night, from the night before the first.

    The report of that night may have to stand in for the first one's.
    """
    ids, operators = [ref.id for ref in facilities], {ref.org_id for ref in facilities}
    changes: defaultdict[UUID, dict[int, int]] = defaultdict(dict)
    reports: defaultdict[UUID, dict[int, Reported]] = defaultdict(dict)
    asked = Nights(nights.first - 1, nights.last)
    rows = await queries.facility_nights(question.session, operators, ids, asked)
    for facility_id, seen in groupby(rows, itemgetter(0)):
        mine, said, occupied = changes[facility_id], reports[facility_id], 0
        for _, night, change, before, places_free in seen:
            if places_free is not None:
                said[night] = Reported(places_free, occupied + before)
            mine[night] = change
            occupied += change
    return changes, reports


async def unplaced(question: Question) -> Mapping[str, int]:
    """Return the nights of stays at no named facility, by kind."""
    _refuse_coarse(question, question.period)
    nights = nights_in([question.period], question.as_of)
    if nights is None:
        return {}
    rows = await queries.unplaced(question.session, question.view, question.kind, nights)
    return {row.kind: row.nights for row in rows}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about stays, and which period each of its own is."""

    stays: StaysQuestion
    places: Sequence[int]


def _stays(question: Question, periods: Sequence[Period]) -> _Asked | None:
    """Return the question about stays, of the periods that may hold any."""
    _refuse_coarse(question, periods[0])
    parts = {place: known(period, question.as_of) for place, period in enumerate(periods)}
    some = {place: part for place, part in parts.items() if part is not None}
    if not some:
        return None
    transfers = _by_rung(question)[Rung.emergency_housing]
    stays = StaysQuestion(question.view, list(some.values()), question.kind, transfers, question.as_of)
    return _Asked(stays, list(some))


async def durations(question: Question, periods: Sequence[Period]) -> list[Durations]:
    """Return the stays opened in each of consecutive periods."""
    asked = _stays(question, periods)
    if asked is None:
        return []
    rows = await queries.durations(question.session, asked.stays)
    return [replace(row, period=asked.places[row.period]) for row in rows]


async def exits(question: Question, periods: Sequence[Period]) -> list[Exits]:
    """Return the exits of each of consecutive periods."""
    asked = _stays(question, periods)
    if asked is None:
        return []
    rows = await queries.exits(question.session, asked.stays, _reach(question))
    return [replace(row, period=asked.places[row.period]) for row in rows]


async def blocked(question: Question, period: Period, days: int) -> list[Blocked]:
    """Return the stays open for long at the end of a period, or now when it has not ended; none before it begins."""
    _refuse_coarse(question, period)
    part, kinds = known(period, question.as_of), _by_rung(question)
    if part is None:
        return []
    at = min(midnight(part.until), question.as_of)
    asked = BlockedQuestion(question.view, _reach(question), at, days, question.kind, kinds)
    return await queries.blocked(question.session, asked)


def _refuse_coarse(question: Question, first: Period) -> None:
    """Raise `invalid` when stays of these days may be coarse.

    One that ended just before the first fine day may now stand half a day later, so that day is refused as well.
    """
    question.view.refuse_coarse(first.since, spare_days=1)


def _reach(question: Question) -> View:
    """Return the whole of what the caller may see, whatever territory is asked for."""
    return view_of(question.principal, question.directory, None)
