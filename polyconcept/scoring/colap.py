"""Which clusters of two languages, clustered together, hold enough words of each."""

from __future__ import annotations

import numpy as np

from polyconcept.records.arrays import Bool, ClusterOfWord, Float64, Int, Int32, Int64
from polyconcept.records.concepts import NO_CLUSTER
from polyconcept.records.scores import ClusterOverlap
from polyconcept.records.text import Definition
from polyconcept.scoring.thresholds import exact, least_count


def colap(
    source_cluster: Int32[np.ndarray, " source_word"],
    target_cluster: Int32[np.ndarray, " target_word"],
    *,
    n_clusters: int,
    share: float,
    definition: Definition,
) -> ClusterOverlap:
    """Find which clusters of two languages, clustered together, hold enough words of each.

    Args:
        source_cluster: Cluster of each word of the source language, 0-based, or `NO_CLUSTER`.
        target_cluster: Likewise of the target language.
        n_clusters: Number of clusters; those without words never count.
        share: Share of a cluster's words that each language must hold, from 0 to 1.
        definition: `published`: more than `share`, compared as doubles of percent as the released
            code does; `corrected`: at least `share`, compared exactly, and at least one word.

    Raises:
        ValueError: A share outside 0 to 1, an unknown definition, a cluster outside
            0..n_clusters-1, or no words in clusters at all.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: expected from 0 to 1")
    n_source = _count("source_cluster", source_cluster, n_clusters)
    n_target = _count("target_cluster", target_cluster, n_clusters)
    if not n_source.any() and not n_target.any():
        raise ValueError("no words in clusters in either language: COLAP needs some")
    return ClusterOverlap(
        definition, share, n_source, n_target, overlaps(n_source, n_target, share, definition)
    )


def overlaps_at(overlap: ClusterOverlap, share: float) -> Bool[np.ndarray, " cluster"]:
    """Return which clusters overlap at another share; equals `colap` with that share."""
    return overlaps(overlap.n_source, overlap.n_target, share, overlap.definition)


def _count(name: str, cluster: ClusterOfWord, n_clusters: int) -> Int64[np.ndarray, " cluster"]:
    cluster = cluster[cluster != NO_CLUSTER]
    if len(cluster) and not (cluster.min() >= 0 and cluster.max() < n_clusters):
        raise ValueError(
            f"{name} runs from {cluster.min()} to {cluster.max()}: expected 0 to {n_clusters - 1}"
        )
    return np.bincount(cluster, minlength=n_clusters)


def overlaps(
    n_source: Int[np.ndarray, "*draw cluster"],
    n_target: Int[np.ndarray, "*draw cluster"],
    share: float,
    definition: Definition,
) -> Bool[np.ndarray, "*draw cluster"]:
    """Return whether both languages hold enough of each cluster (docs/METRICS.md)."""
    total = n_source + n_target
    fewer = np.minimum(n_source, n_target)
    enough: Bool[np.ndarray, "*draw cluster"]
    if definition == "corrected":
        enough = (fewer >= least_count(share, total.ravel()).reshape(total.shape)) & (fewer > 0)
    elif definition == "published":
        # The released code's order of operations, and its percent: 0.07 * 100 must be 7.0, not
        # 7.000000000000001. Rounding is monotone, so the language with fewer words decides.
        enough = fewer / np.maximum(total, 1) * 100 > float(exact(share) * 100)
    else:
        raise ValueError(f"definition {definition!r}: expected 'published' or 'corrected'")
    return enough


def colap_of_counts(
    counts: Int[np.ndarray, "draw 2 cluster"], share: float, definition: Definition
) -> Float64[np.ndarray, " draw"]:
    """Return COLAP of each draw.

    Raises:
        ValueError: A draw without words.
    """
    n_clusters = np.count_nonzero(counts.sum(axis=1), axis=1)
    if not n_clusters.all():
        raise ValueError("a draw has no words: COLAP needs clusters with words")
    hits = overlaps(counts[:, 0], counts[:, 1], share, definition).sum(axis=1)
    scores: Float64[np.ndarray, " draw"] = hits / n_clusters
    return scores


def attainable(
    counts: Int64[np.ndarray, "2 cluster"], share: float, definition: Definition
) -> float:
    """Return the highest COLAP of clusters of these sizes, with these languages' words."""
    # A cluster that overlaps needs a least number of words of each language. Clusters that need
    # fewest come first, as long as the rarer language has words left.
    # Only the rarer language can run out of words.
    sizes = counts.sum(axis=0)
    sizes = sizes[sizes > 0]
    fewest = _fewest(sizes, share, definition)
    possible = np.sort(fewest[fewest <= sizes - fewest])
    n_overlapping = int(np.searchsorted(possible.cumsum(), counts.sum(axis=1).min(), side="right"))
    return n_overlapping / len(sizes)


def _fewest(
    sizes: Int64[np.ndarray, " cluster"], share: float, definition: Definition
) -> Int64[np.ndarray, " cluster"]:
    """Return how few words of the rarer language overlap; the cluster's size where none do."""
    # The threshold lies within one word of this; `overlaps` itself decides, rounding and all.
    near = np.floor(share * sizes).astype(np.int64)
    fewest = sizes.copy()
    for step in (2, 1, 0, -1):
        tried = np.maximum(near + step, 0)
        other = sizes - tried
        good = (tried <= other) & overlaps(tried, np.maximum(other, 0), share, definition)
        fewest[good] = tried[good]
    return fewest
