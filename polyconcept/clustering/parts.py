"""Words of two parts of a text clustered apart, so that concepts can be compared across them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from polyconcept.clustering.pair import cluster_pair
from polyconcept.records.arrays import ClusterOfWord, Int64
from polyconcept.records.concepts import NO_CLUSTER, Clusters, ConceptKey, VectorReader
from polyconcept.records.held_out import PARTS
from polyconcept.records.text import Selection, Selections, Words


def cluster_parts(
    selections: Selections,
    source: VectorReader,
    target: VectorReader,
    *,
    words: tuple[Words, Words],
    part_of_sentence: Int64[np.ndarray, " sentence"],
    n_clusters: int,
    **options: Any,  # noqa: ANN401 - those of `cluster_pair`, which checks them
) -> Iterator[tuple[ConceptKey, Clusters]]:
    """Cluster CALIGN's words of the first part of the sentences, and of the second, apart.

    A part has the share of the clusters that it has of the words: clusters keep their size. Those
    of the second part are numbered after the first's. Words of other sentences are in no cluster.

    Args:
        selections: CALIGN's words under one definition; others are left alone.
        source: Vectors of the source language.
        target: Vectors of the target language.
        words: Word tables of the source and the target language.
        part_of_sentence: 0 or 1 of sentences of the two parts; 2 of others.
        n_clusters: Clusters of all words.
        options: Those of `cluster_pair`.

    Raises:
        ValueError: A part has no word of a language, or as `cluster_pair`.
    """
    ((of, chosen),) = ((key, found) for key, found in selections.items() if key[0] == "calign")
    rows = {"source": chosen.source_rows, "target": chosen.target_rows}
    part = {
        side: part_of_sentence[table.sentence[rows[side]]]
        for side, table in zip(rows, words, strict=True)
    }
    n_words = sum(map(len, part.values()))
    found = []
    for number in (0, 1):
        inside = {side: rows[side][part[side] == number] for side in rows}
        for side, table in zip(rows, words, strict=True):
            if not len(inside[side]):
                raise ValueError(
                    f"none of the {len(rows[side])} words of {table.language} that CALIGN clusters "
                    "is in one of the parts into which the sentences are dealt: take more text, or "
                    "set `controls.same_sentences: false`"
                )
        share = sum(map(len, inside.values())) / n_words
        selection = {of: Selection(inside["source"], inside["target"])}
        count = max(1, round(share * n_clusters))
        found.append(cluster_pair(selection, source, target, n_clusters=count, **options))
    for (key, first), (_, second) in zip(*found, strict=True):
        cluster: ClusterOfWord = np.full(len(part[key.part]), NO_CLUSTER, dtype=np.int32)
        cluster[part[key.part] == 0] = first.cluster
        after = np.where(second.cluster == NO_CLUSTER, 0, first.n_clusters)
        cluster[part[key.part] == 1] = second.cluster + after
        both = Clusters(cluster, first.n_clusters + second.n_clusters)
        yield replace(key, control=PARTS), both
