"""Cell-key perturbation: the same records always give the same noise, and no count is shown as it is. Pure Python.

Sources: Fraser and Wooton (2005), "A proposed method for confidentialising tabular output to protect against
differencing", UNECE/Eurostat work session (the Australian Bureau of Statistics' method); Giessing (2016),
"Computational issues in the design of transition probabilities and disclosure risk estimation for additive noise",
PSD 2016, LNCS 9867 (maximum-entropy p-tables, Eurostat's cell-key method); Office for National Statistics,
cell-key perturbation of Census 2021 outputs. The variance of a row is min(n, V): docs/decisions/0026 tells why.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from itertools import accumulate
from typing import Final

Mark = Callable[[bytes], bytes]
"""HMAC-SHA256 under K_sdc."""
REACH: Final = 10
"""No count is moved by more."""
VARIANCE: Final = 9.0
ROUNDED_TO: Final = 5
FLOOR: Final = 11
"""Nothing below is published, zero included."""
ACTIVITY_FLOOR: Final = 30
"""The same for encounters."""
RATIO_FLOOR: Final = 30
"""No share of less."""
_KEYS: Final = 2**32
_UNIT_BITS: Final = 48
_CUT_BITS: Final = 32
"""Cuts are kept to 32 bits, so that the last bit of a machine's arithmetic is not part of the method."""
_STEPS: Final = 200
_CLOSE: Final = 1e-13


@cache
def transition(count: int) -> Sequence[float]:
    """Return the probabilities of moving `count` by -REACH..REACH (21 numbers).

    Of all distributions with mean 0, variance min(count, VARIANCE) and count + move >= 0, the one of maximum entropy:
    p(v) ~ exp(a v + b v^2), found by Newton's method on the convex dual.
    """
    moves = range(-min(count, REACH), REACH + 1)
    padding = [0.0] * (2 * REACH + 1 - len(moves))
    if count == 0:
        return [*[0.0] * REACH, 1.0, *[0.0] * REACH]
    return [*padding, *_maximum_entropy(moves, min(float(count), VARIANCE))]


def _maximum_entropy(moves: Sequence[int], variance: float) -> list[float]:
    slope = bend = 0.0
    for _ in range(_STEPS):
        odds = _odds(moves, slope, bend)
        m1, m2, m3, m4 = (math.fsum(p * v**k for p, v in zip(odds, moves, strict=True)) for k in (1, 2, 3, 4))
        off1, off2 = m1, m2 - variance
        if abs(off1) + abs(off2) < _CLOSE:
            return odds
        h11, h12, h22 = m2 - m1 * m1, m3 - m1 * m2, m4 - m2 * m2
        scale = h11 * h22 - h12 * h12
        step1, step2 = (h12 * off2 - h22 * off1) / scale, (h12 * off1 - h11 * off2) / scale
        share, gain = 1.0, step1 * off1 + step2 * off2
        dual = _dual(moves, slope, bend, variance)
        while share > _CLOSE and _dual(moves, slope + share * step1, bend + share * step2, variance) > (
            dual + 1e-4 * share * gain + 1e-14
        ):
            share /= 2
        slope, bend = slope + share * step1, bend + share * step2
    raise ArithmeticError  # no row of this table: a test solves them all


def _exponents(moves: Sequence[int], slope: float, bend: float) -> list[float]:
    return [slope * v + bend * v * v for v in moves]


def _odds(moves: Sequence[int], slope: float, bend: float) -> list[float]:
    exponents = _exponents(moves, slope, bend)
    weights = [math.exp(one - max(exponents)) for one in exponents]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _dual(moves: Sequence[int], slope: float, bend: float, variance: float) -> float:
    exponents = _exponents(moves, slope, bend)
    top = max(exponents)
    return top + math.log(math.fsum(math.exp(one - top) for one in exponents)) - bend * variance


@cache
def _cuts(count: int) -> Sequence[int]:
    """Return where [0, 2^32] is cut into the moves -REACH..REACH; every row from REACH on is the same."""
    return [round(one * 2**_CUT_BITS) for one in accumulate(transition(count))][:-1]


def move(mark: Mark, measure: str, count: int, keys: int) -> int:
    """Return by how much a cell is moved: decided by its records alone, through their number and summed keys."""
    name = f"cell|{measure}|{keys % _KEYS:010d}|{count}".encode()  # longer than an id: never the mark of a record
    drawn = int.from_bytes(mark(name)[: _UNIT_BITS // 8], "big") >> (_UNIT_BITS - _CUT_BITS)
    return bisect_right(_cuts(min(count, REACH)), drawn) - REACH


def shown(moved: int, floor: int, largest: int = 0) -> int | None:
    """Return what is published of a moved count: rounded, or None below the floor or when one patrol is above half.

    Both are asked of the moved count, never of the true one: a threshold on the truth tells of one record for sure.
    """
    if moved < floor or 2 * largest > moved:
        return None
    return ROUNDED_TO * ((moved + ROUNDED_TO // 2) // ROUNDED_TO)


def protect(mark: Mark, measure: str, count: int, keys: int, floor: int, largest: int = 0) -> int | None:
    """Return what is published of a cell of `count` records whose keys add up to `keys`."""
    return shown(count + move(mark, measure, count, keys), floor, largest)


def share(value: int | None, whole: int | None) -> float | None:
    """Return the ratio of two published values, at most 1 and to three decimals; None under a base of 30."""
    if value is None or whole is None or whole < RATIO_FLOOR:
        return None
    return round(min(value / whole, 1.0), 3)


@cache
def method() -> str:
    """Return the name of the method: its digits change with any row, floor or rounding, and tell none of them."""
    rows = [list(_cuts(count)) for count in range(REACH + 1)]
    terms = repr((rows, ROUNDED_TO, FLOOR, ACTIVITY_FLOOR, RATIO_FLOOR))
    return f"cell-key-1.{sha256(terms.encode()).hexdigest()[:8]}"
