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


def place_columns(words: OrderedWords, table: Words, sentences: Sentences) -> dict[str, np.ndarray]:
    """Return the sentence of each word, and how many spelt like it stand before it there.

    Sentences are given as the step from the word before it of the same type.
    """
    step = table.sentence[words.rows].astype(np.int64)
    same = np.zeros(len(step), dtype=bool)
    same[1:] = words.word_type[1:] == words.word_type[:-1]
    step[1:][same[1:]] -= table.sentence[words.rows][:-1][same[1:]]
    return {"step": step, "repeat": _repeats(table, sentences)[words.rows]}


def sentence_shards(prefix: str, sentences: tuple[Sentences, Sentences]) -> Iterator[Shard]:
    """Yield the sentences of both languages in blocks; words are separated by one blank."""
    for first in range(0, len(sentences[0]), SENTENCES):
        texts = [
            "\n".join(" ".join(words) for words in side.words[first : first + SENTENCES])
            for side in sentences
        ]
        columns = dict(zip(("source", "target"), texts, strict=True))
        yield Shard(f"{prefix}/sentences/{first // SENTENCES}", columns)


def _repeats(table: Words, sentences: Sentences) -> Int64[np.ndarray, " word"]:
    """Return how many words before each one in its sentence are spelt like it.

    Of all that stand there: the word table may leave some of them out.
    """
    where = zip(
        table.sentence.tolist(), table.position.tolist(), table.word_type.tolist(), strict=True
    )
    return np.array(
        [
            sentences.words[sentence][:position].count(table.types[word_type])
            for sentence, position, word_type in where
        ],
        dtype=np.int64,
    )
