"""Chance that repeats itself: every choice of the demo city comes from a seed."""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from app.clock import SLOT_MS
from app.codes import ALPHABET, RANDOM_CHARACTERS, check_character

Choice = TypeVar("Choice")

_BITS_A_CHARACTER: Final = 5
_CERTAIN_MEAN: Final = 500


class Draws:
    """One stream of chance; streams of different names never disturb each other."""

    def __init__(self, *seed: object) -> None:
        """Start the stream named by `seed`."""
        self._random = random.Random("/".join(map(str, seed)))  # noqa: S311 - it must repeat itself, and guards nothing

    def chance(self, probability: float) -> bool:
        """Say yes that often."""
        return self._random.random() < probability

    def pick(self, weights: Mapping[Choice, float]) -> Choice:
        """Return one of the keys, as often as its weight says."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def pick_summed(self, choices: Sequence[Choice], summed_weights: Sequence[float]) -> Choice:
        """Return one of many choices whose weights are already summed up."""
        return self._random.choices(choices, cum_weights=summed_weights)[0]

    def some(self, odds: Mapping[Choice, float]) -> list[Choice]:
        """Return each key independently, as often as its probability says."""
        return [choice for choice, probability in odds.items() if self._random.random() < probability]

    def whole(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return self._random.randint(low, high)

    def number(self, low: float, high: float) -> float:
        """Return a number between two."""
        return self._random.uniform(low, high)

    def gamma(self, shape: float) -> float:
        """Return a positive number of mean 1, the more uneven the smaller `shape`."""
        return self._random.gammavariate(shape, 1 / shape)

    def poisson(self, mean: float) -> int:
        """Return how many things happened that happen `mean` times on average."""
        limit, product, count = math.exp(-min(mean, _CERTAIN_MEAN)), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count

    def around(self, median: timedelta, spread: float = 0.5) -> timedelta:
        """Return a duration, log-normal, in whole seconds."""
        return timedelta(seconds=round(median.total_seconds() * self._random.lognormvariate(0, spread)))

    def between(self, shortest: timedelta, longest: timedelta) -> timedelta:
        """Return a duration between two, in whole seconds."""
        return timedelta(seconds=round(self._random.uniform(shortest.total_seconds(), longest.total_seconds())))

    def id(self, at: datetime) -> UUID:
        """Return an identifier as a device makes them at an instant: version 7, and no more of the hour than a slot."""
        milliseconds = int(at.timestamp() * 1000) // SLOT_MS * SLOT_MS
        value = milliseconds << 80 | 0x7 << 76 | self._random.getrandbits(12) << 64
        return UUID(int=value | 0b10 << 62 | self._random.getrandbits(62))

    def code(self) -> str:
        """Return a slip or card code."""
        bits = self._random.getrandbits(_BITS_A_CHARACTER * RANDOM_CHARACTERS)
        body = "".join(ALPHABET[bits >> _BITS_A_CHARACTER * n & len(ALPHABET) - 1] for n in range(RANDOM_CHARACTERS))
        return body + check_character(body)
