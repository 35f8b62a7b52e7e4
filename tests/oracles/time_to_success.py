"""The time to success by its definition, referral by referral, in exact fractions: slow, and nothing like the service's
own way through counts by day."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

DAY_MS = 86_400_000
CAUSES = ("success", "refused", "declined", "no_show", "cancelled")
Row = Mapping[str, Any]
Seen = tuple[str, int]
"""How one referral ended and on which day after its making."""


@dataclass(frozen=True)
class Question:
    """Which referrals, how far, and as of when (ms since 1970)."""

    since: date
    until: date
    horizon: int
    as_of: int
    territories: frozenset[str] | None = None
    kind: str | None = None
    group_by: str | None = None


def ending_of(row: Row, as_of: int) -> Seen:
    """Return how a referral ended and the day of it; a referral without an outcome, until when it was seen."""
    made = row["created_at"]
    lived = max(as_of - made, 0) // DAY_MS
    succeeded = [row["admitted_at"]] if row["admitted_at"] is not None else []
    if row["success"] == "arrived" and row["arrived_at"] is not None:
        succeeded.append(row["arrived_at"])
    if succeeded:
        ending, at = "success", min(succeeded)
    elif row["state"] in CAUSES:
        ending, at = row["state"], row["state_at"]
    elif row["state"] == "expired":
        last_heard = row["state_at"] - row["expires_after_s"] * 1000
        return "expired", (last_heard - made) // DAY_MS
    else:
        return "open", lived
    day = math.ceil(Fraction(at - made, DAY_MS))
    return (ending, day) if day <= lived else ("open", lived)


def incidence(seen: Sequence[Seen], horizon: int) -> dict[int, dict[str, Fraction]]:
    """Return, for each day on which something ended, the cumulative incidence of each cause and the waiting share."""
    waiting, reached, steps = Fraction(1), dict.fromkeys(CAUSES, Fraction(0)), {}
    for day in range(horizon + 1):
        at_risk = sum(1 for _ending, until in seen if until >= day)
        ended = Counter(ending for ending, until in seen if until == day and ending in CAUSES)
        if ended:
            for cause in CAUSES:
                reached[cause] += waiting * Fraction(ended[cause], at_risk)
            waiting *= 1 - Fraction(ended.total(), at_risk)
            steps[day] = {**reached, "waiting": waiting, "at_risk": Fraction(at_risk)}
    return steps


def variance(seen: Sequence[Seen], horizon: int, at: int) -> Fraction:
    """Return the variance of the incidence of success at a day: Marubini and Valsecchi (1995), formula 10.12."""
    steps = incidence(seen, horizon)
    days = [day for day in sorted(steps) if day <= at]
    final, total, before = steps[days[-1]]["success"], Fraction(0), Fraction(1)
    for day in days:
        n = steps[day]["at_risk"]
        ended = sum(1 for ending, until in seen if until == day and ending in CAUSES)
        first = sum(1 for ending, until in seen if until == day and ending == "success")
        still = final - steps[day]["success"]
        if still:  # else nothing more succeeded, also where n = ended and the first term is 0 / 0
            total += still**2 * Fraction(ended, 1) / (n * (n - ended))
        total += before**2 * first * (n - first) / n**3 - 2 * still * before * first / n**2
        before = steps[day]["waiting"]
    return total


def limits(share: float, spread: float) -> tuple[float | None, float | None]:
    """Return the 95 % limits by way of log(-log)."""
    if share in {0, 1}:
        return None, None
    middle, error = math.log(-math.log(share)), 1.959963984540054 * math.sqrt(spread) / abs(share * math.log(share))
    return math.exp(-math.exp(middle + error)), math.exp(-math.exp(middle - error))


def answer(rows: Sequence[Row], question: Question) -> dict[str, Any]:
    """Return what the service should answer: {"groups": {key: figures}, "total": figures}."""
    chosen = [
        row
        for row in rows
        if question.since <= row["cohort_day"] < question.until
        and row["state"] != "entered_in_error"
        and (question.territories is None or row["territory"] in question.territories)
        and question.kind in {None, row["kind"]}
    ]
    key = {
        "kind": lambda row: row["kind"],
        "territory": lambda row: row["territory"],
        "month": lambda row: row["cohort_day"].isoformat()[:7],
    }.get(question.group_by or "")
    keys = sorted({key(row) for row in chosen}) if key else []
    groups = {one: figures([row for row in chosen if key and key(row) == one], question) for one in keys}
    return {"groups": groups, "total": figures(chosen, question)}


def figures(rows: Sequence[Row], question: Question) -> dict[str, Any]:
    """Return the figures of one group."""
    horizon = question.horizon
    seen = [ending_of(row, question.as_of) for row in rows]
    within = Counter(
        ending if day <= horizon and (ending in CAUSES or day < horizon) else "waiting" for ending, day in seen
    )
    steps = incidence(seen, horizon)
    left = bool(seen) and not (steps and list(steps.values())[-1]["waiting"] == 0)
    known = (min(max(day for _ending, day in seen), horizon) if left else horizon) if seen else None
    spread = {day: float(variance(seen, horizon, day)) for day in steps}
    band = {day: limits(float(step["success"]), spread[day]) for day, step in steps.items()}
    return {
        "made": len(rows),
        "late": sum(row["received_at"] - row["created_at"] >= DAY_MS + 2 * 3_600_000 for row in rows),
        "endings": dict(within),
        "known_until": known,
        "day": list(steps),
        **{name: [float(step[name]) for step in steps.values()] for name in (*CAUSES, "waiting", "at_risk")},
        "success_low": [band[day][0] for day in steps],
        "success_high": [band[day][1] for day in steps],
        "quantiles": {share: _first(steps, Fraction(share)) for share in (0.25, 0.5)},
        "incidences": {
            day: _value(steps, day) if known is not None and day <= known else None
            for day in {day for day in (1, 7, 30, 90, 180, 365) if day < horizon} | {horizon}
        },
    }


def _first(steps: Mapping[int, Mapping[str, Fraction]], share: Fraction) -> int | None:
    return next((day for day, step in steps.items() if step["success"] >= share), None)


def _value(steps: Mapping[int, Mapping[str, Fraction]], day: int) -> float:
    return float(max((step["success"] for at, step in steps.items() if at <= day), default=Fraction(0)))


def to_ms(instant: datetime) -> int:
    """Return milliseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


