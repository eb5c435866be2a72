"""The study as frozen classes: each key's type, range and default live in this package only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_serializer, model_validator

from polyconcept.records.cluster_counts import AUTO
from polyconcept.study.base import (
    Count,
    CountOrAuto,
    Folder,
    Frozen,
    Layer,
    Name,
    Pair,
    Positive,
    Seed,
    Share,
    Start,
)
from polyconcept.study.data import Corpus
from polyconcept.study.models import Model, Side
from polyconcept.study.tasks import Task


class Words(Frozen):
    """Which words are clustered (docs/METRICS.md, "Words")."""

    cap: Count = 15
    max_sentence_words: Count = 300


class WordLinks(Frozen):
    """Word links and dictionary."""

    extra_corpora: tuple[Name, ...] = ()
    learn_from: Literal["both", "own", "extra"] = "both"

    @model_validator(mode="after")
    def _has_extra(self) -> WordLinks:
        if self.learn_from == "extra" and not self.extra_corpora:
            raise ValueError("`learn_from: extra` needs `extra_corpora` to learn from")
        return self


class Extraction(Frozen):
    """How word vectors are read from a model."""

    pooling: Literal["last", "first", "mean"] = "last"
    reading: Literal["predicts", "reads"] = "predicts"
    dtype: Literal["float32", "bfloat16"] = "float32"
    token_budget: Count = 8192


class StoredVectors(Frozen):
    """What becomes of word vectors, by far the largest of a study's files."""

    keep: bool = True
    store: Literal["float32", "bfloat16"] = "float32"


_UNUSED: Mapping[str, tuple[str, ...]] = {
    "kmeans": (),
    "ward": ("n_restarts", "engine", "max_iterations", "tolerance"),
}
"""Keys that a way of clustering has no use for."""
_WITHOUT_DRAWS = ("ward",)
"""Ways that draw nothing: a second seed would give the same clusters again."""


