"""Where scripts stand, and how run records name files."""

from __future__ import annotations

import os
from pathlib import Path

from polyconcept.audit.code import PACKAGE


def script_of(rule: str, folder: Path) -> Path:
    """Return the script of a rule; its folder is ``workflow/scripts`` of the project."""
    return Path(os.path.abspath(folder)) / script_name(rule)  # noqa: PTH100 - keeps links as they are


def script_name(rule: str) -> str:
    """Return the file name of a rule's script.

    Rules of the names ``a`` and ``a__b`` differ in their files only: they have one script.
    """
    return f"{rule.partition('__')[0]}.py"


def place_of(path: str, root: Path) -> str:
    """Return how a record names a file: the project's own from its root, all others as they are."""
    own = root / PACKAGE
    return str(Path(path).relative_to(root)) if Path(path).is_relative_to(own) else path


def locate(place: str, folder: Path, root: Path) -> Path:
    """Return the file that a record names, as `place_of` gave it; Snakemake ran in `folder`."""
    own = Path(place).parts[:1] == (PACKAGE,)
    return root / place if own else folder / place
