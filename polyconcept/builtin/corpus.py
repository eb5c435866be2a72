"""The built-in corpus: parallel text with gold word links, entity tags and sentiment labels.

A sentence is drawn as a tree of lemmas (`_compose`) and realised in every language by its own
grammar (`_english`, `_german`, …), so that its word links are known, not guessed. Text and lexicon
are CC0.

Words are separated as in treebanks: punctuation is a word, an elided article keeps its apostrophe
and is a word (``l'``), articles melted into prepositions are one word (``au``, ``zum``, ``nella``)
and so are Arabic clitics with their host (``والكتاب``); such words are linked to all they hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from polyconcept.builtin.arabic import Arabic
from polyconcept.builtin.compose import compose
from polyconcept.builtin.english import English
from polyconcept.builtin.french import French
from polyconcept.builtin.german import German
from polyconcept.builtin.italian import Italian
from polyconcept.builtin.read_lexicon import LANGUAGES
from polyconcept.builtin.realiser import Realiser, Tokens
from polyconcept.builtin.spanish import Spanish
from polyconcept.records.text import LabelledSentences, Links, Sentences, TaggedSentences

_SentenceLeaves = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class BuiltinCorpus:
    """Parallel sentences of several languages; sentence i says the same in all of them."""

    sentences: Mapping[str, Sentences]
    """Language -> its sentences."""
    tags: Mapping[str, TaggedSentences]
    """Language -> the sentences with entity tags (PER, LOC, ORG; IOB2). Articles are outside of
    names; an Arabic clitic written together with a name is part of the tagged word."""
    labels: Mapping[str, LabelledSentences]
    """Language -> the sentences with label ``positive`` or ``negative``."""
    leaves: Mapping[str, tuple[_SentenceLeaves, ...]]
    """Language -> sentence -> word -> ids of what the word realises (the same in all languages)."""

    def links(self, source: str, target: str) -> Links:
        """Return the gold word links: two words are linked iff they realise something in common.

        Raises:
            ValueError: A language that the corpus was not generated in.
        """
        _check_languages((source, target), tuple(self.sentences))
        rows = [
            (number, i, j)
            for number, (left, right) in enumerate(
                zip(self.leaves[source], self.leaves[target], strict=True)
            )
            for i, j in _linked(left, right)
        ]
        table = np.array(rows, dtype=np.int32).reshape(-1, 3)
        return Links(source, target, table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy())


def generate_corpus(
    languages: Sequence[str] = LANGUAGES, *, n_sentences: int, first: int = 0, seed: int
) -> BuiltinCorpus:
    """Return the sentences `first` to `first + n_sentences - 1` of the endless corpus of a seed.

    A sentence depends on the seed and its own number only: disjoint ranges are independent samples
    of one distribution, and a longer corpus begins with the shorter one.

    Args:
        languages: Codes out of `LANGUAGES`, each once.
        n_sentences: Number of sentences, at least 1.
        first: Number of the first sentence, at least 0.
        seed: Seed of the corpus.

    Raises:
        ValueError: An unknown or repeated language, or a count out of range.
    """
    _check_languages(languages, LANGUAGES)
    if not languages or len(set(languages)) < len(languages):
        raise ValueError(f"languages={list(languages)}: needed at least one, and each once")
    if n_sentences < 1:
        raise ValueError(f"n_sentences={n_sentences}: needed at least 1")
    if first < 0:
        raise ValueError(f"first={first}: needed at least 0")
    drawn = [compose(seed, number) for number in range(first, first + n_sentences)]
    label = tuple(label for _, label in drawn)
    sentences, tags, labels, leaves = {}, {}, {}, {}
    for language in languages:
        realised = [_realisers()[language].sentence(sentence) for sentence, _ in drawn]
        words = tuple(_column(tokens, 0) for tokens in realised)
        sentences[language] = Sentences(language, words)
        tags[language] = TaggedSentences(language, words, tuple(_column(t, 2) for t in realised))
        labels[language] = LabelledSentences(language, words, label)
        leaves[language] = tuple(tuple(token[1] for token in tokens) for tokens in realised)
    return BuiltinCorpus(
        MappingProxyType(sentences),
        MappingProxyType(tags),
        MappingProxyType(labels),
        MappingProxyType(leaves),
    )


@cache
def _realisers() -> Mapping[str, Realiser]:
    classes = (English, German, French, Spanish, Italian, Arabic)
    return MappingProxyType({realiser.language: realiser() for realiser in classes})


def _column(tokens: Tokens, field: int) -> tuple[str, ...]:
    return tuple(str(token[field]) for token in tokens)


def _linked(left: _SentenceLeaves, right: _SentenceLeaves) -> list[tuple[int, int]]:
    """Return the pairs of positions that share a leaf, in order."""
    holders: dict[int, list[int]] = {}
    for j, ids in enumerate(right):
        for leaf in ids:
            holders.setdefault(leaf, []).append(j)
    pairs = {(i, j) for i, ids in enumerate(left) for leaf in ids for j in holders.get(leaf, ())}
    return sorted(pairs)


def _check_languages(asked: Sequence[str], known: Sequence[str]) -> None:
    unknown = [language for language in asked if language not in known]
    if unknown:
        raise ValueError(f"unknown language(s) {unknown}: expected some of {list(known)}")
