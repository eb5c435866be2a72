"""Download a model of the hub at its pinned commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polyconcept.records.repositories import INDEX, PinnedRepo, shard_names
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_errors import HubError
from polyconcept.sources.hub_files import needed_model_files
from polyconcept.store.sources import read_pin


def folder_of(files: Mapping[str, str]) -> Path:
    """Return the folder into which the commit that ``files["pin"]`` names is downloaded."""
    return download_model(read_pin(Path(files["pin"])))


def download_model(pinned: PinnedRepo) -> Path:
    """Download what loading a model needs, and return the folder in the cache that holds it.

    Raises:
        HubError: as `needed_model_files` and `download_files`; or the index of split weights names
            files that are not there, or no files of the repository's own folder.
    """
    files = download_files(pinned, needed_model_files(pinned))
    # Split weights: the index, now here, says which other files there are.
    if INDEX in files:
        download_files(pinned, _shards(pinned, files[INDEX]))
    return files["config.json"].parent


def _shards(pinned: PinnedRepo, index: Path) -> tuple[str, ...]:
    try:
        names = shard_names(index.read_bytes(), f"{pinned}: {INDEX}")
    except ValueError as error:
        raise HubError(str(error)) from error
    missing = [name for name in names if name not in pinned.paths]
    if missing:
        raise HubError(
            f"{pinned}: {INDEX} names {len(names)} files, and {len(missing)} of them are not "
            f"there, the first {missing[0]}"
        )
    return names
