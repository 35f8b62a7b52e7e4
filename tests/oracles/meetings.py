"""What coverage and reach count, a second time, in plain Python over the rows: nothing of `app` is used.

Written from domain.md ("Vocabulary", "Indicators") and trust.md (keys of periods, hours of receipt).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Look:
    """Whose encounters (None: everybody's) of which territories (None: all), and which teams go out at night."""

    org_id: Any
    territories: Collection[str] | None
    night_teams: Collection[Any]

    def at(self, rows: Iterable[Row], since: date, until: date) -> list[Row]:
        """Return what was met in [since, until) and stands."""
        return [
            row
            for row in rows
            if since <= row["service_day"] < until
            and not row["withdrawn"]
            and (self.org_id is None or row["org_id"] == self.org_id)
            and (self.territories is None or row["territory"] in self.territories)
        ]

    def calendar_day(self, row: Row) -> date:
        """Return the day on the calendar: a night team's service day ends at noon of the next one."""
        morning = row["slot"] * 2 < 12
        return row["service_day"] + timedelta(days=morning and row["team_id"] in self.night_teams)  # type: ignore[no-any-return]

    def late(self, rows: Iterable[Row]) -> int:
        """Return how many were received more than 24 hours after the end of their slot of two hours."""
        late = 0
        for row in rows:
            began = datetime.combine(self.calendar_day(row), time(row["slot"] * 2), PARIS).astimezone(UTC)
            late += row["first_received_at"] - began >= timedelta(hours=26)
        return late


def captures(look: Look, rows: Iterable[Row], until: date, weeks: int) -> dict[str, Any] | None:
    """Return what a window of so many weeks before `until` holds; None when it lies in two calendar years."""
    since = until - timedelta(weeks=weeks)
    middle = since + timedelta(days=weeks * 7 // 2)
    if since.year != (until - timedelta(days=1)).year:
        return None
    alone = [row for row in look.at(rows, since, until) if row["people_count"] == 1]
    seen: dict[bytes, set[date]] = {}
    with_card = 0
    for row in alone:
        if row["link_id"] is not None and look.calendar_day(row).year == since.year:
            seen.setdefault(row["link_id"], set()).add(row["service_day"])
            with_card += 1
    first = {card for card, days in seen.items() if min(days) < middle}
    second = {card for card, days in seen.items() if max(days) >= middle}
    return {
        "encounters": len(alone),
        "with_card": with_card,
        "late": look.late(alone),
        "persons": len(seen),
        "seen": dict(Counter(len(days) for days in seen.values())),
        "halves": (len(first), len(second), len(first & second)),
    }


def calendar(since: date, until: date, granularity: str) -> list[tuple[date, date]]:
    """Return the calendar periods of [since, until), by looking at each day."""
    names: list[Any] = []
    days: list[list[date]] = []
    for number in range((until - since).days):
        day = since + timedelta(days=number)
        name = {
            "day": day,
            "week": day.isocalendar()[:2],
            "month": (day.year, day.month),
            "quarter": (day.year, (day.month + 2) // 3),
            "year": day.year,
        }[granularity]
        if not names or names[-1] != name:
            names.append(name)
            days.append([])
        days[-1].append(day)
    return [(some[0], some[-1] + timedelta(days=1)) for some in days]


def reach(look: Look, rows: Sequence[Row], since: date, until: date, group_by: str | None) -> dict[str | None, Any]:
    """Return {group: {measure: (value, n, denominator, unknown, late)}} of one period; the total under None."""
    found = look.at(rows, since, until)
    column = {"territory": "territory", "team": "team_id"}.get(group_by or "", "")
    groups = sorted({str(row[column]) for row in found}) if column else []
    parts = {None: found} | {key: [row for row in found if str(row[column]) == key] for key in groups}
    return {key: _measures(look, part) for key, part in parts.items()}


def _measures(look: Look, rows: Sequence[Row]) -> dict[str, tuple[Any, ...]]:
    def people(*some: bool) -> int:
        return sum(row["people_count"] for row, chosen in zip(rows, some, strict=True) if chosen)

    contacts = people(*[True] * len(rows))
    carded = people(*(row["link_id"] is not None for row in rows))
    cards = len({row["link_id"] for row in rows} - {None})
    new = people(*(row["first_contact"] == "yes" for row in rows))
    again = people(*(row["first_contact"] == "no" for row in rows))
    first_without = sum(row["link_id"] is None and row["first_contact"] == "yes" for row in rows)
    late, anonymous, unsaid = look.late(rows), contacts - carded, contacts - new - again
    nobody_known = bool(contacts) and not cards
    return {
        "contacts": (contacts, contacts, None, None, late),
        "encounters": (len(rows), len(rows), None, None, late),
        "file_active": (None if nobody_known else cards, cards, None, anonymous, late),
        "first_contacts_without_card": (first_without, first_without, None, unsaid, late),
        "anonymous_share": (anonymous / contacts if contacts else None, anonymous, contacts, None, late),
        "contacts_per_person": (carded / cards if cards else None, carded, cards, anonymous, late),
        "new_contacts": (new, new, None, unsaid, late),
        "returning_contacts": (again, again, None, unsaid, late),
    }
