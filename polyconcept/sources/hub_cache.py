"""The local cache, in the layout of huggingface_hub, so that other programs share it.

Beside the files it keeps which commit a revision meant and what that commit holds: offline, a
repository is pinned from these.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from huggingface_hub import constants

# Private, but the only door to the file lists that `hf download` leaves in the cache too: the
# public get_cached_repo_tree leaves out the SHA-256.
from huggingface_hub._tree_cache import TreeCacheEntry, read_tree_cache, write_tree_cache
from huggingface_hub.file_download import repo_folder_name

from polyconcept.machine.names import plain_name
from polyconcept.records.repositories import Kind, PinnedRepo, RepoFile
from polyconcept.sources.hub_errors import HubError

_LOG = logging.getLogger(__name__)
# Beside the revisions themselves, whose own commit has no safetensors.
_CONVERTED = "polyconcept/converted"


def repository_folder(repository: str, kind: Kind) -> Path:
    """Return the folder of a repository in the cache (HF_HUB_CACHE), whether it is there or not."""
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type=kind)


def blob_path(pinned: PinnedRepo, file: RepoFile) -> Path:
    """Where the cache keeps a file's content: under its digest."""
    return repository_folder(pinned.repository, pinned.kind) / "blobs" / file.digest


def snapshot_path(pinned: PinnedRepo, file: RepoFile) -> Path:
    """Where the cache shows a file under its name."""
    folder = repository_folder(pinned.repository, pinned.kind)
    return folder / "snapshots" / pinned.commit / file.path


def fault_of(path: Path, file: RepoFile) -> str | None:
    """Return what is wrong with the content at `path`; None where size and digest are right."""
    size = path.stat().st_size
    if size != file.size:
        return f"found {size:,} bytes, needed {file.size:,}"
    found = _sha256(path) if file.sha256 else _git_blob(path)
    if found != file.digest:
        name = "SHA-256" if file.sha256 else "git SHA-1"
        return f"found {name} {found}, needed {file.digest}"
    return None


def remember(pinned: PinnedRepo, *, converted: bool) -> None:
    """Keep what a revision meant, or warn if the cache cannot be written."""
    folder = repository_folder(pinned.repository, pinned.kind)
    try:
        if pinned.asked != pinned.commit:
            reference = folder / "refs" / _reference(pinned.asked, converted)
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text(pinned.commit, encoding="ascii")
    except OSError as error:
        # Only a later run without network would need it.
        _LOG.warning("%s: not kept for offline use: %s", pinned, error)
        return
    if read_tree_cache(str(folder), pinned.commit) is None:
        write_tree_cache(str(folder), pinned.commit, {f.path: _entry(f) for f in pinned.files})


def recall(repository: str, kind: Kind, asked: str | None, *, converted: bool) -> PinnedRepo:
    """Return the pin of a revision as the cache knows it, without asking the hub.

    Raises:
        HubError: the cache knows neither the revision nor what its commit holds.
    """
    folder = repository_folder(repository, kind)
    reference = folder / "refs" / _reference(asked, converted)
    commit = asked or "main"
    if reference.is_file():
        commit = plain_name(reference.read_text(encoding="ascii").strip(), str(reference))
    files = _listed(folder, commit) or _downloaded(folder / "snapshots" / commit)
    if not files:
        what = f"revision {asked or 'main'}{' (converted)' if converted else ''}"
        raise HubError(
            f"{kind} {repository}: HF_HUB_OFFLINE is set, and the cache {constants.HF_HUB_CACHE} "
            f"(HF_HUB_CACHE) does not know {what}; run this step once where there is network, "
            "with the same cache"
        )
    return PinnedRepo(repository, kind, asked, commit, files)


def _reference(asked: str | None, converted: bool) -> str:
    return f"{_CONVERTED}/{asked or 'main'}" if converted else asked or "main"


def _listed(folder: Path, commit: str) -> tuple[RepoFile, ...]:
    entries = read_tree_cache(str(folder), commit) or {}
    return tuple(
        RepoFile(path, entry.lfs_size or entry.size, entry.lfs_sha256, entry.blob_id)
        for path, entry in sorted(entries.items())
    )


def _entry(file: RepoFile) -> TreeCacheEntry:
    lfs_size = file.size if file.sha256 else None
    return TreeCacheEntry(file.size, file.blob, file.sha256, lfs_size)


def _downloaded(snapshot: Path) -> tuple[RepoFile, ...]:
    """Return the files of a snapshot that another program made without keeping their list."""
    found = {
        path.relative_to(snapshot).as_posix(): path
        for path in snapshot.rglob("*")
        if path.is_file()
    }
    return tuple(_described(name, found[name]) for name in sorted(found))


def _described(name: str, path: Path) -> RepoFile:
    size = path.stat().st_size
    digest = path.resolve().name if path.is_symlink() else ""
    if len(digest) == 64:
        return RepoFile(name, size, digest, _pointer_blob(digest, size))
    return RepoFile(name, size, None, digest if len(digest) == 40 else _git_blob(path))


def _pointer_blob(sha256: str, size: int) -> str:
    """Return Git's SHA-1 of the LFS pointer to a file (git-lfs, docs/spec.md)."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    data = f"blob {len(text)}\0{text}".encode()
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_blob(path: Path) -> str:
    """Return Git's name of a file's content: the SHA-1 of a header and the content."""
    header = f"blob {path.stat().st_size}\0".encode()
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.sha1(header, usedforsecurity=False)
        ).hexdigest()
