"""Modules that a job loads by name: the one place where an import is no plain statement.

Where one rule serves several kinds (sources, tasks, figures), the register of the study's jobs
names the modules of the kinds that a job uses. They are loaded here, and count as the job's code;
modules of other kinds do not.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def load_kind(module: str, room: str) -> ModuleType:
    """Import a module of a kind.

    Args:
        module: Its whole name, such as ``polyconcept.figures.rivals``.
        room: The room that it must stand in, such as ``figures``.

    Raises:
        ValueError: It stands elsewhere.
        ModuleNotFoundError: There is no such module.
    """
    if not module.startswith(f"polyconcept.{room}."):
        raise ValueError(f"found {module!r}, needed a module of polyconcept.{room}")
    return importlib.import_module(module)
