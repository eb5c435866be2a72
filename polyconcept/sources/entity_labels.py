"""Named entities, from wherever they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyconcept.records.text import Dropped, TaggedSentences
from polyconcept.sources.columns import tagged_from_columns
from polyconcept.sources.kinds import Found
from polyconcept.text.escapes import unescaped
from polyconcept.text.recognise import Reading
from polyconcept.text.tagged import recognise_tagged, write_tagged

COLUMNS = {"words": "words", "tags": "tags"}
write = write_tagged


def from_file(
    path: Path, language: str, settings: Mapping[str, Any]
) -> tuple[TaggedSentences, Found]:
    """Find out how a CoNLL file of the user's is tagged, and read it."""
    labels, options = settings["labels"], {key: settings[key] for key in ("ignored", "columns")}
    return _plain(*recognise_tagged(path, language, labels, **options))


def from_builtin(generated: Any, language: str) -> TaggedSentences:  # noqa: ANN401 - of builtin
    """Take the tags of the built-in text."""
    tags: TaggedSentences = generated.tags[language]
    return tags


def from_columns(
    language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> tuple[TaggedSentences, Dropped, Found]:
    """Take the tags of a data set's columns."""
    source = settings["hub"]
    sentences, reading = tagged_from_columns(
        language,
        **rows,
        labels=settings["labels"],
        ignored=settings["ignored"],
        classes=source["classes"],
        codes=[source["codes"].get(language, language)],
    )
    sentences, found = _plain(sentences, reading)
    return sentences, reading.changed, found


def _plain(sentences: TaggedSentences, reading: Reading) -> tuple[TaggedSentences, Found]:
    """Sentences without escapes, and all that was found."""
    sentences, n_escapes = unescaped(sentences)
    return sentences, {**asdict(reading), "n_escapes": n_escapes}
