"""Unmet demand, written from its definition over raw rows, one row at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Cell = tuple[str, ...]
_PARIS = ZoneInfo("Europe/Paris")
_CLOSED = {"closed_at_time", "staff_shortage", "service_suspended"}
_COUNTED_UNDER = {
    "rest": "rest_room",
    "hygiene": "rest_room",
    "housing": "emergency_housing",
    "care": "health_care",
    "mental_health": "health_care",
    "treatment": "addiction_treatment",
    "rights": "social_rights",
}
_ANSWERED_BY = {
    "rest": {"rest_room", "consumption_room", "emergency_housing"},
    "hygiene": {"rest_room", "harm_reduction_centre", "emergency_housing"},
    "housing": {"emergency_housing", "reintegration_housing", "longer_stay_housing"},
    "care": {"health_care", "harm_reduction_centre"},
    "mental_health": {"health_care", "addiction_treatment"},
    "treatment": {"addiction_treatment", "harm_reduction_centre"},
    "rights": {"social_rights"},
}
_STEPS = ("requested_at", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at")


def _when(dimension: str, day: date) -> str:
    return f"{day.year}-{day.month:02}" if dimension == "month" else str(day - timedelta(days=day.weekday()))


def _key(dimension: str, kind: str, territory: str, day: date, hour: int | None) -> str:
    return {
        "kind": lambda: kind,
        "territory": lambda: territory,
        "hour": lambda: f"{hour:02}",
    }.get(dimension, lambda: _when(dimension, day))()


def demand(
    referrals: Iterable[Row], events: Sequence[Row], since: date, until: date, by: Sequence[str], kind: str | None
) -> dict[Cell, dict[str, int]]:
    """Return the counts of referrals by cell."""
    waited_for_place = {
        event["referral_id"]
        for event in events
        if (event["step"], event["reason"], event["not_applied"]) == ("waitlisted", "no_place", None)
    }
    found: dict[Cell, dict[str, int]] = {}
    for one in referrals:
        in_period = since <= one["cohort_day"] < until
        if not in_period or one["state"] == "entered_in_error" or (kind is not None and one["kind"] != kind):
            continue
        hour = one["created_at"].astimezone(_PARIS).hour // 2 * 2
        cell = tuple(_key(d, one["kind"], one["territory"], one["cohort_day"], hour) for d in by)
        counts = found.setdefault(cell, defaultdict(int))
        for name, true in _facts(one, waited=one["id"] in waited_for_place).items():
            counts[name] += true
    return found


def _facts(one: Row, *, waited: bool) -> dict[str, bool]:
    requested = any(one[step] is not None for step in _STEPS)
    refused = one["reason"] if one["state"] == "refused" else None
    for_place = waited and one["waitlisted_at"] is not None
    return {
        "made": True,
        "late": one["received_at"] - one["created_at"] >= timedelta(hours=26),
        "requests": requested,
        "unanswered": one["state"] in {"requested", "expired"},
        "no_place": refused == "no_place" or for_place,
        "refused_no_place": refused == "no_place",
        "refused_closed": refused in _CLOSED,
        "refused_not_eligible": refused == "not_eligible",
        "refused_other": refused is not None and refused not in _CLOSED | {"no_place", "not_eligible"},
        "waited": one["waitlisted_at"] is not None,
        "waited_no_place": for_place,
        "still_waiting": one["state"] == "waitlisted",
        "never_requested": not requested and one["state"] in {"offered", "cancelled"},
    }


def needs(
    encounters: Iterable[Row],
    referrals: Sequence[Row],
    since: date,
    until: date,
    by: Sequence[str],
    kind: str | None,
) -> dict[Cell, tuple[int, int]]:
    """Return {cell: (needs expressed, needs without an offer)}."""
    found: dict[Cell, tuple[int, int]] = {}
    for met in encounters:
        if met["withdrawn"] or not since <= met["service_day"] < until:
            continue
        offered = {
            one["kind"] for one in referrals if one["encounter_id"] == met["id"] and one["state"] != "entered_in_error"
        }
        for need in met["needs"]:
            under = _COUNTED_UNDER.get(need)
            if under is None or kind not in {None, under}:
                continue
            cell = tuple(_key(d, under, met["territory"], met["service_day"], met["slot"] * 2) for d in by)
            expressed, without = found.get(cell, (0, 0))
            found[cell] = expressed + 1, without + (not offered & _ANSWERED_BY[need])
    return found


def places(
    reports: Iterable[Row],
    facilities: Mapping[Any, tuple[str, str]],
    since: date,
    until: date,
    by: Sequence[str],
) -> dict[Cell, float]:
    """Return the places free of each cell, minute by minute; reports are made at whole minutes.

    `facilities` holds {facility: (kind, territory)}.
    """
    minute = timedelta(minutes=1)
    total: dict[Cell, float] = {}
    for facility, (kind, territory) in facilities.items():
        own = sorted((r for r in reports if r["facility_id"] == facility), key=lambda r: (r["observed_at"], r["id"]))
        sums: dict[Cell, list[int]] = {}
        for number, report in enumerate(own):
            start: datetime = report["observed_at"]
            end = min([start + timedelta(hours=12), *(later["observed_at"] for later in own[number + 1 :])])
            free = report["places_free"] if report["open"] else 0
            day = start.astimezone(_PARIS).date()
            if free is None or not since <= day < until:
                continue
            at = start
            while at < end:
                cell = tuple(_key(d, kind, territory, day, at.astimezone(_PARIS).hour // 2 * 2) for d in by)
                sums.setdefault(cell, []).append(free)
                at += minute
        for cell, minutes in sums.items():
            total[cell] = total.get(cell, 0.0) + sum(minutes) / len(minutes)
    return total
