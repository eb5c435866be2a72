"""How languages mix in clusters they share: twins of COLAP without a threshold, and chance.

Everything here is computed from counts of words, language x cluster, of many draws at once: as
clustered, permuted, and of drawn sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.sparse import coo_array

from polyconcept.records.arrays import ClusterOfWord, Float64, Int, Int32, Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Run, Score
from polyconcept.scoring.statistics import (
    Measured,
    Options,
    frequency_bands,
    permute_each,
    resample_each,
)

Sides: TypeAlias = Sequence[ClusteredWords]
"""Words of each language in clusters that all of them share."""
_Counts: TypeAlias = Int64[np.ndarray, "draw language cluster"]


@dataclass(frozen=True)
class Counted:
    """Words of each language in each cluster: of every seed, permuted input and drawn sentences."""

    by_seed: Int64[np.ndarray, "seed language cluster"]
    permuted: Int64[np.ndarray, "permutation language cluster"]
    """The languages of whole word types are permuted."""
    permuted_words: Int64[np.ndarray, "permutation language cluster"]
    """Those of single words are."""
    drawn: Int64[np.ndarray, "resample language cluster"] | None

    def measured(self, measure: Callable[[_Counts], Float64[np.ndarray, " draw"]]) -> Measured:
        """Return a measure of the counts, with what chance and other sentences give."""
        return Measured(
            measure(self.by_seed).tolist(),
            permuted=measure(self.permuted),
            permuted_words=measure(self.permuted_words),
            drawn=None if self.drawn is None else measure(self.drawn),
        )


def mix_languages(
    layers: Iterable[tuple[int, Sequence[Sides]]],
    run: Run,
    options: Options,
    draws: Int64[np.ndarray, "resample sentence"],
) -> list[Score]:
    """Return rows of mutual information and mix entropy of all languages in common clusters.

    Each language has a cap of its own on the words of a spelling, as in corrected COLAP. In a row
    the first language is `source`, and the others stand in `target`, joined by ``+``.

    Args:
        layers: Each layer with the languages' clustered words under each seed.
        run: Whose clusterings they are.
        options: How much is permuted.
        draws: How often each sentence is drawn in each resample.
    """
    rows: list[Score] = []
    for layer, sides in layers:
        first, *others = [words.language for words in sides[0]]
        key = run.key(first, "+".join(others), layer)
        found = twins(count_words(sides, options, draws))
        rows += [one.row(metric, "corrected", "all", key) for metric, one in found.items()]
    return rows


def count_words(
    sides: Sequence[Sides],
    options: Options,
    draws: Int64[np.ndarray, "resample sentence"] | None = None,
) -> Counted:
    """Count the words of two languages or more, under each seed; of drawn sentences if asked to.

    Raises:
        ValueError: Words without sentences, or of sentences that the draws do not have.
    """
    by_seed = np.stack([count_sides(one) for one in sides])
    return Counted(
        by_seed,
        permuted=permute_each(permuted_types, sides, options),
        permuted_words=permute_each(permuted_counts, list(by_seed), options),
        drawn=None if draws is None else resample_each(_resampled, sides, draws),
    )


def count_sides(sides: Sides) -> Int64[np.ndarray, "language cluster"]:
    """Count the words of each language in each cluster."""
    return np.stack(
        [np.bincount(side.in_clusters().cluster, minlength=side.n_clusters) for side in sides]
    )


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


def twins(counted: Counted) -> dict[str, Measured]:
    """Return COLAP's twins without a threshold, by name.

    `mutual_information` and, where words mix, `mix_entropy`, whose unit is what is left of the
    languages' entropy where the labels of words mean nothing.
    """
    found = {"mutual_information": counted.measured(mutual_information)}
    expected = float(remaining_entropy(counted.permuted_words).mean())
    if expected > 0:  # 0 where no cluster has two words: nothing can mix
        entropy = counted.measured(lambda counts: remaining_entropy(counts) / expected)
        # Languages may be mixed more evenly than chance has it.
        found["mix_entropy"] = replace(entropy, bounds=(0.0, np.inf))
    return found


def remaining_entropy(
    counts: Int[np.ndarray, "draw language cluster"],
) -> Float64[np.ndarray, " draw"]:
    """Return the entropy (nats) of a word's language where its cluster is known."""
    totals = counts.sum(axis=1)
    entropies = _entropy(counts, axis=1)
    weighted: Float64[np.ndarray, " draw"] = (entropies * totals).sum(axis=1) / totals.sum(axis=1)
    return weighted


