"""Which subwords the model will read, in which batches, and which states make up a word."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, get_args

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.models.reader import Reader, Tokens, bounds, control_symbols
from polyconcept.models.shape import Side
from polyconcept.records.arrays import Int32, Int64, Rows
from polyconcept.records.text import Sentences, Words
from polyconcept.vectors.planned import REASONS, ExtractionPlan, Pooling, Reading

# Sentences tokenised at once; their encodings are Python objects until arrays are made of them.
_BLOCK = 1000
_log = logging.getLogger(__name__)
_Indices: TypeAlias = Int64[np.ndarray, " _"]


@dataclass(frozen=True)
class _Inputs:
    """Sentences as the model reads them, with the words of the table that they keep."""

    sentence: Int64[np.ndarray, " input"]
    subwords: Int32[np.ndarray, " subword"]
    n_subwords: Int64[np.ndarray, " input"]
    rows: Rows
    first: Int64[np.ndarray, " word"]
    last: Int64[np.ndarray, " word"]
    of_word: Int64[np.ndarray, " word"]
    n_words: Int64[np.ndarray, " input"]


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
    language_codes: Mapping[str, str] | None = None,
    prefix: str = "",
) -> ExtractionPlan:
    """Tokenise the sentences of a word table once, and find the states of each word.

    Only sentences that the word table names are read, up to `max_length` subwords, special tokens
    included; None where the model has no limit. A batch has `token_budget` subwords, padding
    included, or one longer sentence. Causal models have the one side ``decoder``; an encoder has no
    choice of `reading`. The decoder of an encoder-decoder model is forced with sentence i while the
    encoder reads sentence i of the parallel text `given`. `language_codes` has the codes that the
    tokenizer writes beside texts, where they cannot be told (see `language_codes.language_code`);
    `prefix` is put before each sentence, for models of one stack.

    Raises:
        ValueError: The word table is of another text or language; `given` is for an encoder, or
            has another number of sentences; an unknown pooling, side or reading; max_length
            holds no word; the tokenizer writes a language code and knows none for the language;
            no word of the table would get a vector.
    """
    _check_words(sentences, words)
    _check_choices(pooling, side, reading)
    _check_given(given, sentences, side)
    if token_budget < 1:
        raise ValueError(f"token_budget is {token_budget}, at least 1 is needed")
    shift = (given is not None) - (reading == "predicts") if side == "decoder" else 0
    limits: Any = {"max_length": max_length, "language_codes": language_codes, "prefix": prefix}
    reader = Reader(tokenizer, words.language, **limits)
    giver = Reader(tokenizer, given.language, **limits) if given is not None else None
    control = control_symbols(tokenizer)
    fates: Counter[str] = Counter()
    blocks = list(_inputs(reader, sentences, words, control, (pooling, shift), fates))
    dropped = {reason: fates[reason] for reason in REASONS}
    if not any(len(block.rows) for block in blocks):
        raise ValueError(
            f"{words.language}: none of the {words.n_words} words of the table has a vector "
            f"({dropped})"
        )
    inputs = _joined(blocks)
    given_subwords, n_given = _given_subwords(giver, given, inputs.sentence)
    return ExtractionPlan(
        language=words.language,
        given=given.language if given is not None else "",
        side=side,
        reading=str(reading) if side == "decoder" else "",
        rows=inputs.rows,
        dropped=dropped,
        first=inputs.first.astype(np.int32),
        last=inputs.last.astype(np.int32),
        n_subwords=inputs.of_word.astype(np.int32),
        sentence=inputs.sentence.astype(np.int32),
        subwords=inputs.subwords,
        subword_bound=bounds(inputs.n_subwords),
        given_subwords=given_subwords,
        given_bound=bounds(n_given),
        word_bound=bounds(inputs.n_words),
        batches=tuple(_batches(np.maximum(inputs.n_subwords, n_given), token_budget)),
        start=reader.code.number
        if side == "decoder" and reader.code and reader.code.last
        else None,
        padding=tokenizer.pad_token_id or 0,  # attention never reads it, so any number serves
    )


def _inputs(
    reader: Reader,
    sentences: Sentences,
    words: Words,
    control: _Indices,
    states: tuple[Pooling, int],
    fates: Counter[str],
) -> Iterator[_Inputs]:
    """Yield sentences with a kept word, ascending; the other words are counted in `fates`."""
    needed, n_words = np.unique(words.sentence, return_counts=True)
    bound = bounds(n_words)
    for start in range(0, len(needed), _BLOCK):
        block = needed[start : start + _BLOCK].astype(np.int64)
        tokens = reader.tokens([sentences.words[sentence] for sentence in block])
        rows = np.arange(bound[start], bound[start + len(block)])
        number = np.searchsorted(block, words.sentence[rows])
        position = words.position[rows]
        kept, first, last, of_word = _locate(tokens, number, position, control, states, fates)
        n_kept = np.bincount(number[kept], minlength=len(block))
        read, n_subwords = n_kept > 0, np.diff(tokens.bound)
        yield _Inputs(
            sentence=block[read],
            subwords=tokens.subwords[np.repeat(read, n_subwords)],
            n_subwords=n_subwords[read],
            rows=rows[kept],
            first=first,
            last=last,
            of_word=of_word,
            n_words=n_kept[read],
        )


def _locate(
    tokens: Tokens,
    sentence: _Indices,
    position: Int32[np.ndarray, " word"],
    control: _Indices,
    states: tuple[Pooling, int],
    fates: Counter[str],
) -> tuple[_Indices, _Indices, _Indices, _Indices]:
    """Return which words of these places get a vector, their first and last states, and subwords.

    Of the subwords it is how many each word has.
    """
    n_subwords = np.diff(tokens.bound)
    # One number for a sentence and a place in it, greater for what comes later.
    places = (position, tokens.word, tokens.cut_word, tokens.merged_word)
    width = 1 + max(int(each.max(initial=0)) for each in places)
    word = np.repeat(np.arange(len(n_subwords)), n_subwords) * width + tokens.word
    place = np.flatnonzero(tokens.word >= 0)
    asked = sentence * width + position
    left = np.searchsorted(word[place], asked, side="left")
    right = np.searchsorted(word[place], asked, side="right")
    # A word that is cut in two counts as lost: what is left of it would pass for the whole word.
    truncated = np.isin(asked, tokens.cut_sentence * width + tokens.cut_word)
    # So does a word whose end is one subword with what follows it.
    merged = np.isin(asked, tokens.merged_sentence * width + tokens.merged_word)
    empty = ((left == right) | merged) & ~truncated
    controls = place[np.isin(tokens.subwords[place], control)]
    special = np.isin(asked, word[controls]) & ~(truncated | empty)
    whole = np.flatnonzero(~(empty | special | truncated))
    start = tokens.bound[sentence[whole]]
    # The shift is the place of a subword's state, less the subword's own.
    pooling, shift = states
    first, last = place[left[whole]] - start + shift, place[right[whole] - 1] - start + shift
    first, last = (last if pooling == "last" else first), (first if pooling == "first" else last)
    begins = first >= 0
    counts = (empty.sum(), special.sum(), truncated.sum(), (~begins).sum())
    for reason, count in zip(REASONS, counts, strict=True):
        fates[reason] += int(count)
    kept, first, last = whole[begins], first[begins], last[begins]
    of_word = (right - left)[kept]
    if (last >= n_subwords[sentence[kept]]).any():
        raise ValueError(
            "the tokenizer puts no special token at a sentence's end, and a decoder that is forced "
            "with the sentence does not read its last subword; one is needed for 'reads'"
        )
    return kept, first, last, of_word


def _joined(blocks: list[_Inputs]) -> _Inputs:
    return _Inputs(
        *(
            np.concatenate([getattr(block, field.name) for block in blocks])
            for field in fields(_Inputs)
        )
    )


def _given_subwords(
    reader: Reader | None, given: Sentences | None, sentence: _Indices
) -> tuple[Int32[np.ndarray, " _"], _Indices]:
    """Return what the encoder reads for each input of the decoder, and how many subwords each has.

    Says how many sentences are cut.
    """
    if given is None or reader is None:
        return np.zeros(0, dtype=np.int32), np.zeros(len(sentence), dtype=np.int64)
    read: list[Int32[np.ndarray, " _"]] = []
    counts: list[_Indices] = []
    n_cut = 0
    for start in range(0, len(sentence), _BLOCK):
        block = sentence[start : start + _BLOCK]
        tokens = reader.tokens([given.words[number] for number in block])
        n_subwords = np.diff(tokens.bound)
        if not n_subwords.all():
            first = block[n_subwords == 0][0]
            raise ValueError(
                f"{given.language}, sentence {first} (line {first + 1}) has no subwords, "
                "the encoder has nothing to read"
            )
        n_cut += len(np.unique(tokens.cut_sentence))
        read.append(tokens.subwords)
        counts.append(n_subwords)
    if n_cut:
        _log.warning(
            "%s: %d of %d sentences given to the encoder are too long and cut off",
            given.language,
            n_cut,
            len(sentence),
        )
    return np.concatenate(read), np.concatenate(counts)


def _batches(lengths: _Indices, token_budget: int) -> Iterator[_Indices]:
    """Yield inputs of similar length together; longest first: memory runs out at once or never."""
    # Stable, so that the same text gives the same batches.
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, token_budget // int(lengths[order[start]]))
        yield np.sort(order[start : start + size])
        start += size


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


def _check_words(sentences: Sentences, words: Words) -> None:
    if words.language != sentences.language:
        raise ValueError(
            f"the word table is of {words.language}, the sentences of {sentences.language}"
        )
    columns = [column.tolist() for column in (words.sentence, words.position, words.word_type)]
    # All at once, and only where they differ one after the other: these are many words.
    try:
        read = [sentences.words[i][k] for i, k in zip(*columns[:2], strict=True)]
    except IndexError:
        read = []
    if read == [words.types[word_type] for word_type in columns[2]]:
        return
    for sentence, position, word_type in zip(*columns, strict=True):
        line = sentences.words[sentence] if sentence < len(sentences) else ()
        found = line[position] if position < len(line) else "nothing"
        if found != words.types[word_type]:
            raise ValueError(
                f"the word table is of another text: {words.language}, sentence {sentence}, word "
                f"{position} is {found!r}, the table has {words.types[word_type]!r}"
            )
