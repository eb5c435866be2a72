"""By how much two HDF5 or Parquet files differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq

from polyconcept.store.faults import StoreError


@dataclass(frozen=True)
class Difference:
    """Of two files with the same names and shapes; else only `structure` says something."""

    structure: str | None
    """What one has and the other has not, or has in another shape; None where nothing."""
    largest: float
    """Largest difference of two fractional numbers, as a share of the largest number in their
    array; infinite where one is no number and the other is."""
    others: float
    """Largest share of an array's whole numbers or texts that differ."""
    where: str
    """The array in which the first of these is."""


def content_difference(first: Path, second: Path) -> Difference | None:
    """Compare two files, both HDF5 or both Parquet; return None for files of another format.

    Raises:
        OSError: A file cannot be read.
        StoreError: A file cannot be understood.
    """
    if {first.suffix, second.suffix} <= {".h5"}:
        return _compared(dict(_hdf5_arrays(first)), dict(_hdf5_arrays(second)))
    if {first.suffix, second.suffix} <= {".parquet"}:
        return _compared(dict(_columns(first)), dict(_columns(second)))
    return None


def _hdf5_arrays(path: Path) -> Iterator[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []

    def keep(name: str, item: Any) -> None:  # noqa: ANN401 - h5py has no types
        for key, value in item.attrs.items():
            found.append((f"{name}@{key}", np.asarray(value)))
        if isinstance(item, h5py.Dataset):
            found.append((name, np.asarray(item[()])))

    try:
        with h5py.File(path, "r") as file:
            keep("", file)  # visititems leaves out the root
            file.visititems(keep)
    except RuntimeError as error:
        raise StoreError(f"{path}: truncated, or no HDF5 file ({error})") from error
    yield from found


def _columns(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
    except ValueError as error:
        raise StoreError(f"{path}: truncated, or no Parquet file ({error})") from error
    for name in table.column_names:
        yield name, table.column(name).to_numpy()
    metadata = table.schema.metadata or {}
    yield "metadata", np.asarray(sorted(f"{key!r}={value!r}" for key, value in metadata.items()))


def _compared(first: dict[str, Any], second: dict[str, Any]) -> Difference:
    worst = Difference(None, 0.0, 0.0, "")
    for name in sorted(first | second):
        if name not in first or name not in second:
            return Difference(f"{name} is in one of them only", np.inf, 1.0, name)
        one, other = first[name], second[name]
        if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
            shapes = f"{one.dtype} {one.shape} and {other.dtype} {other.shape}"
            return Difference(f"{name}: {shapes}", np.inf, 1.0, name)
        fractions = one.dtype.kind == "f"
        amount = _largest(one, other) if fractions else _share(one, other)
        if fractions and amount > worst.largest:
            worst = Difference(None, amount, worst.others, name)
        elif not fractions and amount > worst.others:
            worst = Difference(None, worst.largest, amount, worst.where or name)
    return worst


def _largest(one: Any, other: Any) -> float:  # noqa: ANN401 - arrays of any shape
    # Doubles, so that the difference of two float32 is not rounded again.
    one, other = one.astype(np.float64), other.astype(np.float64)
    if not np.array_equal(np.isfinite(one), np.isfinite(other)):
        return float("inf")
    finite = np.isfinite(one)
    if not finite.any():
        return 0.0
    # Of the largest number, not of each: a share of a number near 0 says nothing.
    scale = float(np.abs(one[finite]).max()) or 1.0
    return float(np.abs(one[finite] - other[finite]).max()) / scale


def _share(one: Any, other: Any) -> float:  # noqa: ANN401 - arrays of any shape
    return float(np.mean(one != other)) if one.size else 0.0
