"""Where text and labels come from: files, the built-in corpus, the hub, other corpora."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polyconcept.study.base import (
    Count,
    Frozen,
    Name,
    Place,
    Repository,
    Revision,
    Seed,
    Start,
    needs_one_of,
)

TEXT_SOURCES = ("directory", "builtin", "hub")
"""Keys that say where a corpus comes from, of which it has one."""
DATA_SOURCES = ("files", "builtin", "hub", "corpus")
"""Those of a task's data."""

# Strict, else the text "2" would be taken for a number.
Column = Annotated[int, Field(ge=1, strict=True)] | Annotated[str, Field(min_length=1, strict=True)]


class BuiltinText(Frozen):
    """A range of the built-in corpus: sentences first .. first + n_sentences - 1 of a seed."""

    n_sentences: Count
    first: Start = 0
    seed: Seed = 1


class _HubData(Frozen):
    """Rows of a data set on the hub."""

    dataset: Repository
    revision: Revision | None = None
    files: Annotated[str, Field(min_length=1)]
    codes: Mapping[Name, str] = Field(default_factory=dict)
    first: Start = 0
    n_sentences: Count | None = None

    @model_validator(mode="after")
    def _codes_differ(self) -> _HubData:
        used = list(self.codes.values())
        twice = [ours for ours, theirs in self.codes.items() if used.count(theirs) > 1]
        if twice:
            raise ValueError(f"`codes` gives {twice} the same text: each needs a code of its own")
        return self


class HubText(_HubData):
    """Text of a data set on the hub."""

    column: Annotated[str, Field(min_length=1)] = "text"
    tokenizer: Literal["none", "moses"] = "none"

    @model_validator(mode="after")
    def _tells_languages_apart(self) -> HubText:
        if "{language}" not in self.files + self.column:
            raise ValueError(
                "`files` or `column` needs {language}: every language would be the same text"
            )
        return self


class HubLabels(_HubData):
    """Labelled sentences of a data set on the hub."""

    words: Annotated[str, Field(min_length=1)] = "tokens"
    tags: Annotated[str, Field(min_length=1)] = "ner_tags"
    classes: tuple[str, ...] = ()
    sentence: Annotated[str, Field(min_length=1)] = "sentence"
    label: Annotated[str, Field(min_length=1)] = "label"


class Corpus(Frozen):
    """Parallel text: a folder of ``{language}.txt`` files, built-in sentences, or the hub's.

    `pairwise`: each pair has sentences of its own (``{pair}/{language}.txt``).
    """

    directory: Place | None = None
    builtin: BuiltinText | None = None
    hub: HubText | None = None
    pairwise: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Corpus:
        needs_one_of(self, *TEXT_SOURCES)
        if self.pairwise and self.builtin is not None:
            raise ValueError("`pairwise` is not for `builtin`: its text is the same in every pair")
        by_pair = self.hub is not None and "{pair}" in self.hub.files + self.hub.column
        if by_pair and not self.pairwise:
            raise ValueError("{pair} in `hub` needs `pairwise: true`")
        return self

    def file_of(self, language: str, pair: str = "", *, where: Path = Path()) -> str | None:
        """Return the file of a language's text in a `directory`; None of another corpus.

        Where each pair has sentences of its own, the folder of `pair` may name the two codes in the
        other order, which is taken where only that folder is there. Relative paths start `where`.
        """
        if self.directory is None:
            return None
        folder = Path(self.directory)
        if pair:
            other = "-".join(reversed(pair.split("-")))
            swapped = (where / folder / other).is_dir() and not (where / folder / pair).is_dir()
            folder /= other if swapped else pair
        return f"{folder}/{language}.txt"

    @property
    def source(self) -> str:
        """Which of the sources is given."""
        return next(name for name in TEXT_SOURCES if getattr(self, name) is not None)


class TaskData(Frozen):
    """Data of a task: a file per language, built-in sentences, the hub's, or a corpus."""

    files: Annotated[Mapping[Name, Place], Field(min_length=1)] | None = None
    builtin: BuiltinText | None = None
    hub: HubLabels | None = None
    corpus: Name | None = None
    languages: tuple[Name, ...] = ()
    columns: Mapping[str, Column] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> TaskData:
        needs_one_of(self, *DATA_SOURCES)
        if self.files is None and not self.languages:
            raise ValueError(f"needs `languages` beside `{self.source}`")
        if self.files is None and self.columns:
            raise ValueError(f"`columns` is for `files`, not for `{self.source}`")
        if len(set(self.columns.values())) != len(self.columns):
            raise ValueError(f"`columns` names one column twice: {dict(self.columns)}")
        if self.files is not None and self.languages:
            raise ValueError("takes its languages from `files`: remove `languages`")
        if self.hub is not None and len(self.languages) > 1 and "{language}" not in self.hub.files:
            raise ValueError(
                f"`hub.files` needs {{language}}: {list(self.languages)} would be the same"
            )
        return self

    @property
    def source(self) -> str:
        """Which of the sources is given."""
        return next(name for name in DATA_SOURCES if getattr(self, name) is not None)

    @property
    def of_languages(self) -> tuple[str, ...]:
        """Languages that have data here, in the order of the configuration."""
        return tuple(self.files) if self.files is not None else self.languages
