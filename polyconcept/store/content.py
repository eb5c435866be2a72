"""Hashes of what files hold.

Two HDF5 files of the same values may differ in their bytes: another version of the library lays
them out anew. So of HDF5 the content is hashed; of all else the bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import h5py
import numpy as np

from polyconcept.store.blocks import Blocks, has_hashes
from polyconcept.store.faults import StoreError
from polyconcept.store.json import sha256

# Memory that hashing a data set of any size takes.
_BLOCK_BYTES = 2**24
# Ours nest nine deep; a damaged or hostile file could nest groups until Python's stack ends.
_MOST_LEVELS = 64


MOVABLE = ("models", "vectors", "concepts")
"""Folders of a study's results that may be links to another disk: they are the largest."""


@runtime_checkable  # beartype checks it in the tests
class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


def content_sha256(path: Path, *, by_blocks: bool = False) -> str:
    """Return the SHA-256 (hex) of what stands at `path`.

    - a file named ``*.h5``: of the names, attributes, types, shapes and values, in a fixed order
      and byte order; where and how they lie in the file does not count. Of a data set whose file
      holds hashes of its blocks, these count for the values. They are taken anew, or `by_blocks`
      believed: then only who reads a block learns whether it is as it was written;
    - another file: of its bytes;
    - a folder: of the lines ``{path inside}<space>{SHA-256 of the bytes}``, sorted, of the files
      inside at any depth; hidden files and folders do not count.

    Raises:
        FileNotFoundError: There is neither file nor folder.
        StoreError: HDF5 that is damaged, or holds what no file of ours does (links to elsewhere,
            compound types).
    """
    if path.is_dir():
        lines = [f"{name} {sha256(path / name)}\n" for name in files_inside(path)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    return _hdf5_sha256(path, by_blocks) if path.suffix == ".h5" else sha256(path)


def content_bytes(path: Path) -> int:
    """Return the size of a file, or of all files that count in a folder."""
    files = [path / name for name in files_inside(path)] if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def files_inside(folder: Path) -> list[str]:
    """Return the files in a folder at any depth by their paths in it, sorted; no hidden ones."""
    found = []
    for place, folders, files in os.walk(folder):
        # os.walk goes into the folders that stay in the list.
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(place).relative_to(folder)
        found += [(inside / name).as_posix() for name in files if not name.startswith(".")]
    return sorted(found)


def result_files(results: Path) -> list[str]:
    """Return the files of a study's results as `files_inside` does, those of `MOVABLE` too."""
    moved = [f"{name}/{file}" for name in _moved(results) for file in files_inside(results / name)]
    return sorted(files_inside(results) + moved)


def links_out_of_results(results: Path) -> list[str]:
    """Return the links out of a study's results as `links_out_of` does, those of `MOVABLE` apart.

    What lies where these lead is looked through as well.
    """
    moved = _moved(results)
    inside = [f"{name}/{link}" for name in moved for link in links_out_of(results / name)]
    return sorted([link for link in links_out_of(results) if link not in moved] + inside)


def _moved(results: Path) -> list[str]:
    return [name for name in MOVABLE if (results / name).is_symlink() and (results / name).is_dir()]


def links_out_of(folder: Path) -> list[str]:
    """Return the links in a folder at any depth that lead out of it, by their paths in it, sorted.

    The folder may itself be a link: what lies where it leads is inside.
    """
    top = Path(os.path.realpath(folder))
    links = [
        path
        for place, folders, files in os.walk(folder)
        for path in (Path(place, name) for name in (*folders, *files))
        if path.is_symlink()
    ]
    outside = [path for path in links if not Path(os.path.realpath(path)).is_relative_to(top)]
    return sorted(path.relative_to(folder).as_posix() for path in outside)


def _hdf5_sha256(path: Path, by_blocks: bool) -> str:
    digest = hashlib.sha256()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with h5py.File(path, "r") as file:
            _add_group(digest, file, "/", _MOST_LEVELS, by_blocks)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error
    # What h5py raises where bytes of the file's structure are wrong.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise StoreError(f"{path}: truncated, or no HDF5 file ({error})") from error
    return digest.hexdigest()


def _add_group(
    digest: _Digest, group: h5py.Group, place: str, levels: int, by_blocks: bool
) -> None:
    if not levels:
        raise StoreError(f"{place}: groups lie more than {_MOST_LEVELS} deep in each other")
    _add_line(digest, "group", place)
    _add_attributes(digest, group, place)
    # Sorted: HDF5 gives names in the order of its index, which is not part of the content.
    for name in sorted(group):
        inside = f"{place}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise StoreError(f"{inside}: a link to elsewhere; needed a group or a data set")
        found = group[name]
        if isinstance(found, h5py.Group):
            _add_group(digest, found, f"{inside}/", levels - 1, by_blocks)
        elif isinstance(found, h5py.Dataset):
            _add_dataset(digest, found, inside, by_blocks)
        else:
            raise StoreError(f"{inside}: found a named type; needed a group or a data set")


def _add_attributes(digest: _Digest, owner: h5py.HLObject, place: str) -> None:
    for name in sorted(owner.attrs):
        where = f"{place}, attribute {name!r}"
        value = owner.attrs[name]
        if isinstance(value, h5py.Empty):
            raise StoreError(f"{where}: found no value; needed one")
        array = np.asarray(value, dtype=object) if isinstance(value, str) else np.asarray(value)
        kind, data = _canonical(array, where)
        _add_line(digest, "attribute", place, name, kind, list(array.shape), len(data))
        digest.update(data)


def _add_dataset(digest: _Digest, dataset: h5py.Dataset, place: str, by_blocks: bool) -> None:
    if dataset.shape is None:
        raise StoreError(f"{place}: found no value; needed one")
    kind, _ = _canonical(np.empty(0, dtype=dataset.dtype), place)
    if has_hashes(dataset):
        _add_line(digest, "dataset by blocks", place, kind, list(dataset.shape))
        blocks = Blocks(dataset, place)
        for one in blocks.hashes if by_blocks else blocks.hashes_now():
            digest.update(one)
    else:
        _add_line(digest, "dataset", place, kind, list(dataset.shape))
        for block in _blocks(dataset):
            digest.update(_canonical(block, place)[1])
    _add_attributes(digest, dataset, place)


def _blocks(dataset: h5py.Dataset) -> Iterator[Any]:
    if dataset.ndim == 0:
        yield np.asarray(dataset[()])
        return
    row_bytes = max(1, dataset.dtype.itemsize * int(np.prod(dataset.shape[1:], dtype=np.int64)))
    n_rows = max(1, _BLOCK_BYTES // row_bytes)
    for first in range(0, dataset.shape[0], n_rows):
        yield dataset[first : first + n_rows]


def _canonical(array: Any, where: str) -> tuple[str, bytes]:  # noqa: ANN401 - h5py has no types
    """Return a name of the type that knows no byte order, and the values' bytes."""
    if array.dtype.kind in "biufc":
        dtype = array.dtype.newbyteorder("<")
        return dtype.str, np.ascontiguousarray(array).astype(dtype, copy=False).tobytes()
    if array.dtype.kind in "OSU":
        # As bytes with their length in front: else "ab", "c" would equal "a", "bc".
        texts = [_text_bytes(item, where) for item in array.reshape(-1).tolist()]
        return "text", b"".join(len(text).to_bytes(8, "little") + text for text in texts)
    raise StoreError(f"{where}: found the type {array.dtype}; needed numbers or text")


def _text_bytes(item: object, where: str) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8", errors="surrogateescape")
    if isinstance(item, bytes):
        return item
    raise StoreError(f"{where}: found {type(item).__name__}; needed numbers or text")


def _add_line(digest: _Digest, *parts: object) -> None:
    digest.update(json.dumps(parts).encode() + b"\n")
