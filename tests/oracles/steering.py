"""Targets and series in plain Python, from what their fields say; entries are the JSON that was posted, in order."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Json = dict[str, Any]


def _days(since: date, until: date) -> set[date]:
    return {since + timedelta(days=n) for n in range((until - since).days)}


def judged(target: Json, value: float | None, since: date, until: date) -> Json:
    """Return what is to be said of a value of the days [since, until), exact where numbers are compared."""
    days = _days(since, until)
    in_force = _days(date.fromisoformat(target["valid_from"]), date.fromisoformat(target["valid_to"]))
    if value is None or not days or days - in_force:
        return {"status": "unknown", "reached": None, "gap": None, "progress": None}
    sign = {"at_least": 1, "at_most": -1}[target["direction"]]
    lacking = {name: sign * (Fraction(target[name]) - Fraction(value)) for name in ("value", "watch", "alarm")}
    status = "on_target"
    status = "watch" if lacking["watch"] > 0 else status
    status = "off_target" if lacking["alarm"] > 0 else status
    progress, baseline = None, target.get("baseline")
    if baseline is not None and baseline != target["value"]:
        progress = float((Fraction(value) - Fraction(baseline)) / (Fraction(target["value"]) - Fraction(baseline)))
    return {
        "status": status,
        "reached": lacking["value"] <= 0,
        "gap": float(Fraction(value) - Fraction(target["value"])),
        "progress": progress,
    }


def series(entries: Sequence[Json]) -> dict[tuple[str, str], list[tuple[str, float | None]]]:
    """Return {(series, territory): (month, value) of every month between the first and the last received}."""
    known = {one["code"] for one in entries if one["type"] == "series"}
    found: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    received = [one for one in entries if one["type"] == "observation" and one["series"] in known]
    for name in {(one["series"], one["territory"]) for one in received}:
        own = [(one["on"][:7], one["value"]) for one in received if (one["series"], one["territory"]) == name]
        months = [f"{year}-{month:02}" for year in range(2000, 2100) for month in range(1, 13)]
        between = [month for month in months if min(own)[0] <= month <= max(own)[0]]
        found[name] = [(month, ([None] + [value for of, value in own if of == month])[-1]) for month in between]
    return found
