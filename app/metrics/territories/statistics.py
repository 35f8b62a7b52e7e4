"""How far two distributions over territories are apart, and where what left one area went. Pure Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2


def jensen_shannon(first: Mapping[str, float], second: Mapping[str, float]) -> float | None:
    """Return the Jensen-Shannon divergence of two distributions given as counts, in bits; None when one is empty.

    JSD = H((P + Q) / 2) - (H(P) + H(Q)) / 2 with equal weights: Lin, Divergence Measures Based on the Shannon Entropy,
    IEEE Transactions on Information Theory 37 (1991). From 0, the same, to 1, nothing in common. It is a divergence:
    its square root is the distance. Sampling alone makes it positive, by about (k - 1) (1/n + 1/m) / (8 ln 2) for k
    territories and n and m contacts from the same distribution.
    """
    total_first, total_second = sum(first.values()), sum(second.values())
    if not total_first or not total_second:
        return None
    found = 0.0
    for key in first.keys() | second.keys():
        p, q = first.get(key, 0) / total_first, second.get(key, 0) / total_second
        middle = (p + q) / 2
        found += sum(share * log2(share / middle) / 2 for share in (p, q) if share)
    return min(1.0, max(0.0, found))


@dataclass(frozen=True, slots=True)
class Areas:
    """Counts in the area something was done in, around it, and elsewhere."""

    target: int
    buffer: int
    control: int


@dataclass(frozen=True, slots=True)
class Displacement:
    """What happened around the target in proportion to what happened in it, both against the control.

    `success` is below 0 when the target fell against the control; `buffer` likewise. `quotient` is buffer / success,
    None with the reason when it cannot be computed.
    """

    success: float | None
    buffer: float | None
    quotient: float | None
    reason: str | None


NO_CONTROL = "nothing in the control area in one of the periods"
NO_CHANGE = "the target did not change against the control"


def displacement(before: Areas, after: Areas) -> Displacement:
    """Return the weighted displacement quotient (B1/C1 - B0/C0) / (A1/C1 - A0/C0).

    A target, B buffer, C control, 0 before, 1 after: Bowers and Johnson, Measuring the Geographical Displacement and
    Diffusion of Benefit Effects of Crime Prevention Activity, Journal of Quantitative Criminology 19 (2003). To be read
    when the target fell (`success` below 0): above 0 the fall spread to the buffer, below 0 some of it went there,
    below -1 more than all of it. No interval comes with it: small counts make it jump.
    """
    if not before.control or not after.control:
        return Displacement(None, None, None, NO_CONTROL)
    # Over the common denominator C0 C1 the differences are of whole numbers: no change is exactly 0.
    scale = before.control * after.control
    target = after.target * before.control - before.target * after.control
    buffer = after.buffer * before.control - before.buffer * after.control
    if not target:
        return Displacement(0.0, buffer / scale, None, NO_CHANGE)
    return Displacement(target / scale, buffer / scale, buffer / target, None)
