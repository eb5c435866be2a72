"""How much work and disk each job of a study takes, estimated from its settings.

Work is in seconds of one core at the measured rates, and of a GPU at assumed ones. Of a
transformer: 2 operations a parameter of its blocks and subword read, 6 where it is trained (Kaplan
et al. 2020, arXiv 2001.08361, sec. 2.1). Of k-means: 2 a word, dim, cluster and iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plan_sizes import FLOAT_BYTES, Names, Sizes
from plan_stages import STAGES

from polyconcept.study.schema import Study

__all__ = ["Cost", "Estimate"]

READ, TRAINED = 2, 6  # operations a parameter and subword
_WORD_BYTES = 7  # of text, with the blank
# Under one definition each word of a pair is clustered twice: with its language alone (CALIGN),
# and with the other language's words (COLAP); these are three clusterings.
_TIMES_CLUSTERED = 2
_CLUSTERINGS = 3
_DEFINITIONS = 2


@dataclass(frozen=True)
class Cost:
    """What a job takes."""

    seconds: float = 0.0
    """Of one core, without what stands around the work."""
    gpu_seconds: float = 0.0
    """Of a GPU in place of these, where the job can use one."""
    hashing: float = 0.0
    """Seconds of one core in which inputs and outputs are hashed, with and without a GPU."""
    disk_bytes: float = 0.0


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
        self._study, self._rates = study, rates
        self._sizes = Sizes(study, rates, root)
        self.unknown = self._sizes.unknown
        if study.clustering.engine != "torch":
            self.unknown.add(f"clustering.engine {study.clustering.engine}: taken as torch")
        self._costs: dict[str, Callable[[Names], Cost]] = {
            "align_words": self._align_words,
            "fetch_model": self._copied_model,
            "fetch_hub_model": self._copied_model,
            "random_model": self._copied_model,
            "check_model": self._check_model,
            "pretrain": self._pretrain,
            "extract_vectors": self._extract_vectors,
            "cluster_words": self._cluster_words,
            "cluster_controls": self._cluster_controls,
            "mix_languages": self._mix_languages,
            "score_calign": self._score_calign,
            "score_colap": self._score_colap,
            "score_similarity": self._score_similarity,
            **_of_stage("fine-tuning", self._finetuning),
            **_of_stage("task scores", self._task_scores),
        }

    def cost(self, rule: str, names: Names) -> Cost:
        """Work and disk of a job; of small jobs nothing besides what stands around the work."""
        return self._costs[rule](names) if rule in self._costs else Cost()

    # --- what jobs share

    def _read(self, name: str, kind: int, n_subwords: float, dtype: str = "float32") -> Cost:
        """A side of a model reads subwords or is trained on them."""
        operations = kind * self._sizes.model(name).parameters * n_subwords
        gpu = "gpu_bfloat16" if dtype == "bfloat16" else "gpu"
        return Cost(
            operations / self._rates["model_operations_per_second"],
            operations / self._rates[f"{gpu}_operations_per_second"],
        )

    def _fits(self, name: str, n_words: float, n_clusters: float, n_starts: int) -> Cost:
        """Clusterings of so many words of one layer, whose starts are drawn together.

        On a core a step of the starts costs much once, to go through the words, and little for each
        start.
        """
        rates = self._rates
        units = n_words * self._sizes.model(name).n_dims * n_clusters
        each = rates["kmeans_start_seconds_each"] + rates["kmeans_iterations_seconds"]
        seconds = units * (rates["kmeans_start_seconds_together"] + n_starts * each)
        operations = 2 * units * n_starts * rates["kmeans_iterations"]
        return Cost(seconds, operations / rates["gpu_kmeans_operations_per_second"])

    def _hashing(self, *, hdf5: float = 0.0, plain: float = 0.0) -> float:
        """Seconds of hashing: numbers of HDF5 files by their raw bytes, other files by theirs."""
        of_hdf5 = hdf5 / self._rates["hash_bytes_per_second"]
        return of_hdf5 + plain / self._rates["plain_hash_bytes_per_second"]

    def _pair_words(self, names: Names) -> float:
        """Words of both languages of a pair."""
        pair = names["pair"]
        return sum(self._sizes.words(code, pair) for code in pair.split("-"))

    def _pair_bytes(self, names: Names) -> float:
        """Vectors of both languages of a pair, raw."""
        return self._sizes.vector_bytes(names["model"], self._pair_words(names))

    # --- text and models

    def _align_words(self, names: Names) -> Cost:
        pair = names["pair"]
        corpora = (self._study.corpus, *self._study.word_links.extra_corpora)
        n_pairs = sum(self._sizes.sentences(corpus, pair=pair) for corpus in corpora)
        seconds = n_pairs * self._rates["align_seconds_per_pair"]
        return Cost(seconds, disk_bytes=n_pairs * 5 * _WORD_BYTES)

    def _copied_model(self, names: Names) -> Cost:
        """What is read is hashed (the hub's files as they come), and what is written."""
        size = self._sizes.model(names["model"]).file_bytes
        return Cost(hashing=self._hashing(plain=2 * size), disk_bytes=size)

    def _check_model(self, names: Names) -> Cost:
        return Cost(hashing=self._hashing(plain=self._sizes.model(names["model"]).file_bytes))

    def _pretrain(self, names: Names) -> Cost:
        name = names["model"]
        recipe = self._study.models[name].pretrain
        assert recipe is not None
        n_subwords = recipe.training.n_steps * recipe.mixture.batch_tokens
        work, size = self._read(name, TRAINED, n_subwords), self._sizes.model(name).file_bytes
        return Cost(work.seconds, work.gpu_seconds, self._hashing(plain=size), size)

    def _finetuning(self, names: Names) -> Cost:
        name, task = names["model"], names["variant"]
        epochs = self._study.tasks[task].finetuning.epochs
        n_subwords = self._sizes.task_subwords(task, "train") * epochs
        work = self._read(name, TRAINED, n_subwords * self._sizes.n_sides(name))
        size = self._sizes.model(name).file_bytes
        return Cost(work.seconds, work.gpu_seconds, self._hashing(plain=2 * size), size)

    def _task_scores(self, names: Names) -> Cost:
        name, task = names["model"], names["variant"]
        n_subwords = self._sizes.task_subwords(task, "test")
        if self._sizes.n_sides(name) == 2:  # the answer is written, word by word
            n_beams = self._study.tasks[task].generation.n_beams
            n_subwords *= 1 + self._rates["writing_over_reading"] * n_beams
        work = self._read(name, READ, n_subwords)
        size = self._sizes.model(name).file_bytes
        return Cost(work.seconds, work.gpu_seconds, self._hashing(plain=size))

    # --- vectors and clusters

    def _extract_vectors(self, names: Names) -> Cost:
        """On a GPU no faster than the vectors are written, which is done meanwhile."""
        name, language = names["model"], names["language"]
        pair = names.get("part", "").rstrip("/")
        forced = self._sizes.n_sides(name) == 2 and names["side"] == "decoder"
        n_subwords = self._sizes.subwords(language, pair) * (2 if forced else 1)
        work = self._read(name, READ, n_subwords, self._study.extraction.dtype)
        raw = self._sizes.vector_bytes(name, self._sizes.words(language, pair))
        disk = raw * self._rates["packed_share"]
        hashing = self._hashing(hdf5=raw, plain=disk + self._sizes.model(name).file_bytes)
        gpu_seconds = max(work.gpu_seconds, raw / self._rates["write_bytes_per_second"])
        return Cost(work.seconds, gpu_seconds, hashing, disk)

    def _cluster_words(self, names: Names) -> Cost:
        settings, n_words = self._study.clustering, self._pair_words(names)
        n_layers, n_seeds = len(self._study.layers_of(names["model"])), len(settings.seeds)
        times = n_layers * _DEFINITIONS
        n_clustered, n_starts = times * _TIMES_CLUSTERED * n_words, n_seeds * settings.n_restarts
        work = self._fits(names["model"], n_clustered, settings.n_clusters, n_starts)
        n_centers = times * _CLUSTERINGS * settings.n_clusters
        return self._concepts(names, work, n_seeds * n_clustered, n_seeds * n_centers)

    def _cluster_controls(self, names: Names) -> Cost:
        """One seed and one definition of each control; `centred` clusters COLAP's words only."""
        own = self._study.clustering.n_clusters
        n_layers = len(self._study.layers_of(names["model"]))
        counts = self._cluster_counts()
        # Of all controls and layers: numbers of clusters by how often each word is clustered into
        # so many, and centers.
        clusters = n_layers * _TIMES_CLUSTERED * sum(counts)
        n_centers = n_layers * _CLUSTERINGS * sum(counts)
        n_times = n_layers * _TIMES_CLUSTERED * len(counts)
        for name, layers in self._changes(names, n_layers):
            times, parts = (1, 1) if name == "centred" else (_TIMES_CLUSTERED, _CLUSTERINGS)
            clusters += layers * times * own
            n_centers += layers * parts * own
            n_times += layers * times
        n_words, n_starts = self._pair_words(names), self._study.clustering.n_restarts
        work = self._fits(names["model"], n_words, clusters, n_starts)
        return self._concepts(names, work, n_times * n_words, n_centers)

    def _cluster_counts(self) -> set[int]:
        """Numbers of clusters under the controls that change it."""
        own = self._study.clustering.n_clusters
        return {round(factor * own) for factor in self._study.controls.cluster_factors}

    def _changes(self, names: Names, n_layers: int) -> list[tuple[str, int]]:
        """Controls that keep the number of clusters, and in how many layers each is computed."""
        found = [(change, n_layers) for change in self._study.controls.vectors]
        has_norm = self._sizes.has_before_norm(names["model"])
        return [*found, ("before_norm", 1)] if has_norm else found

    def _concepts(self, names: Names, work: Cost, n_labels: float, n_centers: float) -> Cost:
        """A clustering job of a pair that writes so many labels of words, and centers."""
        n_dims = self._sizes.model(names["model"]).n_dims
        disk = FLOAT_BYTES * (n_labels + n_centers * n_dims)
        hashing = self._hashing(hdf5=self._pair_bytes(names) + disk, plain=disk)
        return Cost(work.seconds, work.gpu_seconds, hashing, disk)

    def _mix_languages(self, names: Names) -> Cost:
        """All languages' words together, in each layer with each seed."""
        settings, name = self._study.clustering, names["model"]
        n_words = sum(map(self._sizes.words, self._study.languages))
        n_layers = len(self._study.layers_of(name))
        n_starts = len(settings.seeds) * settings.n_restarts
        work = self._fits(name, n_layers * n_words, settings.n_clusters, n_starts)
        hashing = self._hashing(hdf5=self._sizes.vector_bytes(name, n_words))
        return Cost(work.seconds, work.gpu_seconds, hashing)

    # --- scores

    def _score_calign(self, names: Names) -> Cost:
        """Plain scores of every seed and definition, and those of drawn and permuted input.

        Drawn and permuted is each direction: one as published, two as corrected.
        """
        n_layers = len(self._study.layers_of(names["model"]))
        each = 2 if self._study.figures.definition == "corrected" else 1
        n_groups = 3 * n_layers + each * self._control_layers(names, "centred")
        plain = n_layers * _DEFINITIONS * len(self._study.clustering.seeds)
        seconds = plain * self._rates["score_seconds"]
        n_words = self._pair_words(names) / 2
        seconds += n_groups * self._draws() * n_words * self._rates["calign_draw_seconds_per_word"]
        return Cost(seconds, hashing=self._hash_concepts(names))

    def _score_colap(self, names: Names) -> Cost:
        n_groups = _DEFINITIONS * len(self._study.layers_of(names["model"]))
        n_groups += self._control_layers(names)
        seconds = n_groups * self._draws() * self._rates["colap_draw_seconds"]
        return Cost(seconds, hashing=self._hash_concepts(names))

    def _draws(self) -> int:
        return self._study.statistics.n_permutations + self._study.statistics.n_resamples

    def _control_layers(self, names: Names, left_out: str = "") -> int:
        """Layers of all controls of clusterings."""
        if names["model"] not in self._study.controlled:
            return 0
        n_layers = len(self._study.layers_of(names["model"]))
        kept = [n for name, n in self._changes(names, n_layers) if name != left_out]
        return sum(kept) + n_layers * len(self._cluster_counts())

    def _hash_concepts(self, names: Names) -> float:
        concepts = self._cluster_words(names).disk_bytes
        if names["model"] in self._study.controlled:
            concepts += self._cluster_controls(names).disk_bytes
        return self._hashing(hdf5=concepts)

    def _score_similarity(self, names: Names) -> Cost:
        """CKA goes through the words once a layer; what it takes grows with dims squared."""
        name = names["model"]
        n_layers, n_dims = len(self._study.layers_of(name)), self._sizes.model(name).n_dims
        units = n_layers * self._pair_words(names) / 2 * n_dims**2
        seconds = units * self._rates["rival_seconds_per_unit"]
        return Cost(seconds, hashing=self._hashing(hdf5=self._pair_bytes(names)))


def _of_stage(stage: str, cost: Callable[[Names], Cost]) -> dict[str, Callable[[Names], Cost]]:
    return {rule: cost for rule, of_stage in STAGES.items() if of_stage == stage}
