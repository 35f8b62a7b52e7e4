"""What events add up to, read straight off the field's own table: nothing of `app` is used.

The table is domain.md's, word for word; where the service and this page disagree, one of them is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TABLE = """
offered -> requested | arrived | admitted (only when `accompanied`) | declined | cancelled
requested -> accepted | waitlisted | refused | arrived | admitted | declined | no_show | cancelled | expired
waitlisted -> accepted | admitted | refused | declined | cancelled | expired
accepted -> arrived | admitted | refused | declined | no_show | cancelled | expired
arrived -> admitted | refused | declined | no_show | expired (kinds whose success is `admitted` only; else terminal)
"""


@dataclass(frozen=True)
class Said:
    """One answer: `step` is a state or `exited`; the service itself says `expired`, or withdraws a referral."""

    id: int
    step: str
    occurred_at: datetime
    recorded_at: datetime
    reason: str | None = None
    by_service: bool = False


@dataclass(frozen=True)
class Made:
    """A referral as it was made."""

    state: str
    at: datetime
    success: str
    accompanied: bool
    timer: timedelta
    reason: str | None = None


@dataclass
class Added:
    """What it came to."""

    state: str
    since: datetime
    reason: str | None
    reached: dict[str, datetime]
    exited_at: datetime | None = None
    without_effect: set[int] = field(default_factory=set)


def following(state: str, success: str, accompanied: bool) -> set[str]:  # noqa: FBT001 - a row of the table
    """Return what may follow a state."""
    for line in TABLE.strip().splitlines():
        name, _, listed = line.partition(" -> ")
        if name != state:
            continue
        if "else terminal" in line and success != "admitted":
            return set()
        steps = {step.strip().partition(" ")[0]: step for step in listed.split("|")}
        allowed = {step for step, text in steps.items() if "accompanied" not in text or accompanied}
        return allowed | {"entered_in_error"}  # "any non-terminal -> entered_in_error"
    return set()


def add_up(made: Made, said: Sequence[Said]) -> Added:
    """Take the answers one after the other, as they happened; silence has its say between them."""
    told = Added(made.state, made.at, made.reason, {made.state: made.at})

    def enter(state: str, at: datetime, reason: str | None) -> None:
        told.state, told.since, told.reason = state, at, reason
        told.reached[state] = at

    withdrawals = [one for one in said if one.by_service and one.step == "entered_in_error"]
    if withdrawals:  # it never was
        enter("entered_in_error", made.at, None)
        told.without_effect = {one.id for one in said} - {withdrawals[0].id}
        return told
    for one in sorted(said, key=lambda one: (one.occurred_at, one.by_service, one.recorded_at, one.id)):
        next_ = following(told.state, made.success, made.accompanied)
        if "expired" in next_ and told.since + made.timer < one.occurred_at:
            enter("expired", told.since + made.timer, "outcome_not_reported")
            next_ = set()
        at = max(one.occurred_at, told.since)
        if one.step == "exited":
            stays = made.success == "admitted" and told.state == "admitted" and told.exited_at is None
            told.exited_at = at if stays else told.exited_at
            effect = stays
        else:
            silent = not one.by_service or one.occurred_at >= told.since + made.timer
            effect = one.step in next_ and silent
            if effect:
                enter(one.step, at, one.reason)
        if not effect:
            told.without_effect.add(one.id)
    return told


def fall_silent(made: Made, told: Added) -> Added:
    """Return how it ends when nobody ever says anything more."""
    if "expired" in following(told.state, made.success, made.accompanied):
        at = told.since + made.timer
        told.state, told.since, told.reason = "expired", at, "outcome_not_reported"
        told.reached["expired"] = at
    return told
