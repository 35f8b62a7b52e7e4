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


def parts(patrols: Sequence[Row], encounters: Sequence[Row], asked: Asked) -> dict[str, tuple[Any, ...]]:
    """Return (value, n, denominator, unknown, base, late) of each indicator of patrols; none are planned anywhere."""
    value = effort(patrols, encounters, asked)
    held = [row for row in patrols if not row["withdrawn"]]
    seen = [row for row in held if asked.since <= row["service_day"] < asked.until and _share(row, asked) > 0]
    timed = [row for row in seen if _is_timed(row)]
    met = [
        row
        for row in encounters
        if not row["withdrawn"]
        and asked.since <= row["service_day"] < asked.until
        and (asked.territories is None or row["territory"] in asked.territories)
    ]
    on_one = [row for row in met if any(_is_of(row, one) for one in held if _is_timed(one))]
    contacts, together = (sum(row["people_count"] for row in rows) for rows in (met, on_one))
    silent = sum(not any(_is_of(one, row) for one in encounters if not one["withdrawn"]) for row in seen)
    late = sum(row["first_received_at"] - (row["ended_at"] or row["started_at"]) > DAY for row in seen)
    hours, nights = value["patrol_hours"], value["nights_with_patrol"]
    lasting = (len(seen) - len(timed), len(seen), late)
    over = len([day for day in _days(asked.since, asked.until) if day < _service_day(asked.as_of)])
    found = {
        "patrols_held": (len(seen), None, *lasting),
        "patrols_held_of_planned": (len(seen), None, None, None, late),
        "patrols_open_ended": (value["patrols_open_ended"], None, None, None, late),
        "patrols_absurd": (value["patrols_absurd"], None, None, None, late),
        "patrols_without_contact": (silent, len(seen), None, None, late),
        "patrol_hours": (len(timed), None, *lasting),
        "contacts_per_patrol_hour": (together, hours, contacts - together, contacts, late),
        "nights_with_patrol": (nights, over, None, None, late),
        "night_patrol_hours": (len(timed), hours, *lasting),
    }
    return {code: (value.get(code), *counts) for code, counts in found.items()}


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


@dataclass(frozen=True)
class Opening:
    """A weekly opening of a facility: minutes of the clock of the day it begins on, of days in [since, until)."""

    facility: Any
    weekday: int
    opens: int
    closes: int
    since: date
    until: date


def is_open(openings: Sequence[Opening], instant: datetime) -> bool:
    """Say whether the wall clock shows a time at which one of the openings is on, begun today or yesterday."""
    wall = instant.astimezone(PARIS)
    for ago in (0, 1):
        day, minute = wall.date() - ago * DAY, wall.hour * 60 + wall.minute + ago * 1440
        for one in openings:
            if one.since <= day < one.until and day.weekday() == one.weekday and one.opens <= minute < one.closes:
                return True
    return False


def doors(openings: Sequence[Opening], reports: Sequence[Row], asked: Asked) -> dict[str, tuple[Any, ...]]:
    """Return (value, n, denominator, unknown, base, late) of what was planned to be open at night, and of what said so.

    `openings` and `reports` are those of the facilities in view.
    """
    facilities, over = {one.facility for one in openings}, _service_day(asked.as_of)
    days = _days(asked.since, asked.until)
    minutes = {
        (facility, day): open_minutes([one for one in openings if one.facility == facility], day, day + DAY, is_open)
        for facility in facilities
        for day in days
    }
    planned = [(facility, day) for (facility, day), open_for in minutes.items() if open_for and day < over]
    said: dict[tuple[Any, date | None], bool] = {}
    for report in reports:
        night = (report["facility_id"], _night_of(report["observed_at"]))
        said[night] = said.get(night, False) or report["open"]
    answered = [said[night] for night in planned if night in said]
    night_hours = sum(open_minutes([], day, day + DAY, lambda _all, _at: True) for day in days) / 60
    share = sum(answered) / len(answered) if answered else None
    return {
        "night_open_hours_planned": (sum(minutes.values()) / 60, len(planned), night_hours, None, None, None),
        "night_openings_reported": (
            share, sum(answered), len(answered), len(planned) - len(answered), len(planned), None,
        ),
    }  # fmt: skip


def _night_of(instant: datetime) -> date | None:
    """Return the day whose night an instant lies in, by the wall."""
    wall = instant.astimezone(PARIS)
    if wall.hour >= 21:
        return wall.date()
    return wall.date() - DAY if wall.hour < 6 else None


def _days(since: date, until: date) -> list[date]:
    return [since + n * DAY for n in range((until - since).days)]
