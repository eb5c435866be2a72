"""Where words stand in the text, and the sentences themselves in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polyconcept.explorer.shards import Shard
from polyconcept.explorer.words import OrderedWords
from polyconcept.records.arrays import Int64
from polyconcept.records.text import Sentences, Words

SENTENCES = 64
"""Sentences of a block."""


def place_columns(words: OrderedWords, table: Words) -> dict[str, np.ndarray]:
    """Return the sentence of each word, and which of the words spelt like it there it is.

    Sentences are given as the step from the word before it of the same type.
    """
    step = table.sentence[words.rows].astype(np.int64)
    same = np.zeros(len(step), dtype=bool)
    same[1:] = words.word_type[1:] == words.word_type[:-1]
    step[1:][same[1:]] -= table.sentence[words.rows][:-1][same[1:]]
    return {"step": step, "repeat": _repeats(table)[words.rows]}


def sentence_shards(prefix: str, sentences: tuple[Sentences, Sentences]) -> Iterator[Shard]:
    """Yield the sentences of both languages in blocks; words are separated by one blank."""
    for first in range(0, len(sentences[0]), SENTENCES):
        texts = [
            "\n".join(" ".join(words) for words in side.words[first : first + SENTENCES])
            for side in sentences
        ]
        columns = dict(zip(("source", "target"), texts, strict=True))
        yield Shard(f"{prefix}/sentences/{first // SENTENCES}", columns)


def _repeats(table: Words) -> Int64[np.ndarray, " word"]:
    """Return how many words before each one in its sentence are spelt like it."""
    order = np.lexsort((table.position, table.word_type, table.sentence))
    sentence, word_type = table.sentence[order], table.word_type[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (sentence[1:] != sentence[:-1]) | (word_type[1:] != word_type[:-1])
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(order)))
    repeats = np.empty(len(order), dtype=np.int64)
    repeats[order] = np.arange(len(order)) - np.repeat(starts, lengths)
    return repeats
