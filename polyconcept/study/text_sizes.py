"""How much text there is: counted where it is at hand, else by rules of thumb.

A text of real language is taken to follow Zipf's law (the type of rank r has a share 1 / (H r) of
the words), with as many types as Heaps' law gives.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Number: TypeAlias = int | float
"""Of what is counted or estimated."""
SAMPLE = 200
"""Sentences that a tokenizer is tried on."""
HEAPS = 14, 0.6
"""Types of n words: 14 n ** 0.6; of 21,000 words of news (PUD) some 6,000."""
EULER = 0.5772
# Rows of a word table and of selections lie between all words and the first `cap` of each spelling:
# each pair of spellings has a cap of its own under CALIGN as published. The exponent is fitted to
# the Bible and to PUD, English with German, French, Spanish and Arabic, caps 8 and 15: within 1.5.
_OF_CAPPED = 0.55
_LINKED, _IN_TABLE = 1.1, 0.9
_PARTNERS = 0.7


@dataclass(frozen=True)
class TextSize:
    """What counts of a text of one language."""

    n_sentences: int
    n_words: Number
    n_capped: Number
    """Words where each spelling's first few alone count (`words.cap`)."""
    n_longest: int
    """Words of the longest sentence."""
    sample: tuple[str, ...] = ()
    """Some of its sentences, where it is at hand."""

    @property
    def n_linked(self) -> Number:
        """Words that CALIGN as published clusters of a pair, by a rule of thumb."""
        return min(_LINKED * self._between, self.n_words)

    def n_rows(self, n_pairs: int) -> float:
        """Return the rows of its word table: what each of so many pairs needs, by rule of thumb."""
        left_out = max(0.0, 1 - _IN_TABLE * self._between / self.n_words)
        return float(self.n_words * (1 - left_out ** (n_pairs**_PARTNERS)))

    @property
    def _between(self) -> float:
        return float(self.n_capped**_OF_CAPPED * self.n_words ** (1 - _OF_CAPPED))


def count_text(lines: Iterable[str], cap: int, n_sentences: int | None = None) -> TextSize | None:
    """Count sentences whose words are separated by blanks; None where there is no word.

    With `n_sentences`, the lines are the first of so many, and all counts are scaled up to them.
    """
    counts: Counter[str] = Counter()
    sample: list[str] = []
    n_lines, longest = 0, 0
    for line in lines:
        words = line.split()
        counts.update(words)
        n_lines += 1
        longest = max(longest, len(words))
        if len(sample) < SAMPLE:
            sample.append(line)
    if not counts:
        return None
    times = (n_sentences or n_lines) / n_lines
    n_capped = sum(min(cap, times * count) for count in counts.values())
    n_words = times * counts.total()
    return TextSize(n_sentences or n_lines, n_words, n_capped, longest, tuple(sample))


def assumed_text(n_sentences: int, words_per_sentence: float, cap: int) -> TextSize:
    """Return the size of a text of which only the number of sentences is known."""
    n_words = n_sentences * words_per_sentence
    n_types = max(1.0, min(n_words, HEAPS[0] * n_words ** HEAPS[1]))
    # The type of rank r occurs n / (H r) times: up to this rank more often than the cap.
    per_rank = n_words / (math.log(n_types) + EULER)
    rank = min(max(1.0, per_rank / cap), n_types)
    n_capped = min(n_words, cap * rank + per_rank * math.log(n_types / rank))
    return TextSize(n_sentences, n_words, n_capped, round(4 * words_per_sentence))


def lines_of(file: Path) -> Iterator[str]:
    """Yield the lines of a text."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from lines


def tagged_sentences(file: Path) -> Iterator[str]:
    """Yield the sentences of a CoNLL file: a line is a word with what belongs to it."""
    words: list[str] = []
    for line in lines_of(file):
        if line.strip() and not line.startswith("#"):
            # Of CoNLL-U the word is the second column.
            fields = line.split()
            words.append(fields[1] if fields[0].isdigit() and len(fields) > 1 else fields[0])
        elif words:
            yield " ".join(words)
            words = []
    if words:
        yield " ".join(words)


def labelled_sentences(file: Path) -> Iterator[str]:
    """Yield the sentences of a table: the longest field of each line."""
    for number, line in enumerate(lines_of(file)):
        if number:  # the header
            yield max(line.split("\t"), key=len)
