"""The upper tail of the chi-square distribution. Pure Python."""

import math


def survival(statistic: float, degrees: int) -> float:
    """Return P(X > statistic) for a chi-square X with whole `degrees` >= 1 of freedom; `statistic` >= 0.

    Closed forms by parts (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5): a Poisson sum for even degrees; the normal
    tail and a sum of half-odd powers for odd ones.
    """
    half = statistic / 2
    if half == 0:
        return 1.0
    odd = degrees % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (number + odd / 2 for number in range(degrees // 2))
    terms = (math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)
    return min(tail + math.fsum(terms), 1.0)
