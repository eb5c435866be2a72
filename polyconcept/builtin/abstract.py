"""Sentences before any language: trees whose leaves carry ids.

Every leaf (a noun, a determiner, a negation, …) has an id of its own within the sentence. A
realiser turns the tree into words, each of which keeps the ids of the leaves it realises; two words
of two languages are linked iff they share an id. Leaf 0 is the full stop, leaf 1 the comma between
clauses, leaf 2 the comma after a fronted adverb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from polyconcept.builtin.read_lexicon import Entry

STOP, COMMA, FRONT_COMMA, FIRST_FREE = 0, 1, 2, 3

Tense: TypeAlias = Literal["present", "past", "future"]
Modal: TypeAlias = Literal["", "can", "must", "want"]
Leaf: TypeAlias = tuple[int, Entry]
"""Id (the first of `Entry.n_words` successive ones) and lemma."""


@dataclass(frozen=True, slots=True)
class Noun:
    """Noun phrase; mass and indefinite plural nouns have determiner ``the`` or ``a`` as well."""

    head: Leaf
    """The noun."""
    determiner: Literal["the", "a", "this", "his", "every", "many", "number"] = "the"
    """``his`` stands for the possessive of any possessor."""
    determiner_id: int = -1
    """Leaf of the determiner."""
    plural: bool = False
    """Whether there are several."""
    number: Entry | None = None
    """The numeral where the determiner is ``number``."""
    possessor: Noun | Name | None = None
    """Whose it is where the determiner is ``his``."""
    adjectives: tuple[Leaf, ...] = ()
    """Attributive adjectives."""
    owner: tuple[int, Noun] | None = None
    """Leaf of "of", and the owner in the genitive."""
    relative: Relative | None = None
    """Relative clause."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of one or more parts (given name, family name)."""

    parts: tuple[Leaf, ...]
    """The names in order."""
    entity: Literal["PER", "LOC", "ORG"]
    """Kind of entity."""
    article_id: int = -1
    """Leaf of the article that some languages put before it."""


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A personal pronoun, as subject."""

    id: int
    """Its leaf."""
    antecedent: Noun | Name
    """What it refers to; its gender and number are that of the antecedent in each language."""


@dataclass(frozen=True, slots=True)
class Both:
    """Two phrases joined by "and"."""

    first: Noun | Name
    """Phrase before the conjunction."""
    conjunction: Leaf
    """The conjunction."""
    second: Noun | Name
    """Phrase after it."""


Phrase: TypeAlias = Noun | Name | Pronoun | Both


@dataclass(frozen=True, slots=True)
class Adjunct:
    """Prepositional phrase."""

    preposition: Leaf
    """The preposition."""
    phrase: Noun | Name
    """What it governs."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause with a verb, or without one: then "to be" with a predicate adjective."""

    verb_id: int
    """Leaf of the verb."""
    verb: Entry | None
    """The verb; none for "to be"."""
    subject: Phrase | None
    """Subject; none where it is the head of a relative clause."""
    tense: Tense = "past"
    """Time of the clause."""
    will_id: int = -1
    """Leaf of the future auxiliary."""
    modal: Modal = ""
    """Modal verb, empty for none."""
    modal_id: int = -1
    """Leaf of the modal verb."""
    negation: int = -1
    """Leaf of "not"; -1 where the clause is affirmative."""
    object: Phrase | None = None
    """Direct object."""
    recipient: Noun | Name | None = None
    """To whom."""
    predicate: Leaf | None = None
    """Adjective after "to be"."""
    degree: Leaf | None = None
    """Degree adverb of the predicate."""
    adverbs: tuple[Leaf, ...] = ()
    """At most one of each kind; a comment stands first in the clause."""
    time_first: bool = False
    """Whether the time adverb stands first (main clauses without comment)."""
    places: tuple[Adjunct, ...] = ()
    """Prepositional phrases."""
    complement: tuple[Leaf, Clause] | None = None
    """Conjunction and clause of what is said or known."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Relative clause; the relative pronoun is its subject or its object."""

    id: int
    """Leaf of the relative pronoun."""
    gap: Literal["subject", "object"]
    """What the pronoun is in the clause."""
    clause: Clause
    """The clause, without the phrase that the pronoun stands for."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A main clause, alone or with a second clause."""

    main: Clause
    """Main clause (the first of two coordinated ones)."""
    conjunction: Leaf | None = None
    """Conjunction before `other`."""
    other: Clause | None = None
    """Subordinate or second coordinated clause."""
    other_first: bool = False
    """Whether a subordinate clause stands before the main clause."""


def adverb(clause: Clause, *kinds: str) -> Leaf | None:
    """Return the first adverb of one of these kinds, or none."""
    for leaf in clause.adverbs:
        if leaf[1].kind in kinds:
            return leaf
    return None
