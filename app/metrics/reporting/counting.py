"""Counting records: by facts where they answer, by the records where they do not."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import orjson

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, Parts, Span, always_settled
from app.metrics.facts import parts_of
from app.metrics.indicator import Period
from app.metrics.reporting import facts, timers
from app.metrics.reporting.definitions import Aspect, Kept
from app.metrics.reporting.queries import from_records
from app.metrics.reporting.queries.from_records import Runs
from app.metrics.reporting.records import Described, Part, Report
from app.metrics.reporting.tallies import Counts, add_up, days_of, meets, unite

_DESCRIBED: Final = ("encounters", "linked", "single", "gender", "age_band", "sleeping", "first_contact")
_LAGS: Final = {Kept.encounters: "encounter_lags", Kept.referrals: "referral_lags"}
_COLUMNS: Final[Mapping[Aspect, Collection[str]]] = {
    Aspect.encounters: ["encounter_lags"],
    Aspect.referrals: ["referral_lags"],
    Aspect.described: _DESCRIBED,
    Aspect.answers: ["answers", "without_effect"],
    Aspect.clocks: ["encounters", "off_clock"],
}
"""The columns of the facts behind what is counted by territory."""
_OF_PATROLS: Final = frozenset({Aspect.patrols, Aspect.clocks})


async def reports(
    session: ReadSession, view: View, periods: Sequence[Period], as_of: datetime, aspects: Collection[Aspect]
) -> list[Report]:
    """Return what the records of each period of a series come to, as far as these aspects go.

    The session is one snapshot, so a day is counted once whatever is computed beside it.
    """
    parts = await parts_of(session, view, periods, always_settled, BY_MONTH)
    found = [Report() for _ in periods]
    await _by_territory(session, view, parts, aspects, found)
    if not _OF_PATROLS.isdisjoint(aspects):
        await _patrols(session, view, parts, aspects, found)
    if Aspect.closed in aspects:
        for report, part in zip(found, await timers.closed_in_time(session, view, parts, as_of), strict=True):
            report.closed = report.closed.plus(part)
    for report, one in zip(found, parts, strict=True):
        if one.counted:
            for aspect in aspects:
                await _FROM_RECORDS[aspect](session, view, one.counted, as_of, report)
    return found


async def _by_territory(
    session: ReadSession, view: View, parts: Sequence[Parts], aspects: Collection[Aspect], found: Sequence[Report]
) -> None:
    """Add what facts say of encounters, referrals and answers."""
    names = sorted({name for aspect in aspects for name in _COLUMNS.get(aspect, ())})
    if not names:
        return
    numbers, cohorts = _cohorts(parts)
    counts: list[Counter[str]] = [Counter() for _ in parts]
    lags: list[dict[str, Counts]] = [{column: {} for column in _LAGS.values()} for _ in parts]
    for span, first_day, *values in await facts.read(session, view, names, cohorts, view.territories):
        n = numbers[span, first_day]
        for name, value in zip(names, values, strict=True):
            if name in lags[n]:
                add_up(lags[n][name], orjson.loads(value))
            else:
                counts[n][name] += value
    for report, count, some in zip(found, counts, lags, strict=True):
        report.described = Described(*(count[name] for name in _DESCRIBED))
        report.answers = Part(count["answers"], count["without_effect"])
        report.clocks = Part(count["encounters"], count["off_clock"])
        for kept, column in _LAGS.items():
            report.lags[kept] = _hours(some[column])


async def _patrols(
    session: ReadSession, view: View, parts: Sequence[Parts], aspects: Collection[Aspect], found: Sequence[Report]
) -> None:
    """Add what facts say of patrols: those that list a territory of the view."""
    numbers, cohorts = _cohorts(parts)
    lags: list[Counts] = [{} for _ in parts]
    clocks = [0] * len(parts)
    seen: dict[str, bool] = {}
    for span, first_day, patrols, off in await facts.read(session, view, ["patrols", "patrols_off"], cohorts, None):
        n = numbers[span, first_day]
        for listed, some in orjson.loads(patrols).items():
            if listed not in seen:
                seen[listed] = meets(listed, view.territories)
            if seen[listed]:
                add_up(lags[n], some)
        if Aspect.clocks in aspects:
            clocks[n] += sum(number for listed, number in orjson.loads(off).items() if seen[listed])
    for report, some, number in zip(found, lags, clocks, strict=True):
        report.lags[Kept.patrols] = _hours(some)
        report.clocks = report.clocks.plus(Part(sum(some.values()), number))


def _cohorts(parts: Sequence[Parts]) -> tuple[dict[tuple[str, date], int], dict[Span, list[date]]]:
    """Return {(span, first day): number of the period}, and the first days by span."""
    numbers = {
        (span.value, day): n for n, one in enumerate(parts) for span, days in one.settled.items() for day in days
    }
    return numbers, {span: [day for one in parts for day in one.settled[span]] for span in BY_MONTH}


def _hours(counts: Counts) -> Counter[int]:
    return Counter({int(hours): number for hours, number in counts.items()})


Adding = Callable[[ReadSession, View, Runs, datetime, Report], Awaitable[None]]


def _lags(kept: Kept, histogram: Callable[[ReadSession, View, Runs], Awaitable[Mapping[int, int]]]) -> Adding:
    async def add(session: ReadSession, view: View, runs: Runs, _as_of: datetime, report: Report) -> None:
        report.lags[kept].update(await histogram(session, view, runs))

    return add


async def _described(session: ReadSession, view: View, runs: Runs, _as_of: datetime, report: Report) -> None:
    report.described = report.described.plus(await from_records.described(session, view, runs))


async def _closed(session: ReadSession, view: View, runs: Runs, as_of: datetime, report: Report) -> None:
    report.closed = report.closed.plus(await from_records.closed_in_time(session, view, runs, as_of))


async def _answers(session: ReadSession, view: View, runs: Runs, _as_of: datetime, report: Report) -> None:
    report.answers = report.answers.plus(await from_records.answers(session, view, runs))


async def _clocks(session: ReadSession, view: View, runs: Runs, _as_of: datetime, report: Report) -> None:
    report.clocks = report.clocks.plus(await from_records.skewed(session, view, runs))


_FROM_RECORDS: Final[Mapping[Aspect, Adding]] = {
    Aspect.encounters: _lags(Kept.encounters, from_records.encounter_lags),
    Aspect.patrols: _lags(Kept.patrols, from_records.patrol_lags),
    Aspect.referrals: _lags(Kept.referrals, from_records.referral_lags),
    Aspect.described: _described,
    Aspect.closed: _closed,
    Aspect.answers: _answers,
    Aspect.clocks: _clocks,
}


async def days(session: ReadSession, view: View, period: Period) -> dict[UUID, set[date]]:
    """Return the service days of which each team sent a patrol or an encounter."""
    [parts] = await parts_of(session, view, [period], always_settled, BY_MONTH)
    sent: defaultdict[date, Counts] = defaultdict(dict)
    for _, first_day, teams in await facts.read(session, view, ["teams"], parts.settled, view.territories):
        unite(sent[first_day], orjson.loads(teams))
    found: defaultdict[str, set[date]] = defaultdict(set)
    for first_day, teams in sent.items():
        for team, bits in teams.items():
            found[team].update(days_of(bits, first_day))
    listed = defaultdict(set, {UUID(team): some for team, some in found.items()})
    if parts.counted:
        for row in await from_records.days(session, view, parts.counted):
            listed[row.team_id].add(row.day)
    return listed
