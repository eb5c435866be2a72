"""Hashes of the blocks of a large data set: who reads some of it checks these, and not the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import h5py
import numpy as np
from jaxtyping import UInt16

from polyconcept.records.arrays import Vectors
from polyconcept.store.faults import DamagedError, StoreError

HASHES = "block_sha256"
"""Group of a file that holds, for each data set with hashes, one under the same name."""
_N_BYTES = 32

Hashes: TypeAlias = Sequence[bytes]
Stored: TypeAlias = Vectors | UInt16[np.ndarray, "word dim"]
"""Float32, or the bits of bfloat16."""


def block_sha256(values: Stored) -> bytes:
    """Return the SHA-256 of a block: of its rows one after the other, little-endian, as stored."""
    kind = values.dtype.newbyteorder("<")
    return hashlib.sha256(np.ascontiguousarray(values, dtype=kind).view(np.uint8).data).digest()


def write_hashes(dataset: h5py.Dataset, hashes: Hashes) -> None:
    """Write the hashes of a data set's blocks, which are its chunks, in order."""
    found = np.array([list(one) for one in hashes], dtype=np.uint8).reshape(-1, _N_BYTES)
    kept = dataset.file.create_dataset(f"{HASHES}{dataset.name}", data=found)
    kept.attrs["n_rows"] = dataset.chunks[0]


class Blocks:
    """The blocks of a data set, each with its hash where the file holds these.

    Raises:
        StoreError: There are not as many hashes as blocks.
    """

    def __init__(self, dataset: h5py.Dataset, path: str) -> None:
        self._dataset, self._path = dataset, path
        self.hashes: list[bytes] = []
        if not has_hashes(dataset):  # of before there were any: its values count as its content
            step = dataset.chunks[0] if dataset.chunks else max(1, len(dataset))
            self.n_rows, self.starts = step, range(0, len(dataset), step)
            return
        kept = dataset.file[f"{HASHES}{dataset.name}"]
        self.n_rows = max(0, int(kept.attrs.get("n_rows", 0)))
        self.starts = range(0, len(dataset), self.n_rows or 1)
        if not self.n_rows or kept.dtype != np.uint8 or kept.shape != (len(self.starts), _N_BYTES):
            raise StoreError(
                f"{path}: {dataset.name}: found hashes of shape {kept.shape} for blocks of "
                f"{self.n_rows} rows, needed {(len(self.starts), _N_BYTES)}; make the file again"
            )
        self.hashes = [one.tobytes() for one in kept[:]]

    def read(self, first: int) -> Stored:
        """Return the block that begins at row `first`, as it was written.

        Raises:
            DamagedError: It is not.
        """
        rows = f"{self._dataset.name}, rows {first} to {first + self.n_rows - 1}"
        try:
            block: Stored = self._dataset[first : first + self.n_rows]
        except OSError as error:  # what HDF5 cannot unpack
            raise DamagedError(self._path, f"{rows}: {error}") from error
        needed = self.hashes[self.starts.index(first)] if self.hashes else None
        if needed and (found := block_sha256(block)) != needed:
            raise DamagedError(
                self._path, f"{rows}: needed sha256 {needed.hex()}, found {found.hex()}"
            )
        return block

    def hashes_now(self) -> Iterator[bytes]:
        """Yield the hash of each block as it is in the file."""
        for first in self.starts:
            yield block_sha256(self._dataset[first : first + self.n_rows])


def has_hashes(dataset: h5py.Dataset) -> bool:
    """Return whether the file holds hashes of a data set's blocks."""
    return isinstance(dataset.file.get(f"{HASHES}{dataset.name}"), h5py.Dataset)
