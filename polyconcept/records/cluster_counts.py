"""How many clusters: a number that the study gives, or one that grows with its text."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from polyconcept.records.text import Selections

AUTO = "auto"
"""In the place of a number of clusters: as many as words ask for."""

_log = logging.getLogger(__name__)


def words_of_pair(selections: Selections) -> float:
    """Return the mean number of words of a language that a pair's published CALIGN clusters."""
    chosen = selections["calign", "published"]
    return (len(chosen.source_rows) + len(chosen.target_rows)) / 2


def count_clusters(n_words: int | float, words_per_cluster: int | float) -> int:
    """Return how many clusters of this mean size words make; at least 2."""
    return max(2, round(n_words / words_per_cluster))


def settle_counts(settings: Mapping[str, Any], n_words: int | float) -> dict[str, Any]:
    """Return the settings of a clustering with its numbers of clusters as numbers.

    `n_clusters` may be ``auto``: then it is what `words_per_cluster`, which is taken out, makes of
    `n_words` words of a language. Where there are `cluster_factors`, `other_counts` takes their
    place: the numbers of clusters by the name of the control, ``n_clusters=300`` or, under
    ``auto``, ``words_per_cluster=100``, which is the same setting for all pairs.
    """
    settled = dict(settings)
    own, size = settled["n_clusters"], settled.pop("words_per_cluster", None)
    if own == AUTO:
        settled["n_clusters"] = count_clusters(n_words, size)
        _log.info(
            "%d clusters: %.10g words of a language, %.10g a cluster",
            settled["n_clusters"],
            n_words,
            size,
        )
    if "cluster_factors" in settled:
        factors = settled.pop("cluster_factors")
        if own == AUTO:
            sizes = [size / factor for factor in factors]
            counts = {
                f"words_per_cluster={one:.10g}": count_clusters(n_words, one) for one in sizes
            }
        else:
            counts = {f"n_clusters={n}": n for n in (round(factor * own) for factor in factors)}
        settled["other_counts"] = counts
    return settled
