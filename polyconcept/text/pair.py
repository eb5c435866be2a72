"""The two texts of a language pair as arrays over their words, with checked links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Bool, Int32, Int64

from polyconcept.records.text import Links, Sentences, takes_part


@dataclass(frozen=True)
class Side:
    """The text of one language of a pair, one entry per word in text order."""

    language: str
    """Code of the language."""
    spelling: Int64[np.ndarray, " text_word"]
    """Number of the word's spelling; the same number in both languages for the same spelling."""
    usable: Bool[np.ndarray, " text_word"]
    """Whether the word's sentence takes part."""
    linked: Bool[np.ndarray, " text_word"]
    """Whether a link of a sentence that takes part touches the word."""


@dataclass(frozen=True)
class PhraseLinks:
    """Links of a pair of texts; a link joins one or several words on each side.

    A *place* is the number of a word in its text, 0-based, counted through all sentences.
    """

    spelling_pair: Int64[np.ndarray, " link"]
    """Number of the spellings that each link joins; equal for equal spellings on both sides."""
    source_place: Int64[np.ndarray, " source_word"]
    """Places of the source words of all links, link after link."""
    source_link: Int64[np.ndarray, " source_word"]
    """Link (0-based) that each of them belongs to."""
    target_place: Int64[np.ndarray, " target_word"]
    """Places of the target words of all links, link after link."""
    target_link: Int64[np.ndarray, " target_word"]
    """Link (0-based) that each of them belongs to."""


def sentence_starts(sentences: Sentences) -> Int64[np.ndarray, " boundary"]:
    """Return the place of the first word of each sentence, and at the end the number of words."""
    lengths = [len(words) for words in sentences.words]
    return np.cumsum([0, *lengths], dtype=np.int64)


def pair_sides(
    source: Sentences, target: Sentences, links: Links, *, max_sentence_words: int
) -> tuple[Side, Side, PhraseLinks]:
    """Return both texts of a pair, and the links of the sentences that take part, in link order.

    Sentences of `max_sentence_words` words or more in either language take no part.

    Raises:
        ValueError: languages or numbers of sentences differ, or a link points at no word.
    """
    if source.language == target.language:
        raise ValueError(f"a pair needs two languages; found {source.language} twice")
    check_links(links, source, target)
    starts = sentence_starts(source), sentence_starts(target)
    part = takes_part(source, target, max_sentence_words=max_sentence_words)
    spellings = _spellings(source, target)
    links_kept = part[links.sentence]
    sentence = links.sentence[links_kept]
    places = (
        starts[0][sentence] + links.source_position[links_kept],
        starts[1][sentence] + links.target_position[links_kept],
    )
    sides = tuple(
        _side(sentences.language, spelling, place, np.repeat(part, np.diff(start)))
        for sentences, spelling, place, start in zip(
            (source, target), spellings, places, starts, strict=True
        )
    )
    return sides[0], sides[1], _word_links(spellings, places)


def _side(
    language: str,
    spelling: Int64[np.ndarray, " text_word"],
    place: Int64[np.ndarray, " link"],
    usable: Bool[np.ndarray, " text_word"],
) -> Side:
    linked = np.zeros(len(spelling), dtype=bool)
    linked[place] = True
    return Side(language, spelling, usable, linked)


def _word_links(
    spellings: tuple[Int64[np.ndarray, " source_word"], Int64[np.ndarray, " target_word"]],
    places: tuple[Int64[np.ndarray, " link"], Int64[np.ndarray, " link"]],
) -> PhraseLinks:
    link = np.arange(len(places[0]), dtype=np.int64)
    n_spellings = 1 + max(int(side.max(initial=0)) for side in spellings)
    # One number stands for the spellings of both words.
    pair = spellings[0][places[0]] * n_spellings + spellings[1][places[1]]
    return PhraseLinks(pair, places[0], link, places[1], link)


def _spellings(
    source: Sentences, target: Sentences
) -> tuple[Int64[np.ndarray, " source_word"], Int64[np.ndarray, " target_word"]]:
    number: dict[str, int] = {}
    first, second = (
        # No list of all words is made: texts may be long.
        np.fromiter(
            (number.setdefault(word, len(number)) for word in chain.from_iterable(side.words)),
            dtype=np.int64,
        )
        for side in (source, target)
    )
    return first, second


# --- what belongs together


def check_parallel(source: Sentences, target: Sentences) -> None:
    """Refuse texts of other numbers of sentences."""
    if len(source) != len(target):
        raise ValueError(
            f"{source.language} has {len(source):,} sentences, {target.language} has "
            f"{len(target):,}: sentence i of one must translate sentence i of the other"
        )


def check_links(links: Links, source: Sentences, target: Sentences) -> None:
    """Refuse links of another pair, and links to words that the texts do not have."""
    if (links.source, links.target) != (source.language, target.language):
        raise ValueError(
            f"links of {links.source}-{links.target} do not belong to the texts of "
            f"{source.language}-{target.language}"
        )
    check_parallel(source, target)
    _check_places(links, source, links.source_position)
    _check_places(links, target, links.target_position)


def _check_places(links: Links, side: Sentences, position: Int32[np.ndarray, " link"]) -> None:
    inside = (links.sentence >= 0) & (links.sentence < len(side))
    n_words = np.array([len(words) for words in side.words], dtype=np.int64)
    length = n_words[np.where(inside, links.sentence, 0)] if len(side) else position
    # numpy would take negative places from the end.
    wrong = np.flatnonzero(~inside | (position < 0) | (position >= length))
    if len(wrong):
        link = wrong[0]
        found = f"word {position[link]} of sentence {links.sentence[link]} (both 0-based)"
        has = f"{length[link]} words" if inside[link] else f"{len(side)} sentences in all"
        raise ValueError(
            f"links of {links.source}-{links.target}: link {link} points at {found} of "
            f"{side.language}, which has {has}; {len(wrong)} links point at no word"
        )


# --- the filter by frequency


def rank_among_equals(keys: Int64[np.ndarray, " item"]) -> Int64[np.ndarray, " item"]:
    """Return how many equal keys precede each key: ``[7, 9, 7, 7]`` gives ``[0, 0, 1, 2]``."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = np.flatnonzero(new)
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys)) - np.repeat(first, np.diff(first, append=len(keys)))
    return rank


def filter_phrases(
    links: PhraseLinks, *, minimum: int = 0, maximum: int = 15, delete: int | None = None
) -> tuple[Int64[np.ndarray, " source_kept"], Int64[np.ndarray, " target_kept"]]:
    """Return the words of the links that remain, in link order, a word once for each of its links.

    This is the frequency filter over word pairs of the paper's released code.

    Args:
        links: links in the order in which they count.
        minimum: pairs of spellings with fewer links in all are left out.
        maximum: links kept of each pair of spellings, the first ones.
        delete: pairs of spellings with more links in all are left out; none by default.

    Returns:
        Places of the source words and places of the target words.
    """
    kept = _remaining(links.spelling_pair, minimum, maximum, delete)
    return links.source_place[kept[links.source_link]], links.target_place[kept[links.target_link]]


def _remaining(
    pair: Int64[np.ndarray, " link"], minimum: int, maximum: int, delete: int | None
) -> Bool[np.ndarray, " link"]:
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    count = counts[inverse]
    # In the released code, too, the first links count, and all of them for the other two limits.
    kept = (rank_among_equals(pair) < maximum) & (count >= minimum)
    return kept if delete is None else kept & (count <= delete)
