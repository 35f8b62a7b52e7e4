"""Actions and money of a plan, in plain Python over what was posted: each figure asks the whole register anew.

A record is (JSON as posted, when it was recorded). Nothing here folds: whether an entry stands is asked of every other.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
Record = tuple[Json, datetime]
_CAUSES = ("scope", "volume", "price", "delay", "emergency", "underestimate", "not_stated")
_STATUSES = ("not_started", "initiated", "partly_done", "done", "abandoned")


class Seen:
    """A register as it is seen from a day, by somebody who knows what had been recorded by an instant."""

    def __init__(self, records: Sequence[Record], at: date, known_at: datetime | None) -> None:
        self.at = at
        self._known = [one for one in records if known_at is None or one[1] <= known_at]

    def those(self, kind: str, suits: Callable[[Json], bool] = lambda _one: True) -> list[Json]:
        """What was said last comes last."""
        said = [
            (one, when)
            for one, when in self._known
            if one["type"] == kind
            and date.fromisoformat(one["on"]) <= self.at
            and not any(other.get("corrects") == one["id"] for other, _ in self._known)
            and suits(one)
        ]
        return [one for one, when in sorted(said, key=lambda pair: (pair[0]["on"], pair[1], pair[0]["id"]))]

    def numbers(self) -> list[int]:
        return sorted({one["number"] for one in self.those("action")})

    def bodies(self) -> list[str]:
        assessors = {}
        for one in self.those("body"):
            assessors[one["code"]] = "assessor" in one["roles"]
        return sorted(
            {one["body"] for one in self.those("assessment")} | {code for code in assessors if assessors[code]}
        )

    def status(self, number: int, body: str) -> str | None:
        said = self.those("assessment", lambda one: one["action"] == number and one["body"] == body)
        return said[-1]["status"] if said else None

    def tally(self, body: str) -> dict[str, Any]:
        found = [self.status(number, body) for number in self.numbers()]
        started = sum(one in {"initiated", "partly_done", "done"} for one in found)
        silent = not found or set(found) == {None}
        share = None if silent else four_decimals(Fraction(started, len(found)))
        counts = {status: found.count(status) for status in _STATUSES}
        return counts | {"actions": len(found), "initiated_at_least": started, "share": share}

    def action(self, number: int) -> dict[str, Any]:
        wordings = self.those("action", lambda one: one["number"] == number)
        ends = [date.fromisoformat(one["planned_end"]) for one in wordings if one["planned_end"]]
        now = wordings[-1]["planned_end"]
        found = {body: status for body in self.bodies() if (status := self.status(number, body))}
        over = "done" in found.values() or (found and all(one == "abandoned" for one in found.values()))
        late = now is not None and str(self.at) > now and not over
        return {
            "found": found,
            "contradictory": len(Counter(found.values())) >= 2,
            "slip_days": (date.fromisoformat(now) - ends[0]).days if now else None,
            "late": late,
        }

    def milestones(self) -> dict[str, str]:
        states = {}
        for one in self.those("milestone"):
            if self.those("milestone_reached", lambda said, code=one["code"]: said["milestone"] == code):  # type: ignore[misc]
                states[one["code"]] = "reached"
            else:
                states[one["code"]] = "missed" if one["due_on"] < str(self.at) else "due"
        return states

    def cents(self, nature: str, kind: str, **group: Any) -> int | None:
        amounts = self.those("amount", lambda one: all(one[name] == value for name, value in group.items()))
        wanted = [one["cents"] for one in amounts if (one["nature"], one["kind"]) == (nature, kind)]
        return sum(wanted) if wanted else None

    def years(self) -> list[int]:
        return sorted({one["year"] for one in self.those("amount")} - {None})

    def _blurred(self, natures: set[str], group: Json) -> bool:
        """Whether a year is asked for while a payment, or one of these of authorisations, might be any year's."""
        loose = [(one["nature"], one["kind"]) for one in self.those("amount", lambda one: one["year"] is None)]
        needed = {("expenditure", "payment_credit"), *((nature, "commitment_authorisation") for nature in natures)}
        return "year" in group and any(one in needed for one in loose)

    def execution(self, *, revised: bool, **group: Any) -> float | None:
        if self._blurred({"commitment", "revision"} if revised else {"commitment"}, group):
            return None
        paid = self.cents("expenditure", "payment_credit", **group)
        below = self.cents("commitment", "commitment_authorisation", **group) or 0
        if revised:
            below += self.cents("revision", "commitment_authorisation", **group) or 0
        return four_decimals(Fraction(paid, below)) if below > 0 and paid is not None else None

    def overrun(self, **group: Any) -> dict[str, int] | None:
        """Return the cents by cause, the unexplained under its own name; None without a commitment or a payment."""
        paid = self.cents("expenditure", "payment_credit", **group)
        committed = self.cents("commitment", "commitment_authorisation", **group)
        if paid is None or committed is None or self._blurred({"commitment", "revision"}, group):
            return None
        left = max(0, paid - committed)
        anew = self._by_cause("revision", "commitment_authorisation", group)
        told = dict.fromkeys(_CAUSES, 0)
        for weights, most in (
            (anew, sum(anew.values())),
            (self._by_cause("expenditure", "payment_credit", group), None),
        ):
            above = {cause: cents for cause, cents in weights.items() if cents > 0}
            share = max(0, min(left, sum(above.values()) if most is None else most))
            for cause, cents in _hamilton(share, above).items():
                told[cause] += cents
            left -= share
        return {cause: cents for cause, cents in told.items() if cents} | {"unexplained": left}

    def _by_cause(self, nature: str, kind: str, group: Json) -> dict[str, int]:
        return {cause: self.cents(nature, kind, cause=cause, **group) or 0 for cause in _CAUSES}


def four_decimals(exact: Fraction) -> float:
    """Return a fraction that is not negative to four decimals, a half upwards."""
    precise = Decimal(exact.numerator * 10**5 // exact.denominator) / 10**5  # the fifth decimal decides
    return float(precise.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _hamilton(seats: int, votes: dict[str, int]) -> dict[str, int]:
    """Seats by largest remainders, one at a time."""
    if not votes:
        return {}
    quota = {cause: Fraction(seats * votes[cause], sum(votes.values())) for cause in votes}
    given = {cause: int(quota[cause]) for cause in votes}
    waiting = [cause for cause in _CAUSES if cause in votes]
    while sum(given.values()) < seats:
        next_one = max(waiting, key=lambda cause: (quota[cause] - given[cause], -_CAUSES.index(cause)))
        given[next_one] += 1
        waiting.remove(next_one)
    return given
