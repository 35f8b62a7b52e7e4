"""How many persons there are, estimated from how often the same ones were met. Pure Python.

Counts are of persons; a person met twice on one service day was captured once. Every estimator returns an estimate
with its 95 % interval, or a word for why there is none: never a number that the data cannot carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

from app.metrics.coverage.definitions import FEWEST_PERSONS, FEWEST_RECAPTURED, FEWEST_TWICE, Refusal

Z: Final = 1.96
"""Quantile of the normal distribution for 95 %."""
ONE_SIDED: Final = 1.645
"""The same for 95 % on one side."""


@dataclass(frozen=True, slots=True)
class Captures:
    """Persons by the number of service days they were met on, and by the half of the window."""

    days: Mapping[int, int]
    """Number of days (from 1): number of persons."""
    first: int = 0
    """Persons met in the first half."""
    second: int = 0
    both: int = 0

    def seen(self, days: int) -> int:
        """Return how many persons were met on exactly so many days."""
        return self.days.get(days, 0)

    @property
    def persons(self) -> int:
        """Return n, everybody met at least once."""
        return sum(self.days.values())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of persons with its variance and 95 % interval; never below those met."""

    value: float
    variance: float
    low: float
    high: float


Answer = Estimate | Refusal


def insufficient(captures: Captures) -> Refusal | None:
    """Say why nothing at all may be estimated: n < 50, or f2 < 10."""
    if captures.persons < FEWEST_PERSONS:
        return Refusal.too_few_persons
    if captures.seen(2) < FEWEST_TWICE:
        return Refusal.too_few_seen_twice
    return None


def chao(captures: Captures) -> Answer:
    """Return Chao's lower bound, bias-corrected: n + f1 (f1 - 1) / (2 (f2 + 1)).

    Chao A (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics 43,
    783-791: its variance, and its log-normal interval, which never falls below n. Right on average when everybody is
    as easy to meet, a lower bound otherwise; wrong codes, each a person met once, push it far up.
    """
    if refused := insufficient(captures):
        return refused
    once, twice = captures.seen(1), captures.seen(2)
    unseen = once * (once - 1) / (2 * (twice + 1))
    if not unseen:
        return Refusal.too_few_seen_once
    ratio = once / twice
    variance = twice * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    return _log_normal(captures.persons, unseen, variance)


def one_inflation(captures: Captures) -> Answer:
    """Return Chao's bound without those met once, who may be wrong codes: n + (2/9) f2^3 / f3^2.

    Boehning D, Kaskasamkul P, van der Heijden PGM (2019). A modification of Chao's lower bound estimator in the case of
    one-inflation. Metrika 82, 361-384. Too low when persons differ much in how easily they are met; n still holds the
    wrong codes themselves. Variance by the delta method: f0^2 (9/f2 + 4/f3), counts taken as Poisson, plus that of n,
    n f0 / N; the interval is log-normal as Chao's.
    """
    if refused := insufficient(captures):
        return refused
    twice, thrice = captures.seen(2), captures.seen(3)
    if not thrice:
        return Refusal.nobody_seen_three_times
    persons = captures.persons
    unseen = 2 / 9 * twice**3 / thrice**2
    variance = unseen**2 * (9 / twice + 4 / thrice) + persons * unseen / (persons + unseen)
    return _log_normal(persons, unseen, variance)


def zelterman(captures: Captures) -> Answer:
    """Return n / (1 - exp(-lambda)), with lambda = 2 f2 / f1 meetings a person.

    Zelterman D (1988). Robust estimation in truncated discrete distributions with application to capture-recapture
    experiments. J Stat Plan Inference 18, 225-237. Variance: Boehning D (2008). A simple variance formula for
    population size estimators by conditioning. Stat Methodol 5, 410-423. The interval is normal, cut at n.
    """
    if refused := insufficient(captures):
        return refused
    persons, once, twice = captures.persons, captures.seen(1), captures.seen(2)
    if not once:
        return Refusal.too_few_seen_once
    rate = 2 * twice / once
    value = persons / (1 - exp(-rate))
    spread = persons * exp(-rate) / (1 - exp(-rate)) ** 2
    variance = spread * (1 + spread * rate**2 * (1 / once + 1 / twice))
    return _normal(persons, value, variance)


