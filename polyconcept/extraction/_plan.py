"""Which subwords the model will read, in which batches, and which states make up a word."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, get_args

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.extraction._record import REASONS, ExtractionPlan, Pooling, Reading, Side
from polyconcept.extraction._tokens import SentenceTokenizer, Tokens
from polyconcept.records import Int32, Int64, Rows, Sentences, Words

_BLOCK = 1000
_log = logging.getLogger(__name__)
_Indices: TypeAlias = Int64[np.ndarray, " _"]


@dataclass(frozen=True)
class _Input:
    """One sentence as the model reads it, with the words of the table that it keeps."""

    sentence: int
    subwords: Int32[np.ndarray, " subword"]
    rows: Rows
    first: Rows
    last: Rows


@dataclass(frozen=True)
class _States:
    """Which states stand for a word."""

    pooling: Pooling
    shift: int
    """Place of the state of a subword, less the subword's own place in the sentence."""

    def of(self, first: _Indices, last: _Indices) -> tuple[_Indices, _Indices]:
        """First and last state of words, from the places of their first and last subwords."""
        begin = last if self.pooling == "last" else first
        end = first if self.pooling == "first" else last
        return begin + self.shift, end + self.shift


def plan_extraction(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sentences,
    words: Words,
    *,
    max_length: int | None,
    token_budget: int,
    pooling: Pooling = "last",
    side: Side = "encoder",
    reading: Reading | None = "predicts",
    given: Sentences | None = None,
) -> ExtractionPlan:
    """Tokenise the sentences of a word table once, and find the states of each word.

    Args:
        tokenizer: The model's fast tokenizer.
        sentences: The text, split into words.
        words: The word table; only sentences that it names are read.
        max_length: Longest input in subwords, special tokens included; the rest of a sentence is
            cut off. None where the model has no limit.
        token_budget: Subwords of a batch, padding included; a longer sentence is a batch alone.
        pooling: The subword that stands for a word: its ``last`` or ``first``, or the ``mean``
            of all.
        side: Stack of layers to read. Causal models have the one side ``decoder``.
        reading: State that stands for a subword in a decoder: the one that ``predicts`` it, or
            the one that has just read it (``reads``). An encoder has no such choice.
        given: For the decoder of an encoder-decoder model: the text, parallel to `sentences`,
            whose sentence i the encoder reads while the decoder is forced with sentence i.

    Raises:
        ValueError: The word table is of another text or language; `given` is for an encoder, or
            has another number of sentences; an unknown pooling, side or reading; max_length
            holds no word; no word of the table would get a vector.
    """
    _check_words(sentences, words)
    _check_choices(pooling, side, reading)
    _check_given(given, sentences, side)
    _check_limits(tokenizer, max_length, token_budget)
    shift = (given is not None) - (reading == "predicts") if side == "decoder" else 0
    tokenize = SentenceTokenizer(tokenizer, max_length)
    fates: Counter[str] = Counter()
    inputs = list(_inputs(tokenize, sentences, words, _States(pooling, shift), fates))
    dropped = {reason: fates[reason] for reason in REASONS}
    if not inputs:
        raise ValueError(
            f"{words.language}: none of the {words.n_words} words of the table has a vector "
            f"({dropped})"
        )
    read = [item.subwords for item in inputs]
    encoded = _given_subwords(tokenize, given, inputs)
    longest = np.maximum(_lengths(read), _lengths(encoded))
    return ExtractionPlan(
        language=words.language,
        given=given.language if given is not None else "",
        side=side,
        reading=str(reading) if side == "decoder" else "",
        rows=np.concatenate([item.rows for item in inputs]),
        dropped=dropped,
        first=np.concatenate([item.first for item in inputs]).astype(np.int32),
        last=np.concatenate([item.last for item in inputs]).astype(np.int32),
        sentence=np.array([item.sentence for item in inputs], dtype=np.int32),
        subwords=np.concatenate(read),
        subword_bound=_bounds(_lengths(read)),
        given_subwords=np.concatenate(encoded),
        given_bound=_bounds(_lengths(encoded)),
        word_bound=_bounds(np.array([len(item.rows) for item in inputs])),
        batches=tuple(_batches(longest, token_budget)),
        padding=tokenizer.pad_token_id or 0,  # attention never reads it, so any number serves
    )


