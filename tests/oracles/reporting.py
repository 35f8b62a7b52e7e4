"""Reporting health computed a second time, in plain Python, from the rows: nothing of `app` is used."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTS = ("gender", "age_band", "sleeping", "first_contact")


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """Return the value of rank ceil(percent/100 x n) in the ordered list."""
    ordered = sorted(values)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None


def slot_end(row: Row) -> datetime:
    """Return the end of a night team's two-hour slot, two hours after it first began on the wall."""
    day = row["service_day"] + DAY if row["slot"] < 6 else row["service_day"]
    local = datetime(day.year, day.month, day.day, row["slot"] * 2, tzinfo=PARIS)
    began = local.astimezone(UTC)
    if began.astimezone(PARIS).replace(tzinfo=None) != local.replace(tzinfo=None):  # the wall skips that time
        while (began - HOUR).astimezone(PARIS).hour >= row["slot"] * 2 + 1:
            began -= HOUR
    return began + 2 * HOUR


def encounter_lag(row: Row) -> int:
    """Return hours, counting the one it was received in; 0 when that begins before the slot's end."""
    passed: timedelta = row["first_received_at"] - slot_end(row)
    return 0 if passed < timedelta() else passed // HOUR + 1


def _since_slot(passed: timedelta) -> int:
    """Return hours begun since the end of a slot, given what passed since its beginning; its last instant is in it."""
    return 0 if passed < 2 * HOUR else (passed - 2 * HOUR) // HOUR + 1


def patrol_lag(row: Row) -> int:
    """Return hours begun since the end, or the start of a patrol without one."""
    passed: timedelta = row["first_received_at"] - (row["ended_at"] or row["started_at"])
    return max(0, math.ceil(passed / HOUR))


def timeliness(name: str, lags: Sequence[int]) -> dict[str, float | None]:
    total = len(lags)
    return {
        f"{name}_lag_median": nearest_rank(lags, 50),
        f"{name}_lag_p90": nearest_rank(lags, 90),
        f"{name}_within_24h": sum(lag <= 24 for lag in lags) / total if total else None,
        f"{name}_within_7d": sum(lag <= 168 for lag in lags) / total if total else None,
    }


def reporting(
    patrols: Sequence[Row], encounters: Sequence[Row], since: date, until: date, territories: set[str] | None
) -> dict[str, float | None]:
    """Return the values about one night team's patrols and encounters of [since, until), all days being over."""
    met = [
        row
        for row in encounters
        if not row["withdrawn"]
        and since <= row["service_day"] < until
        and (territories is None or row["territory"] in territories)
    ]
    out = [
        row
        for row in patrols
        if not row["withdrawn"]
        and since <= row["service_day"] < until
        and (territories is None or territories & set(row["territories"]))
    ]
    single = [row for row in met if row["people_count"] == 1]
    days = {row["service_day"] for row in out}
    off = [row for row in (*met, *out) if not -300 <= row["skew_s"] <= 300]
    expected = (until - since).days
    return {
        **timeliness("encounters", [encounter_lag(row) for row in met]),
        **timeliness("patrols", [patrol_lag(row) for row in out]),
        **{f"{fact}_unknown": _share([row[fact] == "unknown" for row in single]) for fact in FACTS},
        "encounters_with_patrol": _share([row["patrol_id"] is not None for row in met]),
        "records_off_clock": len(off) / (len(met) + len(out)) if met or out else None,
        "silent_days": (expected - len(days)) / expected,
    }


def referred(
    referrals: Sequence[Row],
    answers: Sequence[Row],
    since: date,
    until: date,
    territories: set[str] | None,
    as_of: datetime,
) -> dict[str, float | None]:
    """Return the values about the referrals of [since, until) and what people answered to them."""
    made = [
        row
        for row in referrals
        if row["state"] != "entered_in_error"
        and since <= row["cohort_day"] < until
        and (territories is None or row["territory"] in territories)
    ]
    due = [row for row in made if row["created_at"] + timedelta(seconds=row["expires_after_s"]) <= as_of]
    ids = {row["id"] for row in made}
    given = [row for row in answers if row["referral_id"] in ids and row["sender_id"].int != 0]
    lags = [_since_slot(row["received_at"] - row["created_at"]) for row in made]
    return {
        **timeliness("referrals", lags),
        "referrals_closed_in_time": _share([_closed(row) for row in due]),
        "events_without_effect": _share([row["not_applied"] is not None for row in given]),
    }


def without_a_plan(held: int) -> dict[str, float | None]:
    """Return the values of no record of the period: no plan of patrols is kept, and what waits does so now."""
    return {"patrol_reports_received": None, "events_held": held}


def _closed(row: Row) -> bool:
    end = row["created_at"] + timedelta(seconds=row["expires_after_s"])
    instants = [row["admitted_at"]]
    if row["success"] == "arrived":
        instants.append(row["arrived_at"])
    if row["state"] in {"refused", "declined", "no_show", "cancelled"}:
        instants.append(row["state_at"])
    return any(at is not None and at <= end for at in instants)


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None
