"""Values and named array types that pass between stages.

Axis names are singular nouns and mean the same size wherever they stand in one signature:
``word`` (occurrences of words), ``dim`` (hidden size), ``cluster``, ``link``, ``entry``,
``restart``, ``sentence``, ``type`` (distinct spellings).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, Int32, Int64

from polyconcept.score import Score

Vectors: TypeAlias = Float32[np.ndarray, "word dim"]
Centers: TypeAlias = Float32[np.ndarray, "cluster dim"]
Rows: TypeAlias = Int64[np.ndarray, " word"]
ClusterOfWord: TypeAlias = Int32[np.ndarray, " word"]
Dropped: TypeAlias = Mapping[str, int]
"""Reason -> number of words (or sentences) left out for it."""

Definition: TypeAlias = Literal["published", "corrected"]
BEFORE_NORM = -1_000_000
"""In the place of a layer's number: the last layer, before the model's final norm."""

Part: TypeAlias = Literal["source", "target", "pooled"]
"""Words clustered together: of one language of a pair, or of both (source's first)."""

__all__ = [
    "BEFORE_NORM",
    "AlignedConcepts",
    "Bool",
    "Centers",
    "ClusterOfWord",
    "Clusters",
    "ConceptExample",
    "ConceptKey",
    "Definition",
    "Dictionary",
    "Dropped",
    "Float",
    "Float32",
    "Float64",
    "Int",
    "Int32",
    "Int64",
    "LabelledSentences",
    "Links",
    "Part",
    "Rows",
    "Score",
    "Selection",
    "Sentences",
    "TaggedSentences",
    "VectorReader",
    "Vectors",
    "Words",
    "layer_name",
    "takes_part",
]


@dataclass(frozen=True)
class Sentences:
    """Sentences of one language, split into words at blanks."""

    language: str
    """Code of the language, such as ``de``."""
    words: tuple[tuple[str, ...], ...]
    """Words of sentence i, never empty; sentence i is line i of the text file (0-based)."""

    def __len__(self) -> int:
        return len(self.words)


def takes_part(
    source: Sentences, target: Sentences, *, max_sentence_words: int
) -> Bool[np.ndarray, " sentence"]:
    """Which sentence pairs take part: both sides have fewer than `max_sentence_words` words."""
    lengths = [[len(words) for words in side.words] for side in (source, target)]
    part: Bool[np.ndarray, " sentence"] = np.max(lengths, axis=0) < max_sentence_words
    return part


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences with one IOB2 tag per word (named entities)."""

    language: str
    """Code of the language."""
    words: tuple[tuple[str, ...], ...]
    """Words of sentence i, never empty."""
    tags: tuple[tuple[str, ...], ...]
    """IOB2 tags of sentence i, as many as it has words, such as ``B-PER``."""

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class LabelledSentences:
    """Sentences with one label each (sentiment)."""

    language: str
    """Code of the language."""
    words: tuple[tuple[str, ...], ...]
    """Words of sentence i, never empty."""
    label: tuple[str, ...]
    """Label of sentence i, such as ``positive``."""

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Words:
    """Word table of one language; its row order is the order of every later file."""

    language: str
    """Code of the language."""
    sentence: Int32[np.ndarray, " word"]
    """Sentence (0-based line) of each word; never decreases."""
    position: Int32[np.ndarray, " word"]
    """Place of each word in its sentence, 0-based."""
    word_type: Int32[np.ndarray, " word"]
    """Index into `types` of each word."""
    types: tuple[str, ...]
    """Distinct spellings, in order of first appearance in the table."""

    @property
    def n_words(self) -> int:
        """Number of rows."""
        return len(self.sentence)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of language, rows and spellings: files of two tables never mix."""
        digest = hashlib.sha256(self.language.encode())
        for column in (self.sentence, self.position, self.word_type):
            digest.update(np.ascontiguousarray(column, dtype="<i4").tobytes())
        digest.update("\n".join(self.types).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


@dataclass(frozen=True)
class Links:
    """Word links of one sentence-aligned language pair, ordered by sentence, source, target."""

    source: str
    """Code of the source language."""
    target: str
    """Code of the target language."""
    sentence: Int32[np.ndarray, " link"]
    """Sentence (0-based line) of each link."""
    source_position: Int32[np.ndarray, " link"]
    """Place of the source word in its sentence, 0-based."""
    target_position: Int32[np.ndarray, " link"]
    """Place of the target word in its sentence, 0-based."""

    def __len__(self) -> int:
        return len(self.sentence)


@dataclass(frozen=True)
class Dictionary:
    """Translations of word types in one direction; entries of a word are adjacent, best first."""

    source: str
    """Code of the language translated from."""
    target: str
    """Code of the language translated into."""
    word: tuple[str, ...]
    """Word type of each entry."""
    translation: tuple[str, ...]
    """Translation of each entry."""
    probability: Float64[np.ndarray, " entry"]
    """p(translation | word); sums to at most 1 over the entries of a word."""
    count: Int64[np.ndarray, " entry"]
    """Number of links behind each entry."""

    def __len__(self) -> int:
        return len(self.word)


@dataclass(frozen=True)
class Selection:
    """The words of a language pair that one metric clusters, as rows of the two word tables.

    A row may stand more than once (`published` CALIGN: once for each of its links).
    """

    source_rows: Int64[np.ndarray, " source_word"]
    """Rows of the source language's word table, in the order they are clustered."""
    target_rows: Int64[np.ndarray, " target_word"]
    """Rows of the target language's word table; clustered after the source's where pooled."""


@dataclass(frozen=True)
class Clusters:
    """One k-means result: the best of its restarts."""

    cluster: ClusterOfWord
    """Cluster of each clustered word, 0-based."""
    centers: Centers
    """Mean vector of each cluster, in the space of the input vectors."""
    inertia: float
    """Sum of squared distances of the words to their centers."""
    restart_inertias: Float64[np.ndarray, " restart"]
    """Inertia that each restart ended with, in order of their seeds."""
    n_iterations: int
    """Lloyd iterations of the best restart."""

    @property
    def n_clusters(self) -> int:
        """Number of clusters asked for."""
        return len(self.centers)


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
        """Whether each row of the word table has a vector."""

    def read(self, layer: int, rows: Rows, out: Vectors | None = None) -> Vectors:
        """Vectors of rows of the word table in one layer; in the memory of `out`, if given."""


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
    """How a message calls a layer."""
    return "the state before the final norm" if layer == BEFORE_NORM else f"layer {layer}"
