"""Batches of masked sentences and of masked translation pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedTokenizerFast

from polyconcept.models.reader import Reader
from polyconcept.records.arrays import Bool, Int64
from polyconcept.records.text import Sentences

NOT_SCORED = -100
"""Label of a place whose subword is not to be guessed: what torch's cross entropy ignores."""


@dataclass(frozen=True)
class Subwords:
    """One sentence, or two joined, as a model reads it; specials belong to no word."""

    ids: Int64[np.ndarray, " subword"]
    """Vocabulary number of each subword, special ones included."""
    word: Int64[np.ndarray, " subword"]
    """Word that the subword belongs to, 0-based over the whole input; -1 for special subwords."""
    position: Int64[np.ndarray, " subword"]
    """Place told to the model, 0-based; the second sentence of a pair starts again after 0."""
    second: Bool[np.ndarray, " subword"]
    """Whether the subword belongs to the second sentence of a pair."""
    languages: tuple[int, int] = (0, 0)
    """Numbers from 1 of the first and the second sentence's language; 0 where it is not told."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class MaskedBatch:
    """Inputs of one training step, padded to the longest."""

    ids: Int64[np.ndarray, "input subword"]
    """Vocabulary numbers after masking."""
    attention: Int64[np.ndarray, "input subword"]
    """1 where there is a subword, 0 where there is padding."""
    position: Int64[np.ndarray, "input subword"]
    """Place of each subword, 0-based."""
    label: Int64[np.ndarray, "input subword"]
    """Subword to guess, or -100 where none is."""
    language: Int64[np.ndarray, "input subword"]
    """Number from 1 of the language of each mask; 0 elsewhere, and where it is not told."""


@dataclass(frozen=True)
class Symbols:
    """What the making of batches needs to know about a tokenizer."""

    start: int
    """Number of ``[CLS]`` or ``<s>``."""
    between: tuple[int, ...]
    """Numbers between two sentences: ``[SEP]``, or ``</s></s>``."""
    end: int
    """Number of ``[SEP]`` or ``</s>``."""
    pad: int
    """Number of the padding subword."""
    mask: int
    """Number of the mask subword."""
    ordinary: Int64[np.ndarray, " piece"]
    """Numbers of all pieces that are not special."""

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> Symbols:
        """Take them from `tokenizer`: how it joins two texts says what it puts between them."""
        coded = tokenizer("a", "a")
        added = zip(coded["input_ids"], coded.sequence_ids(0), strict=True)
        start, *between, end = [number for number, text in added if text is None]
        special = set(tokenizer.all_special_ids)
        ordinary = [number for number in range(len(tokenizer)) if number not in special]
        return cls(
            start=start,
            between=tuple(between),
            end=end,
            pad=_number(tokenizer, "pad_token_id"),
            mask=_number(tokenizer, "mask_token_id"),
            ordinary=np.array(ordinary, dtype=np.int64),
        )


def _number(tokenizer: PreTrainedTokenizerFast, name: str) -> int:
    number = getattr(tokenizer, name)
    if number is None:
        raise ValueError(f"masked words need a tokenizer with a {name}, it has none")
    return int(number)


def split_into_subwords(
    sentences: Sentences, tokenizer: PreTrainedTokenizerFast, *, max_subwords: int
) -> list[Subwords]:
    """Return the subwords of each sentence without special ones, cut off after `max_subwords`."""
    tokens = Reader(tokenizer, max_length=max_subwords, special=False).tokens(sentences.words)
    ids, word = tokens.subwords.astype(np.int64), tokens.word
    return [
        _subwords(ids[start:end], word[start:end])
        for start, end in zip(tokens.bound, tokens.bound[1:], strict=False)
    ]


def _subwords(ids: Int64[np.ndarray, " subword"], word: Int64[np.ndarray, " subword"]) -> Subwords:
    position = np.arange(len(ids), dtype=np.int64)
    return Subwords(ids, word, position, np.zeros(len(ids), dtype=bool))


def alone(sentence: Subwords, symbols: Symbols) -> Subwords:
    """Return one sentence between its special subwords: ``[CLS] s [SEP]``."""
    ids = np.concatenate([[symbols.start], sentence.ids, [symbols.end]])
    return _subwords(ids, np.concatenate([[-1], sentence.word, [-1]]))


def joined(
    first: Subwords, second: Subwords, symbols: Symbols, *, languages: tuple[int, int] = (0, 0)
) -> Subwords:
    """Return a translation pair as one input: ``[CLS] s [SEP] t [SEP]``."""
    n_between = len(symbols.between)
    n_first = 1 + len(first) + n_between
    n_words = int(first.word.max(initial=-1)) + 1
    ids = np.array([symbols.start, *first.ids, *symbols.between, *second.ids, symbols.end])
    word = np.array([-1, *first.word, *[-1] * n_between, *(second.word + n_words), -1])
    # The second sentence counts from the start again, so that a word and its translation have
    # similar places (Conneau & Lample 2019, section 3.3). Each sentence's words count from 1:
    # place 0 is [CLS], as in a sentence alone.
    after_first = np.full(n_between, len(first) + 1)
    after_second = len(second) + 1
    position = np.array([0, *first.position + 1, *after_first, *second.position + 1, after_second])
    in_second = np.arange(len(ids)) >= n_first
    return Subwords(ids, word, position, in_second, languages)


def mask_words(
    inputs: list[Subwords],
    symbols: Symbols,
    random: np.random.Generator,
    *,
    share: float,
    share_second: float | None = None,
) -> MaskedBatch:
    """Choose whole words to guess, hide their subwords and pad the inputs into one batch.

    Every batch asks for at least one word.

    `share` is that of the words to guess, `share_second` the same for second sentences of pairs,
    where it differs.
    """
    longest = max(len(each) for each in inputs)
    ids = np.full((len(inputs), longest), symbols.pad, dtype=np.int64)
    attention, position, language = (np.zeros_like(ids) for _ in range(3))
    guessed = np.zeros(ids.shape, dtype=bool)
    for row, each in enumerate(inputs):
        n = len(each)
        ids[row, :n], attention[row, :n], position[row, :n] = each.ids, 1, each.position
        language[row, :n] = np.where(each.second, each.languages[1], each.languages[0])
        shares = np.where(each.second, share if share_second is None else share_second, share)
        drawn = random.random(n)[np.maximum(each.word, 0)]  # one draw for all its subwords
        guessed[row, :n] = (drawn < shares) & (each.word >= 0)
    # A batch without anything to guess would have no loss.
    if not guessed.any():
        guessed[0, : len(inputs[0])] = inputs[0].word == inputs[0].word.max()
    label = np.where(guessed, ids, NOT_SCORED)
    hidden = _hide(ids, guessed, symbols, random)
    language[~guessed | (hidden != symbols.mask)] = 0
    return MaskedBatch(hidden, attention, position, label, language)


def _hide(
    ids: Int64[np.ndarray, "input subword"],
    guessed: Bool[np.ndarray, "input subword"],
    symbols: Symbols,
    random: np.random.Generator,
) -> Int64[np.ndarray, "input subword"]:
    fate = random.random(ids.shape)
    others = random.choice(symbols.ordinary, size=ids.shape)
    # 80 % become the mask, 10 % another piece, 10 % stay (Devlin et al. 2019, section 3.1).
    hidden = np.where(guessed & (fate < 0.8), symbols.mask, ids)
    return np.where(guessed & (fate >= 0.8) & (fate < 0.9), others, hidden)
