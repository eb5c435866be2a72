"""What every way of clustering refuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyconcept.records.arrays import Float64, Vectors

_BLOCK = 512


def check_problem(vectors: Vectors, n_clusters: int, seeds: Sequence[int]) -> None:
    """Refuse words that cannot be put into so many clusters.

    Raises:
        ValueError: There are no words or more clusters than words, a number is out of its range,
            or a vector is not finite (the first such row is named) or too long for float32.
    """
    if n_clusters < 1:
        raise ValueError(f"n_clusters is {n_clusters}, must be at least 1")
    for seed in seeds:
        if seed < 0:
            raise ValueError(f"seed is {seed}, must be at least 0")
    n_words = len(vectors)
    if n_words == 0:
        raise ValueError("no words to cluster")
    if n_clusters > n_words:
        raise ValueError(f"more clusters than words: {n_clusters} clusters, {n_words} words")
    _check_finite(vectors)


def sum_rows(vectors: Vectors) -> Float64[np.ndarray, " dim"]:
    """Sum each column in float64, in blocks."""
    # numpy adds rows one after the other: the same bits for any number of threads.
    total = np.zeros(vectors.shape[1])
    for first in range(0, len(vectors), _BLOCK):
        total += vectors[first : first + _BLOCK].sum(axis=0, dtype=np.float64)
    return total


def _check_finite(vectors: Vectors) -> None:
    """Refuse NaN and infinity, and values whose squares float32 cannot hold."""
    if vectors.shape[1] == 0:
        raise ValueError("vectors have no dims")
    if not np.isfinite(sum_rows(vectors)).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ValueError(f"vector of row {row} (0-based) is not finite; all values must be")
    greatest = max(abs(float(vectors.min())), abs(float(vectors.max())))
    limit = 1e18 / vectors.shape[1] ** 0.5
    if greatest > limit:
        raise ValueError(f"vectors reach {greatest:.3g}; float32 distances need under {limit:.3g}")
