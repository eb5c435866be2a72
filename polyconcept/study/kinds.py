"""The kinds of task, and what the workflow has to know of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TaskKind:
    """A kind of task; `polyconcept.tasks` has modules of its name."""

    sources: tuple[str, ...]
    """Keys that may say where its data come from."""
    labels: tuple[str, ...] = ()
    """Its labels, unless the study names others."""
    suffix: str = ""
    """Ends the names of its labelled data; empty where these are texts of a corpus."""
    reader: str = ""
    """Module of `polyconcept.sources` that reads such data."""
    columns: tuple[str, ...] = ()
    """Settings that name the columns of a data set."""
    file_columns: tuple[str, ...] = ()
    """Columns of a user's file that the study may name."""


_LABELLED = ("files", "builtin", "hub")
TASK_KINDS: Mapping[str, TaskKind] = {
    "entities": TaskKind(
        _LABELLED,
        ("PER", "LOC", "ORG"),
        "conll",
        "entity_labels",
        columns=("words", "tags", "classes"),
        file_columns=("word", "tag"),
    ),
    "sentiment": TaskKind(
        _LABELLED,
        ("negative", "positive"),
        "tsv",
        "sentiment_labels",
        columns=("sentence", "label"),
        file_columns=("sentence", "label"),
    ),
    "translation": TaskKind(("corpus",)),
}
"""By the name that a study gives as `kind`."""
