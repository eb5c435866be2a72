"""HDF5 files: whole or not at all, their errors heard, on the disk as they are written."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from polyconcept.machine.atomic import atomic_path
from polyconcept.store.faults import StoreError, check_kind, version_of

_SYNC_BYTES = 1 << 27
"""Written bytes after which they are brought to the disk, beside what goes on."""


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
    # Unbuffered: of what Python held back no write could fail until the file is closed.
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


class DiskFile(io.RawIOBase):
    """A file for HDF5 to write to, where no write seems to fail.

    HDF5 does not get over a write that fails: it cannot close what it has open, says so page after
    page, and may crash. So it never hears of an error; `check` raises the first one.

    Of a large file what is written goes to the disk while more is made: left to itself the system
    begins late, and the sync at the end would wait for most of the file.
    """

    def __init__(self, raw: io.FileIO) -> None:
        super().__init__()
        self._raw = raw
        self._error: OSError | None = None
        self._n_unsynced = 0
        self._thread: ThreadPoolExecutor | None = None
        self._syncing: Future[None] | None = None

    def check(self) -> None:
        """Raise the first error of the system, if there was one."""
        if self._error is not None:
            raise self._error

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Write all of `data`, or nothing once a write has failed."""
        rest = memoryview(data)
        while self._error is None and len(rest):
            try:
                rest = rest[self._raw.write(rest) :]
            except OSError as error:
                self._error = error
        self._n_unsynced += len(data)
        if self._n_unsynced >= _SYNC_BYTES and (self._syncing is None or self._syncing.done()):
            self._sync()
        return len(data)

    def _sync(self) -> None:
        """Bring to the disk what is written so far; nothing waits for it."""
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1)
        self._hear_of_sync()
        self._syncing, self._n_unsynced = self._thread.submit(os.fsync, self._raw.fileno()), 0

    def _hear_of_sync(self) -> None:
        """Keep the error of the last sync: the system tells it once, and not the next who syncs."""
        if self._syncing is not None and isinstance(error := self._syncing.exception(), OSError):
            self._error = self._error or error

    def close(self) -> None:
        """Wait for the last sync; the file under this one stays open."""
        if self._thread is not None:
            self._thread.shutdown()
            self._hear_of_sync()
            self._thread = None
        super().close()

    def truncate(self, size: int | None = None) -> int:
        """Cut the file off, or make it longer."""
        try:
            return self._raw.truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size or 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill `buffer`; what was never written is zeros."""
        done = 0
        while n_read := self._raw.readinto(memoryview(buffer)[done:]):
            done += n_read
        buffer[done:] = bytes(len(buffer) - done)
        return len(buffer)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place in the file."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._raw.tell()

    def readable(self) -> bool:
        """Say that HDF5 may read back what it wrote."""
        return True

    def writable(self) -> bool:
        """Say that HDF5 may write."""
        return True

    def seekable(self) -> bool:
        """Say that HDF5 may write anywhere."""
        return True
