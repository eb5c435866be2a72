"""The subwords of sentences, as in their running text, and the word that each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.records import Bool, Int32, Int64

# Letters, marks and scripts that tokenizers treat each in their own way.
_PROBES = (("a", "a"), ("the", "House", "of"), ("Ä", "дом", "日", "بيت"))


@dataclass(frozen=True)
class Tokens:
    """One sentence as a model reads it."""

    subwords: Int32[np.ndarray, " subword"]
    """Subword numbers, special tokens included."""
    word: Int64[np.ndarray, " subword"]
    """Place in the sentence of the word that each belongs to, ascending; -1 for special tokens."""
    cut: Int64[np.ndarray, " _"]
    """Places of the words that lost subwords to the longest input."""


class SentenceTokenizer:
    """Splits sentences, given as words, into the subwords of their running text.

    Most tokenizers of encoders do so where they are given the words. Byte-level BPE (Llama 3,
    Qwen, GPT-2) and Gemma's mark a word's start only by the blank before it, and that blank is
    lost between words given apart; these get the words joined by single blanks, and offsets say
    which word holds a subword.

    Attributes:
        control: Numbers of the special tokens that control the model, ascending. The
            unknown-subword symbol is none: it stands for text.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, max_length: int | None) -> None:
        self._tokenizer, self._max_length = tokenizer, max_length
        self._takes_words = all(_takes_words(tokenizer, probe) for probe in _PROBES)
        added = tokenizer.added_tokens_decoder.items()
        special = {number for number, token in added if token.special}
        special |= set(tokenizer.all_special_ids)
        self.control: Int64[np.ndarray, " _"] = np.array(
            sorted(special - {tokenizer.unk_token_id}), dtype=np.int64
        )

    def __call__(self, lines: Sequence[Sequence[str]]) -> list[Tokens]:
        """Tokenise sentences; what is longer than the longest input is cut off."""
        texts: Any = [list(line) if self._takes_words else " ".join(line) for line in lines]
        encodings: Any = self._tokenizer(
            texts,
            is_split_into_words=self._takes_words,
            truncation=self._max_length is not None,
            max_length=self._max_length,
            verbose=False,  # no warning of long sentences: the words they lose are counted
        ).encodings
        return [
            self._tokens(encoding, line) for encoding, line in zip(encodings, lines, strict=True)
        ]

    def _tokens(self, encoding: Any, line: Sequence[str]) -> Tokens:  # noqa: ANN401 - no types
        lost = [self._words(part, line) for part in encoding.overflowing]
        cut = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *lost]))
        subwords = np.array(encoding.ids, dtype=np.int32)
        return Tokens(subwords, self._words(encoding, line), cut[cut >= 0])

    def _words(
        self,
        encoding: Any,  # noqa: ANN401 - a tokenizers.Encoding, which has no types
        line: Sequence[str],
    ) -> Int64[np.ndarray, " subword"]:
        if not self._takes_words:
            return _words_by_offset(encoding, line)
        words = [-1 if word is None else word for word in encoding.word_ids]
        return np.array(words, dtype=np.int64)


def _takes_words(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> bool:
    """Whether words given apart become the subwords of the running text."""
    apart: Any = tokenizer(list(words), is_split_into_words=True, add_special_tokens=False)
    running: Any = tokenizer(" ".join(words), add_special_tokens=False)
    return bool(apart["input_ids"] == running["input_ids"])


def _words_by_offset(
    encoding: Any,  # noqa: ANN401 - a tokenizers.Encoding, which has no types
    line: Sequence[str],
) -> Int64[np.ndarray, " subword"]:
    """The word that holds the last character of each subword, blanks at its end apart.

    A subword of nothing but the blank belongs to the word after it, as the lone ``▁`` does where
    the words are given apart.
    """
    lengths = np.array([len(word) for word in line], dtype=np.int64)
    blank: Bool[np.ndarray, " character"] = np.zeros(lengths.sum() + len(line) - 1, dtype=bool)
    blank[np.cumsum(lengths[:-1]) + np.arange(len(line) - 1)] = True
    owner = np.cumsum(blank)  # a blank counts for the word after it
    start, end = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2).T
    # A byte-level tokenizer may report the lone blank as the empty range behind it.
    last = np.minimum(np.maximum(end - 1, start), len(blank) - 1)
    last -= blank[last] & (end - start > 1)
    inside = np.array([sequence is not None for sequence in encoding.sequence_ids], dtype=bool)
    word: Int64[np.ndarray, " subword"] = np.where(inside, owner[last], -1)
    return word
