"""A made-up year of a small city for attacks: exact counts only, drawn from a seed."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from app.releases.cells import EVERYWHERE
from app.releases.definitions import CATALOGUE, Published, of_day
from app.releases.records import Key, Tally
from app.releases.vocabulary import CATEGORIES, WHOLE, Dimension, Measure, Scope, Span

MONTHS = tuple(of_day(date(2026, number, 1), Span.month) for number in range(1, 13))
PERIODS = (
    *MONTHS,
    *(of_day(date(2026, number, 1), Span.quarter) for number in (1, 4, 7, 10)),
    of_day(MONTHS[0].since, Span.year),
)
STAGES = (0.15, 0.35, 0.2, 0.2, 0.1)
GENDERS = (0.2, 0.72, 0.02, 0.06)
BANDS = (0.02, 0.13, 0.4, 0.35, 0.1)
PlacedKey = tuple[Published, Key]


@dataclass(frozen=True)
class Record:
    """One encounter or referral: the month, place and parts of splits it is in."""

    unit: Measure
    month: Published
    place: str
    first: bool = False
    gender: str = ""
    band: str = ""
    stage: str = ""
    rk: int = 0

    def keys(self) -> list[tuple[Measure, Dimension, str]]:
        """What it is counted in, wherever that is published."""
        found = [(self.unit, Dimension.total, WHOLE)]
        if self.unit is Measure.referrals:
            found.append((self.unit, Dimension.stage, self.stage))
        if self.first:
            persons = Measure.first_contacts
            found += [
                (persons, Dimension.total, WHOLE),
                (persons, Dimension.gender, self.gender),
                (persons, Dimension.age_band, self.band),
            ]
        return found

    def cells(self) -> list[PlacedKey]:
        """Every published cell it enters, over all releases."""
        counted = self.keys()
        return [
            (
                period,
                Key(
                    EVERYWHERE if node.scope is Scope.perimeter else self.place, node.measure, node.dimension, category
                ),
            )
            for period in PERIODS
            if period.since <= self.month.since < period.until
            for node in CATALOGUE[period.span]
            for measure, dimension, category in counted
            if (node.measure, node.dimension) == (measure, dimension)
        ]


@dataclass
class City:
    """Places, records, and what every published cell truly holds."""

    places: tuple[str, ...]
    records: list[Record]
    truth: dict[PlacedKey, Tally] = field(default_factory=dict)

    def tally(self, cell: PlacedKey) -> Tally:
        return self.truth.get(cell, Tally())

    def cells(self) -> list[PlacedKey]:
        """Every cell that is published."""
        return [
            (period, Key(place, node.measure, node.dimension, category))
            for period in PERIODS
            for node in CATALOGUE[period.span]
            for place in ([EVERYWHERE] if node.scope is Scope.perimeter else self.places)
            for category in CATEGORIES[node.dimension]
        ]


def chance_of(seed: str) -> Random:
    """Return a source of chance that gives the same in every run."""
    return Random(seed)  # noqa: S311 - simulations are to be repeated


def draw(seed: str, encounters: int, referrals: int, places: int) -> City:
    """Draw a year: every place gets half of what the one before it gets; one encounter in eight is a first contact."""
    chance = chance_of(seed)
    names = tuple(f"751{number:02d}" for number in range(1, places + 1))
    weights = [0.5**number for number in range(places)]
    records = [_record(chance, Measure.encounters, names, weights) for _ in range(encounters)]
    records += [_record(chance, Measure.referrals, names, weights) for _ in range(referrals)]
    city = City(names, records)
    for record in records:
        for cell in record.cells():
            city.truth.setdefault(cell, Tally()).add(Tally(1, record.rk))
    return city


def _record(chance: Random, unit: Measure, names: tuple[str, ...], weights: list[float]) -> Record:
    month, place, rk = chance.choice(MONTHS), chance.choices(names, weights)[0], chance.getrandbits(32)
    if unit is Measure.referrals:
        return Record(unit, month, place, stage=_part(chance, Dimension.stage, STAGES), rk=rk)
    first = chance.random() < 1 / 8
    gender, band = _part(chance, Dimension.gender, GENDERS), _part(chance, Dimension.age_band, BANDS)
    return Record(unit, month, place, first=first, gender=gender, band=band, rk=rk)


def _part(chance: Random, dimension: Dimension, odds: tuple[float, ...]) -> str:
    return chance.choices([str(one) for one in CATEGORIES[dimension]], odds)[0]
