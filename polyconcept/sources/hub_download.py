"""From a pin to checked files in the local cache."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    get_session,
    hf_hub_url,
    try_to_load_from_cache,
)

# Private, but it makes the links of every cache of the hub, and copies where links do not work.
from huggingface_hub.file_download import _create_symlink
from huggingface_hub.utils import WeakFileLock, build_hf_headers, hf_raise_for_status

from polyconcept.machine.logs import progress
from polyconcept.records.repositories import PinnedRepo, RepoFile
from polyconcept.sources.hub_cache import blob_path, fault_of, snapshot_path
from polyconcept.sources.hub_errors import HubError, with_retries

_LOG = logging.getLogger(__name__)
_MIB = 2**20


def download_files(pinned: PinnedRepo, names: Collection[str]) -> dict[str, Path]:
    """Return files of a pinned repository in the local cache, downloaded where they are missing.

    Size and SHA-256 (of files that git holds itself: git's SHA-1) are checked, also of what is in
    the cache already; a file with wrong content is removed and fetched once more. An interrupted
    download resumes where it ended, in the next try or the next call. The cache has the layout of
    huggingface_hub (HF_HOME, HF_HUB_CACHE). With HF_HUB_OFFLINE=1 only the cache is used.

    Returns:
        Name -> path, in the order of `names`.

    Raises:
        ValueError: the repository has no file of such a name.
        HubError: the hub cannot be reached or refuses, a checksum is wrong twice (file, found and
            expected one), or files are missing offline (all are named).
    """
    files = [pinned.file(name) for name in names]
    cached = {file.path: _cached(pinned, file) for file in files}
    missing = [file for file in files if cached[file.path] is None]
    if missing and constants.is_offline_mode():
        raise HubError(
            f"{pinned}: HF_HUB_OFFLINE is set, and the cache {constants.HF_HUB_CACHE} "
            f"(HF_HUB_CACHE) lacks {', '.join(file.path for file in missing)}; run this step once "
            "where there is network, with the same cache"
        )
    for file in missing:
        _LOG.info("%s: downloading %s, %s bytes", pinned, file.path, f"{file.size:,}")
        # One after another, each with a bar of its own and tries of its own.
        _fetch(pinned, file)
        cached[file.path] = _linked(pinned, file)
    return {name: path for name, path in cached.items() if path is not None}


def _cached(pinned: PinnedRepo, file: RepoFile) -> Path | None:
    """Return the file in the cache, if its content is right; wrong content is removed."""
    found = try_to_load_from_cache(
        pinned.repository, file.path, revision=pinned.commit, repo_type=pinned.kind
    )
    if not isinstance(found, str):
        return None
    fault = fault_of(Path(found), file)
    if fault is None:
        return Path(found)
    _LOG.warning("%s: %s in the cache is damaged and removed: %s", pinned, file.path, fault)
    Path(found).unlink()
    blob_path(pinned, file).unlink(missing_ok=True)
    return None


def _fetch(pinned: PinnedRepo, file: RepoFile) -> None:
    """Put the content where huggingface_hub keeps it, once it is whole and checked."""
    # huggingface_hub's own download checks the size only, keeps nothing of a download that failed,
    # and loses up to 10 MiB at each interruption.
    blob = blob_path(pinned, file)
    partial = blob.with_name(f"{blob.name}.polyconcept.incomplete")
    blob.parent.mkdir(parents=True, exist_ok=True)
    # The lock of huggingface_hub, so that programs that share the cache wait for each other.
    lock = Path(constants.HF_HUB_CACHE) / ".locks" / blob.parent.parent.name / f"{blob.name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        if blob.is_file() and fault_of(blob, file) is None:
            return
        fault: str | None = None
        for _ in range(2):
            with_retries(
                f"{pinned}, {file.path}",
                lambda: _stream(pinned, file, partial),
                reached=lambda: _size(partial),
            )
            fault = fault_of(partial, file)
            if fault is None:
                # Other programs trust this name: it is given to checked content only.
                partial.replace(blob)
                return
            _LOG.warning("%s: %s arrived damaged: %s", pinned, file.path, fault)
            partial.unlink()
    raise HubError(
        f"{pinned}: {file.path} arrived damaged twice from {constants.ENDPOINT}: {fault}; nothing "
        "of it was kept (a proxy or mirror that alters files does this)"
    )


def _stream(pinned: PinnedRepo, file: RepoFile, partial: Path) -> None:
    """Download into `partial`, going on where it ends."""
    start = _size(partial)
    if start == file.size and partial.is_file():
        return
    url = hf_hub_url(pinned.repository, file.path, revision=pinned.commit, repo_type=pinned.kind)
    location = get_hf_file_metadata(url, timeout=constants.HF_HUB_ETAG_TIMEOUT).location
    # A compressed answer has another length, and none of its bytes could be resumed from.
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if 0 < start < file.size:
        headers["Range"] = f"bytes={start}-"
    if urlsplit(location)[:2] != urlsplit(url)[:2]:
        headers.pop("authorization", None)  # large files lie elsewhere: the token is not for there
    with get_session().stream("GET", location, headers=headers) as response:
        hf_raise_for_status(response)
        # A server that does not know ranges sends all of the file.
        with partial.open(
            "ab" if response.status_code == HTTPStatus.PARTIAL_CONTENT else "wb"
        ) as out:
            chunks = response.iter_bytes(_MIB)
            total = -(-file.size // _MIB)
            for chunk in progress(chunks, total=total, description=f"{file.path} (MiB)"):
                out.write(chunk)
                if out.tell() > file.size:  # no end is in sight: the check of the size says so
                    break
            out.flush()
            os.fsync(out.fileno())


def _size(partial: Path) -> int:
    return partial.stat().st_size if partial.is_file() else 0


def _linked(pinned: PinnedRepo, file: RepoFile) -> Path:
    """Enter the file into the snapshot of the commit, where huggingface_hub looks for it."""
    # Its own download would name the content as the server says, which may be a path to anywhere.
    path = snapshot_path(pinned, file)
    path.parent.mkdir(parents=True, exist_ok=True)
    _create_symlink(str(blob_path(pinned, file)), str(path))
    return path
