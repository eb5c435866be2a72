"""Modules that a job loads by name: the one place where an import is no plain statement.

Where one rule serves several kinds (sources, tasks, ways of clustering, figures), the register of
the study's jobs names the modules of the kinds that a job uses. They are loaded here, and count as
the job's code; modules of other kinds do not.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def load_kind(module: str, *rooms: str) -> ModuleType:
    """Import a module such as ``polyconcept.figures.rivals``, of the room ``figures``.

    Raises:
        ValueError: It stands elsewhere.
        ModuleNotFoundError: There is no such module.
    """
    # The name may come from a run record that is done again, and so from a stranger.
    if not module.startswith(tuple(f"polyconcept.{room}." for room in rooms)):
        needed = " or ".join(f"polyconcept.{room}" for room in rooms)
        raise ValueError(f"found {module!r}, needed a module of {needed}")
    return importlib.import_module(module)
