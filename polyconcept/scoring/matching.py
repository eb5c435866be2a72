"""One-to-one and two-way alignment, beside the rule that lets many align to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from polyconcept.records.arrays import Bool, Float64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule, ClusterAlignment
from polyconcept.scoring.calign import enough, incidence, matched_types


@dataclass(frozen=True)
class Matching:
    """The matching of source to target clusters with the greatest sum of matched fractions."""

    aligned: Bool[np.ndarray, " cluster"]
    """Source clusters that align to the one target cluster they are matched with."""
    fraction: Float64[np.ndarray, " cluster"]
    """Matched fraction of each source cluster with its partner; 0 where it has none."""


def match_one_to_one(
    source: ClusteredWords, target: ClusteredWords, translations: csr_array, rule: CalignRule
) -> Matching:
    """Match each source cluster to at most one target cluster and the reverse.

    Pairs whose sizes do not fit `rule` take no part. Arguments are those of `align_clusters`.
    """
    return next(match_each(source, target, iter([translations]), rule))


def match_each(
    source: ClusteredWords, target: ClusteredWords, tables: Iterator[csr_array], rule: CalignRule
) -> Iterator[Matching]:
    """Yield the matching by each of several tables of translations."""
    sides = incidence(source), incidence(target)
    for table in tables:
        yield _match(*sides, table, rule)


def _match(
    in_source: csr_array, in_target: csr_array, translations: csr_array, rule: CalignRule
) -> Matching:
    # Here: other scores of a script should not wait for the import of all of scipy.optimize.
    from scipy.optimize import linear_sum_assignment

    n_types, _, matched = matched_types(in_source, in_target, translations, rule)
    count = matched.toarray().astype(np.int64)
    fractions = count / np.maximum(n_types, 1)[:, None]
    # Kuhn 1955; scipy has the algorithm of Crouse 2016.
    row, column = linear_sum_assignment(fractions, maximize=True)
    best = np.zeros(len(n_types), dtype=np.int64)
    best[row] = count[row, column]
    aligned = enough(best, n_types, np.arange(len(n_types)), rule)
    aligned &= (best > 0) & (n_types > rule.min_types)
    return Matching(aligned, best / np.maximum(n_types, 1))


def two_way(forward: ClusterAlignment, backward: ClusterAlignment) -> Bool[np.ndarray, " cluster"]:
    """Return the source clusters with a target cluster that they align to and that aligns to them.

    Raises:
        ValueError: The second is not the way back of the first.
    """
    if (forward.source, forward.target) != (backward.target, backward.source):
        raise ValueError(
            f"alignments {forward.source}->{forward.target} and {backward.source}->"
            f"{backward.target}: expected the second to be the way back of the first"
        )
    there = forward.pair_source.astype(np.int64) * len(forward.n_target_types) + forward.pair_target
    back = backward.pair_target.astype(np.int64) * len(forward.n_target_types)
    mutual = np.isin(there, back + backward.pair_source)
    both = np.zeros(len(forward.n_types), dtype=bool)
    both[forward.pair_source[mutual]] = True
    return both
