"""Vectors of several languages in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from polyconcept.machine.memory import vectors_for
from polyconcept.records.arrays import Float32, Int64
from polyconcept.records.concepts import VectorReader

RowsOfOne: TypeAlias = Int64[np.ndarray, " _"]
"""Rows of one language: another has another number of them."""


def pooled(
    layer: int, parts: Sequence[tuple[VectorReader, RowsOfOne]]
) -> Float32[np.ndarray, "_ dim"]:
    """Read vectors of all languages into one array."""
    # One language after the other, in its place there: never a copy of its vectors besides.
    (reader, rows), *others = parts
    vectors = reader.read(layer, rows)
    first = len(vectors)
    found = vectors_for(sum(len(rows) for _, rows in parts), vectors.shape[1])
    found[:first] = vectors
    del vectors
    for reader, rows in others:
        reader.read(layer, rows, found[first : first + len(rows)])
        first += len(rows)
    return found
