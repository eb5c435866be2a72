"""CALIGN of permuted dictionaries and of samples of the sentences; clusters stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from scipy.sparse import block_diag, csr_array

from polyconcept.records.arrays import Bool, Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.scoring.calign import enough, incidence, ones, size_fits

_BLOCK_ENTRIES = 100_000


def permuted_counts(
    source: ClusteredWords,
    target: ClusteredWords,
    translations: csr_array,
    rule: CalignRule,
    *,
    bands: Int64[np.ndarray, " type"],
    n_permutations: int,
    rng: np.random.Generator,
    matches: Sequence[float] | None = None,
) -> Int64[np.ndarray, "permutation count"]:
    """Count clusters with the dictionary's targets permuted inside their bands.

    Other arguments are those of `calign.align_clusters`.

    Returns:
        Clusters that align at each of `matches` (none: at that of the rule), clusters with words,
        large clusters.
    """
    cells = _cells(source.in_clusters()), _cells(target.in_clusters())
    permuted = permuted_tables(translations, bands, rng)
    counts = [
        _counts(
            cells[0].incidence(np.ones((len(cells[0].cluster), n), dtype=bool)),
            cells[1].incidence(np.ones((len(cells[1].cluster), n), dtype=bool)),
            list(islice(permuted, n)),
            source.n_clusters,
            rule,
            matches,
        )
        for n in _blocks(n_permutations, translations)
    ]
    return np.concatenate(counts)


def resampled_counts(
    source: ClusteredWords,
    target: ClusteredWords,
    translations: csr_array,
    rule: CalignRule,
    draws: Int64[np.ndarray, "resample sentence"],
    matches: Sequence[float] | None = None,
) -> Int64[np.ndarray, "resample count"]:
    """Count clusters by the words of drawn sentences alone, in the clusters of all words.

    Other arguments are those of `calign.align_clusters`; of the draws it matters only whether a
    sentence is drawn at all.

    Returns:
        As of `permuted_counts`.

    Raises:
        ValueError: Words without sentences, or sentences that the draws do not have.
    """
    source, target = source.in_clusters(), target.in_clusters()
    cells = _cells(source), _cells(target)
    by_sentence = [
        _by_sentence(words, side, draws.shape[1])
        for words, side in zip((source, target), cells, strict=True)
    ]
    counts, first = [], 0
    for n in _blocks(len(draws), translations):
        # CALIGN counts types, and a type is there however often its sentence is drawn.
        drawn = (draws[first : first + n] > 0).T.astype(np.int32)
        parts = [
            side.incidence((sentences @ drawn) > 0)
            for side, sentences in zip(cells, by_sentence, strict=True)
        ]
        tables = [translations] * n
        counts.append(_counts(parts[0], parts[1], tables, source.n_clusters, rule, matches))
        first += n
    return np.concatenate(counts)


def permuted_tables(
    translations: csr_array, bands: Int64[np.ndarray, " type"], rng: np.random.Generator
) -> Iterator[csr_array]:
    """Yield tables of translations whose targets are permuted inside their bands, without end."""
    # A dictionary that says nothing about meaning, of the same size and shape.
    order = np.argsort(bands, kind="stable")
    while True:
        # Random keys sorted inside each band: a permutation of its types.
        place = np.empty_like(order)
        place[order] = np.lexsort((rng.random(len(bands)), bands))
        yield csr_array(
            (translations.data, place[translations.indices], translations.indptr),
            shape=translations.shape,
        )


@dataclass(frozen=True)
class _Cells:
    """The (cluster, type) cells that have words."""

    cluster: Int64[np.ndarray, " cell"]
    word_type: Int64[np.ndarray, " cell"]
    shape: tuple[int, int]
    place: Int64[np.ndarray, " word"]
    """Cell of each word."""

    def incidence(self, present: Bool[np.ndarray, "cell draw"]) -> csr_array:
        """Return a matrix of ones, (draw, cluster) x (draw, type), of the cells of each draw."""
        draw, cell = np.nonzero(present.T)
        n_draws = present.shape[1]
        return ones(
            draw * self.shape[0] + self.cluster[cell],
            draw * self.shape[1] + self.word_type[cell],
            (n_draws * self.shape[0], n_draws * self.shape[1]),
        )


def _cells(words: ClusteredWords) -> _Cells:
    incidence(words)  # refuses columns that do not fit
    n_types = len(words.types)
    cell = words.cluster.astype(np.int64) * n_types + words.word_type
    distinct, place = np.unique(cell, return_inverse=True)
    return _Cells(distinct // n_types, distinct % n_types, (words.n_clusters, n_types), place)


def _by_sentence(words: ClusteredWords, cells: _Cells, n_sentences: int) -> csr_array:
    """Return a matrix of ones, cell x sentence."""
    if words.sentence is None:
        raise ValueError(f"{words.language}: words without sentences cannot be resampled")
    if words.sentence.max() >= n_sentences:
        raise ValueError(
            f"{words.language}: a word stands in sentence {words.sentence.max()}, the draws are "
            f"of sentences 0 to {n_sentences - 1}"
        )
    return ones(cells.place, words.sentence, (len(cells.cluster), n_sentences))


def _blocks(n_draws: int, translations: csr_array) -> list[int]:
    """Return how many draws are looked at together."""
    # Many products of small matrices cost by their calls, one of large matrices by its memory.
    size = max(1, min(n_draws, _BLOCK_ENTRIES // max(1, translations.nnz)))
    return [min(size, n_draws - first) for first in range(0, n_draws, size)]


def _counts(
    in_source: csr_array,
    in_target: csr_array,
    translations: Sequence[csr_array],
    n_clusters: int,
    rule: CalignRule,
    matches: Sequence[float] | None,
) -> Int64[np.ndarray, "draw count"]:
    """Count clusters that align at each match, clusters with words and large clusters of each draw.

    Args:
        in_source: Matrix of ones, (draw, source cluster) x (draw, type).
        in_target: Likewise of the target.
        translations: Matrix of ones, source type x target type, of each draw.
        n_clusters: Clusters of the source.
        rule: Definition and thresholds.
        matches: Thresholds that take the place of the rule's.
    """
    n_types, n_target_types = np.diff(in_source.indptr), np.diff(in_target.indptr)
    large = np.flatnonzero(n_types > rule.min_types)
    reached = csr_array(block_diag(translations, format="csr")) @ in_target.T.tocsr()
    reached.data[:] = 1
    # Only large clusters can align.
    matched = (in_source[large] @ reached).tocoo()
    row, column, count = large[matched.row], matched.col, matched.data
    fits = size_fits(n_types, n_target_types, row, column, rule)
    # A cluster aligns where the one that matches most of its types is enough.
    best = np.zeros(len(n_types), dtype=count.dtype)
    np.maximum.at(best, row[fits], count[fits])
    every = np.arange(len(n_types))
    aligned = (
        (best > 0) & enough(best, n_types, every, replace(rule, match=match))
        for match in ([rule.match] if matches is None else matches)
    )
    by_draw = (
        flags.reshape(len(translations), n_clusters)
        for flags in (*aligned, n_types > 0, n_types > rule.min_types)
    )
    return np.stack([flags.sum(axis=1, dtype=np.int64) for flags in by_draw], axis=1)
