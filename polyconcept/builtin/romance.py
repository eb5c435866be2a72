"""What French, Spanish and Italian share: agreement, adjectives after the noun, clause order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from polyconcept.builtin.abstract import (
    FRONT_COMMA,
    Adjunct,
    Both,
    Clause,
    Leaf,
    Name,
    Noun,
    Phrase,
    Pronoun,
    Relative,
    adverb,
)
from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import (
    Mode,
    Realiser,
    Tokens,
    front,
    natural_gender,
    split_government,
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What determiners, adjectives, participles and verbs agree with."""

    feminine: bool
    """Feminine, not masculine."""
    plural: bool
    """Plural, not singular."""

    @property
    def index(self) -> int:
        """Place in a row of forms ms, fs, mp, fp."""
        return self.feminine + 2 * self.plural


class Romance(Realiser):
    """Common parts of the three realisers."""

    articles: ClassVar[Mapping[str, str]] = {}
    """Article of names of countries, by their gender mark."""

    @abstractmethod
    def determiner(self, noun: Noun, agreement: Agreement) -> Tokens:
        """Return the words before the noun and its adjectives."""

    @abstractmethod
    def adjective(self, entry: Entry, agreement: Agreement) -> str:
        """Return the form of an adjective."""

    @abstractmethod
    def noun_form(self, entry: Entry, *, plural: bool) -> str:
        """Return the form of a noun."""

    @abstractmethod
    def verb(self, clause: Clause, agreement: Agreement, head: Agreement | None) -> Tokens:
        """Return verb, auxiliaries, negation and frequency; `head` is a relativised object's."""

    def name(self, name: Name, case: str) -> Tokens:  # noqa: ARG002 - no cases
        """See `Realiser.name`; countries have an article."""
        words = self.name_words(name)
        gender = name_gender(name.parts[0][1], self.language)
        return [(self.articles[gender], (name.article_id,), "O"), *words] if gender else words

    def agreement(self, phrase: Phrase) -> Agreement:
        """Return the gender and number of a phrase in this language."""
        if isinstance(phrase, Pronoun):
            return self.agreement(phrase.antecedent)
        if isinstance(phrase, Both):
            first, second = self.agreement(phrase.first), self.agreement(phrase.second)
            return Agreement(first.feminine and second.feminine, plural=True)
        if isinstance(phrase, Name):
            mark = name_gender(phrase.parts[0][1], self.language) or natural_gender(phrase)
            return Agreement(mark[0] == "f", mark.endswith("p"))
        gender = phrase.head[1].cells[self.language][0]
        return Agreement(gender == "f", phrase.plural)

    def noun(self, noun: Noun, case: str) -> Tokens:
        """See `Realiser.noun`."""
        agreement = self.agreement(noun)
        leaf, entry = noun.head
        before: Tokens = []
        after: Tokens = []
        for adjective_leaf, adjective in noun.adjectives:
            word = (self.adjective(adjective, agreement), (adjective_leaf,), "O")
            (before if is_prenominal(adjective, self.language) else after).append(word)
        tokens = self.determiner(noun, agreement)
        form = self.noun_form(entry, plural=noun.plural)
        tokens += [*before, (form, (leaf,), "O"), *after]
        if noun.owner is not None:
            of: Tokens = [(self.of, (noun.owner[0],), "O")]
            tokens += of + self.noun(noun.owner[1], case)
        if noun.relative is not None:
            tokens += self._relative(noun.relative, agreement)
        return tokens

    of = "de"

    def _relative(self, relative: Relative, head: Agreement) -> Tokens:
        subject = relative.gap == "subject"
        word = self.relative_subject if subject else self.relative_object
        tokens: Tokens = [(word, (relative.id,), "O")]
        clause = relative.clause
        if subject or clause.subject is None:
            return tokens + self.order(clause, head)
        return tokens + self.order(clause, self.agreement(clause.subject), head)

    relative_subject = "que"
    relative_object = "que"

    def clause(self, clause: Clause, mode: Mode) -> Tokens:  # noqa: ARG002 - one order
        """See `Realiser.clause`."""
        first = front(clause)
        tokens = self.words(first)
        if first is not None:
            tokens.append(self.pause(FRONT_COMMA))
        assert clause.subject is not None, "only relative clauses have no subject"
        return tokens + self.order(clause, self.agreement(clause.subject))

    def order(self, clause: Clause, agreement: Agreement, head: Agreement | None = None) -> Tokens:
        """Subject, verb, manner, objects, places, time."""
        tokens = [] if clause.subject is None else self.phrase(clause.subject)
        tokens += self.verb(clause, agreement, head)
        tokens += self.words(clause.degree)
        if clause.predicate is not None:
            leaf, entry = clause.predicate
            tokens.append((self.adjective(entry, agreement), (leaf,), "O"))
        tokens += self.manner(clause)
        if clause.object is not None:
            tokens += self.target(clause, clause.object)
        if clause.recipient is not None:
            tokens += [(self.to, (), "O"), *self.phrase(clause.recipient)]
        return tokens + self.ending(clause)

    to = "a"

    def manner(self, clause: Clause) -> Tokens:
        """Return the manner adverb after the verb."""
        return self.words(adverb(clause, "manner"))

    def target(self, clause: Clause, phrase: Phrase) -> Tokens:
        """Return the direct object."""
        assert clause.verb is not None, "to be has no object"
        preposition = split_government(clause.verb.cells[self.language])[1]
        marked = preposition and clause.recipient is None  # else it marks the recipient
        tokens: Tokens = [(preposition, (clause.verb_id,), "O")] if marked else []
        return tokens + self.phrase(phrase)

    def adjunct(self, adjunct: Adjunct) -> Tokens:
        """See `Realiser.adjunct`."""
        tokens: Tokens
        if isinstance(adjunct.phrase, Name) and adjunct.phrase.entity == "LOC":
            word = self.place_preposition(adjunct.preposition, adjunct.phrase)
            if word:
                tokens = [(word, (adjunct.preposition[0],), "O")]
                return tokens + self.place_name(adjunct.preposition, adjunct.phrase)
        return [*self.conjunction(adjunct.preposition), *self.phrase(adjunct.phrase)]

    def place_preposition(self, preposition: Leaf, name: Name) -> str:  # noqa: ARG002
        """Another preposition before the name of a place, empty for the usual one."""
        return ""

    def place_name(self, preposition: Leaf, name: Name) -> Tokens:  # noqa: ARG002
        """Return the name after `place_preposition`."""
        return self.name(name, "nom")


def adjoined(tokens: Tokens, table: dict[tuple[str, str], str]) -> Tokens:
    """Write neighbours that the table holds as one word (du, al, nella)."""
    result: Tokens = []
    for text, ids, tag in tokens:
        short = table.get((result[-1][0], text)) if result else None
        if short is None:
            result.append((text, ids, tag))
        else:
            result[-1] = (short, (*result[-1][1], *ids), tag)
    return result


@cache
def name_gender(entry: Entry, language: str) -> str:
    """Return the gender mark of a name, such as ``f`` or ``fp``; empty for none."""
    return entry.cells[language].split()[0].partition(":")[2]


@cache
def has_article(entry: Entry, language: str) -> bool:
    """Return whether a name is written with the definite article everywhere."""
    return entry.cells[language].startswith("def:")


@cache
def is_prenominal(entry: Entry, language: str) -> bool:
    """Return whether an adjective stands before its noun."""
    return entry.cells[language].startswith("< ")


@cache
def adjective_cell(entry: Entry, language: str) -> tuple[str, ...]:
    """Forms of an adjective without its marks."""
    return tuple(word for word in entry.cells[language].split() if word not in "<@")
