"""Vectors and clusterings as they pass between rooms, and where they are read from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from polyconcept.records.arrays import Bool, Centers, ClusterOfWord, Float64, Int32, Rows, Vectors
from polyconcept.records.text import Definition, Dropped, Selection, Words

BEFORE_NORM = -1_000_000
"""In the place of a layer's number: the last layer, before the model's final norm."""


NO_CLUSTER = -1
"""In the place of a cluster's number: noise, a word that stands in no cluster."""

MostSubwords: TypeAlias = Int32[np.ndarray, " type"]
"""Of how many subwords the longest word of each type is, of those with vectors; 0 if none has."""

Part: TypeAlias = Literal["source", "target", "pooled"]
"""Words clustered together: of one language of a pair, or of both (source's first)."""


def parts_of(metric: str) -> tuple[Part, ...]:
    """Return what a metric clusters: CALIGN compares clusterings of each language alone."""
    return ("source", "target") if metric == "calign" else ("pooled",)


@dataclass(frozen=True)
class VectorHeader:
    """What a vector file says of itself."""

    language: str
    """Language of the word table."""
    words_fingerprint: str
    """Fingerprint of the word table whose rows the file numbers."""
    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task it was fine-tuned on."""
    side: str
    """``encoder`` or ``decoder``."""
    given: str
    """Language that the encoder reads while the decoder is forced; empty elsewhere."""
    reading: str
    """State of a decoder that stands for a subword, ``predicts`` or ``reads``; else empty."""
    pooling: str
    """Which subword stands for the word: ``last``, ``first`` or ``mean``."""
    dropped: Dropped
    """Reason -> number of words of the table that have no vector here."""


@dataclass(frozen=True)
class Clusters:
    """One clustering of some words."""

    cluster: ClusterOfWord
    """Cluster of each clustered word, 0-based, or `NO_CLUSTER`."""
    n_clusters: int
    """Number of clusters, those without words included."""


@dataclass(frozen=True)
class KMeansClusters(Clusters):
    """One k-means result: the best of its restarts."""

    centers: Centers
    """Mean vector of each cluster, in the space of the input vectors."""
    inertia: float
    """Sum of squared distances of the words to their centers."""
    restart_inertias: Float64[np.ndarray, " restart"]
    """Inertia that each restart ended with, in order of their seeds."""
    n_iterations: int
    """Lloyd iterations of the best restart."""


@dataclass(frozen=True)
class ConceptKey:
    """Which clustering of a pair's words: one per layer, seed, metric, definition and part."""

    layer: int
    """0 = embedding output, n = after block n."""
    seed: int
    """Seed of the clustering."""
    metric: str
    """``calign`` or ``colap``: whose selection of words is clustered."""
    definition: Definition
    """Whose selection of words is clustered."""
    part: Part
    """Words of the source language, of the target language, or of both (source's first)."""
    control: str = ""
    """What was changed before clustering, such as ``centred`` or ``n_clusters=300``."""


@runtime_checkable
class VectorReader(Protocol):
    """Where the word vectors of one language are read from, a layer at a time."""

    @property
    def language(self) -> str:
        """Code of the language."""

    def has(self, rows: Rows) -> Bool[np.ndarray, " word"]:
        """Return whether each row of the word table has a vector."""

    def read(self, layer: int, rows: Rows, out: Vectors | None = None) -> Vectors:
        """Return vectors of rows of the word table in a layer; in the memory of `out`, if given."""


@dataclass(frozen=True)
class ConceptExample:
    """A source concept and the target concept it aligns to, as word lists to look at."""

    source_types: tuple[str, ...]
    """All word types of the source cluster, most frequent first."""
    target_types: tuple[str, ...]
    """All word types of the target cluster, most frequent first."""
    source_matched: tuple[bool, ...]
    """Whether one of the best translations of each source type is in the target cluster."""
    target_matched: tuple[bool, ...]
    """Whether each target type is one of the best translations of a type of the source cluster."""
    sentence_share: float
    """Share of the source cluster's words that stand in its commonest sentence."""


@dataclass(frozen=True)
class AlignedConcepts:
    """How many concepts of a language pair align in a layer, and some that do."""

    source: str
    """Code of the source language."""
    target: str
    """Code of the target language."""
    layer: int
    """0 = embedding output, n = after block n."""
    n_aligned: int
    """Source concepts that align to a target concept."""
    n_concepts: int
    """Source concepts."""
    examples: tuple[ConceptExample, ...]
    """The best of those that align, best first."""


def layer_name(layer: int) -> str:
    """Return how a message calls a layer."""
    return "the state before the final norm" if layer == BEFORE_NORM else f"layer {layer}"


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
        """Return the words that were clustered for a metric."""

    def clusters(self, key: ConceptKey) -> Clusters:
        """Return one clustering."""


@runtime_checkable
class SubwordReader(ConceptReader, Protocol):
    """Clusterings that also know how the tokenizer has cut the words."""

    @property
    def most_subwords(self) -> tuple[MostSubwords, MostSubwords]:
        """Of the source and the target language."""


@runtime_checkable
class ControlReader(ConceptReader, Protocol):
    """Clusterings under a control; of some metrics only."""

    @property
    def control(self) -> str:
        """What was changed, such as ``centred`` or ``n_clusters=300``."""

    def metrics(self) -> tuple[str, ...]:
        """Return the metrics whose words were clustered."""


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
    """Cluster of each word, 0-based, or `NO_CLUSTER`."""
    n_clusters: int
    """Number of clusters, those without words included."""
    sentence: Int32[np.ndarray, " word"] | None = None
    """Sentence of each word, where words come from a word table."""

    @classmethod
    def of(
        cls, words: Words, rows: Rows, cluster: ClusterOfWord, *, n_clusters: int
    ) -> ClusteredWords:
        """Return clustered rows of a word table, in the order of `cluster`."""
        return cls(
            words.language,
            words.types,
            words.word_type[rows],
            cluster,
            n_clusters,
            words.sentence[rows],
        )

    def only(self, kept: Bool[np.ndarray, " word"]) -> ClusteredWords:
        """Return the words that a mask keeps; types and clusters keep their numbers."""
        return replace(
            self,
            word_type=self.word_type[kept],
            cluster=self.cluster[kept],
            sentence=None if self.sentence is None else self.sentence[kept],
        )

    def in_clusters(self) -> ClusteredWords:
        """Return the words that stand in a cluster."""
        inside = self.cluster != NO_CLUSTER
        return self if inside.all() else self.only(inside)

    @classmethod
    def of_pair(
        cls,
        concepts: ConceptReader,
        metric: str,
        definition: Definition,
        *,
        layer: int,
        seed: int,
    ) -> tuple[ClusteredWords, ClusteredWords]:
        """Return the words of both languages as clustered for a metric: alone or together."""
        selection = concepts.selection(metric, definition)
        found = [
            concepts.clusters(ConceptKey(layer, seed, metric, definition, part))
            for part in parts_of(metric)
        ]
        cluster = np.concatenate([one.cluster for one in found])
        n_source = len(selection.source_rows)
        sides = (
            (concepts.source, selection.source_rows, cluster[:n_source], found[0].n_clusters),
            (concepts.target, selection.target_rows, cluster[n_source:], found[-1].n_clusters),
        )
        source, target = (
            cls.of(words, rows, own, n_clusters=n_clusters)
            for words, rows, own, n_clusters in sides
        )
        return source, target
