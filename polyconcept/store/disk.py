"""The file under an HDF5 file: its errors are heard, and it goes to the disk as it is written."""

from __future__ import annotations

import io
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_SYNC_BYTES = 1 << 27
"""Written bytes after which they are brought to the disk, beside what goes on."""


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
        """HDF5 reads back what it wrote."""
        return True

    def writable(self) -> bool:
        """HDF5 writes."""
        return True

    def seekable(self) -> bool:
        """HDF5 writes anywhere."""
        return True
