"""How much work and disk each job of a study takes, estimated from its settings.

Work is in seconds of one core at the measured rates. Of a transformer: 2 operations a parameter of
its blocks and subword read, 6 where it is trained (Kaplan et al. 2020, arXiv 2001.08361, sec. 2.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from polyconcept.settings import Study, TaskData

__all__ = ["STAGES", "Cost", "Estimate"]

Names = Mapping[str, str]
READ, TRAINED = 2, 6  # operations a parameter and subword
_FLOAT_BYTES = 4
_WORD_BYTES = 7  # of text, with the blank
# The clusterings of a pair at one layer and seed cluster each word so often: under two definitions
# alone (CALIGN), under two together with the other language's (COLAP).
_TIMES_CLUSTERED = 4
_CLUSTERINGS = 6

STAGES = {
    **dict.fromkeys(
        ("pin_repository", "fetch_corpus", "generate_corpus", "fetch_hub_pair", "fetch_hub_text"),
        "text",
    ),
    **dict.fromkeys(("align_words", "split_words", "select_words"), "word links"),
    **dict.fromkeys(
        ("fetch_model", "fetch_hub_model", "check_model", "random_model", "pretrain"), "models"
    ),
    **dict.fromkeys(
        (
            "fetch_entities", "generate_entities", "fetch_hub_entities", "fetch_sentiment",
            "generate_sentiment", "fetch_hub_sentiment", "check_task",
        ),
        "task data",
    ),
    **dict.fromkeys(
        (
            "finetune_entities", "finetune_sentiment", "finetune_translation",
            "finetune_entities_text", "finetune_sentiment_text",
        ),
        "fine-tuning",
    ),
    **dict.fromkeys(
        (
            "score_entities", "score_sentiment", "score_translation", "score_entities_text",
            "score_sentiment_text",
        ),
        "task scores",
    ),
    "extract_vectors": "vectors",
    "cluster_words": "clusters",
    **dict.fromkeys(("cluster_controls", "mix_languages"), "controls"),
    **dict.fromkeys(
        ("score_calign", "score_colap", "score_similarity", "compare_variants", "merge_scores"),
        "scores",
    ),
    **dict.fromkeys(
        (
            "find_examples", "plot_by_layer", "plot_change", "plot_curves", "plot_controls",
            "plot_rivals", "plot_tasks", "plot_examples", "state_claims",
        ),
        "figures",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a job takes."""

    seconds: float = 0.0
    """Of one core, without what stands around the work."""
    disk_bytes: float = 0.0


@dataclass(frozen=True)
class ModelSize:
    """What counts of a model."""

    parameters: float
    """Of the blocks of one side."""
    n_dims: int
    file_bytes: float