def mutual_information(
    counts: Int[np.ndarray, "draw language cluster"],
) -> Float64[np.ndarray, " draw"]:
    """Return the mutual information of cluster and language, as a share of the latter's entropy.

    Raises:
        ValueError: A draw has words of one language only: there is nothing to know.
    """
    languages = _entropy(counts.sum(axis=2), axis=1)
    if not (languages > 0).all():
        raise ValueError("a draw has words of one language only: no mutual information")
    shares: Float64[np.ndarray, " draw"] = 1 - remaining_entropy(counts) / languages
    # Rounding may leave -1e-16 where the languages are mixed evenly.
    not_negative: Float64[np.ndarray, " draw"] = np.maximum(shares, 0.0)
    return not_negative


def permuted_types(
    sides: Sides, n_permutations: int, rng: np.random.Generator
) -> Int64[np.ndarray, "permutation language cluster"]:
    """Count the words after the languages of whole word types are permuted.

    All words of a type move together, since they lie together whatever their language. Types
    change places with those of like frequency (`frequency_bands`) alone, so that each language
    keeps about as many words. A spelling of two languages is two types.
    """
    inside = [side.in_clusters() for side in sides]
    first = np.cumsum([0, *(len(side.types) for side in inside)])
    word_type = np.concatenate(
        [side.word_type + start for side, start in zip(inside, first, strict=False)]
    )
    cluster = np.concatenate([side.cluster for side in inside])
    words = coo_array(
        (np.ones(len(cluster), dtype=np.int32), (cluster, word_type)),
        shape=(inside[0].n_clusters, first[-1]),
    ).tocsr()
    band = np.concatenate([frequency_bands(side) for side in inside])
    # A byte each: 60,000 types under 200 permutations take 12 MB.
    language = np.repeat(np.arange(len(sides), dtype=np.int8), np.diff(first))
    permuted = np.tile(language, (n_permutations, 1))
    for one in np.unique(band[band >= 0]):
        members = np.flatnonzero(band == one)
        permuted[:, members] = rng.permuted(permuted[:, members], axis=1)
    counts = np.empty((n_permutations, len(sides), inside[0].n_clusters), dtype=np.int64)
    for number in range(len(sides) - 1):
        counts[:, number] = (words @ (permuted == number).T.astype(np.int32)).T
    # The last language has the words that are left.
    counts[:, -1] = words.sum(axis=1) - counts[:, :-1].sum(axis=1)
    return counts


def permuted_counts(
    counts: Int64[np.ndarray, "language cluster"],
    n_permutations: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, "permutation language cluster"]:
    """Count the words after the languages of single words are permuted; clusters stay."""
    # Such counts follow the multivariate hypergeometric law: language by language its words are
    # drawn from the places that are left.
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
    """Count the words of one language in each cluster, of drawn sentences.

    Raises:
        ValueError: A sentence that the draws do not have.
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


def _entropy(counts: Int[np.ndarray, "*_"], *, axis: int) -> Float64[np.ndarray, "*_"]:
    """Return the entropy (nats) of counts along an axis; 0 where there are none."""
    totals = counts.sum(axis=axis, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    entropies: Float64[np.ndarray, "*_"] = -(shares * logs).sum(axis=axis)
    return entropies
