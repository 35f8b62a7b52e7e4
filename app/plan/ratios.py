"""Ratios of whole numbers, rounded in one stated way. Pure Python."""

from typing import Final

DECIMALS: Final = 4
_SCALE: Final = 10**DECIMALS


def ratio(part: int, whole: int) -> float:
    """Return part / whole to four decimals, a half upwards; `whole` is above zero.

    It is worked out in whole numbers: the same counts or cents give the same digits on every machine.
    """
    return (2 * part * _SCALE + whole) // (2 * whole) / _SCALE
