"""JSON files: records about other files, with their content hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyconcept.machine.atomic import write_text_atomic


def write_json(content: object, path: Path) -> None:
    """Write `content` as indented UTF-8 JSON, keys in their given order.

    Dataclasses become objects with their fields.
    """
    # asdict raises TypeError for whatever else JSON has no form of, as json itself would.
    text = json.dumps(content, ensure_ascii=False, indent=2, default=asdict)
    write_text_atomic(path, text + "\n")


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON holds anything
    """Return what a JSON file holds.

    Raises:
        ValueError: Naming the file and line where it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise ValueError(f"{path}: not readable: nested too deeply") from None


def sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
