"""Coordination in plain Python, from the definitions and day by day: every entry is asked of every day of the calendar.

Entries are the JSON that was posted, each with the instant it was recorded at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

Json = dict[str, Any]
Posted = tuple[Json, datetime]


@dataclass(frozen=True)
class Asked:
    """What is asked: the plan's first day and first day after, the day one looks from, and what was known when."""

    valid_from: date
    valid_to: date
    at: date
    known_at: datetime


def _day(written: str) -> date:
    return date.fromisoformat(written)


def stood(posted: Sequence[Posted], known_at: datetime) -> list[Json]:
    """Return what stood at an instant, by (day, instant, id): what nothing known then names as corrected."""
    known = sorted(
        ((_day(one["on"]), at, one["id"], one) for one, at in posted if at <= known_at), key=lambda row: row[:3]
    )
    return [
        one
        for _, _, _, one in known
        if one["type"] != "withdrawal" and not any(other.get("corrects") == one["id"] for *_, other in known)
    ]


def _last(rows: Sequence[Json], **equal: Any) -> Json | None:
    found = None
    for row in rows:
        if all(row[name] == value for name, value in equal.items()):
            found = row
    return found


def _until(rows: Sequence[Json], day: date) -> list[Json]:
    return [row for row in rows if _day(row["on"]) <= day]


def _took_place(meeting: Json, day: date) -> bool:
    return bool(meeting.get("held")) and _day(meeting["held_on"]) <= day


def _quarter(day: date) -> str:
    return f"{day.year}-Q{'111222333444'[day.month - 1]}"


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _year_length(year: int) -> int:
    return len(_days(date(year, 1, 1), date(year, 12, 31)))


def coordination(posted: Sequence[Posted], asked: Asked) -> dict[tuple[str, str], Json]:
    """Return {(committee, quarter): its figures}."""
    rows = stood(posted, asked.known_at)
    kinds: dict[str, list[Json]] = {}
    for row in rows:
        kinds.setdefault(row["type"], []).append(row)
    found: dict[tuple[str, str], Json] = {}
    for code in {row["code"] for row in kinds.get("committee", [])}:
        for quarter, figures in _committee(code, kinds, asked).items():
            found[code, quarter] = figures
    return found


def _meetings(code: str, kinds: dict[str, list[Json]], at: date) -> list[Json]:
    heard = [
        row
        for row in kinds.get("meeting", [])
        if row["committee"] == code and (_day(row["on"]) <= at or _took_place(row, at))
    ]
    return [one for one in heard if one is _last(heard, code=one["code"])]


def _committee(code: str, kinds: dict[str, list[Json]], asked: Asked) -> dict[str, Json]:
    history = [row for row in kinds["committee"] if row["code"] == code]
    meetings = _meetings(code, kinds, asked.at)
    decisions = [row for row in _until(kinds.get("decision", []), asked.at) if row["committee"] == code]
    acted = [min(_day(row["on"]) for row in decisions if row["code"] == one["code"]) for one in decisions]
    acted += [_day(row["on"]) for row in meetings if _day(row["on"]) <= asked.at]
    acted += [_day(row["held_on"]) for row in meetings if _took_place(row, asked.at)]
    begun = _day(history[0]["on"])
    if begun > asked.at and not acted:
        return {}
    last = max([min(asked.at, asked.valid_to - timedelta(days=1)), *acted])
    found: dict[str, Json] = {}
    for day in _days(min([begun, *acted]), last):
        found.setdefault(_quarter(day), {})
    return {quarter: _figures(code, quarter, history, meetings, kinds, asked) for quarter in found}


def _figures(
    code: str, quarter: str, history: list[Json], meetings: list[Json], kinds: dict[str, list[Json]], asked: Asked
) -> Json:
    year = int(quarter[:4])
    days = [day for day in _days(date(year, 1, 1), date(year, 12, 31)) if _quarter(day) == quarter]
    seen = max([day for day in days if day <= asked.at])
    planned = [one for one in meetings if _day(one["on"]) in days and _day(one["on"]) <= asked.at]
    held = [one for one in planned if _took_place(one, asked.at)]
    last = [_day(one["held_on"]) for one in meetings if _took_place(one, seen)]
    figures = {
        "planned": len(planned),
        "held": len(held),
        "not_held": len([one for one in planned if one.get("held") is False]),
        "unknown": len([one for one in planned if one.get("held") is not False and one not in held]),
        "took_place": len([one for one in meetings if _took_place(one, seen) and _day(one["held_on"]) in days]),
        "due": _due(history, [day for day in days if day <= seen], asked),
        "days_since_last": (seen - max(last)).days if last else None,
    }
    return figures | _attendance(held, history, kinds.get("body", [])) | _decisions(code, kinds, seen)


def _due(history: list[Json], days: list[date], asked: Asked) -> float | None:
    total = 0.0
    for day in days:
        constituted = _until(history, day)
        if asked.valid_from <= day < asked.valid_to and constituted:
            rhythm = constituted[-1].get("meetings_per_year")
            if rhythm is None:
                return None
            total += rhythm / _year_length(day.year)
    return total


def _attendance(held: list[Json], history: list[Json], bodies: list[Json]) -> Json:
    noted = [one for one in held if one.get("present") is not None]
    came = asked = 0
    for one in noted:
        day = _day(one["held_on"])
        constituted = _until(history, day)
        invited = one.get("expected") or (constituted[-1]["members"] if constituted else [])
        for body in set(invited):
            then = _last(_until(bodies, day), code=body)
            if then is not None and "signatory" in then["roles"]:
                asked += 1
                came += body in one["present"]
    return {"noted": len(noted), "present": came if asked else None, "expected": asked or None}


def _decisions(code: str, kinds: dict[str, list[Json]], day: date) -> Json:
    taken = [row for row in _until(kinds.get("decision", []), day) if row["committee"] == code]
    counts: Json = {"open": 0, "overdue": 0, "done": 0, "dropped": 0, "oldest": None}
    for name in {row["code"] for row in taken}:
        own = [row for row in taken if row["code"] == name]
        end = _last(_until(kinds.get("decision_outcome", []), day), decision=name)
        if end is not None:
            counts[end["outcome"]] += 1
            continue
        counts["open"] += 1
        due = own[-1].get("due_on")
        counts["overdue"] += due is not None and day > _day(due)
        counts["oldest"] = max(counts["oldest"] or 0, (day - _day(own[0]["on"])).days)
    return counts
