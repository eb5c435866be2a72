"""The subwords of sentences, as in their running text, and the word that each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.records.arrays import Bool, Int32, Int64

# Letters, marks and scripts that tokenizers treat each in their own way.
_PROBES = (("a", "a"), ("the", "House", "of"), ("Ä", "дом", "日", "بيت"))


@dataclass(frozen=True)
class Tokens:
    """Sentences as a model reads them, one after the other."""

    subwords: Int32[np.ndarray, " subword"]
    """Subword numbers, special tokens included."""
    bound: Int64[np.ndarray, " bound"]
    """Sentence i is subwords[bound[i] : bound[i + 1]]."""
    word: Int64[np.ndarray, " subword"]
    """Place in its sentence of the word that each belongs to, ascending; -1 for special tokens."""
    cut_sentence: Int64[np.ndarray, " cut"]
    """Sentence of each word that lost subwords to the longest input, ascending."""
    cut_word: Int64[np.ndarray, " cut"]
    """Places of these words, one for each subword that was lost."""


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

    def __call__(self, lines: Sequence[Sequence[str]]) -> Tokens:
        """Tokenise sentences; what is longer than the longest input is cut off."""
        texts: Any = [list(line) if self._takes_words else " ".join(line) for line in lines]
        encoded: Any = self._tokenizer(
            texts,
            is_split_into_words=self._takes_words,
            truncation=self._max_length is not None,
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,  # no warning of long sentences: the words they lose are counted
        )
        word, bound = self._words(encoded.encodings, lines)
        lost = [(i, part) for i, one in enumerate(encoded.encodings) for part in one.overflowing]
        cut_word, cut_bound = self._words([part for _, part in lost], [lines[i] for i, _ in lost])
        cut_sentence = np.repeat(np.array([i for i, _ in lost], dtype=np.int64), np.diff(cut_bound))
        of_word = cut_word >= 0
        return Tokens(
            subwords=_flat(encoded["input_ids"], np.int32),
            bound=bound,
            word=word,
            cut_sentence=cut_sentence[of_word],
            cut_word=cut_word[of_word],
        )

    def _words(
        self,
        encodings: Sequence[Any],  # tokenizers.Encoding, which has no types
        lines: Sequence[Sequence[str]],
    ) -> tuple[Int64[np.ndarray, " subword"], Int64[np.ndarray, " bound"]]:
        """Place of each subword's word in its sentence, and where each sentence's subwords end."""
        bound = bounds([len(encoding) for encoding in encodings])
        if not self._takes_words:
            return _words_by_offset(encodings, bound, lines), bound
        found = chain.from_iterable([encoding.word_ids for encoding in encodings])
        return np.array([-1 if word is None else word for word in found], dtype=np.int64), bound


def _takes_words(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> bool:
    """Whether words given apart become the subwords of the running text."""
    apart: Any = tokenizer(list(words), is_split_into_words=True, add_special_tokens=False)
    running: Any = tokenizer(" ".join(words), add_special_tokens=False)
    return bool(apart["input_ids"] == running["input_ids"])


def _words_by_offset(
    encodings: Sequence[Any],  # tokenizers.Encoding, which has no types
    bound: Int64[np.ndarray, " bound"],
    lines: Sequence[Sequence[str]],
) -> Int64[np.ndarray, " subword"]:
    """The word that holds the last character of each subword, blanks at its end apart.

    A subword of nothing but the blank belongs to the word after it, as the lone ``▁`` does where
    the words are given apart.
    """
    # The characters of the lines, each line with one more blank at its end; a blank counts for the
    # word after it.
    lengths = _flat(([len(word) + 1 for word in line] for line in lines), np.int64)
    word_bound = bounds([len(line) for line in lines])
    text_bound = bounds(lengths)[word_bound]
    blank: Bool[np.ndarray, " character"] = np.zeros(lengths.sum() + 1, dtype=bool)
    blank[np.cumsum(lengths) - 1] = True
    owner = np.cumsum(blank)
    offsets = chain.from_iterable(encoding.offsets for encoding in encodings)
    start, end = _flat(offsets, np.int64).reshape(-1, 2).T
    line = np.repeat(np.arange(len(lines)), np.diff(bound))
    # A byte-level tokenizer may report the lone blank as the empty range behind it.
    last = text_bound[line] + np.maximum(end - 1, start)
    last = np.maximum(np.minimum(last, text_bound[line + 1] - 2), 0)
    last -= blank[last] & (end - start > 1)
    sequences = chain.from_iterable(encoding.sequence_ids for encoding in encodings)
    inside = np.array([sequence is not None for sequence in sequences], dtype=bool)
    word: Int64[np.ndarray, " subword"] = np.where(inside, owner[last] - word_bound[line], -1)
    return word


def bounds(counts: Sequence[int] | Int64[np.ndarray, " _"]) -> Int64[np.ndarray, " bound"]:
    """Where parts of these lengths begin that stand one after the other, and the last one's end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _flat(parts: Iterable[Iterable[int]], dtype: type[np.integer[Any]]) -> Any:  # noqa: ANN401
    return np.fromiter(chain.from_iterable(parts), dtype=dtype)