def chapman(captures: Captures) -> Answer:
    """Return (n1 + 1)(n2 + 1) / (m + 1) - 1, the halves of the window being two captures.

    Chapman DG (1951). Some properties of the hypergeometric distribution with applications to zoological censuses. Univ
    Calif Publ Stat 1, 131-160. Variance: Seber GAF (1982). The Estimation of Animal Abundance, 2nd ed., section 3.1.
    The interval is normal, cut at n. Supposes that nobody came or went between the halves.
    """
    if refused := insufficient(captures):
        return refused
    first, second, both = captures.first, captures.second, captures.both
    if both < FEWEST_RECAPTURED:
        return Refusal.too_few_recaptured
    product = (first + 1) * (second + 1)
    value = product / (both + 1) - 1
    variance = product * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return _normal(captures.persons, value, variance)


def _log_normal(persons: int, unseen: float, variance: float) -> Estimate:
    """Return the estimate with the interval [n + f0 / C, n + f0 C], C = exp(1.96 sqrt(ln(1 + Var / f0^2)))."""
    factor = exp(Z * sqrt(log(1 + variance / unseen**2)))
    return Estimate(persons + unseen, variance, persons + unseen / factor, persons + unseen * factor)


def _normal(persons: int, value: float, variance: float) -> Estimate:
    half = Z * sqrt(variance)
    return Estimate(value, variance, max(float(persons), value - half), value + half)


@dataclass(frozen=True, slots=True)
class Bracket:
    """From the lower of the two estimates to the higher, and the interval that holds both of theirs."""

    lower: float
    upper: float
    low: float
    high: float


def bracket(chao_said: Answer, variant_said: Answer) -> Bracket | Refusal:
    """Return what Chao's bound and the one-inflation variant hold between them; nothing unless both are there.

    With wrong codes the truth lies nearer to the variant, with persons of very unequal chances nearer to Chao. It is no
    guarantee: wrong codes are in n itself, so one meeting in ten misread lifts even the variant by 75 of 750 persons
    for each time that a person is met on average.
    """
    for said in (chao_said, variant_said):
        if isinstance(said, Refusal):
            return said
    both = [said for said in (chao_said, variant_said) if isinstance(said, Estimate)]
    values = [said.value for said in both]
    return Bracket(min(values), max(values), min(said.low for said in both), max(said.high for said in both))


@dataclass(frozen=True, slots=True)
class CodeQuality:
    """Those met once beside how many of them those met two and three times lead one to expect."""

    once: int
    implied: float
    """2 f2^2 / (3 f3): f1 when everybody is as easy to meet."""
    excess: float
    """(f1 - implied) / f1; negative when there are fewer than implied."""
    suspicious: bool
    """More than chance would make of it, one time in twenty."""


def code_quality(captures: Captures) -> CodeQuality | Refusal:
    """Compare f1 with 2 f2^2 / (3 f3), as the one-inflation estimator does.

    A wrong code is a person met once. Suspicious when ln(f1 / implied) exceeds 1.645 of its standard errors, which are
    sqrt(1/f1 + 4/f2 + 1/f3) by the delta method. Persons of very unequal chances raise it too: it says that Chao's
    bound cannot be taken at its word, not which of the two is to blame.
    """
    if refused := insufficient(captures):
        return refused
    once, twice, thrice = (captures.seen(days) for days in (1, 2, 3))
    if not thrice:
        return Refusal.nobody_seen_three_times
    if not once:
        return Refusal.too_few_seen_once
    implied = 2 * twice**2 / (3 * thrice)
    error = sqrt(1 / once + 4 / twice + 1 / thrice)
    return CodeQuality(once, implied, (once - implied) / once, log(once / implied) > ONE_SIDED * error)
