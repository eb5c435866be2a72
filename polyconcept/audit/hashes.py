"""Hashes that are known of files: believed of one that looks from outside as it did when hashed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.audit.notes import read_note, write_note
from polyconcept.store.content import content_sha256, files_inside
from polyconcept.store.json import sha256

KNOWN_HASHES = "logs/hashes.json"
"""Where they are kept, in a study's results: a help, and no result."""
_FORMAT = "polyconcept-hashes/1"
# Disks tell times apart by some milliseconds only: of a file that has just been written, another
# look may show the same though it was written once more.
_SECONDS_TO_SETTLE = 2.0

Stamp: TypeAlias = list[list[Any]]


def stamp(path: Path) -> Stamp:
    """Return what changes where a file, or one in a folder, is written.

    Of each file: its name in the folder, size in bytes, times of writing (mtime) and of change
    (ctime) in nanoseconds, number on disk (inode). Programs can set back the time of writing, but
    not that of change.

    Raises:
        OSError: There is no such file.
    """
    names = files_inside(path) if path.is_dir() else [""]
    stats = [(name, (path / name).stat()) for name in names]
    return [[name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for name, s in stats]


class KnownHashes:
    """Hashes of files and folders, with the stamps that they had then.

    What `place` holds is believed of a path only with the same stamp: copies have others, as has
    what was written since. A file that is not there, cut off or foreign teaches nothing. Without a
    `place`, or where they are not to be believed, everything is hashed.
    """

    def __init__(self, place: Path | None = None, *, believe: bool = True) -> None:
        self._place = place
        self._known = _kept(place) if place and believe else {}
        self.hashed: set[str] = set()
        """Names of files and folders of which a hash had to be taken."""

    def content(self, name: str, path: Path) -> str:
        """Return `content_sha256` of the file or folder that records call `name`.

        Raises:
            OSError, StoreError: As `content_sha256`.
        """
        return self._of("content", name, path, content_sha256)

    def bytes(self, name: str, path: Path) -> str:
        """Return the SHA-256 (hex) of a file's bytes, also of HDF5.

        Raises:
            OSError: It cannot be read.
        """
        return self._of("bytes", name, path, sha256)

    def keep(self) -> None:
        """Write what is known for the next time, where that is possible."""
        if self._place is None or not self._place.parent.is_dir():
            return
        with suppress(OSError):  # results that may only be read
            write_note({"format": _FORMAT, "files": self._known}, self._place)

    def _of(self, kind: str, name: str, path: Path, take: Callable[[Path], str]) -> str:
        before = stamp(path)
        known = self._known.get(name, {})
        if known.get("stamp") == before and isinstance(known.get(kind), str):
            return str(known[kind])
        self.hashed.add(name)
        began = time.time()
        found = take(path)
        settled = max((times[3] for times in before), default=0) / 1e9 < began - _SECONDS_TO_SETTLE
        if settled and stamp(path) == before:
            if known.get("stamp") != before:
                known = {"stamp": before}
            self._known[name] = known | {kind: found}
        else:
            self._known.pop(name, None)
        return found


def _kept(place: Path) -> dict[str, dict[str, Any]]:
    try:
        found = read_note(place)
        if found["format"] != _FORMAT:
            return {}
        return {str(name): dict(known) for name, known in found["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
