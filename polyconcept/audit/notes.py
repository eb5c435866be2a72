"""Notes that only save time: believed where they are whole, and else as if they were not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyconcept.audit.runs import digest
from polyconcept.machine.atomic import write_text_atomic


def write_note(content: Mapping[str, Any], place: Path) -> None:
    """Write a note with its own SHA-256.

    Raises:
        OSError: As `write_text_atomic`.
    """
    write_text_atomic(place, json.dumps({**content, "sha256": digest(content)}) + "\n")


def read_note(place: Path) -> dict[str, Any]:
    """Return what `write_note` wrote; nothing where the file is not there, cut off or edited."""
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        whole = content.pop("sha256") == digest(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return dict(content) if whole else {}
