"""What the answer and the indicators are made of: counts by period and kind, of what a question can see."""

from collections import Counter, defaultdict
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
from app.metrics.housing.definitions import BLOCKED_AFTER_DAYS
from app.metrics.housing.keeping import Lookup, kinds_by_rung
from app.metrics.housing.queries import BlockedQuestion, Nights, StaysQuestion, blocked_days, kept
from app.metrics.housing.records import Blocked, Durations, Exits
from app.metrics.housing.rules import Occupancy, Reported, known, last_night, midnight, nights_of, number_of
from app.metrics.indicator import Period

_RUNGS: Final = tuple(Rung)
ONLY_USUAL_DAYS: Final = f"of days so long ago, stays open for more than {BLOCKED_AFTER_DAYS} days only are kept"
NEW_LOOKUP: Final = "of days so long ago, this was not kept for what you may see now"
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
    nights = nights_in([question.period], question.as_of)
    if nights is None:
        return {}
    found: Counter[str] = Counter()
    for read in (queries.unplaced, kept.unplaced):
        for row in await read(question.session, question.view, question.kind, nights):
            found[row.kind] += row.nights
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about stays, and which period each of its own is."""

    stays: StaysQuestion
    places: Sequence[int]


def _stays(question: Question, periods: Sequence[Period]) -> _Asked | None:
    """Return the question about stays, of the periods that may hold any."""
    parts = {place: known(period, question.as_of) for place, period in enumerate(periods)}
    some = {place: part for place, part in parts.items() if part is not None}
    if not some:
        return None
    transfers = kinds_by_rung(question.directory)[Rung.emergency_housing]
    stays = StaysQuestion(question.view, list(some.values()), question.kind, transfers, question.as_of)
    return _Asked(stays, list(some))


async def durations(question: Question, periods: Sequence[Period]) -> list[Durations]:
    """Return the stays opened in each of consecutive periods."""
    asked = _stays(question, periods)
    if asked is None:
        return []
    rows = await queries.durations(question.session, asked.stays)
    rows += await kept.durations(question.session, asked.stays)
    return [replace(row, period=asked.places[row.period]) for row in rows]


async def exits(question: Question, periods: Sequence[Period]) -> list[Exits]:
    """Return the exits of each of consecutive periods."""
    asked = _stays(question, periods)
    if asked is None:
        return []
    rows = await queries.exits(question.session, asked.stays, _reach(question))
    rows += await kept.exits(question.session, asked.stays, _reach(question))
    return [replace(row, period=asked.places[row.period]) for row in rows]


async def why_not_blocked(question: Question, period: Period, days: int) -> str | None:
    """Return why the stays blocked at the end of a period are not known; None when they are."""
    if not _is_past(question, period):
        return None
    if days != BLOCKED_AFTER_DAYS:
        return ONLY_USUAL_DAYS
    name = Lookup.of(_reach(question)).name
    return None if await blocked_days.is_kept(question.session, period.until, name) else NEW_LOOKUP


async def blocked(question: Question, period: Period, days: int) -> list[Blocked]:
    """Return the stays open for long at the end of a period, or now when it has not ended; none before it begins.

    Of days whose records are coarse only what is kept: see `why_not_blocked`.
    """
    reach, part = _reach(question), known(period, question.as_of)
    if _is_past(question, period):
        name = Lookup.of(reach).name
        return await blocked_days.kept(question.session, period.until, name, question.view, question.kind)
    if part is None:
        return []
    kinds = kinds_by_rung(question.directory)
    at = min(midnight(part.until), question.as_of)
    asked = BlockedQuestion(question.view, reach, at, days, question.kind, kinds)
    return await queries.blocked(question.session, asked)


def _is_past(question: Question, period: Period) -> bool:
    """Say whether records of the stays open at the end of a period may be coarse."""
    fine_from = question.view.fine_from
    return fine_from is not None and period.until < fine_from


def _reach(question: Question) -> View:
    """Return the whole of what the caller may see, whatever territory is asked for."""
    return view_of(question.principal, question.directory, None)
