"""What can be wrong with a stored file, said in one way for all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VERSIONS = {"concepts": 2, "vectors": 2}
"""Version of each format that is not the first; raised when an old reader would misread a file."""


class StoreError(ValueError):
    """A stored file that cannot be used: truncated, foreign, of another version or table."""


class DamagedError(StoreError):
    """A file that is not as it was written."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: damaged since it was made: {what}; make it again")
        self.path, self.what = path, what


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
