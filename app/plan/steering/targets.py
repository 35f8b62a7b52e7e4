"""Targets as they stand, and a value held against one. Pure Python."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite

from app.plan.records import AnyEntry
from app.plan.records.steering import Target
from app.plan.standing import of_type
from app.plan.vocabulary import Direction, Lacking, TargetStatus


@dataclass(frozen=True, slots=True)
class Line:
    """A target as it stands, and how it came to be so: a target that was lowered says so."""

    target: Target
    first: Target
    """As it was set at first."""
    revisions: int
    """How often it was set anew; a corrected slip of the pen is no revision."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a value is against a target."""

    status: TargetStatus
    reason: Lacking | None
    """Why the status is unknown: set exactly then."""
    reached: bool | None
    """Whether the value to reach is reached; `on_target` also allows for what lies between it and `watch`."""
    gap: float | None
    """Value - value to reach, in the indicator's unit; null without a value."""
    progress: float | None
    """Share of the way from the baseline to the target that is behind: below 0 when going backwards, above 1 beyond."""
    progress_reason: Lacking | None
    """Why there is no progress: set exactly then."""


def lines(entries: Iterable[AnyEntry]) -> list[Line]:
    """Return every target of standing entries, by code."""
    set_: defaultdict[str, list[Target]] = defaultdict(list)
    for target in of_type(entries, Target):
        set_[target.code].append(target)
    return [Line(every[-1], every[0], len(every) - 1) for _, every in sorted(set_.items())]


def targets_for(targets: Iterable[Target], indicator: str, territory: str | None, until: date) -> list[Target]:
    """Return the targets for an indicator's value over days that end before `until`, by code.

    One is for it when it is of that very territory (None: the perimeter) and in force on the last of the days. It need
    not have been in force on all of them: `judge` then says so instead of judging.
    """
    return sorted(
        (
            one
            for one in targets
            if one.indicator == indicator and one.territory == territory and one.valid_from < until <= one.valid_to
        ),
        key=lambda one: one.code,
    )


def judge(target: Target, value: float | None, since: date, until: date) -> Judgement:
    """Hold the value of the days [since, until) against a target; of one day for what is counted at a date.

    A value exactly at a threshold is not beyond it. Nothing is said without a value, nor for days of which some lie
    outside those the target was in force: half a year is not measured by what a whole one was to bring.
    """
    if value is None:
        return _unknown(Lacking.no_value)
    if not target.valid_from <= since < until <= target.valid_to:
        return _unknown(Lacking.not_in_force)
    progress = _progress(target, value)
    return Judgement(
        _status(target, value),
        None,
        reached=not _beyond(target, value, target.value),
        gap=value - target.value,
        progress=progress if isinstance(progress, float) else None,
        progress_reason=progress if isinstance(progress, Lacking) else None,
    )


def _unknown(reason: Lacking) -> Judgement:
    return Judgement(TargetStatus.unknown, reason, None, None, None, reason)


def _beyond(target: Target, value: float, threshold: float) -> bool:
    """Say whether a value lies on the wrong side of a threshold."""
    return value < threshold if target.direction is Direction.at_least else value > threshold


def _status(target: Target, value: float) -> TargetStatus:
    if _beyond(target, value, target.alarm):
        return TargetStatus.off_target
    return TargetStatus.watch if _beyond(target, value, target.watch) else TargetStatus.on_target


def _progress(target: Target, value: float) -> float | Lacking:
    if target.baseline is None:
        return Lacking.no_baseline
    way = target.value - target.baseline
    progress = (value - target.baseline) / way if way else inf
    return progress if isfinite(progress) else Lacking.baseline_is_target
