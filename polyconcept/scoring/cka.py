"""Linear centred kernel alignment (CKA), unbiased."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from polyconcept.records.arrays import Float, Float64

_FEWEST = 4
_BLOCK = 1024
# What rounding leaves of an HSIC that is 0, as a share of the terms that cancel.
_ROUNDING = 1e-12


def linear_cka(
    source: Float[np.ndarray, "source_word source_dim"],
    target: Float[np.ndarray, "target_word target_dim"],
) -> float:
    """Return the unbiased linear CKA of paired vectors: 1 where they are alike, about 0 by chance.

    Moving, rotating or scaling a side as a whole changes nothing. CKA: Kornblith et al. 2019
    (arXiv 1905.00414), section 3; with the unbiased HSIC_1 of Song et al. 2012 (JMLR 13) as in
    Nguyen et al. 2021 (arXiv 2010.15327), equation 3. The biased CKA is far above 0 for any vectors
    where the words are not many more than the dimensions.

    Args:
        source: Vector of each word.
        target: Vector of the word it is paired with, in the same order; of any hidden size.

    Returns:
        At most 1, up to rounding; may be below 0.

    Raises:
        ValueError: Numbers of vectors that differ, fewer than 4, vectors that are not finite, or a
            side whose vectors are all at the same distance from each other (such as 0).
    """
    if len(source) != len(target) or len(source) < _FEWEST:
        raise ValueError(
            f"found {len(source)} source and {len(target)} target vectors: CKA needs as many of "
            f"both, at least {_FEWEST}"
        )
    means = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    for name, mean in zip(("source", "target"), means, strict=True):
        if not np.isfinite(mean).all():
            raise ValueError(f"{name} vectors hold values that are not finite: no CKA")
    # Sums of two threads differ in their last bits from those of one.
    with threadpool_limits(limits=1, user_api="blas"):
        across, own_source, own_target = _hsics(source, target, *means)
    for name, own in (("source", own_source), ("target", own_target)):
        if not own:
            raise ValueError(
                f"all {len(source)} {name} vectors are at the same distance from each other: no CKA"
            )
    return float(across / np.sqrt(own_source * own_target))


def _hsics(
    source: Float[np.ndarray, "word source_dim"],
    target: Float[np.ndarray, "word target_dim"],
    source_mean: Float64[np.ndarray, " source_dim"],
    target_mean: Float64[np.ndarray, " target_dim"],
) -> tuple[float, float, float]:
    """Return HSIC of both sides, source alone and target alone; each n (n - 3)-fold."""
    n_words, sizes = len(source), (len(source_mean), len(target_mean))
    across = np.zeros(sizes)
    own_source, own_target = np.zeros((sizes[0], sizes[0])), np.zeros((sizes[1], sizes[1]))
    squares = np.empty((2, n_words))
    for first in range(0, n_words, _BLOCK):
        block = slice(first, first + _BLOCK)
        left, right = source[block] - source_mean, target[block] - target_mean
        across += left.T @ right
        own_source += left.T @ left
        own_target += right.T @ right
        squares[0, block] = np.einsum("wd,wd->w", left, left)
        squares[1, block] = np.einsum("wd,wd->w", right, right)
    return (
        _unbiased(across, squares[0], squares[1]),
        _unbiased(own_source, squares[0], squares[0]),
        _unbiased(own_target, squares[1], squares[1]),
    )


def _unbiased(
    product: Float64[np.ndarray, "left_dim right_dim"],
    left: Float64[np.ndarray, " word"],
    right: Float64[np.ndarray, " word"],
) -> float:
    """Return HSIC_1 of Song et al. 2012, n (n - 3)-fold, of centred vectors.

    Args:
        product: X'Y.
        left: k, the squared length of each row of X.
        right: l, likewise of Y.
    """
    # With kernels K = X X' and L = Y Y' whose diagonals are set to 0, and with X'1 = Y'1 = 0, its
    # three terms hold tr(KL) = |X'Y|^2 - sum(k l), K1 = -k and L1 = -l for the diagonals k and l.
    n = len(left)
    whole = float(np.square(product).sum())
    hsic = whole - n / (n - 2) * float(left @ right)
    hsic += float(left.sum() * right.sum()) / ((n - 1) * (n - 2))
    return hsic if abs(hsic) > _ROUNDING * whole else 0.0
