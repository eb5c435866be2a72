"""Word vectors as HDF5: one packed dataset per layer, in the order in which the vectors come."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import h5py
import numpy as np

from polyconcept.machine.allowed import n_cores
from polyconcept.machine.memory import vectors_for
from polyconcept.records.arrays import Bool, Float32, Int32, Int64, Rows, Vectors
from polyconcept.records.concepts import BEFORE_NORM, MostSubwords, VectorHeader
from polyconcept.records.text import Words
from polyconcept.store.bfloat16 import from_bits, to_bits
from polyconcept.store.blocks import Blocks, block_sha256, write_hashes
from polyconcept.store.faults import StoreError, check_fingerprint
from polyconcept.store.hdf5 import create_hdf5, open_hdf5
from polyconcept.store.packing import FILTERS, packed_chunk

# Batches differ in length, so that their axis has no name.
Batch: TypeAlias = Int64[np.ndarray, " _"]
BatchVectors: TypeAlias = Float32[np.ndarray, "_ dim"]
NSubwords: TypeAlias = Int32[np.ndarray, " word"]
Store: TypeAlias = Literal["float32", "bfloat16"]
_Packed: TypeAlias = tuple[memoryview, bytes]
"""A chunk as the file has it, and the hash of its values."""

# As much as HDF5's cache of chunks holds (H5Pset_cache): a reader with it unpacks none twice.
_CHUNK_BYTES = 1 << 20
# "<": chunks are packed here, in one order of bytes on every machine. Of bfloat16 it is the bits.
_DTYPES: Mapping[Store, np.dtype] = {"float32": np.dtype("<f4"), "bfloat16": np.dtype("<u2")}
_MOST_PACKERS = 4
_MOST_WAITING = 16


def write_all(
    paths: Sequence[Path],
    read: Iterable[
        tuple[VectorHeader, Rows, NSubwords, Iterable[tuple[Batch, Mapping[int, BatchVectors]]]]
    ],
    *,
    store: Store = "float32",
) -> None:
    """Write a file for each text, one after the other; arguments are those of `write_vectors`."""
    for path, (header, rows, n_subwords, batches) in zip(paths, read, strict=True):
        write_vectors(path, header, rows, batches, n_subwords, store=store)


def write_vectors(
    path: Path,
    header: VectorHeader,
    rows: Rows,
    batches: Iterable[tuple[Batch, Mapping[int, BatchVectors]]],
    n_subwords: NSubwords | None = None,
    *,
    store: Store = "float32",
) -> None:
    """Write the vectors of the word table's `rows` as they come, one dataset per layer.

    They are packed in threads of their own, while the caller makes the next ones. `rows` ascend,
    shape [word]; `batches` are places in `rows` and their vectors by layer, float32 [word, dim].
    Every place comes once, in any order; the layers are those of the first batch. `n_subwords` says
    of how many subwords each of the `rows` is, where that is known. Numbers lie in the file as
    `store` says; they are read as float32.

    Raises:
        ValueError: A place was never written, or more than once; a batch of other layers.
    """
    written = np.zeros(len(rows), dtype=np.int64)
    order: list[Batch] = []
    with create_hdf5(path, "vectors") as (file, disk), _Packers() as packers:
        _write_header(file, header)
        layers: dict[int, _LayerWriter] = {}
        for places, vectors in batches:
            layers = layers or {
                layer: _LayerWriter(file, layer, (len(rows), found.shape[1]), packers, store)
                for layer, found in vectors.items()
            }
            if vectors.keys() != layers.keys():
                raise ValueError(
                    f"{path}: a batch of layers {list(vectors)}, the first was of {list(layers)}"
                )
            # Plain addition would count a place once that stands in a batch twice.
            np.add.at(written, places, 1)
            if (written[places] > 1).any():  # at once, and without a look at all rows
                _check_once(path, rows, written, most_only=True)
            order.append(places)
            for layer, writer in layers.items():
                writer.add(vectors[layer])
            disk.check()
        _check_once(path, rows, written)
        for writer in layers.values():
            writer.finish()
        packers.write_all()
        for writer in layers.values():
            writer.write_hashes()
        stored = np.concatenate(order) if order else np.zeros(0, dtype=np.int64)
        file.create_dataset("row", data=rows[stored])
        if n_subwords is not None:
            file.create_dataset("n_subwords", data=n_subwords[stored])


def _check_once(path: Path, rows: Rows, written: Rows, *, most_only: bool = False) -> None:
    wrong = np.flatnonzero(written > 1 if most_only else written != 1)
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


class _Packers:
    """Threads that pack and hash chunks, which are written in the order they were given.

    So the same vectors make the same file. A chunk's memory is used again once it is packed: new
    memory costs as much time as a third of the packing.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=min(_MOST_PACKERS, n_cores()))
        self._waiting: deque[tuple[_LayerWriter, int, Vectors, Future[_Packed]]] = deque()
        self._unused: list[Vectors] = []

    def __enter__(self) -> _Packers:
        return self

    def __exit__(self, *_error: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def empty_chunk(self, shape: tuple[int, int]) -> Vectors:
        """Return memory for a chunk, of whatever values."""
        for place, chunk in enumerate(self._unused):
            if chunk.shape == shape:
                return self._unused.pop(place)
        return np.empty(shape, dtype=np.float32)

    def add(self, writer: _LayerWriter, first: int, chunk: Vectors, n_rows: int) -> None:
        """Pack a layer's chunk from row `first` on, of which `n_rows` count.

        It is not the caller's any more.
        """
        packed = self._threads.submit(_packed, chunk, n_rows, writer.store)
        self._waiting.append((writer, first, chunk, packed))
        # Chunks that wait lie in memory.
        self._write(_MOST_WAITING)

    def write_all(self) -> None:
        """Write what still waits."""
        self._write(0)

    def _write(self, n_left: int) -> None:
        while len(self._waiting) > n_left:
            writer, first, chunk, packed = self._waiting.popleft()
            writer.write(first, *packed.result())
            self._unused.append(chunk)


def _packed(chunk: Vectors, n_rows: int, store: Store) -> _Packed:
    stored = to_bits(chunk) if store == "bfloat16" else chunk
    return packed_chunk(stored), block_sha256(stored[:n_rows])


class _LayerWriter:
    """Collects a layer's vectors until a chunk is full."""

    def __init__(
        self,
        file: h5py.File,
        layer: int,
        words_dims: tuple[int, int],
        packers: _Packers,
        store: Store,
    ) -> None:
        self.store: Store = store
        (n_words, n_dims), dtype = words_dims, _DTYPES[store]
        # HDF5 refuses chunks that are longer than the data set.
        shape = (max(1, min(n_words, _CHUNK_BYTES // (dtype.itemsize * n_dims))), n_dims)
        self._dataset = file.create_dataset(
            _place(layer), shape=words_dims, dtype=dtype, chunks=shape, **FILTERS
        )
        self._packers, self._shape = packers, shape
        self._hashes: list[bytes] = []
        self._chunk, self._first, self._n_rows = packers.empty_chunk(shape), 0, 0

    def add(self, vectors: Vectors) -> None:
        """Take the next vectors."""
        done = 0
        while done < len(vectors):
            some = vectors[done : done + self._shape[0] - self._n_rows]
            self._chunk[self._n_rows : self._n_rows + len(some)] = some
            self._n_rows += len(some)
            done += len(some)
            if self._n_rows == self._shape[0]:
                self.finish()

    def finish(self) -> None:
        """Hand on the chunk, filled up with zeros where it is not full."""
        if self._n_rows:
            self._chunk[self._n_rows :] = 0
            self._packers.add(self, self._first, self._chunk, self._n_rows)
            self._first += self._n_rows
            self._chunk, self._n_rows = self._packers.empty_chunk(self._shape), 0

    def write(self, first: int, packed: memoryview, sha256: bytes) -> None:
        """Write a packed chunk: the one behind the last."""
        self._dataset.id.write_direct_chunk((first, 0), packed)
        self._hashes.append(sha256)

    def write_hashes(self) -> None:
        """Write the hashes of all chunks, once they are written."""
        write_hashes(self._dataset, self._hashes)


def _place(layer: int) -> str:
    return "before_norm" if layer == BEFORE_NORM else f"layer/{layer}"


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
        stored: Rows = file["row"][:]
        self._place: Rows = np.argsort(stored, kind="stable")
        self.rows: Rows = stored[self._place]
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
    def has_before_norm(self) -> bool:
        """Whether the last layer's state before the model's final norm is here (`BEFORE_NORM`)."""
        return _place(BEFORE_NORM) in self._file

    @property
    def language(self) -> str:
        """Language of the word table."""
        return self.header.language

    def has(self, rows: Rows) -> Bool[np.ndarray, " word"]:
        """Return whether each of the word table's `rows` has a vector here; bool [word]."""
        return np.isin(rows, self.rows)

    def most_subwords(self, words: Words) -> MostSubwords:
        """Return of how many subwords the longest word of each type of the word table is.

        Raises:
            StoreError: As `n_subwords`.
        """
        most: MostSubwords = np.zeros(len(words.types), dtype=np.int32)
        np.maximum.at(most, words.word_type[self.rows], self.n_subwords)
        return most

    @property
    def n_subwords(self) -> NSubwords:
        """Of how many subwords the word of each of `rows` is.

        Raises:
            StoreError: The file does not say so.
        """
        if "n_subwords" not in self._file:
            raise StoreError(
                f"{self._path}: no numbers of subwords; written by an older version: remove it and "
                "make it again"
            )
        found: NSubwords = self._file["n_subwords"][:][self._place]
        return found

    def read(self, layer: int, rows: Rows, out: Vectors | None = None) -> Vectors:
        """Return the vectors of the word table's `rows` (repeats allowed), float32 [word, dim].

        Args:
            layer: 0 = embedding output, n = after block n, or `BEFORE_NORM`.
            rows: Of the word table, in any order.
            out: Where to put them, such as a part of a larger array; else memory of their own.

        Raises:
            StoreError: The file has no such layer, or a row has no vector.
            DamagedError: What was read is not what was written.
        """
        if _place(layer) not in self._file:
            what = "state before the final norm" if layer == BEFORE_NORM else f"layer {layer}"
            raise StoreError(f"{self._path}: no {what}; it holds {list(self.layers)}")
        places = np.searchsorted(self.rows, rows)
        known = places < len(self.rows)
        known[known] = self.rows[places[known]] == rows[known]
        if not known.all():
            first = rows[np.flatnonzero(~known)[0]]
            raise StoreError(f"{self._path}: row {first} of the word table has no vector")
        dataset = self._file[_place(layer)]
        vectors = vectors_for(len(rows), dataset.shape[1]) if out is None else out
        self._read_places(dataset, self._place[places], vectors)
        return vectors

    def _read_places(self, dataset: h5py.Dataset, places: Rows, vectors: Vectors) -> None:
        """Read a data set block by block: no more than what is asked for lies in memory."""
        blocks = Blocks(dataset, str(self._path))
        order = np.argsort(places, kind="stable")
        bounds = np.searchsorted(places[order], [*blocks.starts, len(dataset)])
        for first, left, right in zip(blocks.starts, bounds[:-1], bounds[1:], strict=True):
            wanted = order[left:right]
            if len(wanted):
                block = blocks.read(first)
                found = block[places[wanted] - first]
                vectors[wanted] = from_bits(found) if block.dtype.kind == "u" else found
