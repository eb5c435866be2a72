"""What can be wrong with a stored file, said in one way for all kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from polyconcept.machine.atomic import atomic_path
from polyconcept.store.disk import DiskFile

_VERSIONS = {"concepts": 2}
"""Version of each format that is not the first; raised when an old reader would misread a file."""


class StoreError(ValueError):
    """A stored file that cannot be used: truncated, foreign, of another version or table."""


class MissingColumnError(StoreError):
    """A table that has no such column, or has it twice."""


def version_of(kind: str) -> int:
    """Return the version that files of `kind` are written in; those before it are read as well."""
    return _VERSIONS.get(kind, 1)


def check_kind(path: Path, kind: str, found: Mapping[str, Any]) -> None:
    """Refuse a file that is not of `kind` in a version that is read.

    Raises:
        StoreError: Naming the file, what was found and what was needed.
    """
    name, version = found.get("polyconcept_format"), found.get("format_version")
    newest = version_of(kind)
    if name != kind or version is None or not 1 <= int(version) <= newest:
        what = f"{name!r} version {version}" if name else "no mark of Polyconcept's"
        known = " or ".join(map(str, range(1, newest + 1)))
        raise StoreError(f"{path}: found {what}, needed a {kind!r} file of version {known}")


def check_fingerprint(path: Path, found: str, needed: str, language: str) -> None:
    """Refuse a file that was made from another word table.

    Raises:
        StoreError: Naming the file, the language and both fingerprints.
    """
    if found != needed:
        raise StoreError(
            f"{path}: made from another word table of language {language!r}: found fingerprint "
            f"{found[:12]}, needed {needed[:12]}; make the file again from the present word table"
        )


@contextmanager
def open_hdf5(path: Path, kind: str) -> Iterator[h5py.File]:
    """Open an HDF5 file of `kind` for reading.

    Raises:
        FileNotFoundError: There is no such file.
        StoreError: The file is truncated, is no HDF5, or is of another kind or version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; needed a {kind!r} file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise StoreError(
            f"{path}: truncated, or no HDF5 file ({error}); needed a {kind!r} file: remove it and "
            "make it again"
        ) from error
    with file:
        check_kind(path, kind, file.attrs)
        yield file


@contextmanager
def create_hdf5(path: Path, kind: str) -> Iterator[tuple[h5py.File, DiskFile]]:
    """Make an HDF5 file of `kind` that appears at `path` whole or not at all.

    Yields:
        The HDF5 file, and the file under it: call its `check` after each piece of work, so that no
        more is done for a disk that is full.

    Raises:
        OSError: As for `atomic_path`.
    """
    with atomic_path(path) as temporary, temporary.open("w+b", buffering=0) as raw:
        disk = DiskFile(raw)
        try:
            with disk, h5py.File(disk, "w", libver="v110") as file:
                file.attrs["polyconcept_format"] = kind
                file.attrs["format_version"] = version_of(kind)
                yield file, disk
        finally:
            # Also in place of an error that HDF5 had from reading what was not written.
            disk.check()
