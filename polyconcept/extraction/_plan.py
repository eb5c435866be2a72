"""Which subwords the model will read, in which batches, and where the words are among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.records import Dropped, Int32, Int64, Rows, Sentences, Words

REASONS = ("no subwords", "special token", "truncated")
"""Why a word has no vector: the tokenizer removed it whole; its spelling is read as one of the
model's control symbols; the sentence is too long for the model and the word is not whole in it."""

_BLOCK = 1000
_Indices: TypeAlias = Int64[np.ndarray, " _"]


@dataclass(frozen=True)
class ExtractionPlan:
    """What the model will read: sentences as subwords, in batches, and where the words are."""

    language: str
    """Language of the word table."""
    rows: Rows
    """Rows of the word table that get a vector, ascending."""
    dropped: Dropped
    """Reason -> number of words of the table that get none; every reason is listed."""
    first: Int32[np.ndarray, " word"]
    """Place of the first subword of each kept word in its sentence's input."""
    last: Int32[np.ndarray, " word"]
    """Place of its last subword."""
    sentence: Int32[np.ndarray, " input"]
    """Sentence (0-based line) of each input; only sentences with a kept word are read."""
    subwords: Int32[np.ndarray, " subword"]
    """Subword numbers of all inputs, special tokens included, one input after the other."""
    subword_bound: Int64[np.ndarray, " bound"]
    """Input i is subwords[subword_bound[i] : subword_bound[i + 1]]."""
    word_bound: Int64[np.ndarray, " bound"]
    """Kept words word_bound[i] to word_bound[i + 1] - 1 are those of input i."""
    batches: tuple[Int64[np.ndarray, " _"], ...]
    """Inputs that pass through the model together, ascending; the longest inputs come first."""
    padding: int
    """Subword number that fills an input up to the longest of its batch."""

    @property
    def n_words(self) -> int:
        """Number of words that get a vector."""
        return len(self.rows)


@dataclass(frozen=True)
class _Input:
    """One sentence as the model reads it, with the words of the table that it keeps."""

    sentence: int
    subwords: Int32[np.ndarray, " subword"]
    rows: Rows
    first: Rows
    last: Rows


def plan_extraction(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sentences,
    words: Words,
    *,
    max_length: int | None,
    token_budget: int,
) -> ExtractionPlan:
    """Tokenise the sentences of a word table once, and find each word's subwords.

    Args:
        tokenizer: The model's fast tokenizer.
        sentences: The text, split into words.
        words: The word table; only sentences that it names are read.
        max_length: Longest input in subwords, special tokens included; the rest of a sentence is
            cut off. None where the model has no limit.
        token_budget: Subwords of a batch, padding included; a longer sentence is a batch alone.

    Raises:
        ValueError: The word table is of another text or language; max_length holds no word; no
            word of the table would get a vector.
    """
    _check_words(sentences, words)
    n_special = tokenizer.num_special_tokens_to_add()
    if max_length is not None and max_length <= n_special:
        raise ValueError(f"max_length is {max_length}, more than {n_special} is needed for a word")
    if token_budget < 1:
        raise ValueError(f"token_budget is {token_budget}, at least 1 is needed")
    fates: Counter[str] = Counter()
    inputs = list(_inputs(tokenizer, sentences, words, max_length, fates))
    dropped = {reason: fates[reason] for reason in REASONS}
    if not inputs:
        raise ValueError(
            f"{words.language}: none of the {words.n_words} words of the table has a vector "
            f"({dropped})"
        )
    lengths = np.array([len(item.subwords) for item in inputs])
    return ExtractionPlan(
        language=words.language,
        rows=np.concatenate([item.rows for item in inputs]),
        dropped=dropped,
        first=np.concatenate([item.first for item in inputs]).astype(np.int32),
        last=np.concatenate([item.last for item in inputs]).astype(np.int32),
        sentence=np.array([item.sentence for item in inputs], dtype=np.int32),
        subwords=np.concatenate([item.subwords for item in inputs]),
        subword_bound=_bounds(lengths),
        word_bound=_bounds(np.array([len(item.rows) for item in inputs])),
        batches=tuple(_batches(lengths, token_budget)),
        padding=tokenizer.pad_token_id or 0,  # attention never reads it, so any number serves
    )


def _inputs(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sentences,
    words: Words,
    max_length: int | None,
    fates: Counter[str],
) -> Iterator[_Input]:
    """The sentences with a kept word, ascending; the fate of the other words goes to `fates`."""
    needed, starts = np.unique(words.sentence, return_index=True)
    ends = np.append(starts[1:], words.n_words)
    # The unknown-subword symbol stands for text; the other special tokens control the model.
    control = np.array(sorted(set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}))
    for block in range(0, len(needed), _BLOCK):
        encodings: Any = tokenizer(
            [list(sentences.words[sentence]) for sentence in needed[block : block + _BLOCK]],
            is_split_into_words=True,
            truncation=max_length is not None,
            max_length=max_length,
            verbose=False,  # no warning of long sentences: the words they lose are counted
        ).encodings
        for index, encoding in enumerate(encodings, start=block):
            rows = np.arange(starts[index], ends[index], dtype=np.int64)
            kept = _locate(encoding, rows, words.position[rows], control, fates)
            if kept is not None:
                subwords = np.array(encoding.ids, dtype=np.int32)
                yield _Input(int(needed[index]), subwords, *kept)


def _locate(
    encoding: Any,  # noqa: ANN401 - a tokenizers.Encoding, which has no types
    rows: Rows,
    position: Int32[np.ndarray, " word"],
    control: _Indices,
    fates: Counter[str],
) -> tuple[_Indices, _Indices, _Indices] | None:
    """Of a sentence's words, the rows that get a vector and their first and last subwords."""
    word_of = np.array([-1 if word is None else word for word in encoding.word_ids])
    place = np.flatnonzero(word_of >= 0)
    left = np.searchsorted(word_of[place], position, side="left")
    right = np.searchsorted(word_of[place], position, side="right")
    # A word that is cut in two counts as lost: what is left of it would pass for the whole word.
    lost = {word for part in encoding.overflowing for word in part.word_ids}
    truncated = np.isin(position, [word for word in lost if word is not None])
    empty = (left == right) & ~truncated
    special = np.isin(position, word_of[np.isin(encoding.ids, control)]) & ~truncated
    for reason, words in zip(REASONS, (empty, special, truncated), strict=True):
        fates[reason] += int(words.sum())
    kept = ~(empty | special | truncated)
    if not kept.any():
        return None
    return rows[kept], place[left[kept]], place[right[kept] - 1]


def _batches(lengths: _Indices, token_budget: int) -> Iterator[_Indices]:
    """Inputs of like length together; longest first, so that memory runs out at once or never."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, token_budget // int(lengths[order[start]]))
        yield np.sort(order[start : start + size])
        start += size


def _bounds(counts: _Indices) -> Int64[np.ndarray, " bound"]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _check_words(sentences: Sentences, words: Words) -> None:
    if words.language != sentences.language:
        raise ValueError(
            f"the word table is of {words.language}, the sentences of {sentences.language}"
        )
    for sentence, position, word_type in zip(
        words.sentence.tolist(), words.position.tolist(), words.word_type.tolist(), strict=True
    ):
        line = sentences.words[sentence] if sentence < len(sentences) else ()
        found = line[position] if position < len(line) else "nothing"
        if found != words.types[word_type]:
            raise ValueError(
                f"the word table is of another text: {words.language}, sentence {sentence}, word "
                f"{position} is {found!r}, the table has {words.types[word_type]!r}"
            )
