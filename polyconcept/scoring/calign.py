"""Which clusters of two languages align: all pairs at once, as products of sparse matrices."""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat

import numpy as np
from scipy.sparse import coo_array, csr_array

from polyconcept.records.arrays import Bool, Int, Int32
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule, ClusterAlignment
from polyconcept.records.text import Dictionary
from polyconcept.scoring.thresholds import least_count


def calign(
    source: ClusteredWords, target: ClusteredWords, dictionary: Dictionary, rule: CalignRule
) -> ClusterAlignment:
    """Align the source clusters to the target clusters by a dictionary from source to target.

    For the other direction call it with the roles swapped and the other direction's dictionary.

    Raises:
        ValueError: The dictionary translates between other languages, or as `align_clusters`.
    """
    translations = translations_between(source, target, dictionary, rule)
    return align_clusters(source, target, translations, rule)


def translation_table(
    dictionary: Dictionary, source_types: tuple[str, ...], target_types: tuple[str, ...], *, n: int
) -> csr_array:
    """Return which target types are among the first n translations of each source type.

    Entries count in the order of the dictionary (best first), whatever their probability; they
    need not be adjacent. An entry uses up one of the n places even if it repeats an earlier one
    or its translation is no target type. n = 0 counts as 1, as in the released code.

    Returns:
        int32 matrix of ones, source type x target type.
    """
    row = _places(dictionary.word, source_types)
    column = _places(dictionary.translation, target_types)
    # Rank of each entry among those of its word, in the order of the dictionary.
    order = np.argsort(row, kind="stable")
    place = np.empty(len(row), dtype=np.int64)
    place[order] = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    kept = (row >= 0) & (column >= 0) & (place < max(n, 1))
    return ones(row[kept], column[kept], (len(source_types), len(target_types)))


def align_clusters(
    source: ClusteredWords, target: ClusteredWords, translations: csr_array, rule: CalignRule
) -> ClusterAlignment:
    """Align clusters by a table of translations (`translation_table`).

    A pair has at least one matched type, also at match 0. Of several target clusters that match
    equally many types, the best is the one with fewer types, then the one with the lower number.

    Raises:
        ValueError: A side has no words in clusters, a cluster or type is out of range, columns
            have different lengths, or the table has another shape.
    """
    wanted = (len(source.types), len(target.types))
    if translations.shape != wanted:
        raise ValueError(f"translations are {translations.shape}: expected {wanted}, types x types")
    sides = incidence(source), incidence(target)
    n_types, n_target_types, matched = matched_types(*sides, translations, rule)
    row, column, count = matched.row, matched.col, matched.data
    best_target, n_matched = _best(row, column, count, n_types, n_target_types)
    aligned = (n_types[row] > rule.min_types) & enough(count, n_types, row, rule)
    row, column, count = row[aligned], column[aligned], count[aligned]
    order = np.lexsort((column, row))
    return ClusterAlignment(
        rule=rule,
        source=source.language,
        target=target.language,
        n_types=n_types,
        n_target_types=n_target_types,
        best_target=best_target,
        n_matched=n_matched,
        pair_source=row[order].astype(np.int32),
        pair_target=column[order].astype(np.int32),
        pair_matched=count[order].astype(np.int32),
    )


def matched_types(
    in_source: csr_array, in_target: csr_array, translations: csr_array, rule: CalignRule
) -> tuple[Int32[np.ndarray, " cluster"], Int32[np.ndarray, " target"], coo_array]:
    """Count the types of each source cluster, each target cluster, and the matched ones of pairs.

    Pairs of clusters whose sizes do not fit have none. The sides are given as their `incidence`.
    """
    n_types = np.diff(in_source.indptr).astype(np.int32)
    n_target_types = np.diff(in_target.indptr).astype(np.int32)
    reached = translations @ in_target.T  # (source type, target cluster)
    reached.data[:] = 1  # a type counts once, however many of its translations are there
    matched = (in_source @ reached).tocoo()  # (source cluster, target cluster)
    fits = size_fits(n_types, n_target_types, matched.row, matched.col, rule)
    cells = matched.data[fits], (matched.row[fits], matched.col[fits])
    return n_types, n_target_types, coo_array(cells, shape=matched.shape)


def aligned_at(alignment: ClusterAlignment, match: float) -> Bool[np.ndarray, " cluster"]:
    """Return which source clusters align at another `match`; the other thresholds stay."""
    rule = replace(alignment.rule, match=match)
    cluster = np.arange(len(alignment.n_types))
    share = enough(alignment.n_matched, alignment.n_types, cluster, rule)
    aligned: Bool[np.ndarray, " cluster"] = (
        share & (alignment.n_matched > 0) & (alignment.n_types > rule.min_types)
    )
    return aligned