QUANTILES = {"time_to_success_first_quartile": 0.25, "time_to_success_median": 0.5}
INCIDENCES = {"success_incidence_7d": 7, "success_incidence_30d": 30}
CODES = (*QUANTILES, *INCIDENCES)
LONGEST = 365
"""Days a quantile is looked for in."""


def horizon_of(code: str) -> int:
    """Return how far the curve of an indicator goes."""
    return INCIDENCES.get(code, LONGEST)


def reading(code: str, group: Mapping[str, Any]) -> dict[str, Any]:
    """Return an indicator of a group, read off the figures of the group up to the indicator's horizon."""
    endings = Counter(group["endings"])
    value, low, high = _quantile(QUANTILES[code], group) if code in QUANTILES else _incidence(INCIDENCES[code], group)
    return {
        "value": value,
        "n": endings["success"],
        "denominator": group["made"],
        "unknown": endings["expired"] + endings["open"],
        "base": group["made"],
        "late": group["late"],
        "low": low,
        "high": high,
    }


def _quantile(share: float, group: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the day, and those on which the upper and the lower limit come to the share: Brookmeyer and Crowley."""

    def first(limit: str) -> int | None:
        curve = zip(group["day"], group[limit], group["success"], strict=True)
        return next((day for day, at, success in curve if (success if at is None else at) >= share), None)

    return group["quantiles"][share], first("success_high"), first("success_low")


def _incidence(day: int, group: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the incidence on a day, with the limits of the last step until then."""
    value = group["incidences"][day]
    until = [place for place, at in enumerate(group["day"]) if at <= day]
    if value is None or not until:
        return value, None, None
    return value, group["success_low"][until[-1]], group["success_high"][until[-1]]