class Estimate:
    """The work of a study's jobs.

    Args:
        study: The study.
        rates: By name, as benchmarks/rates.json has them.
        root: The project's root.

    Attributes:
        unknown: What the study does not say and was taken instead; grows with each cost.
    """

    def __init__(self, study: Study, rates: Mapping[str, float], root: Path) -> None:
        self._study, self._rates, self._root = study, rates, root
        self.unknown: set[str] = set()
        training = _of_stage("fine-tuning", self._finetuning)
        scoring = _of_stage("task scores", self._task_scores)
        self._costs: dict[str, Callable[[Names], Cost]] = {
            "align_words": self._align_words,
            "fetch_model": self._fetch_model,
            "fetch_hub_model": self._fetch_model,
            "pretrain": self._pretrain,
            "extract_vectors": self._extract_vectors,
            "random_model": self._fetch_model,
            "cluster_words": self._cluster_words,
            "cluster_controls": self._cluster_controls,
            "mix_languages": self._mix_languages,
            "score_calign": self._scores,
            **training,
            **scoring,
        }

    def cost(self, rule: str, names: Names) -> Cost:
        """Work and disk of a job; of small jobs nothing besides what stands around the work."""
        return self._costs[rule](names) if rule in self._costs else Cost()

    # --- sizes

    def sentences(self, corpus: str, language: str = "", pair: str = "") -> int:
        """Sentences of a corpus: as the study says, or as its file has lines."""
        source = self._study.corpora[corpus]
        if source.builtin is not None:
            return source.builtin.n_sentences
        if source.hub is not None:
            return source.hub.n_sentences or self._unknown_rows(f"corpora.{corpus}")
        code, part = language or pair.split("-")[0], pair if source.pairwise else ""
        file = Path(str(source.directory)) / part / f"{code}.txt"
        if not file.is_file():
            return self._unknown_rows(f"corpora.{corpus}")
        with file.open("rb") as lines:
            return sum(1 for _ in lines)

    def _unknown_rows(self, key: str) -> int:
        rows = int(self._rates["rows_where_not_said"])
        self.unknown.add(f"{key}: its number of sentences is not said; taken: {rows:,}")
        return rows

    def _words(self, n_sentences: float) -> float:
        return n_sentences * self._rates["words_per_sentence"]

    def _subwords(self, n_sentences: float) -> float:
        return self._words(n_sentences) * self._rates["subwords_per_word"]

    def model(self, name: str) -> ModelSize:
        """Size of a model: from its configuration where it is at hand, else as of a base model."""
        model = self._study.models[name]
        if model.pretrain is not None:
            recipe = model.pretrain.model
            blocks = _block_parameters(
                recipe.n_layers, recipe.hidden_size, recipe.intermediate_size
            )
            table = model.pretrain.tokenizer.vocab_size * recipe.hidden_size
            return ModelSize(blocks, recipe.hidden_size, _FLOAT_BYTES * (blocks + table))
        builtin = self._root / "polyconcept/builtin/models" / str(model.builtin)
        folder = builtin if model.builtin else Path(model.directory or "")
        if model.hub is None and (folder / "config.json").is_file():
            return _model_on_disk(folder)
        self.unknown.add(f"models.{name}: not at hand; taken as of base size (12 x 768)")
        return ModelSize(_block_parameters(12, 768, 3072), 768, self._rates["model_bytes"])

    # --- jobs

    def _operations(self, name: str, kind: int, n_subwords: float) -> float:
        """Seconds in which a side of a model reads subwords or is trained on them."""
        operations = kind * self.model(name).parameters * n_subwords
        return operations / self._rates["model_operations_per_second"]

    def _align_words(self, names: Names) -> Cost:
        pair = names["pair"]
        corpora = (self._study.corpus, *self._study.word_links.extra_corpora)
        n_pairs = sum(self.sentences(corpus, pair=pair) for corpus in corpora)
        return Cost(n_pairs * self._rates["align_seconds_per_pair"], n_pairs * 5 * _WORD_BYTES)

    def _fetch_model(self, names: Names) -> Cost:
        return Cost(0.0, self.model(names["model"]).file_bytes)

    def _pretrain(self, names: Names) -> Cost:
        name = names["model"]
        recipe = self._study.models[name].pretrain
        assert recipe is not None
        n_subwords = recipe.training.n_steps * recipe.mixture.batch_tokens
        return Cost(self._operations(name, TRAINED, n_subwords), self.model(name).file_bytes)

    def _extract_vectors(self, names: Names) -> Cost:
        pair = names.get("part", "").rstrip("/")
        n = self.sentences(self._study.corpus, names["language"], pair)
        name = names["model"]
        forced = self._n_sides(name) == 2 and names["side"] == "decoder"
        seconds = self._operations(name, READ, self._subwords(n) * (2 if forced else 1))
        numbers = self._words(n) * len(self._study.layers_of(name)) * self.model(name).n_dims
        return Cost(seconds, _FLOAT_BYTES * numbers * self._rates["packed_share"])

    def _cluster_words(self, names: Names) -> Cost:
        settings, pair = self._study.clustering, names["pair"]
        codes = pair.split("-")
        sizes = (self.sentences(self._study.corpus, code, pair) for code in codes)
        n_words = sum(map(self._words, sizes))
        n_dims = self.model(names["model"]).n_dims
        times = len(self._study.layers_of(names["model"])) * len(settings.seeds)
        work = n_words * n_dims * settings.n_clusters * settings.n_restarts * times
        centers = _CLUSTERINGS * settings.n_clusters * n_dims
        disk = _FLOAT_BYTES * times * (centers + _TIMES_CLUSTERED * n_words)
        return Cost(work * _TIMES_CLUSTERED * self._rates["kmeans_seconds_per_unit"], disk)

    def _cluster_controls(self, names: Names) -> Cost:
        """One seed and one definition; K clusters for each change of vectors, else a multiple."""
        controls = self._study.controls
        share = (len(controls.vectors) + sum(controls.cluster_factors)) / (
            2 * len(self._study.clustering.seeds)
        )
        plain = self._cluster_words(names)
        return Cost(plain.seconds * share, plain.disk_bytes * share)

    def _mix_languages(self, names: Names) -> Cost:
        """One clustering of all languages' words for each layer and seed."""
        settings, name = self._study.clustering, names["model"]
        sizes = (self.sentences(self._study.corpus, code) for code in self._study.languages)
        times = len(self._study.layers_of(name)) * len(settings.seeds) * settings.n_restarts
        work = sum(map(self._words, sizes)) * self.model(name).n_dims * settings.n_clusters * times
        return Cost(work * self._rates["kmeans_seconds_per_unit"])

    def _scores(self, names: Names) -> Cost:
        """Plain scores of every seed and definition, and those of drawn and permuted input."""
        layers, seeds = len(self._study.layers_of(names["model"])), self._study.clustering.seeds
        drawn = self._study.statistics.n_permutations + self._study.statistics.n_resamples
        # Published one way, corrected both.
        work = 2 * len(seeds) * self._rates["score_seconds"]
        return Cost(layers * (work + 3 * drawn * self._rates["draw_seconds"]))

    def _finetuning(self, names: Names) -> Cost:
        name, task = names["model"], self._study.tasks[names["variant"]]
        n_subwords = self._task_subwords(names["variant"], "train") * task.finetuning.epochs
        seconds = self._n_sides(name) * self._operations(name, TRAINED, n_subwords)
        return Cost(seconds, self.model(name).file_bytes)

    def _task_scores(self, names: Names) -> Cost:
        name, task = names["model"], self._study.tasks[names["variant"]]
        n_subwords = self._task_subwords(names["variant"], "test")
        if self._n_sides(name) == 2:  # the answer is written, word by word
            slower = self._rates["writing_over_reading"] * task.generation.n_beams
            return Cost(self._operations(name, READ, n_subwords) * (1 + slower))
        return Cost(self._operations(name, READ, n_subwords))

    def _task_subwords(self, task: str, split: str) -> float:
        data: TaskData = getattr(self._study.tasks[task], split)
        return sum(
            self._subwords(self._rows_of(data, f"tasks.{task}.{split}", language))
            for language in data.of_languages
        )

    def _rows_of(self, data: TaskData, key: str, language: str) -> int:
        if data.corpus is not None:
            return self.sentences(data.corpus, language)
        for source in (data.builtin, data.hub):
            if source is not None:
                return source.n_sentences or self._unknown_rows(key)
        return self._unknown_rows(key)

    def _n_sides(self, name: str) -> int:
        return 2 if self._study.models[name].of_family == "encoder-decoder" else 1


def _of_stage(stage: str, cost: Callable[[Names], Cost]) -> dict[str, Callable[[Names], Cost]]:
    return {rule: cost for rule, of_stage in STAGES.items() if of_stage == stage}


def _block_parameters(n_layers: int, n_dims: int, intermediate: int) -> float:
    """Parameters of the matrices of a stack of blocks."""
    return n_layers * (4 * n_dims**2 + 2 * n_dims * intermediate)


def _model_on_disk(folder: Path) -> ModelSize:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    n_dims = int(config.get("hidden_size") or config["d_model"])
    n_layers = int(config.get("num_hidden_layers") or config["num_layers"])
    inside = int(config.get("intermediate_size") or config.get("d_ff") or 4 * n_dims)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return ModelSize(_block_parameters(n_layers, n_dims, inside), n_dims, size)
