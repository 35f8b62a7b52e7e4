"""The effort computed a second time, in plain Python, minute by minute, from the rows: nothing of `app` is used."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """Service days [since, until), perhaps of some territories only, as known at `as_of`."""

    since: date
    until: date
    territories: Collection[str] | None
    as_of: datetime


def effort(patrols: Sequence[Row], encounters: Sequence[Row], asked: Asked) -> dict[str, float | None]:
    """Return the value of each indicator of patrols. Rows hold instants of whole minutes."""
    met = [row for row in encounters if not row["withdrawn"]]
    held = [row for row in patrols if not row["withdrawn"]]
    known = [row for row in held if _is_timed(row)]
    linked = {row["id"] for row in held for one in met if _is_of(one, row)}
    seen = [row for row in held if asked.since <= row["service_day"] < asked.until and _share(row, asked) > 0]
    timed = [row for row in seen if _is_timed(row)]
    hours = sum(_share(row, asked) * ((row["ended_at"] - row["started_at"]) / HOUR) for row in timed)
    contacts = sum(
        row["people_count"]
        for row in met
        if asked.since <= row["service_day"] < asked.until
        and (asked.territories is None or row["territory"] in asked.territories)
        and any(_is_of(row, patrol) for patrol in known)
    )
    over = _service_day(asked.as_of)
    return {
        "patrols_held": len(seen),
        "patrols_open_ended": sum(row["ended_at"] is None for row in seen),
        "patrols_absurd": sum(row["ended_at"] is not None and not _is_timed(row) for row in seen),
        "patrols_without_contact": sum(row["id"] not in linked for row in seen) / len(seen) if seen else None,
        "patrol_hours": hours,
        "contacts_per_patrol_hour": contacts / hours if hours else None,
        "nights_with_patrol": len({r["service_day"] for r in timed if _at_night(r) and r["service_day"] < over}),
        "night_patrol_hours": sum(_share(row, asked) * _at_night(row) / 60 for row in timed),
    }


def _is_timed(row: Row) -> bool:
    return row["ended_at"] is not None and timedelta() <= row["ended_at"] - row["started_at"] <= 24 * HOUR


def _is_of(met: Row, patrol: Row) -> bool:
    """An encounter of a day farther off has a wrong link or a wrong clock."""
    apart: timedelta = met["service_day"] - patrol["service_day"]
    return bool(met["patrol_id"] == patrol["id"]) and abs(apart) <= DAY


def _share(row: Row, asked: Asked) -> float:
    if asked.territories is None:
        return 1
    listed = row["territories"]
    return sum(one in asked.territories for one in listed) / len(listed) if listed else 0


def _at_night(row: Row) -> int:
    """Return the minutes that passed while the wall showed 21:00 to 05:59."""
    minute, found = row["started_at"], 0
    while minute < row["ended_at"]:
        found += minute.astimezone(PARIS).hour in {21, 22, 23, 0, 1, 2, 3, 4, 5}
        minute += MINUTE
    return found


def _service_day(instant: datetime) -> date:
    local = instant.astimezone(PARIS)
    return local.date() - DAY if local.hour < 12 else local.date()


def open_minutes(openings: Sequence[Any], since: date, until: date, is_open: Any) -> int:
    """Return the minutes of the nights of [since, until) at which `is_open(openings, instant)` holds."""
    start = datetime(since.year, since.month, since.day, 12, tzinfo=PARIS).astimezone(UTC)
    end = datetime(until.year, until.month, until.day, 12, tzinfo=PARIS).astimezone(UTC)
    minute, found = start, 0
    while minute < end:
        local = minute.astimezone(PARIS)
        found += (local.hour >= 21 or local.hour < 6) and is_open(openings, minute)
        minute += MINUTE
    return found
