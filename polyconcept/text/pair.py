"""The two texts of a language pair as arrays over their words, with checked links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Bool, Int32, Int64

from polyconcept.records.text import Links, Sentences, takes_part
from polyconcept.text.phrases import PhraseLinks


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
    _check_pair(source, target, links)
    starts = sentence_starts(source), sentence_starts(target)
    _check_links(source, links, starts[0], links.source_position)
    _check_links(target, links, starts[1], links.target_position)
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
    pair = spellings[0][places[0]] * n_spellings + spellings[1][places[1]]
    return PhraseLinks(pair, places[0], link, places[1], link)


def _spellings(
    source: Sentences, target: Sentences
) -> tuple[Int64[np.ndarray, " source_word"], Int64[np.ndarray, " target_word"]]:
    number: dict[str, int] = {}
    first, second = (
        np.fromiter(
            (number.setdefault(word, len(number)) for word in chain.from_iterable(side.words)),
            dtype=np.int64,
        )
        for side in (source, target)
    )
    return first, second


def _check_pair(source: Sentences, target: Sentences, links: Links) -> None:
    if (links.source, links.target) != (source.language, target.language):
        raise ValueError(
            f"links of {links.source}-{links.target} do not belong to the texts of "
            f"{source.language}-{target.language}"
        )
    if source.language == target.language:
        raise ValueError(f"a pair needs two languages; found {source.language} twice")
    if len(source) != len(target):
        raise ValueError(
            f"{source.language} has {len(source):,} sentences, {target.language} has "
            f"{len(target):,}; a pair needs the same number"
        )


def _check_links(
    sentences: Sentences,
    links: Links,
    starts: Int64[np.ndarray, " boundary"],
    position: Int32[np.ndarray, " link"],
) -> None:
    """Refuse links that point outside the text; numpy would take negative ones from the end."""
    inside = (links.sentence >= 0) & (links.sentence < len(sentences))
    length = np.diff(starts)[np.where(inside, links.sentence, 0)] if len(sentences) else position
    wrong = np.flatnonzero(~inside | (position < 0) | (position >= length))
    if len(wrong):
        link = wrong[0]
        found = f"word {position[link]} of sentence {links.sentence[link]} (both 0-based)"
        has = f"{length[link]} words" if inside[link] else f"{len(sentences)} sentences in all"
        raise ValueError(
            f"links of {links.source}-{links.target}: link {link} points at {found} of "
            f"{sentences.language}, which has {has}; {len(wrong)} links point at no word"
        )
