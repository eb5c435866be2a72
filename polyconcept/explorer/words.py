"""The clustered words of a pair in the order in which the explorer keeps them: by word type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from polyconcept.records.arrays import ClusterOfWord, Int32, Int64, Rows
from polyconcept.records.text import Definition, Selection, Words

METRICS = ("calign", "colap")
SIDES = ("source", "target")


@dataclass(frozen=True)
class OrderedWords:
    """What a metric clusters of one language, ordered by type, then by row of the word table."""

    rows: Rows
    """Row of each word; a word with several links may stand more than once."""
    word_type: Int64[np.ndarray, " word"]
    """Place of its type among those that the explorer knows; never decreases."""
    n_types: int
    """Number of these."""
    order: Int64[np.ndarray, " word"]
    """Place of each word in the selection."""
    selected: Rows
    """Rows in the order of the selection."""

    @property
    def n_words(self) -> Int64[np.ndarray, " type"]:
        """Words of each type."""
        return np.bincount(self.word_type, minlength=self.n_types)

    def labels(self, clustered: Rows, cluster: ClusterOfWord) -> Int32[np.ndarray, " selected"]:
        """Return the cluster of each word, -1 where it is in none or has no vector.

        Args:
            clustered: Rows that a run has clustered: the selection, but for words without vectors.
            cluster: Cluster of each of them.

        Raises:
            ValueError: The run has clustered other words than those of the selection.
        """
        has_vector = np.isin(self.selected, clustered)
        if not np.array_equal(self.selected[has_vector], clustered):
            raise ValueError(
                f"{len(clustered)} words were clustered that are not the "
                f"{int(has_vector.sum())} of the selection that have vectors: cluster again"
            )
        labels = np.full(len(self.selected), -1, dtype=np.int32)
        labels[has_vector] = cluster
        found: Int32[np.ndarray, " selected"] = labels[self.order]
        return found


@dataclass(frozen=True)
class SideWords:
    """One language of a pair."""

    types: tuple[str, ...]
    """Types of which some metric clusters words, by code points: neighbours are often of a kind."""
    of_metric: Mapping[str, OrderedWords]
    """Metric -> its words."""
    type_index: Int64[np.ndarray, " type"]
    """Place of each type in the word table."""


def words_by_type(
    words: tuple[Words, Words],
    selections: Mapping[tuple[str, Definition], Selection],
    definition: Definition,
) -> tuple[SideWords, SideWords]:
    """Return the clustered words of source and target."""
    source, target = (
        _side(table, {m: getattr(selections[m, definition], f"{side}_rows") for m in METRICS})
        for side, table in zip(SIDES, words, strict=True)
    )
    return source, target


def _side(words: Words, rows: Mapping[str, Rows]) -> SideWords:
    of_rows = {metric: words.word_type[selected] for metric, selected in rows.items()}
    kept = np.unique(np.concatenate(list(of_rows.values()))).tolist()
    kept.sort(key=words.types.__getitem__)
    number = np.full(len(words.types), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    ordered = {}
    for metric, selected in rows.items():
        local = number[of_rows[metric]]
        order = np.lexsort((selected, local))
        ordered[metric] = OrderedWords(selected[order], local[order], len(kept), order, selected)
    return SideWords(tuple(words.types[i] for i in kept), ordered, np.array(kept, dtype=np.int64))
