"""Examples of concepts as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.concepts import AlignedConcepts, ConceptExample
from polyconcept.records.examples import OverlapExample, OverlappingConcepts, PairExamples
from polyconcept.store.json import read_json, write_json


def write_examples(examples: PairExamples, path: Path) -> None:
    """Write the examples of a language pair as an object with the fields of `PairExamples`."""
    write_json(examples, path)


def read_examples(paths: Sequence[Path]) -> list[PairExamples]:
    """Return the examples of language pairs, a file each."""
    return [_pair(read_json(path)) for path in paths]


def _pair(fields: dict[str, Any]) -> PairExamples:
    aligned, overlapping = fields["aligned"], fields["overlapping"]
    return PairExamples(
        AlignedConcepts(**aligned | {"examples": _examples(ConceptExample, aligned)}),
        OverlappingConcepts(**overlapping | {"examples": _examples(OverlapExample, overlapping)}),
    )


def _examples(kind: type[Any], fields: dict[str, Any]) -> tuple[Any, ...]:
    # JSON knows no tuples.
    return tuple(
        kind(**{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in example.items()
        })
        for example in fields["examples"]
    )  # fmt: skip