def _inputs(
    tokenize: SentenceTokenizer,
    sentences: Sentences,
    words: Words,
    states: _States,
    fates: Counter[str],
) -> Iterator[_Input]:
    """The sentences with a kept word, ascending; the fate of the other words goes to `fates`."""
    needed, starts = np.unique(words.sentence, return_index=True)
    ends = np.append(starts[1:], words.n_words)
    for block in range(0, len(needed), _BLOCK):
        lines = [sentences.words[sentence] for sentence in needed[block : block + _BLOCK]]
        for index, tokens in enumerate(tokenize(lines), start=block):
            rows = np.arange(starts[index], ends[index], dtype=np.int64)
            kept = _locate(tokens, rows, words.position[rows], tokenize.control, states, fates)
            if kept is not None:
                yield _Input(int(needed[index]), tokens.subwords, *kept)


def _locate(
    tokens: Tokens,
    rows: Rows,
    position: Int32[np.ndarray, " word"],
    control: _Indices,
    states: _States,
    fates: Counter[str],
) -> tuple[_Indices, _Indices, _Indices] | None:
    """Of a sentence's words, the rows that get a vector and their first and last states."""
    place = np.flatnonzero(tokens.word >= 0)
    left = np.searchsorted(tokens.word[place], position, side="left")
    right = np.searchsorted(tokens.word[place], position, side="right")
    # A word that is cut in two counts as lost: what is left of it would pass for the whole word.
    truncated = np.isin(position, tokens.cut)
    empty = (left == right) & ~truncated
    special = np.isin(position, tokens.word[np.isin(tokens.subwords, control)]) & ~truncated
    whole = np.flatnonzero(~(empty | special | truncated))
    first, last = states.of(place[left[whole]], place[right[whole] - 1])
    begins = first >= 0
    counts = (empty.sum(), special.sum(), truncated.sum(), (~begins).sum())
    for reason, count in zip(REASONS, counts, strict=True):
        fates[reason] += int(count)
    if not begins.any():
        return None
    if last.max() >= len(tokens.subwords):
        raise ValueError(
            "the tokenizer puts no special token at a sentence's end, and a decoder that is forced "
            "with the sentence does not read its last subword; one is needed for 'reads'"
        )
    return rows[whole[begins]], first[begins], last[begins]


def _given_subwords(
    tokenize: SentenceTokenizer, given: Sentences | None, inputs: list[_Input]
) -> list[Int32[np.ndarray, " _"]]:
    """What the encoder reads for each input of the decoder; says how many sentences are cut."""
    if given is None:
        return [np.zeros(0, dtype=np.int32)] * len(inputs)
    read: list[Int32[np.ndarray, " _"]] = []
    n_cut = 0
    for block in range(0, len(inputs), _BLOCK):
        numbers = [item.sentence for item in inputs[block : block + _BLOCK]]
        found = tokenize([given.words[sentence] for sentence in numbers])
        for sentence, tokens in zip(numbers, found, strict=True):
            if not len(tokens.subwords):
                raise ValueError(
                    f"{given.language}, sentence {sentence} (line {sentence + 1}) has no subwords, "
                    "the encoder has nothing to read"
                )
            n_cut += len(tokens.cut) > 0
            read.append(tokens.subwords)
    if n_cut:
        _log.warning(
            "%s: %d of %d sentences given to the encoder are too long and cut off",
            given.language,
            n_cut,
            len(inputs),
        )
    return read


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


def _lengths(inputs: list[Int32[np.ndarray, " _"]]) -> _Indices:
    return np.array([len(item) for item in inputs], dtype=np.int64)


def _check_choices(pooling: str, side: str, reading: str | None) -> None:
    choices = [("pooling", pooling, Pooling), ("side", side, Side), ("reading", reading, Reading)]
    for name, found, known in choices:
        if found not in get_args(known) and not (name == "reading" and side == "encoder"):
            raise ValueError(f"{name} is {found!r}, expected one of {', '.join(get_args(known))}")


def _check_given(given: Sentences | None, sentences: Sentences, side: Side) -> None:
    if given is None:
        return
    if side != "decoder":
        raise ValueError(
            f"given is a text in {given.language}, but side is {side!r}: only a decoder needs one"
        )
    if len(given) != len(sentences):
        raise ValueError(
            f"{len(given)} sentences in {given.language} are given to the encoder, the decoder has "
            f"{len(sentences)} in {sentences.language}; they must be parallel"
        )


def _check_limits(
    tokenizer: PreTrainedTokenizerBase, max_length: int | None, token_budget: int
) -> None:
    n_special = tokenizer.num_special_tokens_to_add()
    if max_length is not None and max_length <= n_special:
        raise ValueError(f"max_length is {max_length}, more than {n_special} is needed for a word")
    if token_budget < 1:
        raise ValueError(f"token_budget is {token_budget}, at least 1 is needed")


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
