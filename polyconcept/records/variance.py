"""How far a mean would move: the parts of its variance, and the interval that follows from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from polyconcept.records.arrays import Float64, Int


def within_variance(
    values: Float64[np.ndarray, " draw"], seed: Int[np.ndarray, " draw"]
) -> tuple[float, int]:
    """Return the variance of values around the mean of their seed, and its degrees of freedom.

    Raises:
        ValueError: No seed has two values.
    """
    n_draws = np.bincount(seed)
    n_seeds = int(np.count_nonzero(n_draws))
    freedom = len(values) - n_seeds
    if freedom < 1:
        raise ValueError(
            f"{len(values)} resamples for {n_seeds} seeds: a variance needs two of a seed"
        )
    means = np.bincount(seed, weights=values) / np.maximum(n_draws, 1)
    return float(np.square(values - means[seed]).sum() / freedom), freedom


def spread(values: Sequence[float]) -> float | None:
    """Return the variance between scores; none where there is just one."""
    return float(np.var(values, ddof=1)) if len(values) > 1 else None


def interval(
    value: float,
    parts: Sequence[tuple[float, float]],
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """Return the 95 % interval of a score whose variance is a sum of parts.

    Args:
        value: The score.
        parts: (variance of the mean, degrees of freedom) of each source of variance.
        bounds: Values that the score cannot leave; the interval is cut there.
    """
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return value, value
    # Satterthwaite 1946, "An approximate distribution of estimates of variance components",
    # Biometrics Bulletin 2, and Welch 1947, Biometrika 34.
    freedom = total**2 / sum(variance**2 / freedom for variance, freedom in parts)
    reach = float(stdtrit(freedom, 0.975)) * total**0.5
    return max(bounds[0], value - reach), min(bounds[1], value + reach)
