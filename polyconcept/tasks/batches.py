"""The stream of batches that a model is pre-trained on: what is drawn, and how it is grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from polyconcept.tasks.masking import MaskedBatch, Subwords, Symbols, alone, joined, mask_words

Input = TypeVar("Input")

# Inputs drawn together and sorted by length, so that little is spent on padding.
_POOL = 1024


@dataclass(frozen=True)
class Mixture:
    """What the batches of pre-training are made of."""

    batch_tokens: int = 4096
    """Most subwords of one batch, padding included (but one input at least)."""
    translation_share: float = 0.9
    """Share of the pools made of translation pairs; the others hold sentences alone."""
    mask_share: float = 0.1
    """Share of the words to guess, alone and in one sentence of a pair; for an mT5 the share of
    the subwords that span corruption takes out of a sentence alone."""
    pair_mask_share: float = 0.7
    """The same in the other sentence of a pair, which is drawn: the first one must be read.

    An mT5 writes all of the other sentence."""
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

    Languages are numbered in the order of their names, and all have the same sentences.
    """
    parts = [text[language] for language in sorted(text)]

    def pair(first: int, second: int, row: int) -> Subwords:
        numbers = first + 1, second + 1
        return joined(parts[first][row], parts[second][row], symbols, languages=numbers)

    drawn = drawn_batches(
        text,
        lambda language, row: alone(parts[language][row], symbols),
        pair,
        lambda each: (len(each),),
        random=random,
        mixture=mixture,
    )
    for pairs, inputs in drawn:
        share, share_second = mixture.mask_share, None
        if pairs:
            share_second = mixture.pair_mask_share
            if random.random() < 0.5:
                share, share_second = share_second, share
        yield mask_words(inputs, symbols, random, share=share, share_second=share_second)


def drawn_batches(
    text: Mapping[str, list[Subwords]],
    alone: Callable[[int, int], Input],
    pair: Callable[[int, int, int], Input],
    lengths: Callable[[Input], tuple[int, ...]],
    *,
    random: np.random.Generator,
    mixture: Mixture,
) -> Iterator[tuple[bool, list[Input]]]:
    """Draw sentences and translation pairs without end, in groups of inputs of similar length.

    All languages of `text` have the same sentences; they are numbered in the order of their names.
    `alone` makes an input of a language and a sentence, `pair` of two languages and a sentence;
    `lengths` are the subwords of each part of an input that is padded on its own.

    Returns:
        An iterator over groups: whether they are of pairs, and their inputs.
    """
    languages = sorted(text)
    weights = np.array([mixture.language_weights.get(language, 1.0) for language in languages])
    chances = weights / weights.sum()
    n_subwords = np.sum([[len(each) for each in part] for part in text.values()], axis=0)
    shortest_first = np.argsort(n_subwords, kind="stable")
    made = 0
    while True:
        pairs = random.random() < mixture.translation_share
        short = made < mixture.short_batches
        rows = shortest_first[: max(1, len(shortest_first) // 5)] if short else shortest_first
        drawn: list[Input] = []
        if pairs:
            for row in random.choice(rows, size=_POOL):
                first, second = random.choice(len(chances), size=2, replace=False, p=chances)
                drawn.append(pair(int(first), int(second), int(row)))
        else:
            numbers = random.choice(len(chances), size=_POOL, p=chances)
            places = zip(numbers, random.choice(rows, size=_POOL), strict=True)
            drawn = [alone(int(number), int(row)) for number, row in places]
        groups = _cut(drawn, lengths, mixture.batch_tokens)
        made += len(groups)
        # Groups were cut from the shortest to the longest: no order for training.
        for index in random.permutation(len(groups)):
            yield pairs, groups[index]


def _cut(
    inputs: list[Input], lengths: Callable[[Input], tuple[int, ...]], batch_tokens: int
) -> list[list[Input]]:
    """Return groups of similar length, each within the budget when padded to its longest."""
    groups: list[list[Input]] = []
    longest: tuple[int, ...] = ()
    for each in sorted(inputs, key=lambda each: sum(lengths(each))):
        own = lengths(each)
        longest = tuple(map(max, longest, own)) if groups else own
        if not groups or (len(groups[-1]) + 1) * sum(longest) > batch_tokens:
            groups.append([])
            longest = own
        groups[-1].append(each)
    return groups
