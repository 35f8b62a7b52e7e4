"""The map computed a second time, in plain Python, from the rows: nothing of `app` is used."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

Row = Mapping[str, Any]
HOUR = timedelta(hours=1)


def contacts(encounters: Sequence[Row], since: date, until: date) -> Counter[str]:
    """Return the people met in each territory."""
    found: Counter[str] = Counter()
    for row in encounters:
        if not row["withdrawn"] and since <= row["service_day"] < until:
            found[row["territory"]] += row["people_count"]
    return found


def hours(patrols: Sequence[Row], since: date, until: date) -> dict[str, float]:
    """Return the team hours in each territory: those of a patrol are shared equally."""
    found: dict[str, float] = {}
    for row in patrols:
        if not row["withdrawn"] and since <= row["service_day"] < until and _is_timed(row):
            for code in row["territories"]:
                part = (row["ended_at"] - row["started_at"]) / HOUR / len(row["territories"])
                found[code] = found.get(code, 0) + part
    return found


def _is_timed(row: Row) -> bool:
    return row["ended_at"] is not None and timedelta() <= row["ended_at"] - row["started_at"] <= 24 * HOUR


def on_patrol(encounters: Sequence[Row], patrols: Sequence[Row], since: date, until: date) -> Counter[str]:
    """Return the people met in each territory on patrols of known duration."""
    timed = {row["id"]: row["service_day"] for row in patrols if not row["withdrawn"] and _is_timed(row)}
    on_one = [row for row in encounters if row["patrol_id"] in timed]
    near = [row for row in on_one if abs(row["service_day"] - timed[row["patrol_id"]]) <= timedelta(days=1)]
    return contacts(near, since, until)


def outside_share(encounters: Sequence[Row], since: date, until: date) -> float | None:
    met = contacts(encounters, since, until).total()
    away = contacts([row for row in encounters if row["outside_perimeter"]], since, until).total()
    return away / met if met else None
