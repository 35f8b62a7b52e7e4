"""The attacks, their thresholds, and the cities they are tried on."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from statistics import fmean

from app.releases import rules
from app.releases.vocabulary import Measure
from tests.attack.city import City, PlacedKey, Record
from tests.attack.guessing import Guesses, floor_of, guess, key
from tests.attack.reconstructing import Interval, Puzzle, small_cells

MOST_ACCURATE = 0.68
MOST_SURE = 0.005
NARROWEST = 3
LARGEST_MEAN_NOISE = 0.05
TRIALS = 4000
CITIES: Mapping[str, tuple[int, int, int]] = {
    "city": (9000, 2400, 2),
    "many places": (9000, 2400, 6),
    "small city": (700, 200, 3),
}
"""Encounters and referrals of a year, and places: as many as the plan expects, and much fewer."""
_UNITS = (Measure.encounters, Measure.first_contacts, Measure.referrals)
_KEYS = 20


@dataclass(frozen=True)
class Errors:
    """What protection does to the figures."""

    published: float
    """Share of cells that have a value."""
    mean_absolute: float
    """Mean distance of published values from the truth."""
    mean_noise: float
    """Mean of the noise alone, of cells of 11 and more."""


def attack(city: City, chance: Random, trials: int) -> dict[str, Guesses]:
    """Guess at one record of each kind, all others known; the last kind enters as many cells as any may."""
    kinds: dict[str, list[Record]] = {
        "one encounter": [one for one in city.records if one.unit is Measure.encounters],
        "one referral": [one for one in city.records if one.unit is Measure.referrals],
        "one first contact": [one for one in city.records if one.first],
    }
    return {
        what: guess(city, [[chance.choice(records)] for _ in range(trials)], chance) for what, records in kinds.items()
    }


def visits(city: City, chance: Random, trials: int) -> dict[int, Guesses]:
    """Guess whether a person with several encounters in one place was there at all: no bound is promised for these."""
    met = [one for one in city.records if one.unit is Measure.encounters and not one.first]
    by_place = {place: [one for one in met if one.place == place] for place in city.places}
    home = max(by_place.values(), key=len)
    return {count: guess(city, [chance.sample(home, count) for _ in range(trials)], chance) for count in (2, 5, 10)}


def publish(city: City, mark: rules.Mark) -> dict[PlacedKey, int | None]:
    """Publish every cell of the city under one key."""
    return {cell: _published(city, cell, mark) for cell in city.cells() if cell[1].measure in _UNITS}


def _published(city: City, cell: PlacedKey, mark: rules.Mark) -> int | None:
    tally, measure = city.tally(cell), cell[1].measure
    return rules.protect(mark, measure, tally.count, tally.keys, floor_of(measure))


def errors(city: City, chance: Random) -> Errors:
    """Publish under several keys and compare with the truth."""
    shown, distances = 0, []
    for _ in range(_KEYS):
        mark = key(chance)
        for cell, value in publish(city, mark).items():
            tally = city.tally(cell)
            if value is not None:
                shown += 1
                distances.append(abs(value - tally.count))
    mark = key(chance)
    noise = [rules.move(mark, "encounters", 11 + number % 500, chance.getrandbits(32)) for number in range(50_000)]
    return Errors(shown / (_KEYS * len(publish(city, mark))), fmean(distances), fmean(noise))


def reconstruct(city: City, chance: Random, most: int | None = None) -> list[Interval]:
    """Publish once and find what integer programming knows of cells of 1-10, `most` of each measure."""
    published = publish(city, key(chance))
    found = []
    for measure in _UNITS:
        puzzle, small = Puzzle(city, published, measure), small_cells(city, measure)
        chosen = small if most is None or len(small) <= most else chance.sample(small, most)
        found += [puzzle.interval(cell) for cell in chosen]
    return found
