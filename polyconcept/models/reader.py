"""Turn sentences, given as words, into subwords of their running text, each with its word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from polyconcept.models.language_codes import LanguageCode, language_code, special_subwords
from polyconcept.records.arrays import Bool, Int32, Int64

# No sentence is longer; transformers writes int(1e30) for "the tokenizer has no limit".
_LONGEST = 2**31


@dataclass(frozen=True)
class Tokens:
    """Sentences as a model reads them, one after the other."""

    subwords: Int32[np.ndarray, " subword"]
    """Subword numbers, special tokens included."""
    bound: Int64[np.ndarray, " bound"]
    """Sentence i is subwords[bound[i] : bound[i + 1]]."""
    word: Int64[np.ndarray, " subword"]
    """Place in its sentence of the word that each belongs to, ascending; -1 for special tokens and
    a prefix."""
    cut_sentence: Int64[np.ndarray, " cut"]
    """Sentence of each word that lost subwords to the longest input, ascending."""
    cut_word: Int64[np.ndarray, " cut"]
    """Places of these words, one for each subword that was lost."""
    merged_sentence: Int64[np.ndarray, " merged"]
    """Sentence of each word whose end belongs to a subword of a later word, ascending."""
    merged_word: Int64[np.ndarray, " merged"]
    """Places of these words."""


@dataclass(frozen=True)
class Read:
    """One sentence, ready for a model."""

    ids: list[int]
    """Vocabulary number of each subword, special ones included."""
    first: list[int | None]
    """Place in `ids` of each word's first subword; none for a word that has no subword."""

    @property
    def n_lost(self) -> int:
        """Words without a subword: cut off, of nothing but characters that vanish, or merged."""
        return self.first.count(None)


