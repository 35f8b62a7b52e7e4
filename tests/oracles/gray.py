"""Gray's test as published, from individuals: with his variance, which knows no ties between kinds of ending.

In one pass and with the square around the final influence multiplied out, unlike the service's two passes.
"""

from collections.abc import Sequence

import numpy as np

Person = tuple[int, float, int]
"""Group from 0, time, and 0 censored, 1 ended by the cause, 2 ended otherwise."""


def gray(people: Sequence[Person]) -> tuple[float, np.ndarray]:
    """Return the statistic and the scores of all groups (Gray 1988, rho = 0)."""
    group, time, cause = (np.array(column) for column in zip(*people, strict=True))
    k = int(group.max()) + 1
    waiting, reached, pooled = np.ones(k), np.zeros(k), 0.0
    score, influence, total = np.zeros(k), np.zeros((k, k)), np.zeros((k, k))
    crossed, squared = np.zeros((k, k)), np.zeros(k)
    for now in sorted(set(time[cause > 0])):
        n = np.array([np.sum((group == r) & (time >= now)) for r in range(k)])
        first, other = ([np.sum((group == r) & (time == now) & (cause == c)) for r in range(k)] for c in (1, 2))
        here = n > 0
        after = np.where(here, waiting * (n - first - np.array(other)) / np.where(here, n, 1), waiting)
        size = np.where(here, n / np.where(waiting > 0, waiting, 1), 0)
        d1 = sum(first)
        score += first - d1 * size * (1 - reached) / np.sum(size * (1 - reached))
        lean = np.diag(size) - np.outer(size, size) / size.sum()
        influence += lean * d1 / size.sum() / (1 - pooled)
        pooled_after = pooled + d1 / size.sum()
        for r in np.flatnonzero(here):
            weight = (1 - pooled_after) / after[r] if after[r] > 0 else 0.0
            untied = 1 - (d1 - 1) / (size.sum() * waiting[r] - 1) if d1 > 1 else 1.0
            at_once, later = lean[:, r] - (1 - weight) * influence[:, r], 1 - weight
            factor = untied * d1 / size.sum() / size[r]
            total += factor * np.outer(at_once, at_once)
            crossed[:, r] += factor * later * at_once
            squared[r] += factor * later**2
            if other[r] and after[r] > 0:
                factor = (1 - (other[r] - 1) / (n[r] - 1) if other[r] > 1 else 1.0) * other[r] / size[r] ** 2
                total += factor * weight**2 * np.outer(influence[:, r], influence[:, r])
                crossed[:, r] -= factor * weight**2 * influence[:, r]
                squared[r] += factor * weight**2
        reached = np.where(here, reached + waiting * first / np.where(here, n, 1), reached)
        waiting, pooled = after, pooled_after
    total += (influence * squared) @ influence.T + influence @ crossed.T + crossed @ influence.T
    return float(score[:-1] @ np.linalg.solve(total[:-1, :-1], score[:-1])), score
