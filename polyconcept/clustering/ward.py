"""Ward's agglomerative clustering: the way of ConceptX."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from polyconcept.clustering.checks import check_problem
from polyconcept.machine.allowed import free_bytes
from polyconcept.records.arrays import ClusterOfWord, Vectors
from polyconcept.records.concepts import Clusters

if TYPE_CHECKING:
    from sklearn.cluster import AgglomerativeClustering

_BYTES_PER_PAIR = 16
"""Two float64 numbers per pair of words: scipy's condensed distances, and the copy that its
nearest-neighbour chain writes to. Peak memory of scikit-learn 1.9 with scipy 1.17 on 4,000, 8,000
and 12,000 words was 2.00 such matrices; what is of the size of the vectors is freed before."""

_log = logging.getLogger(__name__)


def cluster_seeds(
    vectors: Vectors,
    seeds: Sequence[int],
    *,
    n_clusters: int,
    device: str = "cpu",
    overwrite: bool = False,
) -> Iterator[Clusters]:
    """Cluster words by Ward's method; nothing is drawn, so that each seed gives the same.

    From one cluster per word on, the two are merged whose merging adds least to the sum of squared
    distances from the clusters' means (Ward 1963), as scikit-learn does it and Dalvi et al. 2022,
    "Discovering Latent Concepts Learned in BERT" (arXiv 2205.07237), use it. Of equal mergings
    scikit-learn's order decides. It computes in float64 on one thread of the CPU, whatever `device`
    and `overwrite` say.

    Yields:
        Clusters of the words, numbered in the order of their first words.

    Raises:
        ValueError: As `check_problem` and `check_memory`.
    """
    del device, overwrite
    check_problem(vectors, n_clusters, seeds)
    clusters = Clusters(_labels(vectors, n_clusters), n_clusters)
    yield from repeat(clusters, len(seeds))


def check_memory(n_words: int) -> None:
    """Log the memory that Ward's clustering of so many words takes.

    Raises:
        ValueError: This process may not take so much.
    """
    needed, free = _BYTES_PER_PAIR * n_words * (n_words - 1) // 2, free_bytes()
    found = (
        f"Ward's clustering of {n_words} words takes {needed / 2**30:.2f} GiB of memory, "
        f"{free / 2**30:.2f} GiB are free"
    )
    if needed > free:
        raise ValueError(
            f"{found}: give the job more, lower `words.cap`, take less text, or set "
            "`clustering.method: kmeans`"
        )
    _log.info(found)


def _labels(vectors: Vectors, n_clusters: int) -> ClusterOfWord:
    """Cluster of each word, numbered in the order of the clusters' first words."""
    if n_clusters == 1:  # scikit-learn makes no tree of a single word
        return np.zeros(len(vectors), dtype=np.int32)
    check_memory(len(vectors))
    tree = _tree(vectors, n_clusters)
    # Heights ascend: the lowest of the mergings that were left out.
    if tree.distances_[len(vectors) - n_clusters] == 0:
        _log.warning(
            "equal vectors are in different clusters: fewer than %d rows are distinct", n_clusters
        )
    _, first, place = np.unique(tree.labels_, return_index=True, return_inverse=True)
    number = np.empty(n_clusters, dtype=np.int32)
    number[np.argsort(first)] = np.arange(n_clusters)
    return number[place]


def _tree(vectors: Vectors, n_clusters: int) -> AgglomerativeClustering:
    # Here: k-means should not wait for the import of scikit-learn.
    from sklearn.cluster import AgglomerativeClustering

    tree = AgglomerativeClustering(n_clusters, linkage="ward", compute_distances=True)
    return tree.fit(vectors)
