"""Words as a model reads them for a task: the first subword speaks for its word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

__all__ = ["Read", "read_words"]


@dataclass(frozen=True)
class Read:
    """One sentence, ready for a model."""

    ids: list[int]
    """Vocabulary number of each subword, special ones included."""
    first: list[int | None]
    """Place in `ids` of each word's first subword; none for a word that has no subword."""

    @property
    def n_lost(self) -> int:
        """Words without a subword: cut off, or of nothing but characters that vanish."""
        return self.first.count(None)


def read_words(
    sentences: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerFast, *, max_length: int
) -> list[Read]:
    """Give the subwords of each sentence, cut off after `max_length` of them.

    Args:
        sentences: Words of each sentence.
        tokenizer: A fast tokenizer; its own limit holds where it is below `max_length`.
        max_length: Most subwords of a sentence, special ones included.
    """
    if not sentences:
        return []
    coded = tokenizer(
        [list(words) for words in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=min(max_length, tokenizer.model_max_length),
    )
    read = []
    for index, words in enumerate(sentences):
        first: list[int | None] = [None] * len(words)
        for place, word in enumerate(coded.word_ids(index)):
            if word is not None and first[word] is None:
                first[word] = place
        read.append(Read(coded["input_ids"][index], first))
    return read
