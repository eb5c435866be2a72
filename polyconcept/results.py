"""What scoring takes and gives: values that pass between stages, as those of `records`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from polyconcept.records import (
    Bool,
    ClusterOfWord,
    Clusters,
    ConceptKey,
    Definition,
    Int32,
    Int64,
    Rows,
    Selection,
    Words,
)

__all__ = [
    "CalignRule",
    "ClusterAlignment",
    "ClusterOverlap",
    "ClusteredWords",
    "ConceptReader",
    "ControlReader",
    "Run",
    "ScoreKey",
    "Translations",
]


@dataclass(frozen=True)
class Run:
    """Which model's words of which corpus: the columns that all rows of a run share."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task the model was fine-tuned on."""
    side: str
    """``encoder``, ``decoder`` or ``encoder-decoder``."""
    corpus: str
    """Corpus whose words were clustered."""


@runtime_checkable
class ConceptReader(Protocol):
    """Where a pair's clusterings are read from, one at a time."""

    @property
    def source(self) -> Words:
        """Word table of the source language."""

    @property
    def target(self) -> Words:
        """Word table of the target language."""

    @property
    def layers(self) -> tuple[int, ...]:
        """Layers that were clustered."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that each layer was clustered with."""

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Definitions whose words were clustered."""

    def selection(self, metric: str, definition: Definition) -> Selection:
        """Words that were clustered for a metric."""

    def clusters(self, key: ConceptKey) -> Clusters:
        """One clustering."""


@runtime_checkable
class ControlReader(ConceptReader, Protocol):
    """Clusterings under a control; of some metrics only."""

    @property
    def control(self) -> str:
        """What was changed, such as ``centred`` or ``n_clusters=300``."""

    def metrics(self) -> tuple[str, ...]:
        """Metrics whose words were clustered."""


@dataclass(frozen=True)
class ScoreKey:
    """Whose score it is: the columns that all rows of one clustering share."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task the model was fine-tuned on."""
    side: str
    """``encoder``, ``decoder`` or ``encoder-decoder``."""
    corpus: str
    """Corpus whose words were clustered."""
    source: str
    """Source language."""
    target: str
    """Target language."""
    layer: int
    """0 = embedding output, n = after block n."""
    seed: int | None
    """Seed of the clustering; none for all seeds together."""


@dataclass(frozen=True)
class ClusteredWords:
    """Words of one language with their spellings and clusters: what CALIGN compares."""

    language: str
    """Code of the language."""
    types: tuple[str, ...]
    """Distinct spellings; some may have no word here."""
    word_type: Int32[np.ndarray, " word"]
    """Index into `types` of each word."""
    cluster: ClusterOfWord
    """Cluster of each word, 0-based."""
    n_clusters: int
    """Number of clusters, those without words included."""
    sentence: Int32[np.ndarray, " word"] | None = None
    """Sentence of each word, where words come from a word table."""

    @classmethod
    def of(
        cls, words: Words, rows: Rows, cluster: ClusterOfWord, *, n_clusters: int
    ) -> ClusteredWords:
        """The rows of a word table that were clustered, in the order of `cluster`."""
        return cls(
            words.language,
            words.types,
            words.word_type[rows],
            cluster,
            n_clusters,
            words.sentence[rows],
        )

    @classmethod
    def of_part(cls, concepts: ConceptReader, key: ConceptKey) -> ClusteredWords:
        """The words of one language of a pair, as clustered alone: part ``source`` or ``target``.

        Raises:
            ValueError: the part is neither.
        """
        selection = concepts.selection(key.metric, key.definition)
        parts = {
            "source": (concepts.source, selection.source_rows),
            "target": (concepts.target, selection.target_rows),
        }
        if key.part not in parts:
            raise ValueError(f"part {key.part!r}: expected 'source' or 'target'")
        clusters = concepts.clusters(key)
        return cls.of(*parts[key.part], clusters.cluster, n_clusters=clusters.n_clusters)


