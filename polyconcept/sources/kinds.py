"""What the module of each kind of source, and of each kind of labels, has to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from polyconcept.machine.kinds import load_kind
from polyconcept.records.text import Dropped, LabelledSentences, Sentences, TaggedSentences

About: TypeAlias = dict[str, Any]
"""Where sentences came from, as JSON tells it."""
Found: TypeAlias = dict[str, Any]
"""What labelled sentences were found to be, for the run record."""
Labelled: TypeAlias = TaggedSentences | LabelledSentences


@runtime_checkable
class LabelFiles(Protocol):
    """Labels of a kind of task that are read from users' files alone."""

    def from_file(
        self, path: Path, language: str, settings: Mapping[str, Any]
    ) -> tuple[Labelled, Found]:
        """Read a user's file, and say what it was found to be."""
        ...

    def write(self, path: Path, sentences: Any) -> None:  # noqa: ANN401 - of its own kind
        """Write the file of the study."""
        ...


@runtime_checkable
class LabelKind(LabelFiles, Protocol):
    """Labels of a kind of task that come from the built-in text and the hub too."""

    COLUMNS: Mapping[str, str]
    """Argument -> the setting that names its column in a data set."""

    def from_builtin(self, generated: Any, language: str) -> Labelled:  # noqa: ANN401 - of builtin
        """Take the labels of the built-in text."""
        ...

    def from_columns(
        self, language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
    ) -> tuple[Labelled, Dropped, Found]:
        """Take the labels of a data set's columns, and say what these were found to be."""
        ...


@runtime_checkable
class Source(Protocol):
    """Where sentences come from."""

    def text(
        self, files: Mapping[str, str], settings: Mapping[str, Any], language: str, pair: str
    ) -> tuple[Sentences, About]:
        """Return the sentences of a language, and where they came from."""
        ...

    def labels(
        self,
        files: Mapping[str, str],
        settings: Mapping[str, Any],
        language: str,
        kind: LabelKind,
    ) -> tuple[Labelled, About, Found]:
        """Return labelled sentences of a language, where they came from, and what they were."""
        ...


def load_source(module: str) -> Source:
    """Return a kind of source; errors as of `load_kind`."""
    # The type checker cannot look into a module that is loaded by its name.
    return cast("Source", load_kind(module, "sources"))


def load_labels(module: str) -> LabelKind:
    """Return a kind of labels; errors as of `load_kind`."""
    return cast("LabelKind", load_kind(module, "sources", "text"))


def find_model(module: str, files: Mapping[str, str]) -> Path:
    """Return the folder of a model, by its source's ``folder_of``; errors as of `load_kind`."""
    found: Any = load_kind(module, "sources")
    return Path(found.folder_of(files))
