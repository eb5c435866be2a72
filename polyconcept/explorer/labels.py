"""The clusters of words ordered by type, as few bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from polyconcept.records.arrays import ClusterOfWord, Float, Int64


@dataclass(frozen=True)
class TypeClusters:
    """In which clusters the words of each type are; ordered by type, then most words first."""

    word_type: Int64[np.ndarray, " cell"]
    """Type of each type and cluster that have a word in common."""
    cluster: Int64[np.ndarray, " cell"]
    """Its cluster; -1 where words are in none."""
    n_words: Int64[np.ndarray, " cell"]
    """Words that they have in common."""
    of_word: Int64[np.ndarray, " word"]
    """Which of the cells of its type each word is, from 0."""
    n_types: int
    """Number of types."""

    @property
    def n_clusters(self) -> Int64[np.ndarray, " type"]:
        """Number of clusters of each type."""
        return np.bincount(self.word_type, minlength=self.n_types)

    def commonest(self) -> Int64[np.ndarray, " type"]:
        """Return the cluster that holds most words of each type; -1 of a type without words."""
        found = np.full(self.n_types, -1, dtype=np.int64)
        first = np.ones(len(self.word_type), dtype=bool)
        first[1:] = self.word_type[1:] != self.word_type[:-1]
        found[self.word_type[first]] = self.cluster[first]
        return found

    def types_of(self, cluster: int) -> Int64[np.ndarray, " found"]:
        """Return the types with words in a cluster, most words first; none of -1, no cluster."""
        cells = np.flatnonzero((self.cluster == cluster) & (self.cluster >= 0))
        found: Int64[np.ndarray, " found"] = self.word_type[
            cells[np.argsort(-self.n_words[cells], kind="stable")]
        ]
        return found


def type_clusters(
    word_type: Int64[np.ndarray, " word"], cluster: ClusterOfWord, n_types: int
) -> TypeClusters:
    """Return the clusters of each type; words are ordered by type."""
    base = int(cluster.max(initial=-1)) + 2
    key = word_type * base + cluster + 1
    cells, of_word, n_words = np.unique(key, return_inverse=True, return_counts=True)
    of_type, of_cluster = np.divmod(cells, base)
    # Most words first: the number of a word's cell is then mostly 0, which packs well.
    order = np.lexsort((of_cluster, -n_words, of_type))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    begins = np.searchsorted(of_type, np.arange(n_types))
    return TypeClusters(
        of_type[order],
        of_cluster[order] - 1,
        n_words[order],
        place[of_word] - begins[word_type],
        n_types,
    )


def stability(
    first: ClusterOfWord, others: list[ClusterOfWord], n_clusters: int
) -> Float[np.ndarray, " cluster"]:
    """Return how far each cluster comes back under other seeds: mean best Jaccard index of words.

    Hennig 2007 (Computational Statistics & Data Analysis 52), of seeds in place of samples. NaN of
    a cluster without words.
    """
    found = np.zeros(n_clusters)
    for other in others:
        inside = (first >= 0) & (other >= 0)
        shape = n_clusters, int(other.max(initial=0)) + 1
        ones = np.ones(int(inside.sum()), dtype=np.int64)
        common = coo_array((ones, (first[inside], other[inside])), shape=shape)
        common.sum_duplicates()
        row, column = common.coords
        sizes = np.bincount(first[first >= 0], minlength=shape[0])
        other_sizes = np.bincount(other[other >= 0], minlength=shape[1])
        jaccard = common.data / (sizes[row] + other_sizes[column] - common.data)
        best = np.zeros(n_clusters)
        np.maximum.at(best, row, jaccard)
        found += np.where(sizes > 0, best, np.nan)
    return (found / max(len(others), 1)).astype(np.float32)
