"""The map computed a second time, in plain Python, from the rows: nothing of `app` is used."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import log2
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


def places(encounters: Sequence[Row], patrols: Sequence[Row], since: date, until: date) -> list[str]:
    """Return the territories where somebody was met or a team was, in order."""
    return sorted(contacts(encounters, since, until).keys() | hours(patrols, since, until).keys())


def divergence(first: Mapping[str, int], second: Mapping[str, int]) -> float | None:
    """Return H((P + Q) / 2) - (H(P) + H(Q)) / 2 in bits, of two distributions given as counts."""
    if not sum(first.values()) or not sum(second.values()):
        return None
    p, q = ({code: n / sum(some.values()) for code, n in some.items()} for some in (first, second))
    middle = {code: (p.get(code, 0) + q.get(code, 0)) / 2 for code in p.keys() | q.keys()}
    return _entropy(middle) - (_entropy(p) + _entropy(q)) / 2


def _entropy(shares: Mapping[str, float]) -> float:
    return -sum(share * log2(share) for share in shares.values() if share)


def parts(
    encounters: Sequence[Row], patrols: Sequence[Row], since: date, until: date, code: str | None
) -> dict[str, tuple[Any, ...]]:
    """Return (value, n, denominator, unknown, base, late) of each indicator, of one territory or of all.

    `late` is not known here: how late an encounter is does not depend on where it was.
    """
    all_met, before = contacts(encounters, since, until), contacts(encounters, since - (until - since), since)
    met = all_met if code is None else {code: all_met[code]}
    timed, spent = on_patrol(encounters, patrols, since, until), hours(patrols, since, until)
    people, together = sum(met.values()), timed.total() if code is None else timed[code]
    long = sum(spent.values()) if code is None else spent.get(code, 0)
    total, away = all_met.total(), outside_share(encounters, since, until)
    gone = contacts([row for row in encounters if row["outside_perimeter"]], since, until).total()
    whole = {
        "outside_perimeter_share": (away, gone, total, None, None),
        "territory_divergence": (divergence(all_met, before), total, before.total(), None, None),
        "weighted_displacement": (None, 0, None, None, None),  # of no target
    }
    share = people / total if total and code else None
    return {
        "territory_share": (share, people, total, None, None),
        "territory_contacts_per_hour": (together / long if long else None, together, long, people - together, people),
        **(whole if code is None else {}),
    }
