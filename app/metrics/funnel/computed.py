"""Computing the funnel's indicators: one look at the cohort, then each indicator's reading of its counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from app.metrics.asking import Compute, Question
from app.metrics.funnel.counting import count
from app.metrics.funnel.definitions import FAILURES, GroupBy
from app.metrics.funnel.indicators import FOLLOWED_DAYS
from app.metrics.funnel.queries import FunnelQuestion
from app.metrics.funnel.records import FunnelCounts
from app.metrics.indicator import Figure, Period, Ratio, Split

_HORIZON: Final = timedelta(days=FOLLOWED_DAYS)
_GROUPS: Final[Mapping[Split, GroupBy]] = {
    Split.kind: GroupBy.kind,
    Split.territory: GroupBy.territory,
    Split.team: GroupBy.team,
}
_NOT_FOLLOWED: Final = f"no referral of the period has been followed for {FOLLOWED_DAYS} days yet"


@dataclass(frozen=True, slots=True)
class _Group:
    """The counts of one group in one period."""

    period: Period
    key: str | None
    counts: FunnelCounts

    @property
    def failed(self) -> int:
        return sum(getattr(self.counts, failure.value) for failure in FAILURES)

    @property
    def unknown(self) -> int:
        return self.counts.followed - self.counts.success - self.failed

    def figure(self, value: float | None, n: int, denominator: int | None, reason: str | None) -> Figure:
        """Return a figure on the followed referrals."""
        return Figure(
            since=self.period.since,
            until=self.period.until,
            key=self.key,
            value=value,
            n=n,
            denominator=denominator,
            unknown=self.unknown,
            base=self.counts.followed,
            late=self.counts.late,
            reason=reason,
        )


def _offered(group: _Group) -> Figure:
    made = group.counts.made
    since, until = group.period.since, group.period.until
    return Figure(since, until, group.key, made, made, None, late=group.counts.late)


def _reached(stage: str, group: _Group) -> Figure:
    """Read how many reached a stage: nothing can be said while nobody of a cohort has been followed."""
    if group.counts.made and not group.counts.followed:
        return group.figure(None, 0, None, _NOT_FOLLOWED)
    reached: int = getattr(group.counts, stage)
    return group.figure(reached, reached, None, None)


def _ratio(counted: Callable[[_Group], tuple[int, int]], nothing: str, group: _Group) -> Figure:
    """Read a ratio; `nothing` says what is missing when followed referrals leave its denominator empty."""
    above, below = counted(group)
    if below:
        return group.figure(Ratio(above, below).value, above, below, None)
    if group.counts.followed:
        return group.figure(None, above, below, nothing)
    return group.figure(None, above, below, _NOT_FOLLOWED if group.counts.made else "no referral was made")


def _worst_case(group: _Group) -> tuple[int, int]:
    return group.counts.success, group.counts.followed


def _known_outcome(group: _Group) -> tuple[int, int]:
    return group.counts.success, group.counts.success + group.failed


def _acceptance(group: _Group) -> tuple[int, int]:
    return group.counts.provider_accepted, group.counts.provider_accepted + group.counts.refused


def _unknown_share(group: _Group) -> tuple[int, int]:
    return group.unknown, group.counts.followed


def _admissions(group: _Group) -> tuple[int, int]:
    return group.counts.admitted, group.counts.followed


_READINGS: Final[Mapping[str, Callable[[_Group], Figure]]] = {
    "referrals_offered": _offered,
    "referrals_requested": partial(_reached, "requested"),
    "referrals_accepted": partial(_reached, "accepted"),
    "referrals_arrived": partial(_reached, "arrived"),
    "referrals_admitted": partial(_reached, "admitted"),
    "success_worst_case": partial(_ratio, _worst_case, "no referral was followed"),
    "success_known_outcome": partial(_ratio, _known_outcome, "no outcome is known"),
    "provider_acceptance": partial(_ratio, _acceptance, "no provider accepted or refused"),
    "outcome_unknown_share": partial(_ratio, _unknown_share, "no referral was followed"),
    "admissions_per_referral": partial(_ratio, _admissions, "no referral was followed"),
}


async def _read(
    reading: Callable[[_Group], Figure], question: Question, periods: Sequence[Period], split: Split | None
) -> list[Figure]:
    return [reading(group) for group in await _groups(question, periods, split)]


async def _groups(question: Question, periods: Sequence[Period], split: Split | None) -> list[_Group]:
    """Return the cohorts of contiguous periods, by period and key; without a split, every period has its one."""
    found: dict[tuple[date, str | None], FunnelCounts] = {}
    for since, key, counts in await _counted(question, periods, split):
        found[since, key] = counts.plus(found.get((since, key), FunnelCounts.none()), ())
    if split is None:
        return [_Group(p, None, found.get((p.since, None), FunnelCounts.none())) for p in periods]
    by_period = {period.since: period for period in periods}
    ordered = sorted(found, key=lambda known: (known[0], known[1] or ""))
    return [_Group(by_period[since], key, found[since, key]) for since, key in ordered]


async def _counted(
    question: Question, periods: Sequence[Period], split: Split | None
) -> list[tuple[date, str | None, FunnelCounts]]:
    """Return (first day of the period, key, counts); several where one period has several weeks or months."""
    grain = _grain(periods)
    if grain is None:
        return [
            (period.since, counts.key[0] if split else None, counts)
            for period in periods
            for counts in await _count(question, period, [split] if split else [])
        ]
    whole = Period(periods[0].since, periods[-1].until)
    starts = [period.since for period in periods]
    return [
        (_last_before(starts, counts.key[0]), counts.key[1] if split else None, counts)
        for counts in await _count(question, whole, [grain, split] if split else [grain])
    ]


def _grain(periods: Sequence[Period]) -> GroupBy | None:
    """Return by what one statement can count all periods; None when each needs its own."""
    inner = [period.since for period in periods[1:]]
    if inner and all(day.day == 1 for day in inner):
        return GroupBy.month
    if inner and all(day.weekday() == 0 for day in inner):
        return GroupBy.week
    return None


def _last_before(starts: Sequence[date], key: str) -> date:
    """Return the start of the period that a month (YYYY-MM) or week (its Monday) lies in; the first may be cut."""
    begins = date.fromisoformat(key if len(key) > len("YYYY-MM") else f"{key}-01")
    return max((start for start in starts if start <= begins), default=starts[0])


async def _count(question: Question, period: Period, groups: Sequence[GroupBy | Split]) -> list[FunnelCounts]:
    by = tuple(_GROUPS[group] if isinstance(group, Split) else group for group in groups)
    asked = FunnelQuestion(period, _HORIZON, question.as_of, question.kind, by)
    return await count(question.session, question.view, question.directory, asked)


COMPUTED: Final[Mapping[str, Compute]] = {code: partial(_read, reading) for code, reading in _READINGS.items()}
