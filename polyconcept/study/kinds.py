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
    """Module that reads such data: a `LabelKind` of `polyconcept.sources`, or, where users' files
    are all that is read, `LabelFiles` of `polyconcept.text` (`polyconcept.sources.kinds`)."""
    columns: tuple[str, ...] = ()
    """Settings that name the columns of a data set."""
    file_columns: tuple[str, ...] = ()
    """Columns of a user's file that the study may name."""
    keys: tuple[str, ...] = ("labels",)
    """Keys of a task that are for it, of those that are not for all kinds."""
    ignored_of: tuple[str, ...] = ()
    """Sources of which some labels may be `ignored`."""
    families: tuple[str, ...] = ("encoder", "encoder-decoder")
    """Models that can be fine-tuned on it: encoders classify, encoder-decoder models write."""


_LABELLED = ("files", "builtin", "hub")
TASK_KINDS: Mapping[str, TaskKind] = {
    "entities": TaskKind(
        _LABELLED,
        ("PER", "LOC", "ORG"),
        "conll",
        "polyconcept.sources.entity_labels",
        columns=("words", "tags", "classes"),
        file_columns=("word", "tag"),
        ignored_of=_LABELLED,
    ),
    "sentiment": TaskKind(
        _LABELLED,
        ("negative", "positive"),
        "tsv",
        "polyconcept.sources.sentiment_labels",
        columns=("sentence", "label"),
        file_columns=("sentence", "label"),
        keys=("labels", "spellings"),
        ignored_of=("hub",),  # every sentence of a file keeps its label
    ),
    "translation": TaskKind(("corpus",), keys=("source",), families=("encoder-decoder",)),
}
"""By the name that a study gives as `kind`."""
