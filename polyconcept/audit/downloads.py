"""Whether the files of a model are those that its pin names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from polyconcept.audit.hashes import KnownHashes
from polyconcept.audit.runs import RunRecord
from polyconcept.store.content import files_inside
from polyconcept.store.sources import read_pin


def download_faults(
    record: RunRecord, folder: Path, known: KnownHashes
) -> Iterator[tuple[str, str, str]]:
    """Yield files of a fetched model that are not the hub's: path, needed and found hash.

    The record is of a job that copied a model of the hub: its input is the pin, its output the
    model's folder. Its paths start at `folder`; hashes that are `known` are believed.
    """
    try:
        pinned = read_pin(folder / record.inputs[0].path)
    except (OSError, ValueError) as error:
        yield record.inputs[0].path, "a pin", str(error)
        return
    model = folder / record.outputs[0].path
    for name in files_inside(model) if model.is_dir() else []:
        place = f"{record.outputs[0].path}/{name}"
        try:
            asked = pinned.file(name)
        except ValueError:
            yield place, f"a file of {pinned}", "one that is not there"
            continue
        # The hub knows large files (LFS) by their SHA-256, all others by git's hash alone.
        content = (model / name).read_bytes() if asked.sha256 is None else None
        found = known.bytes(place, model / name) if content is None else _git_blob(content)
        if found != asked.digest:
            yield place, asked.digest, found


def _git_blob(content: bytes) -> str:
    """Return the SHA-1 that git gives a file."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
