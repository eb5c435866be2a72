"""Intervals and verdicts.

scipy.stats takes longer to import than all else that a script without torch needs, so functions
that need it import it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean

import numpy as np

from polyconcept.records.variance import interval
from polyconcept.records.verdicts import (
    LEAST_FOR_CORRELATION,
    LEAST_FOR_MEAN,
    Finding,
    Verdict,
)

DIGITS = 12
"""Means of the same scores in another order differ by less: that is no difference in rank."""


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean by Student's t; none of too few values."""
    n = len(values)
    if n < LEAST_FOR_MEAN:
        return None
    variance = float(np.var(values, ddof=1))
    return interval(fmean(values), [(variance / n, n - 1.0)], bounds=(-math.inf, math.inf))


def is_constant(values: Sequence[float]) -> bool:
    """Return whether all values are the same, but for rounding."""
    return bool(np.ptp(np.round(values, DIGITS)) == 0)


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's correlation; none where a side is constant or empty."""
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values against {len(second)}: expected equally many")
    if not first or is_constant(first) or is_constant(second):
        return None
    from scipy.stats import rankdata

    # Pearson's of the ranks; `spearmanr` would work out a p-value too.
    ranks = [rankdata(np.round(side, DIGITS)) for side in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def spearman_interval(rho: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of Spearman's correlation by Fisher's z.

    Raises:
        ValueError: Fewer than four points, or a correlation outside of -1 to 1.
    """
    # The variance of z is (1 + rho^2 / 2) / (n - 3): Bonett and Wright (2000), "Sample size
    # requirements for estimating Pearson, Kendall and Spearman correlations", Psychometrika 65.
    # At 1 and -1 z is infinite and the interval would be a point, even of four values. Correlations
    # of ranks go in steps of at least 12 / (n^3 - n); half a step less than 1 is put in its place.
    if n < LEAST_FOR_CORRELATION:
        raise ValueError(f"{n} points: an interval of a correlation needs {LEAST_FOR_CORRELATION}")
    # A correlation of equal ranks may be beyond 1 by its last bits.
    if not -1 - 1e-9 <= rho <= 1 + 1e-9:
        raise ValueError(f"a correlation of {rho}: expected from -1 to 1")
    furthest = 1 - 6 / (n**3 - n)
    z = math.atanh(min(max(rho, -furthest), furthest))
    half = NormalDist().inv_cdf(0.975) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    # Of 1 and -1 the interval around what stands in their place would leave them out.
    return min(math.tanh(z - half), rho), max(math.tanh(z + half), rho)


def judge(
    effect: float | None, interval: tuple[float, float] | None, n_points: int, *, above: float
) -> Finding:
    """Say what follows from an effect and its interval; undecided without one.

    Args:
        effect: The effect.
        interval: Its 95 % interval.
        n_points: Models or languages that it is taken over.
        above: What an interval must exceed for a claim to hold.
    """
    low, high = interval or (None, None)
    verdict: Verdict = "undecided"
    if low is not None and high is not None:
        # Differences of equal means are some 1e-17, which is not above 0.
        if round(low - above, DIGITS) > 0:
            verdict = "holds"
        elif round(high - above, DIGITS) <= 0:
            verdict = "does not hold"
    return Finding(verdict=verdict, effect=effect, low=low, high=high, n_points=n_points)
