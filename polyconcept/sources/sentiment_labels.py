"""Labels of sentences, from wherever they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.text import Dropped, LabelledSentences
from polyconcept.sources.columns import labelled_from_columns
from polyconcept.sources.kinds import Found
from polyconcept.text.escapes import unescaped
from polyconcept.text.labelled import read_labelled, write_labelled

COLUMNS = {"texts": "sentence", "labels": "label"}
write = write_labelled


def from_file(
    path: Path, language: str, settings: Mapping[str, Any]
) -> tuple[LabelledSentences, Found]:
    """Read a TSV file of the user's."""
    labels = settings["spellings"] or settings["labels"]
    found = read_labelled(path, language, labels, columns=settings["columns"])
    sentences, n_escapes = unescaped(found)
    return sentences, {"n_escapes": n_escapes}


def from_builtin(generated: Any, language: str) -> LabelledSentences:  # noqa: ANN401 - of builtin
    """Take the labels of the built-in text."""
    labels: LabelledSentences = generated.labels[language]
    return labels


def from_columns(
    language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> tuple[LabelledSentences, Dropped, Found]:
    """Take the labels of a data set's columns."""
    sentences, dropped = labelled_from_columns(
        language,
        rows["texts"],
        rows["labels"],
        spellings=settings["spellings"] or {label: label for label in settings["labels"]},
        ignored=settings["ignored"],
    )
    return sentences, dropped, {}
