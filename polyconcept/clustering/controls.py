"""Clusterings of changed vectors and of other numbers of clusters (docs/STATISTICS.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from polyconcept.clustering.pair import cluster_pair
from polyconcept.clustering.parts import cluster_parts
from polyconcept.clustering.pooled import RowsOfOne
from polyconcept.records.arrays import Bool, Float64, Rows, Vectors
from polyconcept.records.concepts import BEFORE_NORM, Clusters, ConceptKey, VectorReader
from polyconcept.records.held_out import HeldOut
from polyconcept.records.text import Definition, Selections, Words

_BLOCK = 2**10

Change: TypeAlias = Literal["centred", "standardised", "unit_length"]


def cluster_controls(
    selections: Selections,
    source: VectorReader,
    target: VectorReader,
    *,
    layers: Sequence[int],
    last: int | None,
    n_clusters: int,
    changes: Sequence[str],
    other_counts: Mapping[str, int],
    definition: Definition,
    words: tuple[Words, Words],
    held_out: HeldOut | None,
    **common: Any,  # noqa: ANN401 - those of `cluster_pair`, which checks them
) -> Iterator[tuple[ConceptKey, Clusters]]:
    """Cluster a pair's words once more under each control.

    Vectors are changed in the ways of `changes` (`Change`). Other numbers of clusters come by the
    names of their controls, under every definition; all else is of one, `definition`. The state
    before the model's final norm, where it was kept, is clustered as that of layer `last`. Where
    two parts of the sentences are held out, their words are clustered apart (`cluster_parts`).
    Other settings are those of `cluster_pair`.

    Raises:
        ValueError: An unknown change, or as `cluster_pair`.
    """
    unknown = sorted(set(changes) - set(get_args(Change)))
    if unknown:
        raise ValueError(f"unknown changes of vectors {unknown}; known are {get_args(Change)}")
    for name, count in other_counts.items():
        found = cluster_pair(selections, source, target, layers=layers, n_clusters=count, **common)
        yield from _named(found, name)
    selections = {key: some for key, some in selections.items() if key[1] == definition}
    for change in changes:
        # Each language alone keeps its clusters when its mean is subtracted.
        chosen = _colap_only(selections) if change == "centred" else selections
        readers = _changed(chosen, source, target, change)
        found = cluster_pair(chosen, *readers, layers=layers, n_clusters=n_clusters, **common)
        yield from _named(found, change)
    if held_out is not None:
        of_parts: dict[str, Any] = {
            "words": words,
            "part_of_sentence": held_out.part,
            "n_clusters": n_clusters,
        }
        yield from cluster_parts(selections, source, target, layers=layers, **of_parts, **common)
    if last is not None:
        found = cluster_pair(
            selections, source, target, layers=[BEFORE_NORM], n_clusters=n_clusters, **common
        )
        for key, clusters in _named(found, "before_norm"):
            yield replace(key, layer=last), clusters


def _named(
    found: Iterator[tuple[ConceptKey, Clusters]], control: str
) -> Iterator[tuple[ConceptKey, Clusters]]:
    for key, clusters in found:
        yield replace(key, control=control), clusters


def _colap_only(selections: Selections) -> Selections:
    return {key: selection for key, selection in selections.items() if key[0] == "colap"}


def _changed(
    selections: Selections, source: VectorReader, target: VectorReader, change: str
) -> tuple[VectorReader, VectorReader]:
    """Return readers that change what they read."""
    if change != "standardised":
        return _Changed(source, change), _Changed(target, change)
    # One scale for the words that are clustered together; CALIGN's are scaled alike.
    rows: list[Rows] = []
    for part in ("source_rows", "target_rows"):
        used = [getattr(selection, part) for selection in selections.values()]
        rows.append(np.unique(np.concatenate(used)))
    scale = _Scale(((source, rows[0]), (target, rows[1])))
    return _Changed(source, change, scale), _Changed(target, change, scale)


class _Scale:
    """Mean and standard deviation of each dim over the words of both languages, by layer."""

    def __init__(self, parts: Sequence[tuple[VectorReader, RowsOfOne]]) -> None:
        self._parts = parts
        self._known: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def of(self, layer: int) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation; a dim that never varies has 1."""
        # The same bits as numpy's of all vectors at once, while one language's are in memory.
        if layer not in self._known:
            n_words = sum(len(rows) for _, rows in self._parts)
            mean = self._sums(layer, None) / n_words
            deviation = np.sqrt(self._sums(layer, mean) / n_words)
            deviation[deviation == 0] = 1
            self._known = {layer: (mean, deviation)}
        return self._known[layer]

    def _sums(
        self, layer: int, mean: Float64[np.ndarray, " dim"] | None
    ) -> Float64[np.ndarray, " dim"]:
        """Return sums of the vectors; with their mean, of their squared deviations from it."""
        sums: Float64[np.ndarray, " dim"] | None = None
        for reader, rows in self._parts:
            # No name here for a language's vectors: they would be there while the next are read.
            sums = _added(sums, reader.read(layer, rows), mean)
        assert sums is not None
        return sums


def _added(
    sums: Float64[np.ndarray, " dim"] | None,
    vectors: Vectors,
    mean: Float64[np.ndarray, " dim"] | None,
) -> Float64[np.ndarray, " dim"] | None:
    """Return the sums so far and those of some more vectors."""
    for _, block in _blocks(vectors):
        wide = block.astype(np.float64)
        if mean is not None:
            wide -= mean
            wide *= wide
        # numpy adds rows one after the other: to go on with a sum gives the bits of one sum of all.
        sums = wide.sum(axis=0) if sums is None else np.vstack([sums, wide]).sum(axis=0)
    return sums


def _blocks(vectors: Vectors) -> Iterator[tuple[int, Vectors]]:
    """Yield rows and the first one's number, so few that copies take little memory."""
    for first in range(0, len(vectors), _BLOCK):
        yield first, vectors[first : first + _BLOCK]


@dataclass(frozen=True)
class _Changed:
    """A reader whose vectors are changed as they are read."""

    reader: VectorReader
    change: str
    scale: _Scale | None = None

    @property
    def language(self) -> str:
        """Code of the language."""
        return self.reader.language

    def has(self, rows: Rows) -> Bool[np.ndarray, " word"]:
        """Return whether each row has a vector."""
        return self.reader.has(rows)

    def read(self, layer: int, rows: Rows, out: Vectors | None = None) -> Vectors:
        """Return changed vectors of rows of the word table; in the memory of `out`, if given.

        Raises:
            ValueError: A vector of zeros, which has no direction, is to be made unit length.
        """
        # First, since it reads vectors, too.
        mean, deviation = self.scale.of(layer) if self.scale is not None else (None, None)
        vectors = self.reader.read(layer, rows, out)
        if self.change == "centred":
            vectors -= vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        elif self.change == "standardised":
            assert mean is not None
            assert deviation is not None
            vectors -= mean.astype(np.float32)
            vectors /= deviation.astype(np.float32)
        else:
            lengths = _lengths(vectors)
            if not lengths.all():
                row = int(rows[np.flatnonzero(lengths == 0)[0]])
                raise ValueError(
                    f"{self.language}: row {row} of the word table has a vector of zeros in layer "
                    f"{layer}; it cannot be made unit length"
                )
            vectors /= lengths[:, None].astype(np.float32)
        return vectors


def _lengths(vectors: Vectors) -> Float64[np.ndarray, " word"]:
    lengths = np.empty(len(vectors))
    for first, block in _blocks(vectors):
        square = np.square(block).sum(axis=1, dtype=np.float64)
        lengths[first : first + len(block)] = np.sqrt(square)
    return lengths
