"""How languages mix in clusters: COLAP, its twins without a threshold, what chance gives.

Everything here is computed from counts of words, language x cluster, of many draws at once.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from polyconcept.records.arrays import ClusterOfWord, Float64, Int, Int32, Int64
from polyconcept.records.text import Definition
from polyconcept.scoring.colap import overlaps


def colap_of_counts(
    counts: Int[np.ndarray, "draw 2 cluster"], share: float, definition: Definition
) -> Float64[np.ndarray, " draw"]:
    """COLAP of each draw.

    Raises:
        ValueError: a draw without words.
    """
    n_clusters = np.count_nonzero(counts.sum(axis=1), axis=1)
    if not n_clusters.all():
        raise ValueError("a draw has no words: COLAP needs clusters with words")
    hits = overlaps(counts[:, 0], counts[:, 1], share, definition).sum(axis=1)
    scores: Float64[np.ndarray, " draw"] = hits / n_clusters
    return scores


def remaining_entropy(
    counts: Int[np.ndarray, "draw language cluster"],
) -> Float64[np.ndarray, " draw"]:
    """Entropy (nats) of a word's language where its cluster is known: clusters by their words."""
    totals = counts.sum(axis=1)
    entropies = _entropy(counts, axis=1)
    weighted: Float64[np.ndarray, " draw"] = (entropies * totals).sum(axis=1) / totals.sum(axis=1)
    return weighted


def mutual_information(
    counts: Int[np.ndarray, "draw language cluster"],
) -> Float64[np.ndarray, " draw"]:
    """Mutual information of cluster and language as a share of the languages' entropy, 0 to 1.

    Raises:
        ValueError: a draw has words of one language only: there is nothing to know.
    """
    languages = _entropy(counts.sum(axis=2), axis=1)
    if not (languages > 0).all():
        raise ValueError("a draw has words of one language only: no mutual information")
    shares: Float64[np.ndarray, " draw"] = 1 - remaining_entropy(counts) / languages
    # Rounding may leave -1e-16 where the languages are mixed evenly.
    not_negative: Float64[np.ndarray, " draw"] = np.maximum(shares, 0.0)
    return not_negative


def permuted_counts(
    counts: Int64[np.ndarray, "language cluster"],
    n_permutations: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, "permutation language cluster"]:
    """Counts after the words' language labels are permuted, clusters staying as they are.

    They follow the multivariate hypergeometric law: language by language its words are drawn
    from the places that are left.

    Args:
        counts: words of each language in each cluster.
        n_permutations: how often.
        rng: where the draws come from.
    """
    permuted = np.zeros((n_permutations, *counts.shape), dtype=np.int64)
    left = np.broadcast_to(counts.sum(axis=0), (n_permutations, counts.shape[1])).copy()
    for language, n_words in enumerate(counts.sum(axis=1)[:-1]):
        for draw in range(n_permutations):
            permuted[draw, language] = rng.multivariate_hypergeometric(
                left[draw], n_words, method="marginals"
            )
        left -= permuted[:, language]
    permuted[:, -1] = left
    return permuted


def resampled_counts(
    cluster: ClusterOfWord,
    sentence: Int32[np.ndarray, " word"],
    draws: Int64[np.ndarray, "resample sentence"],
    *,
    n_clusters: int,
) -> Int64[np.ndarray, "resample cluster"]:
    """Words of one language in each cluster, of drawn sentences.

    Args:
        cluster: cluster of each word.
        sentence: sentence of each word.
        draws: how often each sentence is drawn.
        n_clusters: number of clusters.

    Raises:
        ValueError: a sentence that the draws do not have.
    """
    if len(sentence) and sentence.max() >= draws.shape[1]:
        raise ValueError(
            f"a word stands in sentence {sentence.max()}, the draws are of sentences 0 to "
            f"{draws.shape[1] - 1}"
        )
    words = coo_array(
        (np.ones(len(cluster), dtype=np.int64), (sentence, cluster)),
        shape=(draws.shape[1], n_clusters),
    ).tocsr()
    counted: Int64[np.ndarray, "resample cluster"] = draws @ words
    return counted


def attainable(
    counts: Int64[np.ndarray, "2 cluster"], share: float, definition: Definition
) -> float:
    """Highest COLAP that clusters of these sizes can have with these two languages' words.

    A cluster that overlaps needs a least number of words of each language. Clusters that need
    fewest come first, as long as the rarer language has words left.
    """
    sizes = counts.sum(axis=0)
    sizes = sizes[sizes > 0]
    fewest = _fewest(sizes, share, definition)
    possible = np.sort(fewest[fewest <= sizes - fewest])
    n_overlapping = int(np.searchsorted(possible.cumsum(), counts.sum(axis=1).min(), side="right"))
    return n_overlapping / len(sizes)


def _fewest(
    sizes: Int64[np.ndarray, " cluster"], share: float, definition: Definition
) -> Int64[np.ndarray, " cluster"]:
    """Least words of the rarer language with which a cluster overlaps; its size where none do."""
    # The threshold lies within one word of this; `overlaps` itself decides, rounding and all.
    near = np.floor(share * sizes).astype(np.int64)
    fewest = sizes.copy()
    for step in (2, 1, 0, -1):
        tried = np.maximum(near + step, 0)
        other = sizes - tried
        good = (tried <= other) & overlaps(tried, np.maximum(other, 0), share, definition)
        fewest[good] = tried[good]
    return fewest


def _entropy(counts: Int[np.ndarray, "*_"], *, axis: int) -> Float64[np.ndarray, "*_"]:
    """Entropy (nats) of counts along an axis; 0 where there are none."""
    totals = counts.sum(axis=axis, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    entropies: Float64[np.ndarray, "*_"] = -(shares * logs).sum(axis=axis)
    return entropies
