"""What the realisers of all languages share: words with leaves, and the frame of a sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, TypeAlias

from polyconcept.builtin.abstract import (
    COMMA,
    STOP,
    Adjunct,
    Both,
    Clause,
    Leaf,
    Name,
    Noun,
    Phrase,
    Pronoun,
    Sentence,
    adverb,
)
from polyconcept.builtin.read_lexicon import Entry, pieces

Token: TypeAlias = tuple[str, tuple[int, ...], str]
"""Text, ids of the leaves realised, IOB2 tag."""
Tokens: TypeAlias = list[Token]
Mode: TypeAlias = Literal["main", "inverted", "sub"]
"""Main clause; main clause with something before it; clause after a subordinator."""

TIME = ("past", "present", "future")


class Realiser(ABC):
    """Turns abstract sentences into the words of one language."""

    language: str
    """Code of the language."""
    comma: str = ","
    comma_before_but: bool = True

    def sentence(self, sentence: Sentence) -> Tokens:
        """Return the sentence's words with leaves and tags, capitalised and with a full stop."""
        tokens = self.spell(self.clauses(sentence))
        return finish([*tokens, (".", (STOP,), "O")], self.comma)

    def clauses(self, sentence: Sentence) -> Tokens:
        """Return the words of main and second clause in order."""
        if sentence.other is None or sentence.conjunction is None:
            return self.clause(sentence.main, "main")
        kind = sentence.conjunction[1].key
        if kind in ("and", "but"):
            first = self.clause(sentence.main, "main")
            comma = [self.pause(COMMA)] if kind == "but" and self.comma_before_but else []
            return [*first, *comma, *self.coordinate(sentence.conjunction, sentence.other)]
        other = self.subordinate(sentence.conjunction, sentence.other)
        if sentence.other_first:
            return [*other, self.pause(COMMA), *self.clause(sentence.main, "inverted")]
        return [*self.clause(sentence.main, "main"), *other]

    def pause(self, *leaves: int) -> Token:
        """Return a comma; with a leaf, one that several languages write at the same joint."""
        return (self.comma, leaves, "O")

    def coordinate(self, conjunction: Leaf, clause: Clause) -> Tokens:
        """Conjunction and second main clause."""
        return [*self.words(conjunction), *self.clause(clause, "main")]

    def subordinate(self, conjunction: Leaf, clause: Clause) -> Tokens:
        """Conjunction and subordinate clause."""
        return [*self.conjunction(conjunction), *self.clause(clause, "sub")]

    def conjunction(self, leaf: Leaf) -> Tokens:
        """Return a conjunction; all its words realise one leaf."""
        return [(word, (leaf[0],), "O") for word in leaf[1].cells[self.language].split()]

    def words(self, leaf: Leaf | None) -> Tokens:
        """Return an adverb or conjunction, perhaps of several words; nothing for none."""
        if leaf is None:
            return []
        start, entry = leaf
        return [
            (text, tuple(start + offset for offset in offsets), "O")
            for text, offsets in pieces(entry, self.language)
        ]

    def name_words(self, name: Name) -> Tokens:
        """Return the words of a name without article, tagged."""
        tokens: Tokens = []
        for start, entry in name.parts:
            for text, offsets in pieces(entry, self.language):
                tag = ("I-" if tokens else "B-") + name.entity
                tokens.append((text, tuple(start + offset for offset in offsets), tag))
        return tokens

    def phrase(self, phrase: Phrase, case: str = "nom") -> Tokens:
        """Return the words of a phrase in a case (languages without cases ignore it)."""
        if isinstance(phrase, Noun):
            return self.noun(phrase, case)
        if isinstance(phrase, Name):
            return self.name(phrase, case)
        if isinstance(phrase, Pronoun):
            return self.pronoun(phrase)
        second = self.phrase(phrase.second, case)
        return [*self.phrase(phrase.first, case), *self.join(phrase, second)]

    def join(self, both: Both, second: Tokens) -> Tokens:
        """Conjunction and second phrase."""
        return [*self.words(both.conjunction), *second]

    def late_time(self, clause: Clause) -> Tokens:
        """Return the adverb of time, unless it begins the clause."""
        return [] if clause.time_first else self.words(adverb(clause, *TIME))

    def ending(self, clause: Clause) -> Tokens:
        """Return the places, the time and the complement of a clause."""
        tokens = [token for place in clause.places for token in self.adjunct(place)]
        tokens += self.late_time(clause)
        if clause.complement is not None:
            tokens += self.subordinate(*clause.complement)
        return tokens

    @abstractmethod
    def clause(self, clause: Clause, mode: Mode) -> Tokens:
        """Return the words of a clause without its conjunction."""

    @abstractmethod
    def noun(self, noun: Noun, case: str) -> Tokens:
        """Return the words of a noun phrase."""

    @abstractmethod
    def name(self, name: Name, case: str) -> Tokens:
        """Return the words of a name with its article."""

    @abstractmethod
    def pronoun(self, pronoun: Pronoun) -> Tokens:
        """Return the words of a subject pronoun."""

    @abstractmethod
    def adjunct(self, adjunct: Adjunct) -> Tokens:
        """Return the words of a prepositional phrase."""

    @abstractmethod
    def spell(self, tokens: Tokens) -> Tokens:
        """Return the spelling that depends on the neighbour: elision, contraction."""


def front(clause: Clause) -> Leaf | None:
    """Return the adverb that begins a clause, or none: a comment, or the time."""
    return adverb(clause, "comment") or (adverb(clause, *TIME) if clause.time_first else None)


def finish(tokens: Tokens, comma: str) -> Tokens:
    """Drop commas beside other punctuation, and capitalise the first word."""
    result: Tokens = []
    for token in tokens:
        if token[0] in (comma, ".") and result and result[-1][0] == comma:
            dropped = result.pop()
            if token[0] == comma:
                token = (comma, tuple(dict.fromkeys(dropped[1] + token[1])), "O")
        result.append(token)
    text, ids, tag = result[0]
    result[0] = (text[0].upper() + text[1:], ids, tag)
    return result


def natural_gender(phrase: Noun | Name) -> str:
    """Return the natural gender of who is meant: ``m``, ``f`` or ``x``."""
    entry: Entry = phrase.head[1] if isinstance(phrase, Noun) else phrase.parts[0][1]
    return entry.gender


def is_plural(phrase: Phrase) -> bool:
    """Return whether several are meant (names of plural form are a matter of each language)."""
    if isinstance(phrase, Pronoun):
        return is_plural(phrase.antecedent)
    return isinstance(phrase, Both) or (isinstance(phrase, Noun) and phrase.plural)


def split_government(cell: str) -> tuple[list[str], str]:
    """Forms of a verb cell and the preposition or case that marks its object, empty for none."""
    forms = cell.split()
    if forms[-1].startswith(":"):
        return forms[:-1], forms[-1][1:]
    return forms, ""
