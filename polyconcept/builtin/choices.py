"""Which lemmas suit each other: entries of the lexicon by class, frame and polarity."""

from __future__ import annotations

from functools import cache

from polyconcept.builtin.read_lexicon import Entry, lexicon


@cache
def nouns_of(name: str) -> tuple[Entry, ...]:
    """Return the nouns of a class."""
    return tuple(entry for entry in lexicon()["nouns"].values() if name in entry.classes)


@cache
def names_of(name: str) -> tuple[Entry, ...]:
    """Return the names of a class."""
    return tuple(entry for entry in lexicon()["names"].values() if name in entry.classes)


@cache
def adjectives_of(classes: frozenset[str], polarity: int) -> tuple[Entry, ...]:
    """Return the adjectives of a polarity that describe a noun of these classes."""
    return tuple(
        entry
        for entry in lexicon()["adjectives"].values()
        if entry.polarity == polarity and entry.classes & classes
    )


@cache
def verbs_of(frame: str, polarity: int, subject: str = "", target: str = "") -> tuple[Entry, ...]:
    """Return the verbs of a frame and polarity, or those that take a class as subject or object."""
    return tuple(
        entry
        for entry in lexicon()["verbs"].values()
        if entry.kind == frame
        and entry.polarity == polarity
        and (not subject or subject in entry.subjects)
        and (not target or target in entry.objects)
    )


@cache
def adverbs_of(kind: str, polarity: int = 0) -> tuple[Entry, ...]:
    """Return the adverbs of a kind and polarity."""
    return tuple(
        entry
        for entry in lexicon()["adverbs"].values()
        if entry.kind == kind and entry.polarity == polarity
    )


@cache
def in_order(classes: frozenset[str]) -> tuple[str, ...]:
    """Return the classes in a fixed order; that of a set depends on the hash seed."""
    return tuple(sorted(classes))
