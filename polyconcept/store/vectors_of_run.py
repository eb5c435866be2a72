"""Vectors of the several texts of a run, a file each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from polyconcept.records.arrays import Rows
from polyconcept.records.text import Dropped, Words
from polyconcept.store.vectors import Batch, BatchVectors, VectorHeader, write_vectors


class Planned(Protocol):
    """What is known of a text before it is read."""

    language: str
    given: str
    reading: str
    dropped: Dropped
    rows: Rows


def write_all(
    paths: Sequence[Path],
    words: Sequence[Words],
    read: Iterable[tuple[Planned, Iterable[tuple[Batch, Mapping[int, BatchVectors]]]]],
    **about: str,
) -> None:
    """Write a file for each text, one after the other.

    Args:
        paths: The files to make.
        words: The word table of each.
        read: What was planned of each text, and its vectors as they come (`write_vectors`).
        about: Fields of `VectorHeader` that are the same for all.

    Raises:
        ValueError: As `write_vectors`.
    """
    for path, table, (planned, batches) in zip(paths, words, read, strict=True):
        told: dict[str, Any] = {
            **{key: getattr(planned, key) for key in ("language", "given", "reading", "dropped")},
            **about,
        }
        header = VectorHeader(**told, words_fingerprint=table.fingerprint)
        write_vectors(path, header, planned.rows, batches)
