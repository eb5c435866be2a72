"""How much work, memory and disk a job takes, from the sizes of what it reads and makes.

Work is in seconds of one core at the measured rates, and of a GPU at assumed ones. Of a
transformer: 2 operations a parameter of its blocks and subword read, 6 where it is trained (Kaplan
et al. 2020, arXiv 2001.08361, sec. 2.1), and what a subword costs besides. Of k-means: a word, dim
and cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.schema import Study
from polyconcept.study.sizes import FLOAT_BYTES, BuiltinLines, Sizes
from polyconcept.study.tasks import FinetuningSettings
from polyconcept.study.text_sizes import Number, TextSize

READ, TRAINED = 2, 6  # operations a parameter and subword
ACTIVATIONS = 30
"""Numbers that training holds for a subword, dim and block."""
TRAINER_BYTES = 60e6
METRICS, DEFINITIONS = ("calign", "colap"), ("published", "corrected")


@dataclass(frozen=True)
class Cost:
    """What a job takes, without its start."""

    seconds: Number = 0.0
    """Of one core."""
    gpu_seconds: Number = 0.0
    """Of a GPU in place of these, where the job can use one."""
    disk_bytes: Number = 0.0
    memory_bytes: Number = 0.0
    """The most that it holds at a time."""

    def holding(self, memory_bytes: Number, disk_bytes: Number = 0.0) -> Cost:
        """Return the same work with the memory and the disk that it takes."""
        return replace(self, memory_bytes=memory_bytes, disk_bytes=disk_bytes)

    def __add__(self, other: Cost) -> Cost:
        """Return what both take, one after the other."""
        return Cost(
            self.seconds + other.seconds,
            self.gpu_seconds + other.gpu_seconds,
            self.disk_bytes + other.disk_bytes,
            max(self.memory_bytes, other.memory_bytes),
        )


class Work:
    """What a study's jobs work on, and how fast that goes; rates: as benchmarks/rates.json."""

    def __init__(
        self, study: Study, rates: Mapping[str, float], root: Path, builtin: BuiltinLines
    ) -> None:
        self.study, self.rates = study, rates
        self.sizes = Sizes(study, rates, root, builtin)
        if study.clustering.engine != "torch":
            self.sizes.unknown.add(f"clustering.engine {study.clustering.engine}: taken as torch")

    def on_core(self, seconds: Number) -> Cost:
        """Price what a core does; a GPU waits meanwhile."""
        return Cost(seconds, seconds)

    def reading(self, name: str, n_subwords: Number, dtype: str = "float32") -> Cost:
        """Price a side of a model that reads subwords."""
        rates, operations = self.rates, self._operations(name, READ, n_subwords)
        gpu = "gpu_bfloat16" if dtype == "bfloat16" else "gpu"
        around = n_subwords * rates["read_seconds_per_subword"]
        return Cost(
            around + operations / rates["model_operations_per_second"],
            operations / rates[f"{gpu}_operations_per_second"],
        )

    def training(self, name: str, n_subwords: Number) -> Cost:
        """Price all sides of a model that are trained on subwords."""
        n_sides = self.sizes.n_sides(name)
        rates, operations = self.rates, self._operations(name, TRAINED, n_subwords * n_sides)
        around = n_sides * n_subwords * rates["train_seconds_per_subword"]
        return Cost(
            around + operations / rates["training_operations_per_second"],
            operations / rates["gpu_operations_per_second"],
        )

    def training_memory(
        self, name: str, texts: Sequence[TextSize], options: FinetuningSettings
    ) -> Number:
        """Return what training a model on the largest batch of some texts holds.

        Weights, gradients and both moments of the blocks; the table of subwords twice, of which few
        rows are trained; and of a batch 30 numbers a subword, dim and block, holes of the heap
        included (fitted to multilingual-e5-small, docs/PERFORMANCE.md, "Memory of a fine-tuning").
        """
        model, n_sides = self.sizes.model(name), self.sizes.n_sides(name)
        blocks = FLOAT_BYTES * model.parameters * n_sides
        table = max(0.0, model.file_bytes - blocks)
        longest = max(
            text.n_longest * self.sizes.subwords_per_word(name, text.sample) for text in texts
        )
        batch = options.batch_size * min(options.max_length, longest)
        numbers = ACTIVATIONS * batch * model.n_layers * model.n_dims * n_sides
        return 4 * blocks + 2 * table + FLOAT_BYTES * numbers + TRAINER_BYTES

    def loading(self, name: str) -> Cost:
        """Price a model that is read and hashed, and held."""
        size = self.sizes.model(name).file_bytes
        return self.on_core(size * self.rates["load_seconds_per_byte"]).holding(size)

    def hashed(self, n_bytes: Number) -> Cost:
        """Price the hashing of files by their bytes."""
        return self.on_core(n_bytes / self.rates["hash_bytes_per_second"])

    def fits(
        self, name: str, n_words: Number, n_clusters: Number, n_starts: int, n_fits: Number
    ) -> Cost:
        """Clusterings of so many words in all, in so many parts, whose starts are drawn together.

        On a core a step of the starts costs much once, to go through the words, and little for each
        start.
        """
        rates = self.rates
        units = n_words * self.sizes.model(name).n_dims * n_clusters
        each = rates["kmeans_start_seconds_each"] + rates["kmeans_iterations_seconds"]
        seconds = units * (rates["kmeans_start_seconds_together"] + n_starts * each)
        seconds += n_fits * n_starts * rates["kmeans_seconds_per_fit"]
        operations = 2 * units * n_starts * rates["kmeans_iterations"]
        return Cost(seconds, operations / rates["gpu_kmeans_operations_per_second"])

    def pair_words(self, names: Names) -> Number:
        """Rows of the word tables of both languages of a pair."""
        pair = names["pair"]
        return sum(self.sizes.words(code, pair) for code in pair.split("-"))

    @property
    def n_runs(self) -> int:
        """Runs of the study: models, variants and sides."""
        return sum(1 for _ in Files(self.study).runs())

    def layer_bytes(self, names: Names) -> Number:
        """Vectors of both languages of a pair in one layer, as they are held."""
        return FLOAT_BYTES * self.pair_words(names) * self.sizes.model(names["model"]).n_dims

    def _operations(self, name: str, kind: int, n_subwords: Number) -> Number:
        return kind * self.sizes.model(name).parameters * n_subwords
