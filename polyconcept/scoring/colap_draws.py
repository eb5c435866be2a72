"""Counts of words, language x cluster, as clustered, permuted and of drawn sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Bool, Int64
from polyconcept.records.concepts import NO_CLUSTER, ClusteredWords
from polyconcept.records.scores import Resamples, Score, ScoreKey
from polyconcept.records.text import Definition
from polyconcept.scoring.mixing import (
    mutual_information,
    permuted_counts,
    remaining_entropy,
    resampled_counts,
)
from polyconcept.scoring.statistics import Options, draws_per_seed, seed_of_draw, summarise

__all__ = ["Counted", "Sides", "count_sides", "count_words", "permute", "twin_rows"]

Sides: TypeAlias = Sequence[ClusteredWords]
"""Words of each language in clusters that all of them share."""


@dataclass(frozen=True)
class Counted:
    """Words of each language in each cluster: of every seed, permuted input and drawn sentences."""

    by_seed: Int64[np.ndarray, "seed language cluster"]
    permuted: Int64[np.ndarray, "permutation language cluster"]
    drawn: Int64[np.ndarray, "resample language cluster"]
    seed: Int64[np.ndarray, " resample"]
    """Index of the seed whose clusters each resample is counted in."""


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
    return Counted(
        by_seed,
        permute(by_seed, options),
        _drawn(sides, draws),
        seed_of_draw(len(draws), len(sides)),
    )


def count_sides(
    sides: Sides, masks: Mapping[str, Bool[np.ndarray, " _"]] | None = None
) -> Int64[np.ndarray, "language cluster"]:
    """Count the words of each language in each cluster; of some types, where they are given."""
    counts = []
    for side in sides:
        kept = side.cluster != NO_CLUSTER
        if masks is not None:
            kept &= masks[side.language][side.word_type]
        counts.append(np.bincount(side.cluster[kept], minlength=side.n_clusters))
    return np.stack(counts)


def twin_rows(counted: Counted, key: ScoreKey, definition: Definition) -> Iterator[Score]:
    """Rows of `mutual_information` and `mix_entropy`: COLAP's twins without a threshold."""
    # What is left of the languages' entropy where labels mean nothing: the unit of mix_entropy.
    expected = float(remaining_entropy(counted.permuted).mean())
    measures = {"mutual_information": (mutual_information, 1.0)}
    if expected > 0:  # 0 where no cluster has two words: nothing can mix
        # Languages may be mixed more evenly than chance has it.
        measures["mix_entropy"] = (lambda counts: remaining_entropy(counts) / expected, np.inf)
    for metric, (measure, highest) in measures.items():
        yield summarise(
            metric,
            definition,
            "all",
            key,
            measure(counted.by_seed).tolist(),
            permuted=measure(counted.permuted),
            resamples=Resamples(
                metric, definition, "all", key, counted.seed, measure(counted.drawn)
            ),
            bounds=(0.0, highest),
        )


def permute(
    counts: Int64[np.ndarray, "seed language cluster"], options: Options
) -> Int64[np.ndarray, "permutation language cluster"]:
    """Counts of permuted labels, spread over the seeds."""
    rng = np.random.default_rng(options.seed)
    n_draws = draws_per_seed(options.n_permutations, len(counts))
    return np.concatenate(
        [permuted_counts(one, n, rng) for one, n in zip(counts, n_draws, strict=True)]
    )


def _drawn(
    sides: Sequence[Sides], draws: Int64[np.ndarray, "resample sentence"]
) -> Int64[np.ndarray, "resample language cluster"]:
    """Counts of drawn sentences, each under one of the seeds (`seed_of_draw`)."""
    counts = np.empty((len(draws), len(sides[0]), sides[0][0].n_clusters), dtype=np.int64)
    seeds = seed_of_draw(len(draws), len(sides))
    for seed, of_seed in enumerate(sides):
        for place, words in enumerate(of_seed):
            kept = words.in_clusters()
            if kept.sentence is None:
                raise ValueError(f"{words.language}: words without sentences cannot be resampled")
            counts[seeds == seed, place] = resampled_counts(
                kept.cluster, kept.sentence, draws[seeds == seed], n_clusters=words.n_clusters
            )
    return counts
