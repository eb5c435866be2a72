"""The stream of masked batches that a model is pre-trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from polyconcept.records import Float64, Int64
from polyconcept.training.masking import (
    MaskedBatch,
    Subwords,
    Symbols,
    alone,
    joined,
    mask_words,
)

__all__ = ["Mixture", "masked_batches"]

_POOL = 1024
"""Inputs drawn together and sorted by length, so that little is spent on padding."""


@dataclass(frozen=True)
class Mixture:
    """What the batches of pre-training are made of."""

    batch_tokens: int = 4096
    """Most subwords of one batch, padding included (but one input at least)."""
    translation_share: float = 0.9
    """Share of the pools made of translation pairs; the others hold sentences alone."""
    mask_share: float = 0.1
    """Share of the words to guess, alone and in one sentence of a pair."""
    pair_mask_share: float = 0.7
    """The same in the other sentence of a pair, which is drawn: the first one must be read."""
    language_weights: Mapping[str, float] = field(default_factory=dict)
    """How often a language is drawn, relative to those that are not named (1).

    For languages that are learnt more slowly, such as the only one of another script."""
    short_batches: int = 0
    """So many batches, to begin with, hold nothing but the shortest fifth of the sentences.

    A translation is found sooner among few words; then it is found among many, too."""

    def __post_init__(self) -> None:
        for name in ("translation_share", "mask_share", "pair_mask_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)} should be from 0 to 1")
        for language, weight in self.language_weights.items():
            if not weight > 0:
                raise ValueError(f"language_weights[{language!r}]={weight} should be above 0")
        if self.batch_tokens < 1:
            raise ValueError(f"batch_tokens={self.batch_tokens} should be at least 1")


def masked_batches(
    text: Mapping[str, list[Subwords]],
    symbols: Symbols,
    random: np.random.Generator,
    *,
    mixture: Mixture,
) -> Iterator[MaskedBatch]:
    """Yield batches of masked sentences and masked translation pairs without end.

    Args:
        text: Subwords of sentence i in every language; equally many in each. Languages are
            numbered in the order of their names.
        symbols: Special subwords of their tokenizer.
        random: Source of all chance.
        mixture: How much of what.
    """
    languages = sorted(text)
    weights = np.array([mixture.language_weights.get(language, 1.0) for language in languages])
    parts = [text[language] for language in languages]
    shortest_first = np.argsort(_total_lengths(parts), kind="stable")
    made = 0
    while True:
        pairs = random.random() < mixture.translation_share
        draw = _draw_pairs if pairs else _draw_sentences
        short = made < mixture.short_batches
        rows = shortest_first[: max(1, len(shortest_first) // 5)] if short else shortest_first
        drawn = draw(parts, weights / weights.sum(), rows, symbols, random)
        batches = _cut(drawn, mixture.batch_tokens)
        made += len(batches)
        for index in random.permutation(len(batches)):
            share, share_second = mixture.mask_share, None
            if pairs:
                share_second = mixture.pair_mask_share
                if random.random() < 0.5:
                    share, share_second = share_second, share
            inputs = batches[index]
            yield mask_words(inputs, symbols, random, share=share, share_second=share_second)


def _cut(inputs: list[Subwords], batch_tokens: int) -> list[list[Subwords]]:
    """Groups of like length, each within the budget once padded to its longest."""
    groups: list[list[Subwords]] = []
    for each in sorted(inputs, key=len):
        # Sorted: the newest is the longest, and all are padded to it.
        if not groups or (len(groups[-1]) + 1) * len(each) > batch_tokens:
            groups.append([])
        groups[-1].append(each)
    return groups


def _total_lengths(parts: list[list[Subwords]]) -> Int64[np.ndarray, " sentence"]:
    """Subwords of each sentence in all languages together."""
    lengths = [[len(each) for each in part] for part in parts]
    total: Int64[np.ndarray, " sentence"] = np.array(lengths, dtype=np.int64).sum(axis=0)
    return total


def _draw_sentences(
    parts: list[list[Subwords]],
    chances: Float64[np.ndarray, " language"],
    rows: Int64[np.ndarray, " drawable"],
    symbols: Symbols,
    random: np.random.Generator,
) -> list[Subwords]:
    languages = random.choice(len(parts), size=_POOL, p=chances)
    drawn = random.choice(rows, size=_POOL)
    return [
        alone(parts[language][row], symbols) for language, row in zip(languages, drawn, strict=True)
    ]


def _draw_pairs(
    parts: list[list[Subwords]],
    chances: Float64[np.ndarray, " language"],
    rows: Int64[np.ndarray, " drawable"],
    symbols: Symbols,
    random: np.random.Generator,
) -> list[Subwords]:
    pairs = []
    for row in random.choice(rows, size=_POOL):
        first, second = random.choice(len(parts), size=2, replace=False, p=chances)
        numbers = int(first) + 1, int(second) + 1
        pairs.append(joined(parts[first][row], parts[second][row], symbols, languages=numbers))
    return pairs
