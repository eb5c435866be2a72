"""Text as it passes between rooms: sentences, words, links, dictionaries, labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from polyconcept.records.arrays import Bool, Float64, Int32, Int64

Dropped: TypeAlias = Mapping[str, int]
"""Reason -> number of words (or sentences) left out for it."""


Definition: TypeAlias = Literal["published", "corrected"]


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
    """Return which sentence pairs have fewer than `max_sentence_words` words on both sides."""
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
        # Little-endian, so that one table has one fingerprint on every machine.
        for column in (self.sentence, self.position, self.word_type):
            digest.update(np.ascontiguousarray(column, dtype="<i4").tobytes())
        digest.update("\n".join(self.types).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


Masks: TypeAlias = Mapping[str, Bool[np.ndarray, " _"]]
"""Language -> which types of its word table count."""


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
class Coverage:
    """How many word types of sentences that it has not seen a dictionary translates."""

    covered: int
    """Types with a translation."""
    n_types: int
    """Types of these sentences; one of several held-out parts counts in each."""


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
    coverage: Coverage | None = None
    """What a dictionary without them translates of held-out sentences; none where not counted."""

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


Selections: TypeAlias = Mapping[tuple[str, Definition], Selection]
"""The words that are clustered, by metric and definition."""


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
