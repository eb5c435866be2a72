"""The settings as frozen classes: each key's type, range and default live here and only here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["NAME", "PAIR", "Examples", "Study", "Task", "TaskData"]

NAME = r"[A-Za-z0-9][A-Za-z0-9_.]{0,63}"
PAIR = f"{NAME}-{NAME}"
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
"""A name that becomes part of a path: no separator, no hyphen (pairs are joined by one)."""
Pair = Annotated[str, Field(pattern=f"^{PAIR}$")]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BuiltinText(_Frozen):
    """A range of the built-in corpus: sentences first .. first + n_sentences - 1 of a seed."""

    n_sentences: Count
    first: Annotated[int, Field(ge=0)] = 0
    seed: Seed = 1


class Corpus(_Frozen):
    """Parallel text: a folder of ``{language}.txt`` files, or a range of the built-in corpus."""

    directory: str | None = None
    builtin: BuiltinText | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Corpus:
        if (self.directory is None) == (self.builtin is None):
            raise ValueError("needs exactly one of `directory` and `builtin`")
        return self


class Words(_Frozen):
    """Which words are clustered (docs/METRICS.md, "Words")."""

    cap: Count = 15
    max_sentence_words: Count = 300


class WordLinks(_Frozen):
    """Word links and dictionary."""

    extra_corpora: tuple[Name, ...] = ()


class TaskData(_Frozen):
    """Labelled sentences of a task: one file per language, or a range of the built-in corpus."""

    files: Mapping[Name, str] | None = None
    builtin: BuiltinText | None = None
    languages: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> TaskData:
        if (self.files is None) == (self.builtin is None):
            raise ValueError("needs exactly one of `files` and `builtin`")
        if self.builtin is not None and not self.languages:
            raise ValueError("needs `languages` beside `builtin`")
        if self.files is not None and self.languages:
            raise ValueError("takes its languages from `files`: remove `languages`")
        return self

    @property
    def of_languages(self) -> tuple[str, ...]:
        """Languages that have data here, in the order of the configuration."""
        return tuple(self.files) if self.files is not None else self.languages


class FinetuningSettings(_Frozen):
    """How a model is fine-tuned on a task."""

    epochs: Annotated[float, Field(gt=0)] = 3.0
    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    batch_size: Count = 32
    max_length: Count = 256
    warmup_share: Share = 0.1
    checkpoint_steps: Count = 500
    seed: Seed = 212


class Task(_Frozen):
    """A task that models are fine-tuned on."""

    kind: Literal["entities", "sentiment"]
    labels: Annotated[tuple[str, ...], Field(min_length=2)] = ("PER", "LOC", "ORG")
    spellings: Mapping[str, str] = Field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    train: TaskData
    test: TaskData
    finetuning: FinetuningSettings = FinetuningSettings()

    @model_validator(mode="before")
    @classmethod
    def _default_labels(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
        if isinstance(values, dict) and values.get("kind") == "sentiment":
            return {"labels": ("negative", "positive"), **values}
        return values

    @model_validator(mode="after")
    def _keys_fit_kind(self) -> Task:
        # A key that nothing reads would seem to have been followed.
        if self.spellings and self.kind != "sentiment":
            raise ValueError("`spellings` is for sentiment: entity labels are read as they stand")
        if self.ignored and self.kind != "entities":
            raise ValueError("`ignored` is for entities: every sentence keeps its label")
        return self

    @model_validator(mode="after")
    def _one_kind_of_data(self) -> Task:
        if (self.train.files is None) != (self.test.files is None):
            raise ValueError("`train` and `test` are both `files` or both `builtin`")
        return self

    @model_validator(mode="after")
    def _spellings_fit(self) -> Task:
        unknown = sorted(set(self.spellings.values()) - set(self.labels))
        if unknown:
            raise ValueError(f"`spellings` maps to {unknown}, not among `labels` {self.labels}")
        return self


class TokenizerRecipe(_Frozen):
    """The tokenizer of a model that is pre-trained here."""

    kind: Literal["wordpiece", "unigram"]
    vocab_size: Count = 4000
    max_length: Count = 128


class ModelRecipe(_Frozen):
    """The size of a model that is pre-trained here."""

    architecture: Literal["bert", "xlm-roberta"]
    hidden_size: Count = 128
    n_layers: Count = 4
    n_heads: Count = 4
    intermediate_size: Count = 256
    dropout: Share = 0.1
    seed: Seed = 212

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelRecipe:
        if self.hidden_size % self.n_heads:
            raise ValueError(
                f"`hidden_size` must be a multiple of `n_heads`, found {self.hidden_size} and "
                f"{self.n_heads}"
            )
        return self


class TrainingRecipe(_Frozen):
    """How long a model is pre-trained."""

    n_steps: Count = 3000
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    warmup_share: Share = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    seed: Seed = 212


class MixtureRecipe(_Frozen):
    """What a model is pre-trained on: sentences alone and translation pairs, words masked."""

    batch_tokens: Count = 4096
    translation_share: Share = 0.9
    mask_share: Share = 0.1
    pair_mask_share: Share = 0.7
    short_batches: Annotated[int, Field(ge=0)] = 0
    language_weights: Mapping[Name, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


class Pretraining(_Frozen):
    """A model pre-trained by the workflow itself (masked words, also over translation pairs)."""

    corpora: Annotated[tuple[Name, ...], Field(min_length=1)]
    languages: Annotated[tuple[Name, ...], Field(min_length=1)]
    tokenizer: TokenizerRecipe
    model: ModelRecipe
    training: TrainingRecipe = TrainingRecipe()
    mixture: MixtureRecipe = MixtureRecipe()


class Model(_Frozen):
    """A model: from a directory, shipped with the project, or pre-trained here."""

    directory: str | None = None
    builtin: Literal["bert", "xlmr"] | None = None
    pretrain: Pretraining | None = None
    tasks: tuple[Name, ...] = ()
    layers: tuple[Annotated[int, Field(ge=0)], ...] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Model:
        given = [name for name in ("directory", "builtin", "pretrain") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of `directory`, `builtin` and `pretrain`, has {given or 'none'}"
            )
        return self


class Extraction(_Frozen):
    """How word vectors are read from a model."""

    pooling: Literal["last", "first", "mean"] = "last"
    dtype: Literal["float32", "bfloat16"] = "float32"
    token_budget: Count = 8192
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class Clustering(_Frozen):
    """k-means of the word vectors."""

    n_clusters: Count = 600
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (212,)
    n_restarts: Count = 10
    engine: Literal["torch", "scikit-learn"] = "torch"
    max_iterations: Count = 300
    tolerance: Annotated[float, Field(ge=0)] = 1e-4
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class Calign(_Frozen):
    """Thresholds of CALIGN (docs/METRICS.md)."""

    match: Share = 0.8
    n: Count = 10
    size_ratio: Share = 0.6
    min_types: Annotated[int, Field(ge=0)] = 5


class Colap(_Frozen):
    """Threshold of COLAP (docs/METRICS.md)."""

    share: Share = 0.3


class Examples(_Frozen):
    """Which aligned concepts are shown as word lists."""

    model: Name
    variant: Name = "base"
    layer: Annotated[int, Field(ge=0)]
    n_concepts: Count = 4
    n_types: Count = 8


class Figures(_Frozen):
    """What the figures show."""

    definition: Literal["published", "corrected"] = "published"
    over: Literal["all", "large"] = "all"
    examples: Examples | None = None


class Study(_Frozen):
    """A complete study; docs of every key stand in config.yaml."""

    name: Name
    corpus: Name
    corpora: Annotated[Mapping[Name, Corpus], Field(min_length=1)]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1)]
    layers: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    models: Annotated[Mapping[Name, Model], Field(min_length=1)]
    tasks: Mapping[Name, Task] = Field(default_factory=dict)
    words: Words = Words()
    word_links: WordLinks = WordLinks()
    extraction: Extraction = Extraction()
    clustering: Clustering = Clustering()
    calign: Calign = Calign()
    colap: Colap = Colap()
    figures: Figures = Figures()

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the pairs, in order of first mention."""
        return tuple(dict.fromkeys(code for pair in self.pairs for code in pair.split("-")))

    def layers_of(self, model: str) -> tuple[int, ...]:
        """Layers whose vectors are kept for `model`, ascending."""
        return tuple(sorted(set(self.models[model].layers or self.layers)))

    def variants_of(self, model: str) -> tuple[str, ...]:
        """``base`` and the tasks that `model` is fine-tuned on."""
        return ("base", *self.models[model].tasks)
