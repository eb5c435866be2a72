"""Examples of aligned concepts as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.concepts import AlignedConcepts, ConceptExample
from polyconcept.store.json import read_json, write_json


def write_examples(concepts: AlignedConcepts, path: Path) -> None:
    """Write the examples of a language pair as an object with the fields of `AlignedConcepts`."""
    write_json(concepts, path)


def read_examples(paths: Sequence[Path]) -> list[AlignedConcepts]:
    """Return the examples of language pairs, a file each."""
    return [_concepts(read_json(path)) for path in paths]


def _concepts(fields: dict[str, Any]) -> AlignedConcepts:
    # JSON knows no tuples.
    examples = tuple(
        ConceptExample(
            sentence_share=example.pop("sentence_share"),
            **{name: tuple(values) for name, values in example.items()},
        )
        for example in fields["examples"]
    )
    return AlignedConcepts(**(fields | {"examples": examples}))
