"""Words of all languages of a study clustered together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from polyconcept.clustering.pooled import RowsOfOne, pooled
from polyconcept.clustering.ways import way_of
from polyconcept.machine.logs import progress
from polyconcept.records.concepts import ClusteredWords, VectorReader
from polyconcept.records.text import Words


def cluster_languages(
    languages: Sequence[tuple[Words, RowsOfOne, VectorReader]],
    *,
    layers: Sequence[int],
    seeds: Sequence[int],
    method: str = "kmeans",
    **options: Any,  # noqa: ANN401 - the options of the way, which checks them
) -> Iterator[tuple[int, list[list[ClusteredWords]]]]:
    """Cluster words of several languages together in every layer with every seed.

    Of each language there is a word table, the rows of it that are clustered, and its vectors; rows
    without a vector are left out. Options are those of `cluster_pair`.

    Yields:
        The layer, and under each seed the clustered words of each language.

    Raises:
        ValueError: A language has no word with a vector, or as `cluster_pair`.
    """
    way = way_of(method)
    kept = [(words, rows[reader.has(rows)], reader) for words, rows, reader in languages]
    for words, rows, _ in kept:
        if not len(rows):
            raise ValueError(f"{words.language}: none of its words has a vector")
    # One clustering of all: where each language ends in it.
    ends = np.cumsum([len(rows) for _, rows, _ in kept])
    way.check_memory(int(ends[-1]))
    for layer in progress(layers, total=len(layers), description="clustering all languages"):
        vectors = pooled(layer, [(reader, rows) for _, rows, reader in kept])
        found = []
        for clusters in way.cluster_seeds(vectors, seeds, overwrite=True, **options):
            parts = np.split(clusters.cluster, ends[:-1])
            found.append(
                [
                    ClusteredWords.of(words, rows, part, n_clusters=clusters.n_clusters)
                    for (words, rows, _), part in zip(kept, parts, strict=True)
                ]
            )
        del vectors  # the next layer's are not read beside them
        yield layer, found
