"""Intervals and verdicts.

scipy.stats takes longer to import than all else that a script without torch needs, so functions
that need it import it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean

import numpy as np
from scipy.special import stdtrit

LEAST_FOR_MEAN = 3
"""Points below which claims 1 and 2 stay undecided."""
LEAST_FOR_CORRELATION = 4
"""Points below which a correlation has no interval: its variance has n - 3 below the line."""

_EXACT_UP_TO = 7
"""Points up to which all orders are tried (5040): Student's t is far off for so few."""
DIGITS = 12
"""Means of the same scores in another order differ by less: that is no difference in rank."""


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean by Student's t; none of fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    middle = fmean(values)
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return middle - half, middle + half


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's correlation; none where a side is constant or empty."""
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values against {len(second)}: expected equally many")
    sides = np.round(first, DIGITS), np.round(second, DIGITS)
    if not first or any(np.ptp(side) == 0 for side in sides):
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(*sides).statistic)


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


def correlation_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's two-sided p-value: exact of few points, else by Student's t."""
    from scipy import stats

    sides = np.round(first, DIGITS), np.round(second, DIGITS)
    if len(first) > _EXACT_UP_TO:
        return float(stats.spearmanr(*sides).pvalue)
    left, right = (stats.rankdata(side) for side in sides)
    found = stats.permutation_test(
        (left,),
        lambda order, axis: np.sum(order * right, axis=axis),
        permutation_type="pairings",
        n_resamples=math.factorial(_EXACT_UP_TO) + 1,
        vectorized=True,
    )
    return float(found.pvalue)
