"""Examples of aligned concepts as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyconcept.records.concepts import ConceptExample
from polyconcept.store.json import read_json, write_json

__all__ = ["read_examples", "write_examples"]


def write_examples(examples: Iterable[ConceptExample], path: Path) -> None:
    """Write examples as a list of objects with the fields of `ConceptExample`."""
    write_json([asdict(example) for example in examples], path)


def read_examples(paths: Sequence[Path]) -> list[ConceptExample]:
    """Return the examples in files, one file after the other."""
    return [_example(fields) for path in paths for fields in read_json(path)]


def _example(fields: dict[str, Any]) -> ConceptExample:
    """JSON knows no tuples."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return ConceptExample(**values)
