"""Named entities, from wherever they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.text import Dropped, TaggedSentences
from polyconcept.sources.columns import tagged_from_columns
from polyconcept.text.tagged import read_tagged, write_tagged

__all__ = ["COLUMNS", "from_builtin", "from_columns", "from_file", "write"]

COLUMNS = {"words": "words", "tags": "tags"}
write = write_tagged


def from_file(path: Path, language: str, settings: Mapping[str, Any]) -> TaggedSentences:
    """Read a CoNLL file of the user's."""
    return read_tagged(path, language, settings["labels"], ignored=settings["ignored"])


def from_builtin(generated: Any, language: str) -> TaggedSentences:  # noqa: ANN401 - of builtin
    """Take the tags of the built-in text."""
    tags: TaggedSentences = generated.tags[language]
    return tags


def from_columns(
    language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> tuple[TaggedSentences, Dropped]:
    """Take the tags of a data set's columns."""
    return tagged_from_columns(
        language,
        **rows,
        labels=settings["labels"],
        ignored=settings["ignored"],
        classes=settings["hub"]["classes"],
    )