@dataclass(frozen=True)
class CalignRule:
    """When a source cluster aligns to a target cluster (docs/METRICS.md)."""

    definition: Definition
    """Which comparisons hold: strict ones, or exact ones with a two-sided size ratio."""
    n: int
    """Translations of a word that count, best first; 0 counts as 1, as in the released code."""
    match: float
    """Share of the source cluster's types to be matched, from 0 to 1."""
    size_ratio: float
    """Bound on the ratio of the two numbers of types; `corrected`: from 0 to 1."""
    min_types: int
    """A source cluster must have more types than this."""

    def __post_init__(self) -> None:
        if self.definition not in ("published", "corrected"):
            message = f"definition {self.definition!r}: expected 'published' or 'corrected'"
            raise ValueError(message)
        highest = 1.0 if self.definition == "corrected" else float("inf")
        for name, value, limit in (
            ("n", self.n, float("inf")),
            ("match", self.match, 1.0),
            ("size_ratio", self.size_ratio, highest),
            ("min_types", self.min_types, float("inf")),
        ):
            if not 0 <= value <= limit:
                message = f"{name} {value} ({self.definition}): expected from 0 to {limit}"
                raise ValueError(message)


@dataclass(frozen=True)
class ClusterAlignment:
    """How the source clusters of a pair align to the target clusters, one layer (CALIGN).

    The score at any other `match` follows from `n_types` and `n_matched` (`alignment.aligned_at`);
    neither depends on `match` or `min_types`.
    """

    rule: CalignRule
    """The thresholds that `pair_*` were found with."""
    source: str
    """Code of the source language."""
    target: str
    """Code of the target language."""
    n_types: Int32[np.ndarray, " cluster"]
    """Word types of each source cluster; 0 where it has no word."""
    n_target_types: Int32[np.ndarray, " target"]
    """Word types of each target cluster; 0 where it has no word."""
    best_target: Int32[np.ndarray, " cluster"]
    """Target cluster that matches most types, among those whose size fits; -1 where none does."""
    n_matched: Int32[np.ndarray, " cluster"]
    """Types of each source cluster with a translation in `best_target`; 0 where that is -1."""
    pair_source: Int32[np.ndarray, " pair"]
    """Source cluster of each aligned pair; ordered by source, then target."""
    pair_target: Int32[np.ndarray, " pair"]
    """Target cluster of each aligned pair."""
    pair_matched: Int32[np.ndarray, " pair"]
    """Types of the source cluster with a translation in the target cluster."""

    @property
    def n_clusters(self) -> int:
        """Source clusters that have words."""
        return int(np.count_nonzero(self.n_types))

    @property
    def n_large(self) -> int:
        """Source clusters with more than `rule.min_types` types."""
        return int(np.count_nonzero(self.n_types > self.rule.min_types))

    @property
    def n_aligned(self) -> int:
        """Source clusters that align to at least one target cluster; all of them are large."""
        return len(np.unique(self.pair_source))

    @property
    def n_targets(self) -> Int64[np.ndarray, " cluster"]:
        """Target clusters that each source cluster aligns to."""
        return np.bincount(self.pair_source, minlength=len(self.n_types))


@dataclass(frozen=True)
class ClusterOverlap:
    """How the words of two languages share the clusters of one layer (COLAP).

    The score at any other `share` follows from the two counts.
    """

    definition: Definition
    """How `overlaps` was decided."""
    share: float
    """Share of a cluster's words that each language must hold."""
    n_source: Int64[np.ndarray, " cluster"]
    """Words of the source language in each cluster."""
    n_target: Int64[np.ndarray, " cluster"]
    """Words of the target language in each cluster."""
    overlaps: Bool[np.ndarray, " cluster"]
    """Whether both languages hold enough of the cluster; never where it has no word."""

    @property
    def n_clusters(self) -> int:
        """Clusters that have words."""
        return int(np.count_nonzero(self.n_source + self.n_target))

    @property
    def n_overlapping(self) -> int:
        """Clusters that overlap."""
        return int(np.count_nonzero(self.overlaps))


@dataclass(frozen=True)
class Translations:
    """What a model made of the sentences of one language pair; all words are joined by blanks."""

    source: str
    """Code of the language translated from."""
    target: str
    """Code of the language translated into."""
    sentence: tuple[str, ...]
    """Sentences of the source language."""
    reference: tuple[str, ...]
    """Their translations by people, in the target language."""
    hypothesis: tuple[str, ...]
    """Their translations by the model; may be empty."""
