"""Which words of a language pair each metric clusters (docs/METRICS.md).

A *place* is the number of a word in its language's text, 0-based, counted through all sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Int8, Int64

from polyconcept.records.text import Definition, Dropped, Links, Sentences
from polyconcept.text.pair import Side, filter_phrases, pair_sides, rank_among_equals

Metric: TypeAlias = Literal["calign", "colap"]

REASONS = ("sentence too long", "not linked", "over the cap")
"""Why a word is left out, in the order in which the checks are made."""
KEPT = len(REASONS)


@dataclass(frozen=True)
class ChosenWords:
    """Words of one language that one metric clusters of one pair."""

    places: Int64[np.ndarray, " chosen"]
    """Chosen words in the order they are clustered; a place may occur more than once."""
    fate: Int8[np.ndarray, " text_word"]
    """For each word of the text the check that dropped it (index into `REASONS`), or `KEPT`."""

    @property
    def dropped(self) -> Dropped:
        """Reason -> number of words left out for it; with the kept words these are all words."""
        return count_reasons(self.fate)


@dataclass(frozen=True)
class ChosenPair:
    """Words of both languages of a pair that one metric clusters."""

    source: ChosenWords
    """Words of the source language."""
    target: ChosenWords
    """Words of the target language."""


def choose_words(
    source: Sentences,
    target: Sentences,
    links: Links,
    *,
    cap: int = 15,
    max_sentence_words: int = 300,
) -> dict[tuple[Metric, Definition], ChosenPair]:
    """Return the words that each metric clusters of a language pair, under both definitions.

    Sentences of `max_sentence_words` words or more in either language take no part (the released
    code keeps those of under 300 words). Then:

    - CALIGN published: both words of each link, in link order, a word once for each of its links;
      of each pair of spellings the first `cap` links count.
    - CALIGN corrected: linked words, once each, the first `cap` of each spelling and language.
    - COLAP published: all words, the first `cap` of each spelling in source text + target text: a
      spelling that both languages have shares the cap.
    - COLAP corrected: all words, the first `cap` of each spelling and language.

    Returns:
        (metric, definition) -> chosen words; in text order except for CALIGN published.

    Raises:
        ValueError: languages, lengths or links do not belong together, an option is out of range,
            or a metric is left without words of a language (the message says which and why).
    """
    if cap < 1 or max_sentence_words < 1:
        raise ValueError(
            f"found cap={cap}, max_sentence_words={max_sentence_words}; both must be at least 1"
        )
    first, second, phrases = pair_sides(
        source, target, links, max_sentence_words=max_sentence_words
    )
    sides = first, second
    places: dict[tuple[Metric, Definition], tuple[Int64[np.ndarray, " _"], ...]] = {
        ("calign", "published"): filter_phrases(phrases, maximum=cap),
        ("calign", "corrected"): tuple(_capped(side, side.linked, cap) for side in sides),
        ("colap", "published"): _capped_together(first, second, cap),
        ("colap", "corrected"): tuple(_capped(side, side.usable, cap) for side in sides),
    }
    chosen: dict[tuple[Metric, Definition], ChosenPair] = {
        key: ChosenPair(
            *(_chosen(side, own, key[0]) for side, own in zip(sides, both, strict=True))
        )
        for key, both in places.items()
    }
    _refuse_empty(chosen, first, second)
    return chosen


def count_reasons(fate: Int8[np.ndarray, " text_word"]) -> dict[str, int]:
    """Return how many words each reason dropped; also of those that dropped none."""
    counts = np.bincount(fate, minlength=KEPT + 1)
    return {reason: int(counts[index]) for index, reason in enumerate(REASONS)}


def _capped(
    side: Side, among: Bool[np.ndarray, " text_word"], cap: int
) -> Int64[np.ndarray, " chosen"]:
    """Return the first `cap` words of each spelling among some words of the text."""
    places = np.flatnonzero(among)
    return places[rank_among_equals(side.spelling[places]) < cap]


def _capped_together(
    first: Side, second: Side, cap: int
) -> tuple[Int64[np.ndarray, " source_chosen"], Int64[np.ndarray, " target_chosen"]]:
    """Return the first `cap` words of each spelling in the first text followed by the second."""
    # As the released code, which joins both texts before it counts.
    places = np.flatnonzero(first.usable), np.flatnonzero(second.usable)
    spelling = np.concatenate([first.spelling[places[0]], second.spelling[places[1]]])
    kept = rank_among_equals(spelling) < cap
    n_first = len(places[0])
    return places[0][kept[:n_first]], places[1][kept[n_first:]]


def _chosen(side: Side, places: Int64[np.ndarray, " chosen"], metric: Metric) -> ChosenWords:
    among = np.where(side.linked, 2, 1) if metric == "calign" else 2
    fate = np.where(side.usable, among, 0).astype(np.int8)
    fate[places] = KEPT
    return ChosenWords(places, fate)


def _refuse_empty(
    chosen: Mapping[tuple[Metric, Definition], ChosenPair], first: Side, second: Side
) -> None:
    """Name every metric that is left without words at once."""
    problems = [
        f"{metric.upper()} ({definition}) has no words of {side.language}: "
        + _explain(words, len(side.spelling))
        for (metric, definition), pair in chosen.items()
        for side, words in ((first, pair.source), (second, pair.target))
        if not len(words.places)
    ]
    if problems:
        raise ValueError(
            f"nothing to cluster for the pair {first.language}-{second.language}: "
            + "; ".join(problems)
        )


def _explain(words: ChosenWords, n_words: int) -> str:
    counts = ", ".join(f"{count:,} {reason}" for reason, count in words.dropped.items() if count)
    return f"of its {n_words:,} words {counts or 'none is there'}"
