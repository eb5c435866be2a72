"""A model of the hub, at its pinned commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_files import needed_model_files
from polyconcept.store.sources import read_pin

__all__ = ["folder_of"]


def folder_of(files: Mapping[str, str]) -> Path:
    """Return the folder into which the commit that ``files["pin"]`` names is downloaded."""
    pinned = read_pin(Path(files["pin"]))
    return download_files(pinned, needed_model_files(pinned))["config.json"].parent
