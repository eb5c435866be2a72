"""Word vectors as HDF5: one dataset per layer, streamed in and read row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import h5py
import numpy as np

from polyconcept.records import Bool, Dropped, Float32, Int64, Rows, Vectors, Words
from polyconcept.store._faults import StoreError, check_fingerprint, create_hdf5, open_hdf5

__all__ = ["VectorFile", "VectorHeader", "write_vectors"]

# Batches differ in length, so that their axis has no name.
Batch: TypeAlias = Int64[np.ndarray, " _"]
BatchVectors: TypeAlias = Float32[np.ndarray, "_ dim"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class VectorHeader:
    """What a vector file says of itself."""

    language: str
    """Language of the word table."""
    words_fingerprint: str
    """Fingerprint of the word table whose rows the file numbers."""
    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task it was fine-tuned on."""
    side: str
    """``encoder`` or ``decoder``."""
    given: str
    """Language that the encoder reads while the decoder is forced; empty elsewhere."""
    reading: str
    """State of a decoder that stands for a subword, ``predicts`` or ``reads``; else empty."""
    pooling: str
    """Which subword stands for the word: ``last``, ``first`` or ``mean``."""
    dropped: Dropped
    """Reason -> number of words of the table that have no vector here."""


def write_vectors(
    path: Path,
    header: VectorHeader,
    rows: Rows,
    batches: Iterable[tuple[Batch, Mapping[int, BatchVectors]]],
) -> None:
    """Write the vectors of the word table's `rows` as they come, one dataset per layer.

    Args:
        path: The HDF5 file to make.
        header: What the file says of itself.
        rows: Rows of the word table that get a vector, ascending; shape [word].
        batches: Places in `rows` and their vectors by layer, float32 [word, dim]; every place
            comes once, in any order; the layers are those of the first batch.

    Raises:
        ValueError: A place was never written, or more than once.
    """
    written = np.zeros(len(rows), dtype=np.int64)
    with create_hdf5(path, "vectors") as (file, disk):
        _write_header(file, header)
        file.create_dataset("row", data=rows)
        for places, layers in batches:
            # h5py takes increasing indices only.
            order = np.argsort(places, kind="stable")
            for layer, vectors in layers.items():
                dataset = _layer_dataset(file, layer, len(rows), vectors.shape[1])
                _write_rows(dataset, places[order], vectors[order])
            disk.check()
            np.add.at(written, places, 1)
        wrong = np.flatnonzero(written != 1)
        if len(wrong):
            raise ValueError(
                f"{path}: {len(wrong)} of {len(rows)} words were written not once; the first is "
                f"row {rows[wrong[0]]} of the word table, written {written[wrong[0]]} times"
            )


def _write_header(file: h5py.File, header: VectorHeader) -> None:
    for name in VectorHeader.__dataclass_fields__:
        if name != "dropped":
            file.attrs[name] = getattr(header, name)
    file.attrs["dropped"] = json.dumps(dict(header.dropped), sort_keys=True)


def _layer_dataset(file: h5py.File, layer: int, n_words: int, n_dims: int) -> h5py.Dataset:
    name = f"layer/{layer}"
    if name not in file:
        chunk = (max(1, min(n_words, _CHUNK_BYTES // (4 * n_dims))), n_dims)
        file.create_dataset(name, shape=(n_words, n_dims), dtype="<f4", chunks=chunk)
    return file[name]


def _write_rows(dataset: h5py.Dataset, places: Rows, vectors: Vectors) -> None:
    # One write per run of neighbours: h5py's scattered selection costs about 100 us a row.
    ends = np.flatnonzero(np.diff(places) != 1) + 1
    for run in np.split(np.arange(len(places)), ends):
        dataset[places[run[0]] : places[run[-1]] + 1] = vectors[run[0] : run[-1] + 1]


class VectorFile:
    """Reader of one vector file.

    Attributes:
        header: What the file says of itself.
        rows: Rows of the word table that have a vector, ascending; shape [word].
        layers: Layers in the file, ascending.
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self._path, self._file = path, file
        missing = [name for name in VectorHeader.__dataclass_fields__ if name not in file.attrs]
        if missing:
            raise StoreError(
                f"{path}: no attributes {missing}; written by an older version: remove it and make "
                "it again"
            )
        fields = {name: file.attrs[name] for name in VectorHeader.__dataclass_fields__}
        self.header = VectorHeader(**fields | {"dropped": json.loads(fields["dropped"])})
        self.rows: Rows = file["row"][:]
        self.layers = tuple(sorted(int(name) for name in file["layer"]))

    @classmethod
    @contextmanager
    def open(cls, path: Path, words: Words) -> Iterator[VectorFile]:
        """Open a vector file that belongs to the word table `words`.

        Raises:
            StoreError: The file is truncated or foreign, or belongs to another word table.
        """
        with open_hdf5(path, "vectors") as file:
            reader = cls(path, file)
            found = reader.header.words_fingerprint
            check_fingerprint(path, found, words.fingerprint, words.language)
            yield reader

    @property
    def language(self) -> str:
        """Language of the word table."""
        return self.header.language

    def has(self, rows: Rows) -> Bool[np.ndarray, " word"]:
        """Whether each of the word table's `rows` has a vector here; bool [word]."""
        return np.isin(rows, self.rows)

    def read(self, layer: int, rows: Rows) -> Vectors:
        """Return the vectors of the word table's `rows` (repeats allowed), float32 [word, dim].

        Raises:
            StoreError: The file has no such layer, or a row has no vector.
        """
        if layer not in self.layers:
            raise StoreError(f"{self._path}: no layer {layer}; it holds {list(self.layers)}")
        places = np.searchsorted(self.rows, rows)
        known = places < len(self.rows)
        known[known] = self.rows[places[known]] == rows[known]
        if not known.all():
            first = rows[np.flatnonzero(~known)[0]]
            raise StoreError(f"{self._path}: row {first} of the word table has no vector")
        whole: Vectors = self._file[f"layer/{layer}"][:]
        return whole[places]
