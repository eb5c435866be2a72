"""Translations of a test set as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyconcept.records.text import Translations
from polyconcept.store.json import read_json, write_json


def write_translations(translations: Iterable[Translations], path: Path) -> None:
    """Write a list of objects, one per language pair, with the fields of `Translations`."""
    write_json([asdict(pair) for pair in translations], path)


def read_translations(path: Path) -> list[Translations]:
    """Return the translations of each language pair, in the order of the file."""
    return [_translations(fields) for fields in read_json(path)]


def _translations(fields: dict[str, Any]) -> Translations:
    # JSON knows no tuples.
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Translations(**values)
