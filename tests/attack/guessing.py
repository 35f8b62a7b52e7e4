"""The strongest guess at one record: everything else is known, the method is known, only K_sdc is not.

For each trial a coin decides whether one record exists; the attacker, who knows every other record, computes the
likelihood of everything published under both answers. The noise comes from `rules.protect` itself, under a fresh key.
"""

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from app.releases import rules
from app.releases.records import Tally
from app.releases.vocabulary import Measure
from tests.attack.city import City, PlacedKey, Record

SURE = 0.95
_TINY = 1e-300


@dataclass(frozen=True)
class Guesses:
    """How well the guesses went."""

    trials: int
    accuracy: float
    sure: float
    """Share of trials in which the attacker is more than 95 % sure."""
    certain: float
    """Share of trials in which one of the two answers is impossible."""


def floor_of(measure: Measure) -> int:
    return rules.ACTIVITY_FLOOR if measure is Measure.encounters else rules.FLOOR


@cache
def odds(count: int, floor: int) -> dict[int | None, float]:
    """Return how probable each published value of a true count is."""
    found: dict[int | None, float] = {}
    for step, probability in enumerate(rules.transition(min(count, rules.REACH))):
        if probability:
            value = rules.shown(count + step - rules.REACH, floor)
            found[value] = found.get(value, 0.0) + probability
    return found


def key(chance: Random) -> rules.Mark:
    secret = chance.randbytes(32)
    return lambda name: hmac.digest(secret, name, "sha256")


def guess(city: City, targets: Sequence[Sequence[Record]], chance: Random) -> Guesses:
    """Guess once for each target: records of which all or none exist."""
    results = [_one(city, target, chance) for target in targets]
    right = sum(_right(log_odds, there, chance) for log_odds, there in results)
    limit = math.log(SURE / (1 - SURE))
    return Guesses(
        len(results),
        right / len(results),
        sum(abs(log_odds) > limit for log_odds, _ in results) / len(results),
        sum(abs(log_odds) > -math.log(_TINY) / 2 for log_odds, _ in results) / len(results),
    )


def _right(log_odds: float, there: bool, chance: Random) -> bool:  # noqa: FBT001 - the coin
    return chance.random() < 0.5 if abs(log_odds) < 1e-12 else (log_odds > 0) == there


def _one(city: City, target: Sequence[Record], chance: Random) -> tuple[float, bool]:
    """Return the log odds that the target exists, and whether it does. `city` holds it; it is taken out by count."""
    mark, there = key(chance), chance.random() < 0.5
    own: dict[PlacedKey, Tally] = {}
    for record in target:
        for cell in record.cells():
            own.setdefault(cell, Tally()).add(Tally(1, record.rk))
    seen: dict[tuple[Measure, int, int], float] = {}
    for cell, mine in own.items():
        whole, measure = city.tally(cell), cell[1].measure
        without = Tally(whole.count - mine.count, (whole.keys - mine.keys) % 2**32)
        truth = whole if there else without
        value = rules.protect(mark, measure, truth.count, truth.keys, floor_of(measure))
        with_it, without_it = odds(whole.count, floor_of(measure)), odds(without.count, floor_of(measure))
        told = math.log(with_it.get(value, 0.0) + _TINY) - math.log(without_it.get(value, 0.0) + _TINY)
        seen[measure, whole.count, whole.keys] = told  # the same records under one name tell the same once
    return sum(seen.values()), there


def worst_cell(counts: Sequence[int], floor: int) -> tuple[float, int]:
    """Return (probability, count) of the cell in which one more record is told with more than 95 %; no sampling."""
    return max((_told(count, floor), count) for count in counts)


def _told(count: int, floor: int) -> float:
    fewer, more = odds(count, floor), odds(count + 1, floor)
    pairs = [(fewer.get(value, 0.0), more.get(value, 0.0)) for value in fewer.keys() | more.keys()]
    return sum((one + other) / 2 for one, other in pairs if max(one, other) > SURE / (1 - SURE) * min(one, other))