def translations_between(
    source: ClusteredWords, target: ClusteredWords, dictionary: Dictionary, rule: CalignRule
) -> csr_array:
    """Return the table of translations between the types of two sides (`translation_table`).

    Raises:
        ValueError: The dictionary translates between other languages.
    """
    if (dictionary.source, dictionary.target) != (source.language, target.language):
        raise ValueError(
            f"dictionary translates {dictionary.source}->{dictionary.target}: "
            f"expected {source.language}->{target.language}, as the clusters"
        )
    return translation_table(dictionary, source.types, target.types, n=rule.n)


def _places(words: tuple[str, ...], types: tuple[str, ...]) -> Int32[np.ndarray, " entry"]:
    """Return the index of each word in `types`, -1 where it is none of them."""
    index = {spelling: i for i, spelling in enumerate(types)}
    return np.fromiter(map(index.get, words, repeat(-1)), dtype=np.int32, count=len(words))


def incidence(words: ClusteredWords) -> csr_array:
    """Return a matrix of ones, cluster x type; words in no cluster have no part in it."""
    if len(words.cluster) != len(words.word_type):
        raise ValueError(
            f"{words.language}: {len(words.cluster)} clusters for {len(words.word_type)} words"
        )
    words = words.in_clusters()
    if not len(words.cluster):
        raise ValueError(f"{words.language}: no words in clusters, CALIGN needs some")
    for name, column, size in (
        ("cluster", words.cluster, words.n_clusters),
        ("word_type", words.word_type, len(words.types)),
    ):
        if column.min() < 0 or column.max() >= size:
            raise ValueError(
                f"{words.language}: {name} runs from {column.min()} to {column.max()}: "
                f"expected 0 to {size - 1}"
            )
    return ones(words.cluster, words.word_type, (words.n_clusters, len(words.types)))


def ones(
    row: Int[np.ndarray, " cell"], column: Int[np.ndarray, " cell"], shape: tuple[int, int]
) -> csr_array:
    """Return a sparse int32 matrix with 1 at each cell, however often it is named."""
    matrix = coo_array((np.ones(len(row), dtype=np.int32), (row, column)), shape=shape).tocsr()
    matrix.data[:] = 1
    return matrix


def size_fits(
    n_types: Int[np.ndarray, " cluster"],
    n_target_types: Int[np.ndarray, " target"],
    row: Int[np.ndarray, " pair"],
    column: Int[np.ndarray, " pair"],
    rule: CalignRule,
) -> Bool[np.ndarray, " pair"]:
    """Return whether the two numbers of types of each pair are close enough."""
    fits: Bool[np.ndarray, " pair"]
    if rule.definition == "published":
        # As the released code has it: no upper bound on the ratio.
        fits = n_types[row] / n_target_types[column] > rule.size_ratio
    else:
        # min / max >= ratio, exactly: neither side is smaller than the other side's least.
        fits = n_target_types[column] >= least_count(rule.size_ratio, n_types)[row]
        fits &= n_types[row] >= least_count(rule.size_ratio, n_target_types)[column]
    return fits


def enough(
    n_matched: Int[np.ndarray, " pair"],
    n_types: Int[np.ndarray, " cluster"],
    cluster: Int[np.ndarray, " pair"],
    rule: CalignRule,
) -> Bool[np.ndarray, " pair"]:
    """Return whether the matched share of each pair's source cluster passes `match`."""
    passes: Bool[np.ndarray, " pair"]
    if rule.definition == "published":
        # As the released code has it: of doubles, so that 4 of 5 is not above 0.8.
        passes = n_matched / np.maximum(n_types, 1)[cluster] > rule.match
    else:
        passes = n_matched >= least_count(rule.match, n_types)[cluster]
    return passes


def _best(
    row: Int[np.ndarray, " pair"],
    column: Int[np.ndarray, " pair"],
    n_matched: Int[np.ndarray, " pair"],
    n_types: Int32[np.ndarray, " cluster"],
    n_target_types: Int32[np.ndarray, " target"],
) -> tuple[Int32[np.ndarray, " cluster"], Int32[np.ndarray, " cluster"]]:
    """Return the best target cluster of each source cluster, and its matched types."""
    # One number per pair orders by matched types, then few target types, then low number: the
    # largest of a row is then one pass instead of a sort. 10^6 types each and 10^5 clusters fit
    # into 64 bits.
    n_targets = len(n_target_types)
    base = int(n_target_types.max()) + 1
    spare = base - 1 - n_target_types[column].astype(np.int64)
    key = (n_matched * np.int64(base) + spare) * n_targets + (n_targets - 1 - column)
    highest = np.full(len(n_types), -1, dtype=np.int64)
    np.maximum.at(highest, row, key)
    found = highest >= 0
    best = np.where(found, n_targets - 1 - highest % n_targets, -1)
    count = np.where(found, highest // n_targets // base, 0)
    return best.astype(np.int32), count.astype(np.int32)
