"""Translations that count, by number of the two types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.text import Dictionary


@dataclass(frozen=True)
class TypeLinks:
    """Translations of word types, ordered by word, then best first."""

    word: Int64[np.ndarray, " link"]
    """Type translated."""
    translation: Int64[np.ndarray, " link"]
    """Type of the other language."""
    n_types: int
    """Types of the language translated."""

    @property
    def n_translations(self) -> Int64[np.ndarray, " type"]:
        """Number of translations of each type."""
        return np.bincount(self.word, minlength=self.n_types)


def type_links(
    dictionary: Dictionary, types: tuple[str, ...], others: tuple[str, ...], *, n: int
) -> TypeLinks:
    """Return which of the `others` are among the first `n` translations of each type.

    What stands among these uses up a place even if it is none of the others; 0 counts as 1
    (docs/METRICS.md, CALIGN).
    """
    number = {word: place for place, word in enumerate(types)}
    other = {word: place for place, word in enumerate(others)}
    found, last, rank = [], "", 0
    for word, translation in zip(dictionary.word, dictionary.translation, strict=True):
        rank = rank + 1 if word == last else 0
        last = word
        if rank < max(n, 1) and word in number and translation in other:
            found.append((number[word], other[translation]))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return TypeLinks(pairs[:, 0], pairs[:, 1], len(types))