class Clustering(Frozen):
    """How word vectors are clustered."""

    method: Literal["kmeans", "ward"] = "kmeans"
    n_clusters: CountOrAuto = 600
    words_per_cluster: Annotated[Positive, Field(ge=1)] = 100
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (212, 213, 214, 215, 216)
    n_restarts: Count = 2
    engine: Literal["torch", "scikit-learn"] = "torch"
    max_iterations: Count = 300
    tolerance: Share = 1e-4

    @model_validator(mode="before")
    @classmethod
    def _one_seed(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(given, Mapping) and given.get("method") in _WITHOUT_DRAWS:
            # Of the five that are the default one is enough.
            return {"seeds": (212,), **given}
        return given

    @model_validator(mode="after")
    def _only_its_own(self) -> Clustering:
        """Refuse what has no effect: a study says what was done."""
        if self.n_clusters != AUTO and "words_per_cluster" in self.model_fields_set:
            raise ValueError(
                f"words_per_cluster would have no effect beside {self.n_clusters} `n_clusters`: "
                f"leave it out, or set `n_clusters: {AUTO}`"
            )
        useless = [f"`{name}`" for name in _UNUSED[self.method] if name in self.model_fields_set]
        why = ""
        if self.method in _WITHOUT_DRAWS:
            why = " draws nothing"
            if len(self.seeds) > 1:
                useless.insert(0, f"{len(self.seeds)} `seeds`")
        if useless:
            raise ValueError(
                f"method {self.method}{why}: {', '.join(useless)} would have no effect; leave "
                f"them out{' (one seed may stand)' if why else ''}"
            )
        return self

    @property
    def draws(self) -> bool:
        """Whether another seed may give other clusters."""
        return self.method not in _WITHOUT_DRAWS

    @model_serializer(mode="wrap")
    def _plain(self, plain: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Leave out what is not used: jobs take these values as they are."""
        unused = list(_UNUSED[self.method])
        unused += ["words_per_cluster"] if self.n_clusters != AUTO else []
        return {name: value for name, value in plain(self).items() if name not in unused}


class Calign(Frozen):
    """Thresholds of CALIGN (docs/METRICS.md)."""

    match: Share = 0.8
    n: Count = 10
    size_ratio: Share = 0.6
    min_types: Start = 5


class Colap(Frozen):
    """Threshold of COLAP (docs/METRICS.md)."""

    share: Share = 0.3


class Sweeps(Frozen):
    """Values of CALIGN's settings that are tried one at a time, besides every `match`."""

    n: tuple[Count, ...] = (1, 3, 5, 20)
    size_ratio: tuple[Share, ...] = (0.3, 0.45, 0.75, 0.9)
    min_types: tuple[Start, ...] = (0, 2, 10)


class Statistics(Frozen):
    """Nulls, intervals and sweeps (docs/STATISTICS.md)."""

    n_permutations: Count = 200
    n_resamples: Count = 200
    seed: Seed = 1
    sweeps: Sweeps = Sweeps()


class Controls(Frozen):
    """Controls through the same pipeline, and simple rivals (docs/STATISTICS.md)."""

    models: tuple[Name, ...] | None = None
    finetuned: bool = True
    random_weights: bool = True
    vectors: tuple[Literal["centred", "standardised", "unit_length"], ...] = (
        "centred",
        "standardised",
        "unit_length",
    )
    cluster_factors: tuple[Positive, ...] = (0.5, 2.0)
    n_seeds: Count = 2
    same_sentences: bool = True
    max_sentences: Count = 2000
    seed: Seed = 1


class Examples(Frozen):
    """Which concepts are shown as word lists."""

    model: Name
    variant: Name = "base"
    side: Side | None = None
    layer: Layer
    n_concepts: Count = 4
    n_types: Count = 8


class Figures(Frozen):
    """What the figures show."""

    definition: Literal["published", "corrected"] = "published"
    over: Literal["all", "large"] = "all"
    examples: Examples | None = None


class Claims(Frozen):
    """How the paper's claims are judged (docs/STATISTICS.md, "Claims")."""

    least_effect: Share = 0.01
    untrained: bool = False


class Study(Frozen):
    """A complete study; docs of every key stand in config.yaml."""

    name: Folder
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    corpus: Name
    corpora: Annotated[Mapping[Name, Corpus], Field(min_length=1)]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1)]
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    models: Annotated[Mapping[Name, Model], Field(min_length=1)]
    tasks: Mapping[Name, Task] = Field(default_factory=dict)
    words: Words = Words()
    word_links: WordLinks = WordLinks()
    extraction: Extraction = Extraction()
    vectors: StoredVectors = StoredVectors()
    clustering: Clustering = Clustering()
    calign: Calign = Calign()
    colap: Colap = Colap()
    statistics: Statistics = Statistics()
    controls: Controls = Controls()
    figures: Figures = Figures()
    claims: Claims = Claims()

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the pairs, in order of first mention."""
        return tuple(dict.fromkeys(code for pair in self.pairs for code in pair.split("-")))

    def languages_of(self, model: str) -> tuple[str, ...]:
        """Return the languages that `model` meets, also in its tasks, in order of first mention."""
        languages = list(self.languages)
        for task in (self.tasks[name] for name in self.models[model].tasks if name in self.tasks):
            languages += [*task.train.of_languages, *task.test.of_languages]
            languages += [task.source] if task.source else []
        return tuple(dict.fromkeys(languages))

    def layers_of(self, model: str) -> tuple[int, ...]:
        """Return the layers whose vectors are kept for `model`, ascending."""
        return tuple(sorted(set(self.models[model].layers or self.layers)))

    @property
    def read_of_pair(self) -> tuple[str, ...]:
        """Whose vectors are read where a pair has its own: source and target, or the target's only.

        Where all pairs have the same text, only a decoder that is told the other language's
        sentence has vectors for each pair; its source's are not needed for the mixed side.
        """
        models = [m for m in self.models.values() if m.of_family == "encoder-decoder"]
        both = self.corpora[self.corpus].pairwise or any("decoder" in m.of_sides for m in models)
        return ("source", "target") if both else ("target",)

    @property
    def controlled(self) -> tuple[str, ...]:
        """Models whose controls are computed."""
        chosen = self.controls.models
        return tuple(self.models) if chosen is None else chosen

    def is_controlled(self, model: str, variant: str) -> bool:
        """Return whether controls of a run's clusterings are computed.

        Weights drawn anew are a control already: what they score under another is shown nowhere.
        """
        wanted = variant == "base" or (self.controls.finetuned and variant != "random")
        return model in self.controlled and wanted

    @property
    def mixed(self) -> tuple[str, ...]:
        """Models whose runs cluster all languages together: it needs three, on the same text."""
        if len(self.languages) < 3 or self.corpora[self.corpus].pairwise:
            return ()
        return self.controlled

    def mixed_sides(self, model: str) -> tuple[str, ...]:
        """Return the sides whose vectors do not depend on the pair."""
        forced = self.models[model].of_family == "encoder-decoder"
        sides = self.models[model].of_sides
        return tuple(side for side in sides if side == "encoder" or not forced)

    def variants_of(self, model: str) -> tuple[str, ...]:
        """Return ``base``, ``random`` as a control, and the tasks that `model` is fine-tuned on."""
        drawn = self.controls.random_weights and model in self.controlled
        return ("base", *(["random"] if drawn else []), *self.models[model].tasks)

    def repeats_of(self, model: str) -> list[tuple[str, ...]]:
        """Return the tasks of a model that differ in nothing but the seed of their fine-tuning."""
        groups: dict[str, list[str]] = {}
        for name in self.models[model].tasks:
            same = self.tasks[name].model_dump_json(exclude={"finetuning": {"seed"}})
            groups.setdefault(same, []).append(name)
        return [tuple(names) for names in groups.values() if len(names) > 1]

    def pairs_with(self, language: str, own: str = "") -> list[str]:
        """Return the pairs whose words of a language stand in one table: all, or `own` alone."""
        return [pair for pair in ([own] if own else self.pairs) if language in pair.split("-")]

    def partners_of(self, language: str, own: str = "") -> list[str]:
        """Return a language and those it is paired with, in order of mention."""
        pairs = self.pairs_with(language, own)
        return list(dict.fromkeys(code for pair in pairs for code in pair.split("-")))

    def translations_of(self, task: str) -> dict[str, tuple[str, ...]]:
        """Return the pairs that a translation task reads from each corpus (train, then test)."""
        settings = self.tasks[task]
        found: dict[str, tuple[str, ...]] = {}
        for data in (settings.train, settings.test):
            if data.corpus is not None:
                pairs = [f"{settings.source}-{language}" for language in data.languages]
                before = found.get(data.corpus, ())
                found[data.corpus] = tuple(dict.fromkeys([*before, *pairs]))
        return found
