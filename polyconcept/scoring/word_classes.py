"""Classes of word types that may align for other reasons than meaning (docs/STATISTICS.md)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Bool
from polyconcept.records.text import Dictionary, Masks, Words

ClassMasks: TypeAlias = Mapping[str, Masks]
"""Class -> which types are of the class."""


def classes_of_pair(
    source: Words, target: Words, dictionaries: tuple[Dictionary, Dictionary]
) -> ClassMasks:
    """Sort the word types of a pair into classes.

    ``digits``: has a digit and no letter. ``punctuation``: has neither. ``same_spelling``: a
    type of the other language too, with a letter. ``names``: stands with a capital inside
    sentences, as its best translation does; of a script without capitals the translation
    decides. ``other``: none of these. ``script:{name}``: its letters are of this script. Names
    and scripts may overlap with other classes. The first dictionary is from source to target.
    """
    capitals = _capitalised(source), _capitalised(target)
    names = (
        _names(source, capitals[0], dictionaries[0], target, capitals[1]),
        _names(target, capitals[1], dictionaries[1], source, capitals[0]),
    )
    sides = tuple(
        _classes(words.types, frozenset(other.types), named)
        for words, other, named in (
            (source, target, names[0]),
            (target, source, names[1]),
        )
    )
    return {
        label: {
            words.language: masks.get(label, np.zeros(len(words.types), dtype=bool))
            for words, masks in zip((source, target), sides, strict=True)
        }
        for label in sorted(sides[0].keys() | sides[1].keys())
    }


def _classes(
    types: tuple[str, ...], other: frozenset[str], names: Bool[np.ndarray, " type"]
) -> dict[str, Bool[np.ndarray, " type"]]:
    """Return masks by class of one language's types."""
    letters = np.array([any(map(str.isalpha, word)) for word in types], dtype=bool)
    numbers = np.array([any(map(str.isnumeric, word)) for word in types], dtype=bool)
    same = np.array([word in other for word in types], dtype=bool) & letters
    masks = {
        "digits": numbers & ~letters,
        "punctuation": ~numbers & ~letters,
        "same_spelling": same,
        "names": names,
        "other": letters & ~same & ~names,
    }
    scripts = np.array([_script(word) for word in types])
    for script in sorted(set(scripts.tolist()) - {""}):
        masks[f"script:{script}"] = scripts == script
    return masks


def _script(word: str) -> str:
    """Return the script of the first letter, such as ``latin``; empty without letter."""
    # Python's unicodedata has no property of scripts, but names begin with them.
    for letter in word:
        if letter.isalpha():
            return unicodedata.name(letter, "unknown").split()[0].lower()
    return ""


def _capitalised(words: Words) -> Bool[np.ndarray, " type"]:
    """Return the types that stand inside sentences, not first, and begin with a capital there."""
    # The first word of a sentence has a capital whatever it is.
    inside = np.zeros(len(words.types), dtype=bool)
    inside[words.word_type[words.position > 0]] = True
    capital = np.array([word[:1].isupper() for word in words.types], dtype=bool)
    capitalised: Bool[np.ndarray, " type"] = inside & capital
    return capitalised


def _has_case(types: tuple[str, ...]) -> Bool[np.ndarray, " type"]:
    """Return the types with letters that have capitals."""
    return np.array([word.lower() != word.upper() for word in types], dtype=bool)


def _names(
    words: Words,
    capital: Bool[np.ndarray, " type"],
    dictionary: Dictionary,
    other: Words,
    other_capital: Bool[np.ndarray, " other_type"],
) -> Bool[np.ndarray, " type"]:
    """Return types that are capitalised like their best translation, if scripts have capitals."""
    # A noun of German is capitalised, its English translation is not: no name.
    index = {word: i for i, word in enumerate(other.types)}
    first: dict[str, str] = {}
    for word, translation in zip(dictionary.word, dictionary.translation, strict=True):
        first.setdefault(word, translation)
    best = np.array([index.get(first.get(word, ""), -1) for word in words.types])
    known = best >= 0
    cased, other_cased = _has_case(words.types), _has_case(other.types)
    translated = np.zeros(len(best), dtype=bool)
    translated[known] = (other_capital | ~other_cased)[best[known]]
    translation_cased = np.zeros(len(best), dtype=bool)
    translation_cased[known] = other_cased[best[known]]
    letters = np.array([any(map(str.isalpha, word)) for word in words.types], dtype=bool)
    # At least one of the two must say so by a capital.
    names: Bool[np.ndarray, " type"] = letters & known & (capital | ~cased) & translated
    return names & (cased | translation_cased)
