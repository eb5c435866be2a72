"""CALIGN of permuted dictionaries and of samples of the sentences; clusters stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from polyconcept.alignment._align import enough, incidence, ones, size_fits
from polyconcept.records import Bool, Int64
from polyconcept.results import CalignRule, ClusteredWords

__all__ = ["frequency_bands", "permuted_counts", "resampled_counts"]

# Columns of samples that are looked at together: a block of (cell, sample) stays small.
_BLOCK = 16


def frequency_bands(words: ClusteredWords) -> Int64[np.ndarray, " type"]:
    """Band of each word type: floor(log2) of its count among the clustered words; -1 for none."""
    counts = np.bincount(words.word_type, minlength=len(words.types))
    bands = np.full(len(counts), -1, dtype=np.int64)
    present = counts > 0
    bands[present] = np.floor(np.log2(counts[present])).astype(np.int64)
    return bands


def permuted_counts(
    source: ClusteredWords,
    target: ClusteredWords,
    translations: csr_array,
    rule: CalignRule,
    *,
    n_permutations: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, "permutation 3"]:
    """CALIGN's counts with the dictionary's targets permuted inside their bands of frequency.

    Args:
        source: words of the source language and their clusters.
        target: words of the target language and their clusters.
        translations: matrix of ones, source type x target type.
        rule: definition and thresholds.
        n_permutations: how often.
        rng: where the permutations come from.

    Returns:
        Aligned clusters, clusters with words, large clusters.
    """
    in_source, in_target = incidence(source), incidence(target).T.tocsr()
    bands = frequency_bands(target)
    order = np.argsort(bands, kind="stable")
    counts = np.empty((n_permutations, 3), dtype=np.int64)
    for draw in range(n_permutations):
        # Random keys sorted inside each band: a permutation of its types.
        place = np.empty_like(order)
        place[order] = np.lexsort((rng.random(len(bands)), bands))
        permuted = csr_array(
            (translations.data, place[translations.indices], translations.indptr),
            shape=translations.shape,
        )
        counts[draw] = _counts(in_source, in_target, permuted, rule)
    return counts


def resampled_counts(
    source: ClusteredWords,
    target: ClusteredWords,
    translations: csr_array,
    rule: CalignRule,
    draws: Int64[np.ndarray, "resample sentence"],
) -> Int64[np.ndarray, "resample 3"]:
    """CALIGN's counts of the words of drawn sentences, in the clusters of all words.

    Args:
        source: words of the source language, with their sentences.
        target: words of the target language, with their sentences.
        translations: matrix of ones, source type x target type.
        rule: definition and thresholds.
        draws: how often each sentence is drawn; it matters only whether it is.

    Returns:
        Aligned clusters, clusters with words, large clusters.

    Raises:
        ValueError: words without sentences, or sentences that the draws do not have.
    """
    cells = _cells(source, draws.shape[1]), _cells(target, draws.shape[1])
    counts = np.empty((len(draws), 3), dtype=np.int64)
    for first in range(0, len(draws), _BLOCK):
        drawn = (draws[first : first + _BLOCK] > 0).T.astype(np.int32)
        present = [(side.by_sentence @ drawn) > 0 for side in cells]
        for column in range(drawn.shape[1]):
            counts[first + column] = _counts(
                cells[0].incidence(present[0][:, column]),
                cells[1].incidence(present[1][:, column]).T.tocsr(),
                translations,
                rule,
            )
    return counts


@dataclass(frozen=True)
class _Cells:
    """The (cluster, type) cells that have words, and the sentences that these stand in."""

    cluster: Int64[np.ndarray, " cell"]
    word_type: Int64[np.ndarray, " cell"]
    shape: tuple[int, int]
    by_sentence: csr_array
    """Matrix of ones, cell x sentence."""

    def incidence(self, present: Bool[np.ndarray, " cell"]) -> csr_array:
        """Matrix of ones, cluster x type, of the cells that are present."""
        return ones(self.cluster[present], self.word_type[present], self.shape)


def _cells(words: ClusteredWords, n_sentences: int) -> _Cells:
    if words.sentence is None:
        raise ValueError(f"{words.language}: words without sentences cannot be resampled")
    if words.sentence.max() >= n_sentences:
        raise ValueError(
            f"{words.language}: a word stands in sentence {words.sentence.max()}, the draws are "
            f"of sentences 0 to {n_sentences - 1}"
        )
    n_types = len(words.types)
    cell = words.cluster.astype(np.int64) * n_types + words.word_type
    distinct, place = np.unique(cell, return_inverse=True)
    return _Cells(
        cluster=distinct // n_types,
        word_type=distinct % n_types,
        shape=(words.n_clusters, n_types),
        by_sentence=ones(place, words.sentence, (len(distinct), n_sentences)),
    )


def _counts(
    in_source: csr_array, of_target: csr_array, translations: csr_array, rule: CalignRule
) -> tuple[int, int, int]:
    """Aligned clusters, clusters with words, large clusters.

    Args:
        in_source: matrix of ones, source cluster x type.
        of_target: matrix of ones, target type x cluster.
        translations: matrix of ones, source type x target type.
        rule: definition and thresholds.
    """
    n_types = np.diff(in_source.indptr)
    n_target_types = np.bincount(of_target.indices, minlength=of_target.shape[1])
    large = np.flatnonzero(n_types > rule.min_types)
    reached = translations @ of_target
    reached.data[:] = 1
    # Only large clusters can align.
    matched = (in_source[large] @ reached).tocoo()
    row, column, count = large[matched.row], matched.col, matched.data
    good = enough(count, n_types, row, rule)
    good &= size_fits(n_types, n_target_types, row, column, rule)
    aligned = np.zeros(len(n_types), dtype=bool)
    aligned[row[good]] = True
    return int(aligned.sum()), int(np.count_nonzero(n_types)), len(large)
