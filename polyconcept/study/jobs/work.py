"""How much work and disk a job takes, estimated from the sizes of what it reads and makes.

Work is in seconds of one core at the measured rates, and of a GPU at assumed ones. Of a
transformer: 2 operations a parameter of its blocks and subword read, 6 where it is trained (Kaplan
et al. 2020, arXiv 2001.08361, sec. 2.1). Of k-means: 2 a word, dim, cluster and iteration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from polyconcept.study.jobs.paths import Names
from polyconcept.study.schema import Study
from polyconcept.study.sizes import Number, Sizes

READ, TRAINED = 2, 6  # operations a parameter and subword


@dataclass(frozen=True)
class Cost:
    """What a job takes."""

    seconds: Number = 0.0
    """Of one core, without what stands around the work."""
    gpu_seconds: Number = 0.0
    """Of a GPU in place of these, where the job can use one."""
    hashing: Number = 0.0
    """Seconds of one core in which inputs and outputs are hashed, with and without a GPU."""
    disk_bytes: Number = 0.0

    def with_files(self, hashing: Number, disk_bytes: Number = 0.0) -> Cost:
        """Return the same work with the files that it reads and makes."""
        return replace(self, hashing=hashing, disk_bytes=disk_bytes)

    def __add__(self, other: Cost) -> Cost:
        """Return what both take together."""
        return Cost(
            self.seconds + other.seconds,
            self.gpu_seconds + other.gpu_seconds,
            self.hashing + other.hashing,
            self.disk_bytes + other.disk_bytes,
        )


class Work:
    """What a study's jobs work on, and how fast that goes; rates: as benchmarks/rates.json."""

    def __init__(self, study: Study, rates: Mapping[str, float], root: Path) -> None:
        self.study, self.rates = study, rates
        self.sizes = Sizes(study, rates, root)
        if study.clustering.engine != "torch":
            self.sizes.unknown.add(f"clustering.engine {study.clustering.engine}: taken as torch")

    def reading(self, name: str, kind: int, n_subwords: Number, dtype: str = "float32") -> Cost:
        """Price a side of a model that reads subwords or is trained on them."""
        operations = kind * self.sizes.model(name).parameters * n_subwords
        gpu = "gpu_bfloat16" if dtype == "bfloat16" else "gpu"
        return Cost(
            operations / self.rates["model_operations_per_second"],
            operations / self.rates[f"{gpu}_operations_per_second"],
        )

    def fits(self, name: str, n_words: Number, n_clusters: Number, n_starts: int) -> Cost:
        """Clusterings of so many words of one layer, whose starts are drawn together.

        On a core a step of the starts costs much once, to go through the words, and little for each
        start.
        """
        rates = self.rates
        units = n_words * self.sizes.model(name).n_dims * n_clusters
        each = rates["kmeans_start_seconds_each"] + rates["kmeans_iterations_seconds"]
        seconds = units * (rates["kmeans_start_seconds_together"] + n_starts * each)
        operations = 2 * units * n_starts * rates["kmeans_iterations"]
        return Cost(seconds, operations / rates["gpu_kmeans_operations_per_second"])

    def hashing(self, *, hdf5: Number = 0.0, plain: Number = 0.0) -> Number:
        """Seconds of hashing: numbers of HDF5 files by their raw bytes, other files by theirs.

        Vectors are hashed as they lie in memory, raw, which goes as fast as with other files.
        """
        of_hdf5 = hdf5 / self.rates["hash_bytes_per_second"]
        return of_hdf5 + plain / self.rates["plain_hash_bytes_per_second"]

    def pair_words(self, names: Names) -> Number:
        """Words of both languages of a pair."""
        pair = names["pair"]
        return sum(self.sizes.words(code, pair) for code in pair.split("-"))

    def pair_clusters(self, names: Names, factor: float = 1.0) -> int:
        """Clusters of a pair, or a multiple of them."""
        pair = names["pair"]
        return self.sizes.clusters(pair.split("-"), pair, factor)

    def pair_bytes(self, names: Names) -> Number:
        """Vectors of both languages of a pair, raw."""
        return self.sizes.vector_bytes(names["model"], self.pair_words(names))
