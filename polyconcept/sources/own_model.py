"""A model in a folder on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def folder_of(files: Mapping[str, str]) -> Path:
    """Return the folder ``files["model"]``."""
    return Path(files["model"])
