"""Tasks, and how models are fine-tuned on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from polyconcept.study.base import Count, Frozen, Name, Positive, Seed, Share
from polyconcept.study.data import TaskData
from polyconcept.study.kinds import TASK_KINDS


def _one_line(label: str) -> str:
    """Return a label as it can stand in a file and in a model's answer."""
    if not label.isprintable() or label != " ".join(label.split()):
        raise ValueError(f"found {label!r}; needed a label without tabs, line ends, outer blanks")
    return label


# pydantic checks the names of the table; type checkers know no Literal that is computed.
if TYPE_CHECKING:
    Kind: TypeAlias = str
else:
    Kind = Literal[tuple(TASK_KINDS)]

Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]


def _check_entity(label: str) -> None:
    """Refuse a label that a tag or a model's answer (``PER: Ada ; LOC: Paris``) would not show."""
    if label == "O":
        raise ValueError("`labels`: `O` is the tag of words that are no entity; leave it out")
    if label[:2] in ("B-", "I-"):
        raise ValueError(f"`labels`: found the tag {label!r}; needed its label, {label[2:]!r}")
    if any(character in " :;" for character in label):
        raise ValueError(f"`labels`: found {label!r}; needed a label without blank, `:` and `;`")


class FinetuningSettings(Frozen):
    """How a model is fine-tuned on a task."""

    epochs: Positive = 3.0
    learning_rate: Annotated[Positive, Field(le=1)] = 5e-5
    head_learning_rate: Annotated[Positive, Field(le=1)] = 1e-3
    batch_size: Count = 32
    max_length: Count = 256
    warmup_share: Annotated[Share, Field(lt=1)] = 0.1
    checkpoint_steps: Count = 500
    seed: Seed = 212
    n_threads: Count = 1


class Generation(Frozen):
    """How an encoder-decoder model writes its answer."""

    n_beams: Count = 4
    max_length: Count = 256


class Task(Frozen):
    """A task that models are fine-tuned on."""

    kind: Kind
    labels: tuple[Label, ...] = ("PER", "LOC", "ORG")
    spellings: Mapping[str, str] = Field(default_factory=dict)
    ignored: tuple[Label, ...] = ()
    source: Name | None = None
    train: TaskData
    test: TaskData
    finetuning: FinetuningSettings = FinetuningSettings()
    generation: Generation = Generation()

    @model_validator(mode="before")
    @classmethod
    def _default_labels(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
        kind = values.get("kind") if isinstance(values, dict) else None
        if isinstance(kind, str) and kind in TASK_KINDS:
            return {"labels": TASK_KINDS[kind].labels, **values}
        return values

    @model_validator(mode="after")
    def _keys_fit_kind(self) -> Task:
        # A key that nothing reads would seem to have been followed.
        kind = TASK_KINDS[self.kind]
        if self.spellings and "spellings" not in kind.keys:
            fitting = " and ".join(
                name for name, of in TASK_KINDS.items() if "spellings" in of.keys
            )
            raise ValueError(
                f"`spellings` is for {fitting}: labels of {self.kind} are read as they stand"
            )
        if self.ignored and not {self.train.source, self.test.source} & {*kind.ignored_of}:
            names = [
                name
                if of.ignored_of == of.sources
                else f"{name} of `{'` or `'.join(of.ignored_of)}`"
                for name, of in TASK_KINDS.items()
                if of.ignored_of
            ]
            raise ValueError(
                f"`ignored` is for {' and '.join(names)}: every other sentence keeps its label"
            )
        if (self.source is None) == ("source" in kind.keys):
            raise ValueError("`source`, the language translated from, is for translation")
        if self.labels and "labels" not in kind.keys:
            raise ValueError(f"`labels` is not for {self.kind}")
        if len(self.labels) < 2 and "labels" in kind.keys:
            raise ValueError(f"`labels` needs two or more, found {list(self.labels)}")
        return self

    @model_validator(mode="after")
    def _sources_fit_kind(self) -> Task:
        fitting, columns = TASK_KINDS[self.kind].sources, TASK_KINDS[self.kind].file_columns
        for split, data in (("train", self.train), ("test", self.test)):
            if data.source not in fitting:
                raise ValueError(
                    f"`{split}.{data.source}` is not for {self.kind}: give "
                    f"{' or '.join(f'`{name}`' for name in fitting)}"
                )
            if data.columns and not columns:
                raise ValueError(f"`{split}.columns` is not for {self.kind}")
            unknown = sorted(set(data.columns) - {*columns})
            if unknown:
                raise ValueError(
                    f"`{split}.columns` names {unknown}; for {self.kind} it may name "
                    f"{' and '.join(columns)}"
                )
        return self

    @model_validator(mode="after")
    def _labels_fit(self) -> Task:
        both = sorted(set(self.labels) & set(self.ignored))
        if both:
            raise ValueError(f"{both} stand both among `labels` and `ignored`")
        if self.kind == "entities":
            for label in (*self.labels, *self.ignored):
                _check_entity(label)
        return self

    @model_validator(mode="after")
    def _spellings_fit(self) -> Task:
        turned = [said for said, label in self.spellings.items() if said != label]
        if lost := [said for said in turned if said in self.labels]:
            raise ValueError(f"`spellings` turns {lost}, among `labels`, into another label")
        unknown = sorted(set(self.spellings.values()) - set(self.labels))
        if unknown:
            raise ValueError(f"`spellings` maps to {unknown}, not among `labels` {self.labels}")
        return self