class Reader:
    """Reads sentences of one language, given as words, as the subwords of their running text.

    The words are joined by single blanks; offsets say to which of them each subword belongs.

    Attributes:
        before: Special tokens before each text.
        after: Special tokens after it.
        code: The language code among them, None where the tokenizer writes none.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        language: str = "",
        *,
        max_length: int | None = None,
        language_codes: Mapping[str, str] | None = None,
        special: bool = True,
        prefix: str = "",
    ) -> None:
        """Find out what the tokenizer writes around a text.

        Args:
            tokenizer: A fast tokenizer.
            language: Our code of the language, needed where the tokenizer writes one of its own.
            max_length: Most subwords of a sentence, special ones included; the tokenizer's own
                limit holds where it is lower. None where nothing else limits it.
            language_codes: Language -> the tokenizer's code, where it cannot be told.
            special: Whether special tokens are put around the text.
            prefix: Text put before each sentence, with a blank between; its subwords belong to no
                word.

        Raises:
            ValueError: `max_length` holds no word after the prefix, or the tokenizer's code for the
                language is not known.
        """
        self._tokenizer = tokenizer
        self.code: LanguageCode | None = None
        self.before: tuple[int, ...] = ()
        self.after: tuple[int, ...] = ()
        if special:
            self.code = language_code(tokenizer, language, language_codes or {})
            self.before, self.after = special_subwords(tokenizer, self.code)
        n_special = len(self.before) + len(self.after)
        limit = int(min(tokenizer.model_max_length, _LONGEST if max_length is None else max_length))
        self._prefix = tuple(prefix.split())
        self._room = limit - n_special
        [read] = self._encoded([self._prefix]) if self._prefix else [()]
        needed = n_special + len(read)
        if limit <= needed:
            raise ValueError(f"max_length is {limit}, more than {needed} is needed for a word")

    def tokens(self, lines: Sequence[Sequence[str]]) -> Tokens:
        """Return the subwords of sentences; what is longer than the longest input is cut off."""
        lines = [(*self._prefix, *line) for line in lines] if self._prefix else lines
        encodings = self._encoded(lines)
        bound = bounds([len(encoding) for encoding in encodings])
        line = np.repeat(np.arange(len(encodings)), np.diff(bound))
        # Places in the sentence itself: below 0 before it.
        word, first = (place - len(self._prefix) for place in _owners(encodings, line, lines))
        first, word = np.maximum(first, -1), np.maximum(word, -1)
        merged = np.flatnonzero((first < word) & (first >= 0))
        spans = [np.arange(first[place], word[place]) for place in merged]
        kept = np.arange(len(line)) - bound[line] < self._room
        ids = _flat((encoding.ids for encoding in encodings), np.int32)
        n_kept = np.bincount(line[kept], minlength=len(encodings))
        return Tokens(
            subwords=_around(ids[kept], n_kept, self.before, self.after),
            bound=bounds(n_kept + len(self.before) + len(self.after)),
            word=_around(word[kept], n_kept, [-1] * len(self.before), [-1] * len(self.after)),
            cut_sentence=line[~kept],
            cut_word=word[~kept],
            merged_sentence=np.repeat(line[merged], [len(span) for span in spans]),
            merged_word=np.concatenate([np.zeros(0, dtype=np.int64), *spans]),
        )

    def words(self, lines: Sequence[Sequence[str]]) -> list[Read]:
        """Return the subwords of each sentence, and the first one of each word."""
        tokens = self.tokens(lines)
        reads = []
        for words, start, end in zip(lines, tokens.bound, tokens.bound[1:], strict=False):
            first: list[int | None] = [None] * len(words)
            owners = tokens.word[start:end]
            places = np.flatnonzero((owners >= 0) & (np.diff(owners, prepend=-1) != 0))
            for place in places.tolist():
                first[owners[place]] = place
            reads.append(Read(tokens.subwords[start:end].tolist(), first))
        return reads

    def _encoded(self, lines: Sequence[Sequence[str]]) -> Sequence[Any]:
        """Return a tokenizers.Encoding (it has no types) of each sentence, without special ones."""
        if not lines:  # fast tokenizers take no empty list
            return []
        # Most tokenizers mark the start of a word by the blank before it; given words apart, many
        # would lose it.
        encoded: Any = self._tokenizer(
            [" ".join(line) for line in lines],
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,  # no warning of long sentences: the words they lose are counted
        )
        encodings: Sequence[Any] = encoded.encodings
        return encodings


def read_words(
    sentences: Sequence[Sequence[str]],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_length: int,
    language: str = "",
    language_codes: Mapping[str, str] | None = None,
    prefix: str = "",
) -> list[Read]:
    """Return the subwords of each sentence, cut off after `max_length` of them; see `Reader`."""
    reader = Reader(
        tokenizer, language, max_length=max_length, language_codes=language_codes, prefix=prefix
    )
    return reader.words(sentences)


def written_text(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Return the text that subwords spell, words joined by single blanks: the reading undone."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return " ".join(str(text).split())


def control_symbols(tokenizer: PreTrainedTokenizerBase) -> Int64[np.ndarray, " _"]:
    """Return the special tokens that control the model; the unknown subword stands for text."""
    added = tokenizer.added_tokens_decoder.items()
    special = {number for number, token in added if token.special}
    special |= set(tokenizer.all_special_ids)
    return np.array(sorted(special - {tokenizer.unk_token_id}), dtype=np.int64)


def bounds(counts: Sequence[int] | Int64[np.ndarray, " _"]) -> Int64[np.ndarray, " bound"]:
    """Return where consecutive parts of these lengths begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _owners(
    encodings: Sequence[Any],  # tokenizers.Encoding, which has no types
    line: Int64[np.ndarray, " subword"],
    lines: Sequence[Sequence[str]],
) -> tuple[Int64[np.ndarray, " subword"], Int64[np.ndarray, " subword"]]:
    """Return the word that each subword's last character belongs to, and that of its first."""
    # Blanks at a subword's ends count for neither. A subword of nothing but the blank belongs to
    # the word after it, as the lone ``▁`` does where the words are given apart.
    # The characters of the lines, each line with one more blank at its end; a blank counts for the
    # word after it.
    lengths = _flat(([len(word) + 1 for word in each] for each in lines), np.int64)
    word_bound = bounds([len(each) for each in lines])
    text_bound = bounds(lengths)[word_bound]
    # Offsets are counted in the joined text, so that words are found by their blanks.
    blank: Bool[np.ndarray, " character"] = np.zeros(lengths.sum() + 1, dtype=bool)
    blank[np.cumsum(lengths) - 1] = True
    owner = np.cumsum(blank)
    offsets = chain.from_iterable(encoding.offsets for encoding in encodings)
    start, end = _flat(offsets, np.int64).reshape(-1, 2).T
    # A byte-level tokenizer may report the lone blank as the empty range behind it.
    last = text_bound[line] + np.maximum(end - 1, start)
    last = np.maximum(np.minimum(last, text_bound[line + 1] - 2), 0)
    last -= blank[last] & (end - start > 1)
    first = np.minimum(text_bound[line] + start, last)
    return owner[last] - word_bound[line], owner[first] - word_bound[line]


def _around(
    inner: Any,  # noqa: ANN401 - an array of integers, of the type that comes out
    counts: Int64[np.ndarray, " sentence"],
    before: Sequence[int],
    after: Sequence[int],
) -> Any:  # noqa: ANN401
    """Return the parts of these lengths, one after the other, each between the same values."""
    bound = bounds(counts + len(before) + len(after))
    part = np.repeat(np.arange(len(counts)), counts)
    filled = np.empty(bound[-1], dtype=inner.dtype)
    filled[np.arange(len(inner)) + part * (len(before) + len(after)) + len(before)] = inner
    for place, value in enumerate(before):
        filled[bound[:-1] + place] = value
    for place, value in enumerate(after):
        filled[bound[1:] - len(after) + place] = value
    return filled


def _flat(parts: Iterable[Iterable[int]], dtype: type[np.integer[Any]]) -> Any:  # noqa: ANN401
    return np.fromiter(chain.from_iterable(parts), dtype=dtype)
