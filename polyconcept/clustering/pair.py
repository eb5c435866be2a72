"""All clusterings of a language pair: each language alone for CALIGN, both together for COLAP."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from polyconcept.clustering.pooled import pooled
from polyconcept.clustering.ways import way_of
from polyconcept.machine.logs import progress
from polyconcept.records.arrays import Float32
from polyconcept.records.concepts import (
    Clusters,
    ConceptKey,
    Part,
    VectorReader,
    layer_name,
    parts_of,
)
from polyconcept.records.text import Definition, Selection, Selections

_log = logging.getLogger(__name__)


def with_vectors(
    selections: Selections,
    source: VectorReader,
    target: VectorReader,
) -> dict[tuple[str, Definition], Selection]:
    """Return the selections without words that have no vector (docs/EXTRACTION.md).

    Raises:
        ValueError: No word of a language is left.
    """
    kept = {}
    for (metric, definition), selection in selections.items():
        rows = [selection.source_rows, selection.target_rows]
        has = [source.has(rows[0]), target.has(rows[1])]
        left = [int(np.count_nonzero(mask)) for mask in has]
        if not all(left):
            raise ValueError(
                f"{metric} ({definition}): {left[0]} and {left[1]} words of the two languages "
                "have vectors, at least one of each is needed"
            )
        lost = [len(mask) - n for mask, n in zip(has, left, strict=True)]
        if any(lost):
            _log.warning(
                "%s (%s): %s words have no vector and are left out", metric, definition, lost
            )
        kept[metric, definition] = Selection(rows[0][has[0]], rows[1][has[1]])
    return kept


def cluster_pair(
    selections: Selections,
    source: VectorReader,
    target: VectorReader,
    *,
    layers: Sequence[int],
    seeds: Sequence[int],
    method: str = "kmeans",
    **options: Any,  # noqa: ANN401 - the options of the way, which checks them
) -> Iterator[tuple[ConceptKey, Clusters]]:
    """Cluster a pair's selected words in every layer with every seed.

    All selected words must have vectors (`with_vectors`). The arrays that are read are overwritten.
    Options are those of the way of clustering, `method` (`ways.WAYS`).

    Raises:
        ValueError: The way is unknown or lacks memory (before any vector is read), or as the way,
            with a note of layer, language and selection.
    """
    way = way_of(method)
    n_words = [_n_together(metric, rows) for (metric, _), rows in selections.items()]
    way.check_memory(max(n_words, default=0))
    jobs = [(layer, *key) for layer in layers for key in selections]
    for layer, metric, definition in progress(jobs, total=len(jobs), description="clustering"):
        selection = selections[metric, definition]
        fits = {
            part: way.cluster_seeds(
                _read(part, layer, selection, source, target), seeds, overwrite=True, **options
            )
            for part in parts_of(metric)
        }
        for seed, part in product(seeds, fits):
            try:
                yield ConceptKey(layer, seed, metric, definition, part), next(fits[part])
            except ValueError as error:
                language = {"source": source.language, "target": target.language}.get(
                    part, f"{source.language} and {target.language}"
                )
                error.add_note(
                    f"{layer_name(layer)}, words of {language} for {metric} ({definition})"
                )
                raise
        # What has given its last clusters still holds its vectors: none beside the next ones.
        fits.clear()


def _n_together(metric: str, selection: Selection) -> int:
    """Return the most words that a metric clusters together."""
    counts = len(selection.source_rows), len(selection.target_rows)
    return sum(counts) if parts_of(metric) == ("pooled",) else max(counts)


def _read(
    part: Part, layer: int, selection: Selection, source: VectorReader, target: VectorReader
) -> Float32[np.ndarray, "_ dim"]:
    """Read the vectors of a part."""
    if part == "source":
        return source.read(layer, selection.source_rows)
    if part == "target":
        return target.read(layer, selection.target_rows)
    return pooled(layer, [(source, selection.source_rows), (target, selection.target_rows)])
