"""JSON files that say which commit of a repository of the hub a study uses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import get_args

from polyconcept.records.repositories import Kind, PinnedRepo, RepoFile
from polyconcept.store.faults import StoreError, check_kind, version_of
from polyconcept.store.json import read_json, write_json

_KIND = "source"


def write_pin(pinned: PinnedRepo, path: Path) -> None:
    """Write a pin (source.json); `read_pin` gives it back."""
    mark = {"polyconcept_format": _KIND, "format_version": version_of(_KIND)}
    write_json(mark | asdict(pinned), path)


def read_pin(path: Path) -> PinnedRepo:
    """Read a pin.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no JSON; with the line.
        StoreError: It is of another kind or version, or a value in it is missing or impossible.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise StoreError(f"{path}: found a JSON {type(found).__name__}, needed an object")
    check_kind(path, _KIND, found)
    try:
        files = tuple(_file(entry) for entry in found["files"])
        asked, kind = found["asked"], found["kind"]
        if kind not in get_args(Kind):
            raise ValueError(f"kind {kind!r}: expected 'model' or 'dataset'")
        return PinnedRepo(
            _text(found["repository"]),
            kind,
            asked if asked is None else _text(asked),
            _text(found["commit"]),
            files,
        )
    except KeyError as error:
        raise StoreError(f"{path}: {error.args[0]!r} is missing") from error
    except (TypeError, ValueError) as error:
        raise StoreError(f"{path}: {error}") from error


def _file(entry: dict[str, object]) -> RepoFile:
    size, sha256 = entry["size"], entry["sha256"]
    if not isinstance(size, int):
        raise TypeError(f"size {size!r}: needed a whole number")
    return RepoFile(
        _text(entry["path"]),
        size,
        sha256 if sha256 is None else _text(sha256),
        _text(entry["blob"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"found {value!r}, needed text")
    return value
