"""The funnel's indicators a second time, referral by referral, in plain Python: nothing of `app` is used.

Written from domain.md ("Referral states", "Indicators": a cohort followed for a fixed horizon) and docs/indicators.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

_FOLLOWED = timedelta(days=30)
_LATE = timedelta(hours=26)
_ORDER = ("requested", "accepted", "arrived", "admitted")
_FAILED = {"refused", "declined", "no_show", "cancelled"}


@dataclass(frozen=True)
class Told:
    """A referral and its whole story: each state with when it was entered, in order, the first at its making."""

    org: Any
    team: str
    kind: str
    success: str
    territory: str
    day: date
    received_at: datetime
    story: Sequence[tuple[str, datetime]]

    @property
    def made_at(self) -> datetime:
        return self.story[0][1]

    def passed(self) -> list[str]:
        """Return the states it entered before the end of its follow-up."""
        return [state for state, at in self.story if at <= self.made_at + _FOLLOWED]

    def reached(self, stage: str) -> bool:
        """Say whether it came to a stage or, having skipped it, to a later one; a place on a list was asked for."""
        enough = {"waitlisted", *_ORDER} if stage == "requested" else set(_ORDER[_ORDER.index(stage) :])
        return not enough.isdisjoint(self.passed())

    def succeeded(self) -> bool:
        return self.reached(self.success)

    def failed(self) -> bool:
        return self.passed()[-1] in _FAILED

    def taken(self) -> bool:
        """Say whether the provider took it and did not send the person away after all."""
        return self.reached("accepted") and not self.turned_down()

    def turned_down(self) -> bool:
        return self.passed()[-1] == "refused"


_RATES: Mapping[str, tuple[Callable[[Told], bool], Callable[[Told], bool]]] = {
    "success_worst_case": (Told.succeeded, lambda _: True),
    "success_known_outcome": (Told.succeeded, lambda one: one.succeeded() or one.failed()),
    "provider_acceptance": (Told.taken, lambda one: one.taken() or one.turned_down()),
    "outcome_unknown_share": (lambda one: not one.succeeded() and not one.failed(), lambda _: True),
    "admissions_per_referral": (lambda one: one.reached("admitted"), lambda _: True),
}
"""Code: (what counts above the line, and below), of followed referrals."""
CODES = ("referrals_offered", *(f"referrals_{stage}" for stage in _ORDER), *_RATES)


def figure(code: str, referrals: Sequence[Told], as_of: datetime) -> dict[str, Any]:
    """Return one figure on referrals of one period and group, of which none was entered in error."""
    late = sum(one.received_at - one.made_at >= _LATE for one in referrals)
    if code == "referrals_offered":
        made = len(referrals)
        return {"value": made, "n": made, "denominator": None, "unknown": None, "base": None, "late": late}
    followed = [one for one in referrals if one.made_at + _FOLLOWED <= as_of]
    unknown = sum(not one.succeeded() and not one.failed() for one in followed)
    beside = {"unknown": unknown, "base": len(followed), "late": late}
    if code in _RATES:
        above, below = (sum(map(counts, followed)) for counts in _RATES[code])
        return {"value": above / below if below else None, "n": above, "denominator": below, **beside}
    reached = sum(one.reached(code.removeprefix("referrals_")) for one in followed)
    known = followed or not referrals
    return {"value": reached if known else None, "n": reached, "denominator": None, **beside}


def series(
    code: str, referrals: Sequence[Told], periods: Sequence[tuple[date, date]], split: str | None, as_of: datetime
) -> list[dict[str, Any]]:
    """Return the figures by period and, when split, by the groups that have a referral there."""
    figures = []
    for since, until in periods:
        there = [
            one for one in referrals if since <= one.day < until and "entered_in_error" not in dict(one.story)
        ]  # what was entered in error never was, whenever somebody noticed
        keys = sorted({getattr(one, split) for one in there}) if split else [None]
        for key in keys:
            of_key = [one for one in there if key is None or getattr(one, split or "") == key]
            place = {"period_from": since.isoformat(), "period_to": until.isoformat(), "key": key}
            figures.append(place | figure(code, of_key, as_of))
    return figures


def periods_of(since: date, until: date, granularity: str | None) -> list[tuple[date, date]]:
    """Return the calendar's periods in [since, until), the first and the last cut to it: day by day, so slowly."""
    days = [since + timedelta(days=number) for number in range((until - since).days)]
    names: Mapping[str | None, Callable[[date], Any]] = {
        None: lambda _: None,
        "day": lambda day: day,
        "week": lambda day: day.isocalendar()[:2],
        "month": lambda day: (day.year, day.month),
        "quarter": lambda day: (day.year, (day.month - 1) // 3),
        "year": lambda day: day.year,
    }
    spans: dict[Any, list[date]] = {}
    for day in days:
        spans.setdefault(names[granularity](day), []).append(day)
    return [(span[0], span[-1] + timedelta(days=1)) for span in spans.values()]
