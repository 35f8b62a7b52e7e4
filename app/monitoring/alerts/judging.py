"""What is an alert at a date, since when, and how grave. Pure Python.

`since` is the first day of the present run of days on which it was one: it stays where it is while the alert lasts,
whenever one looks. A plan that is over is looked at as it was on its last day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from math import ceil
from typing import Final

from app.directory.vocabulary import Label
from app.monitoring.alerts.definitions import Threshold
from app.monitoring.alerts.records import Alert, Noted, Shown
from app.monitoring.alerts.vocabulary import AlertKind, Severity
from app.plan.actions.findings import actions
from app.plan.actions.milestones import milestones
from app.plan.coordination.cadence import Rhythm, rhythms
from app.plan.coordination.decisions import followed
from app.plan.coordination.meetings import held_by, held_day, meetings_known
from app.plan.money.sums import totals, unspread, years_are_known
from app.plan.records import AnyEntry, Plan
from app.plan.records.coordination import Committee, Decision, DecisionEnded, Meeting
from app.plan.records.entry import Text
from app.plan.records.money import Amount
from app.plan.records.register import Action, Assessment, Milestone, MilestoneReached
from app.plan.standing import latest, of_type
from app.plan.vocabulary import DecisionState, MilestoneState

_DAY = timedelta(days=1)
Thresholds = Mapping[str, Threshold]


def looked_at(plan: Plan, today: date) -> date:
    """Return the day a plan is looked at: today, or the last one it was in force."""
    return min(today, plan.valid_to - _DAY)


def in_time(kind: AlertKind, subject: str, name: Label, first: date, at: date, threshold: Threshold) -> Alert | None:
    """Return the alert of something that lasts since `first`, that day included, or None while it is too short."""
    days = (at - first).days + 1
    if days < max(1, threshold.watch):
        return None
    since = first + timedelta(days=max(1, ceil(threshold.watch)) - 1)
    severity = Severity.alarm if days >= threshold.alarm else Severity.watch
    return Alert(kind, subject, name, since, severity, days, threshold.watch)


def of_register(
    entries: Sequence[AnyEntry], every: Sequence[AnyEntry], at: date, thresholds: Thresholds
) -> Iterator[Alert]:
    """Yield the alerts of the register; `entries` stand at the date, `every` of days without end."""
    for one in (*_decisions(every), *_milestones(every), *_actions(every), *_meetings(every)):
        first = begin_of_run(sorted(day for day in one.changes if day <= at), one.late)
        threshold = thresholds[_THRESHOLDS[one.kind]]
        alert = in_time(one.kind, one.subject, one.name, first, at, threshold) if first is not None else None
        if alert is not None:
            yield alert
    yield from overspending(entries, thresholds["money_paid_of_committed"])


_THRESHOLDS: Final = {
    AlertKind.overdue_decision: "decision_overdue_days",
    AlertKind.missed_milestone: "milestone_missed_days",
    AlertKind.late_action: "action_late_days",
    AlertKind.missed_meeting: "meeting_missed_days",
}


@dataclass(frozen=True, slots=True)
class _Dated:
    """Something that is late on some days."""

    kind: AlertKind
    subject: str
    name: Label
    changes: frozenset[date]
    """Every day on which it may begin or cease to be late."""
    late: Callable[[date], bool]


def _by(entries: Iterable[AnyEntry], key: Callable[[AnyEntry], str | int | None]) -> Mapping[str | int, list[AnyEntry]]:
    """Return entries by what they are about, without those about nothing."""
    found: dict[str | int, list[AnyEntry]] = {}
    for one in entries:
        about = key(one)
        if about is not None:
            found.setdefault(about, []).append(one)
    return found


def _until(entries: Iterable[AnyEntry], day: date) -> list[AnyEntry]:
    return [one for one in entries if one.on <= day]


def _changes(own: Iterable[AnyEntry], *due: date | None) -> frozenset[date]:
    return frozenset({one.on for one in own} | {day + _DAY for day in due if day is not None})


def _decisions(every: Sequence[AnyEntry]) -> Iterator[_Dated]:
    def about(one: AnyEntry) -> str | None:
        return one.code if isinstance(one, Decision) else one.decision if isinstance(one, DecisionEnded) else None

    for code, own in _by(every, about).items():
        worded = of_type(own, Decision)

        def late(day: date, own: Sequence[AnyEntry] = own) -> bool:
            return any(one.state is DecisionState.overdue for one in followed(own, day))

        if worded:
            changes = _changes(own, *(one.due_on for one in worded))
            yield _Dated(AlertKind.overdue_decision, str(code), _words(worded[-1].title), changes, late)


def _milestones(every: Sequence[AnyEntry]) -> Iterator[_Dated]:
    def about(one: AnyEntry) -> str | None:
        return one.code if isinstance(one, Milestone) else one.milestone if isinstance(one, MilestoneReached) else None

    for code, own in _by(every, about).items():
        worded = of_type(own, Milestone)

        def late(day: date, own: Sequence[AnyEntry] = own) -> bool:
            return any(one.state is MilestoneState.missed for one in milestones(_until(own, day), day))

        if worded:
            changes = _changes(own, *(one.due_on for one in worded))
            yield _Dated(AlertKind.missed_milestone, str(code), _words(worded[-1].title), changes, late)


def _actions(every: Sequence[AnyEntry]) -> Iterator[_Dated]:
    def about(one: AnyEntry) -> int | None:
        return one.number if isinstance(one, Action) else one.action if isinstance(one, Assessment) else None

    for number, own in _by(every, about).items():
        worded = of_type(own, Action)

        def late(day: date, own: Sequence[AnyEntry] = own) -> bool:
            return any(one.late_since is not None for one in actions(_until(own, day), day))

        if worded:
            changes = _changes(own, *(one.planned_end for one in worded))
            yield _Dated(AlertKind.late_action, str(number), _words(worded[-1].title), changes, late)


def _meetings(every: Sequence[AnyEntry]) -> Iterator[_Dated]:
    """Yield committees: late from the day after a meeting planned and not held, or after the rhythm asked for one."""

    def about(one: AnyEntry) -> str | None:
        return one.code if isinstance(one, Committee) else one.committee if isinstance(one, Meeting) else None

    for code, own in _by(every, about).items():
        worded, meetings = of_type(own, Committee), of_type(own, Meeting)

        def late(day: date, own: Sequence[AnyEntry] = own) -> bool:
            known = meetings_known(own, day)
            return any(_is_lacking(rhythm, known, day) for rhythm in rhythms(own, day))

        if worded:
            begun = {one.on for one in worded} | {held_day(one) for one in meetings}
            asked = {days for one in worded if one.meetings_per_year for days in _rounded(one.meetings_per_year)}
            rhythm = [day + timedelta(days=days) for day in begun for days in asked]
            changes = _changes(own, *(one.on for one in meetings), *rhythm) | begun
            changes |= {date(year, 1, 1) for year in {day.year + n for day in changes for n in (0, 1)}}
            yield _Dated(AlertKind.missed_meeting, str(code), _words(worded[-1].title), changes, late)


def _rounded(per_year: int) -> set[int]:
    """Return the whole days between two meetings, in a common and in a leap year."""
    return {ceil(days / per_year) for days in (365, 366)}


def _is_lacking(rhythm: Rhythm, meetings: Iterable[Meeting], day: date) -> bool:
    """Say whether a meeting is lacking on a day since the last one held, or since the committee was constituted."""
    last = rhythm.last_held_on
    if any(one.on < day and not held_by(one, day) and (last is None or one.on > last) for one in meetings):
        return True
    begin = last or rhythm.committee.on
    return rhythm.interval_days is not None and (day - begin).days > ceil(rhythm.interval_days)


def _words(text: Text) -> Label:
    return Label(text.fr, text.en)


def overspending(entries: Sequence[AnyEntry], threshold: Threshold) -> Iterator[Alert]:
    """Yield an alert for the plan, each budget year and each action of which more was paid than promised, as revised.

    `since` is the day of the booking that took the share beyond, after which it never came back. Years are judged only
    while every payment and authorisation has one: what is not spread may be any year's. Paid against a promise that is
    not above zero is an alarm without a share; against none at all it is one for the plan only, as an action or a year
    may be paid from what was promised to the plan as a whole.
    """
    amounts, by_year = of_type(entries, Amount), years_are_known(unspread(entries))
    titles = latest(of_type(entries, Action), lambda one: one.number)
    groups: dict[str, tuple[Label, list[Amount]]] = {"plan": (Label("plan entier", "whole plan"), amounts)}
    for one in amounts:
        if by_year and one.year is not None:
            year = Label(f"année budgétaire {one.year}", f"budget year {one.year}")
            groups.setdefault(f"year.{one.year}", (year, []))[1].append(one)
        if one.action in titles:
            groups.setdefault(f"action.{one.action}", (_words(titles[one.action].title), []))[1].append(one)
    for subject, (name, some) in groups.items():
        days = sorted({one.on for one in some})
        since = begin_of_run(days, partial(_is_beyond, some, threshold, whole=subject == "plan"))
        if since is not None:
            share = totals(some).on_revised.value
            severity = Severity.alarm if share is None or share > threshold.alarm else Severity.watch
            yield Alert(AlertKind.overspending, subject, name, since, severity, share, threshold.watch)


def _is_beyond(amounts: Iterable[Amount], threshold: Threshold, day: date, *, whole: bool) -> bool:
    """Say whether more was paid than promised by a day, of the whole plan or of a part of it."""
    then = totals([one for one in amounts if one.on <= day])
    promised = then.authorisations.revised
    if promised is None or promised <= 0:
        return bool(then.paid and then.paid > 0) and (whole or promised is not None)
    share = then.on_revised.value
    return share is not None and share > threshold.watch


def begin_of_run(days: Sequence[date], off: Callable[[date], bool]) -> date | None:
    """Return the first of the days, in order, from which on all to the last one are off; None when the last is not."""
    since = None
    for day in reversed(days):
        if not off(day):
            break
        since = day
    return since


def shown(alerts: Iterable[Alert], noted: Sequence[Noted], at: date) -> list[Shown]:
    """Return alerts with who took note, the gravest first, then the newest; what never reported closes each grade.

    A note made before an alert began was of an earlier one with the same id, and is not shown.
    """
    found = []
    for alert in alerts:
        own = tuple(one for one in noted if one.alert == alert.id and one.on >= alert.since)
        found.append(Shown(alert, own, any(one.until is None or at < one.until for one in own)))
    return sorted(found, key=_rank)


def _rank(one: Shown) -> tuple[bool, bool, int, str]:
    alert = one.alert
    never = alert.kind is AlertKind.never_reported  # a silence nobody was used to hearing broken is no news
    return alert.severity is Severity.watch, never, -alert.since.toordinal(), alert.id
