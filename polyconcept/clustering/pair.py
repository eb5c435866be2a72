"""All clusterings of a language pair: each language alone for CALIGN, both together for COLAP."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from polyconcept.clustering.pooled import pooled
from polyconcept.clustering.ways import way_of
from polyconcept.machine.logs import progress
from polyconcept.records.arrays import Float32
from polyconcept.records.concepts import Clusters, ConceptKey, Part, VectorReader, layer_name
from polyconcept.records.text import Definition, Selection, Selections

_log = logging.getLogger(__name__)


def with_vectors(
    selections: Selections,
    source: VectorReader,
    target: VectorReader,
    *,
    definition: Definition | None = None,
) -> dict[tuple[str, Definition], Selection]:
    """The selections without words that the model gave no vector (docs/EXTRACTION.md).

    Of one definition only, where it is given.

    Raises:
        ValueError: No word of a language is left.
    """
    kept = {}
    chosen = {k: v for k, v in selections.items() if definition in (None, k[1])}
    for (metric, of_definition), selection in chosen.items():
        rows = [selection.source_rows, selection.target_rows]
        has = [source.has(rows[0]), target.has(rows[1])]
        left = [int(np.count_nonzero(mask)) for mask in has]
        if not all(left):
            raise ValueError(
                f"{metric} ({of_definition}): {left[0]} and {left[1]} words of the two languages "
                "have vectors, at least one of each is needed"
            )
        lost = [len(mask) - n for mask, n in zip(has, left, strict=True)]
        if any(lost):
            _log.warning(
                "%s (%s): %s words have no vector and are left out", metric, of_definition, lost
            )
        kept[metric, of_definition] = Selection(rows[0][has[0]], rows[1][has[1]])
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

    Args:
        selections: Words of each metric and definition, all of which have vectors.
        source: Vectors of the source language; the arrays it reads are overwritten.
        target: Vectors of the target language, likewise.
        layers: Layers to cluster.
        seeds: Seeds of the clusterings.
        method: Way of clustering (`WAYS`).
        options: The other options of the way.

    Yields:
        What was clustered, and its clusters.

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
            part: way.cluster(vectors, seeds, overwrite=True, **options)
            for part, vectors in _parts(metric, layer, selection, source, target).items()
        }
        for key in _keys(layer, seeds, metric, definition, fits):
            try:
                yield key, next(fits[key.part])
            except ValueError as error:
                language = {"source": source.language, "target": target.language}.get(
                    key.part, f"{source.language} and {target.language}"
                )
                error.add_note(
                    f"{layer_name(layer)}, words of {language} for {metric} ({definition})"
                )
                raise
        # What has given its last clusters still holds its vectors: none beside the next ones.
        fits.clear()


def _n_together(metric: str, selection: Selection) -> int:
    """Most words that a metric clusters together."""
    counts = len(selection.source_rows), len(selection.target_rows)
    return max(counts) if metric == "calign" else sum(counts)


def _parts(
    metric: str, layer: int, selection: Selection, source: VectorReader, target: VectorReader
) -> dict[Part, Float32[np.ndarray, "_ dim"]]:
    """What is clustered: each language alone for CALIGN, both together for COLAP."""
    rows = selection.source_rows, selection.target_rows
    if metric == "calign":
        return {"source": source.read(layer, rows[0]), "target": target.read(layer, rows[1])}
    return {"pooled": pooled(layer, [(source, rows[0]), (target, rows[1])])}


def _keys(
    layer: int,
    seeds: Sequence[int],
    metric: str,
    definition: Definition,
    parts: Iterable[Part],
) -> list[ConceptKey]:
    return [ConceptKey(layer, seed, metric, definition, part) for seed in seeds for part in parts]
