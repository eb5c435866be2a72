"""Counts of words, language x cluster: as clustered, permuted, and of drawn sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Float64, Int64
from polyconcept.records.concepts import NO_CLUSTER, ClusteredWords
from polyconcept.scoring.describe import Masks
from polyconcept.scoring.mixing import (
    mutual_information,
    permuted_counts,
    remaining_entropy,
    resampled_counts,
)
from polyconcept.scoring.statistics import Measured, Options, permute_each, resample_each

Sides: TypeAlias = Sequence[ClusteredWords]
"""Words of each language in clusters that all of them share."""
_Counts: TypeAlias = Int64[np.ndarray, "draw language cluster"]


@dataclass(frozen=True)
class Counted:
    """Words of each language in each cluster: of every seed, permuted input and drawn sentences."""

    by_seed: Int64[np.ndarray, "seed language cluster"]
    permuted: Int64[np.ndarray, "permutation language cluster"]
    drawn: Int64[np.ndarray, "resample language cluster"]


def count_words(
    sides: Sequence[Sides], options: Options, draws: Int64[np.ndarray, "resample sentence"]
) -> Counted:
    """Count the words of two languages or more.

    Args:
        sides: the languages' clustered words under each seed.
        options: how much is permuted.
        draws: how often each sentence is drawn in each resample.

    Raises:
        ValueError: words without sentences, or of sentences that the draws do not have.
    """
    by_seed = np.stack([count_sides(one) for one in sides])
    return Counted(by_seed, permute(by_seed, options), resample_each(_resampled, sides, draws))


def count_sides(sides: Sides, masks: Masks | None = None) -> Int64[np.ndarray, "language cluster"]:
    """Count the words of each language in each cluster; of some types, where they are given."""
    counts = []
    for side in sides:
        kept = side.cluster != NO_CLUSTER
        if masks is not None:
            kept &= masks[side.language][side.word_type]
        counts.append(np.bincount(side.cluster[kept], minlength=side.n_clusters))
    return np.stack(counts)


def twins(counted: Counted) -> dict[str, Measured]:
    """COLAP's twins without a threshold: `mutual_information` and, where words mix, `mix_entropy`.

    The unit of mix entropy is what is left of the languages' entropy where labels mean nothing.
    """
    found = {"mutual_information": measured(counted, mutual_information)}
    expected = float(remaining_entropy(counted.permuted).mean())
    if expected > 0:  # 0 where no cluster has two words: nothing can mix
        entropy = measured(counted, lambda counts: remaining_entropy(counts) / expected)
        # Languages may be mixed more evenly than chance has it.
        found["mix_entropy"] = replace(entropy, bounds=(0.0, np.inf))
    return found


def measured(
    counted: Counted, measure: Callable[[_Counts], Float64[np.ndarray, " draw"]]
) -> Measured:
    """A measure of counts, as clustered, permuted and of drawn sentences."""
    return Measured(
        measure(counted.by_seed).tolist(),
        permuted=measure(counted.permuted),
        drawn=measure(counted.drawn),
    )


def permute(
    counts: Int64[np.ndarray, "seed language cluster"], options: Options
) -> Int64[np.ndarray, "permutation language cluster"]:
    """Counts of permuted labels, spread over the seeds."""
    return permute_each(permuted_counts, list(counts), options)


def _resampled(
    sides: Sides, draws: Int64[np.ndarray, "draw sentence"]
) -> Int64[np.ndarray, "draw language cluster"]:
    counts = []
    for words in sides:
        kept = words.in_clusters()
        if kept.sentence is None:
            raise ValueError(f"{words.language}: words without sentences cannot be resampled")
        counts.append(
            resampled_counts(kept.cluster, kept.sentence, draws, n_clusters=words.n_clusters)
        )
    return np.stack(counts, axis=1)
