"""What a fact holds besides plain counts: objects of numbers, added up in Python, kept as JSON.

A histogram has one entry for each number of hours that occurs, so a fact is as small as its records are alike, and
nothing is rounded. Keys are text, as in JSON: they become numbers once, when everything is added up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import orjson

Counts = dict[str, int]
"""Numbers by key."""
SAID: Final = (
    "encounters",
    "linked",
    "single",
    "gender",
    "age_band",
    "sleeping",
    "first_contact",
    "off_clock",
)
"""Counters of encounters."""
ANSWERED: Final = ("answers", "without_effect")
"""Counters of answers to referrals."""
COUNTERS: Final = (*SAID, *ANSWERED)
SUMMED: Final = ("encounter_lags", "referral_lags", "due", "closed", "patrols_off")
_BETWEEN: Final = " "


@dataclass(slots=True)
class Tally:
    """What the records of some days in some territory come to: the columns of a fact, unpacked."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    summed: dict[str, Counts] = field(default_factory=lambda: {name: {} for name in SUMMED})
    teams: Counts = field(default_factory=dict)
    """By team, a bit for each day since the first."""
    patrols: dict[str, Counts] = field(default_factory=dict)
    """By territories listed, patrols by hours."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Tally":
        """Return what a fact holds."""
        return cls(
            {name: row[name] for name in COUNTERS},
            {name: orjson.loads(row[name]) for name in SUMMED},
            orjson.loads(row["teams"]),
            orjson.loads(row["patrols"]),
        )

    def columns(self) -> dict[str, Any]:
        """Return the columns of the fact."""
        return (
            self.counts
            | {name: orjson.dumps(counts) for name, counts in self.summed.items()}
            | {"teams": orjson.dumps(self.teams), "patrols": orjson.dumps(self.patrols)}
        )

    def count(self, names: Iterable[str], numbers: Iterable[int]) -> None:
        """Add to counters."""
        for name, number in zip(names, numbers, strict=True):
            self.counts[name] += number

    def sum(self, name: str, key: int, number: int) -> None:
        """Add to one of the sums by key."""
        add_up(self.summed[name], {str(key): number})

    def patrol(self, listed: str, hours: int, number: int, off: int) -> None:
        """Add patrols that list the same territories."""
        add_up(self.patrols.setdefault(listed, {}), {str(hours): number})
        add_up(self.summed["patrols_off"], {listed: off})

    def plus(self, other: "Tally", days_later: int) -> None:
        """Add what began so many days later."""
        self.count(other.counts, other.counts.values())
        for name, counts in other.summed.items():
            add_up(self.summed[name], counts)
        unite(self.teams, {team: days << days_later for team, days in other.teams.items()})
        for listed, lags in other.patrols.items():
            add_up(self.patrols.setdefault(listed, {}), lags)


def add_up(sums: Counts, counts: Mapping[str, int]) -> None:
    """Add numbers to sums, key by key."""
    for key, number in counts.items():
        sums[key] = sums.get(key, 0) + number


def listing(territories: Iterable[str]) -> str:
    """Return the key of a patrol's territories, the same in whatever order they are listed."""
    return _BETWEEN.join(sorted(territories))


def meets(listed: str, territories: frozenset[str] | None) -> bool:
    """Say whether a patrol with this key counts in a view: it lists one of its territories, or all are seen."""
    return territories is None or not territories.isdisjoint(listed.split(_BETWEEN))


def unite(sums: Counts, bits: Mapping[str, int]) -> None:
    """Set bits in sums, key by key."""
    for key, number in bits.items():
        sums[key] = sums.get(key, 0) | number


def days_of(bits: int, first_day: date) -> Iterator[date]:
    """Give the day of each bit."""
    for number in range(bits.bit_length()):
        if bits >> number & 1:
            yield first_day + timedelta(days=number)
