"""Random noun phrases, names and adjuncts, from classes of nouns that suit each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from polyconcept.builtin.abstract import (
    FIRST_FREE,
    Adjunct,
    Both,
    Clause,
    Leaf,
    Name,
    Noun,
    Phrase,
    Pronoun,
    Relative,
)
from polyconcept.builtin.choices import adjectives_of, in_order, names_of, nouns_of, verbs_of
from polyconcept.builtin.read_lexicon import Entry, lexicon

PLURAL = 0.28
ADJECTIVE = 0.22
OWNER = 0.12
RELATIVE = 0.14
_COUNTABLE_OWNED = frozenset(("object", "clothes", "vehicle", "animal", "text"))
# Nobody's in particular: "her woman" would be odd.
_UNOWNED = frozenset(("man", "woman", "boy", "girl", "king", "queen", "tourist", "child"))


class Phrases:
    """Draws phrases of one sentence and hands out the ids of its leaves."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._next = FIRST_FREE
        self._used: set[str] = set()

    def id(self, n: int = 1) -> int:
        """Return the first of n new ids."""
        first = self._next
        self._next += n
        return first

    def leaf(self, entry: Entry) -> Leaf:
        """Return a new leaf of an entry."""
        return self.id(entry.n_words), entry

    def particle(self, key: str) -> Leaf:
        """Return a new leaf of a particle."""
        return self.leaf(lexicon()["particles"][key])

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self.random.random() < share

    def pick(self, entries: Sequence[Entry]) -> Entry:
        """Return one of the entries."""
        return entries[int(self.random.random() * len(entries))]

    def fresh(self, entries: Sequence[Entry]) -> Entry:
        """Return an entry that the sentence does not hold yet (or, after some tries, does)."""
        for _ in range(6):
            entry = self.pick(entries)
            if entry.key not in self._used:
                break
        self._used.add(entry.key)
        return entry

    def pick_class(self, classes: Iterable[str]) -> str:
        """Return one of the classes."""
        choices = in_order(frozenset(classes))
        return choices[int(self.random.random() * len(choices))]

    def person_name(self) -> Name:
        """Return a given name, perhaps with a family name."""
        parts = [self.leaf(self.fresh(names_of("given")))]
        if self.chance(0.35):
            parts.append(self.leaf(self.fresh(names_of("family"))))
        return Name(tuple(parts), "PER", self.id())

    def place_name(self, *classes: str) -> Name:
        """Return a city or country."""
        entry = self.fresh(names_of(self.pick_class(classes or ("city", "country"))))
        return Name((self.leaf(entry),), "LOC", self.id())

    def organisation(self) -> Name:
        """Return an organisation."""
        return Name((self.leaf(self.fresh(names_of("org"))),), "ORG", self.id())

    def numeral(self) -> Entry:
        """Return a number from three to ten."""
        numbers = [e for e in lexicon()["particles"].values() if e.kind == "number"]
        return self.pick(numbers)

    def actor(self, classes: frozenset[str], *, definite: bool = False) -> Noun | Name:
        """Return a subject: name or noun of one of the classes."""
        draw = self.random.random()
        if "org" in classes and draw < 0.42:
            return self.organisation()
        if "person" in classes and draw < 0.66:
            return self.person_name()
        return self.subject_noun(self.pick_class(classes - {"org"}), definite=definite)

    def subject_noun(self, name: str, *, definite: bool, relative: bool = True) -> Noun:
        """Return a noun phrase as subject; women stay singular, for Arabic verbs' sake."""
        entry = self.fresh(nouns_of(name))
        countable = "mass" not in entry.classes and not (name == "person" and entry.gender == "f")
        kind = "the"
        if not definite and "mass" not in entry.classes:
            kind = self._weighted(
                {"the": 0.62, "a": 0.12, "this": 0.1, "every": 0.05, "some": 0.11}
            )
        elif self.chance(0.12):
            kind = "this"
        noun = self.determined(entry, kind, countable=countable)
        if kind == "the" and relative and self.chance(RELATIVE):
            return self.with_relative(noun, name)
        return self.with_adjective(noun, 0) if self.chance(ADJECTIVE) else noun

    def target(
        self,
        name: str,
        possessor: Phrase | None,
        *,
        definite: bool,
        polarity: int = 0,
        simple: bool = False,
    ) -> Noun:
        """Return a noun phrase as object; with an adjective of the polarity if that is not 0.

        A `simple` one has no relative clause.
        """
        entry = self.fresh(nouns_of(name))
        countable = "mass" not in entry.classes
        kind = "the"
        if countable:
            shares = {"the": 0.46, "a": 0.18, "this": 0.1, "every": 0.04, "some": 0.1, "his": 0.12}
            if definite:
                shares = {"the": 0.7, "this": 0.14, "his": 0.16}
            kind = self._weighted(shares)
        owner = possessor_of(possessor)
        if kind == "his" and owner is None:
            kind = "the"
        noun = self.determined(entry, kind, countable=countable, possessor=owner)
        if polarity:
            return self.with_adjective(noun, polarity)
        if kind == "the" and not simple and self.chance(RELATIVE):
            return self.with_relative(noun, name)
        if kind == "the" and entry.classes & _COUNTABLE_OWNED and self.chance(OWNER):
            return self.with_owner(noun)
        return self.with_adjective(noun, 0) if self.chance(ADJECTIVE) else noun

    def determined(
        self,
        entry: Entry,
        kind: str,
        *,
        countable: bool = True,
        possessor: Noun | Name | None = None,
    ) -> Noun:
        """Return a noun with a determiner; ``some`` is a number or "many"."""
        head, determiner_id = self.leaf(entry), self.id()
        if entry.key in _UNOWNED:
            possessor = None
        if kind == "some" and countable:
            if self.chance(0.4):
                return Noun(head, "many", determiner_id, plural=True)
            return Noun(head, "number", determiner_id, plural=True, number=self.numeral())
        plural = countable and self.chance(PLURAL)
        if kind == "every":
            return Noun(head, "every", determiner_id)
        if kind == "this":
            return Noun(head, "this", determiner_id, plural=plural)
        if kind == "a":
            return Noun(head, "a", determiner_id, plural=plural)
        if kind == "his" and possessor is not None:
            return Noun(head, "his", determiner_id, plural=plural, possessor=possessor)
        return Noun(head, "the", determiner_id, plural=plural)

    def with_adjective(self, noun: Noun, polarity: int) -> Noun:
        """Return the noun with an adjective of a polarity, where there is one for its class."""
        choices = adjectives_of(noun.head[1].classes, polarity)
        if not choices:
            return noun
        return changed(noun, adjectives=(self.leaf(self.fresh(choices)),))

    def with_owner(self, noun: Noun) -> Noun:
        """Return the noun with an owner in the genitive."""
        of = self.id()
        owner = self.determined(self.fresh(nouns_of("person")), "the")
        return changed(noun, owner=(of, owner))

    def with_relative(self, noun: Noun, name: str) -> Noun:
        """Return the noun with a neutral relative clause in the past."""
        if noun.plural and noun.head[1].gender == "f":
            return noun  # as with subjects
        leaf = self.id()
        if name in ("person", "animal"):
            clause = self._subject_relative(name)
            return changed(noun, relative=Relative(leaf, "subject", clause))
        verbs = verbs_of("t", 0, "person", name)
        if not verbs:
            return noun
        clause = Clause(*self.leaf(self.fresh(verbs)), subject=self.person_name())
        return changed(noun, relative=Relative(leaf, "object", clause))

    def _subject_relative(self, name: str) -> Clause:
        if name == "animal" or self.chance(0.4):
            verb = self.leaf(self.fresh(verbs_of("i", 0, name)))
            return Clause(*verb, subject=None, places=(self.location(verb[1]),))
        verb = self.leaf(self.fresh(verbs_of("t", 0, name)))
        target = self.pick_class(verb[1].objects - {"org", "loc"})
        entry = self.fresh(nouns_of(target))
        kind = "the" if "mass" in entry.classes or self.chance(0.6) else "a"
        noun = self.determined(entry, kind, countable="mass" not in entry.classes)
        return Clause(*verb, subject=None, object=noun)

    def location(self, verb: Entry | None = None) -> Adjunct:
        """Where something happens; one travels in cities and countries only."""
        draw = self.random.random()
        if draw < 0.58 or (verb is not None and verb.key == "travel"):
            return Adjunct(self.particle("in"), self.place_name())
        if draw < 0.8:
            where, name = self.particle("in"), "place"
        else:
            name = self.pick_class(("place", "outdoor"))
            key = "near" if name == "outdoor" else self.pick_class(("near", "behind", "infrontof"))
            where = self.particle(key)
        noun = self.determined(self.fresh(nouns_of(name)), "the", countable=False)
        return Adjunct(where, self.with_adjective(noun, 0) if self.chance(0.2) else noun)

    def companion(self, subject: Phrase | None) -> Adjunct:
        """With or without whom."""
        preposition = self.particle("without" if self.chance(0.2) else "with")
        if self.chance(0.4):
            return Adjunct(preposition, self.person_name())
        owner = possessor_of(subject)
        kind = "the" if owner is None else "his"
        noun = self.determined(self.fresh(nouns_of("person")), kind, possessor=owner)
        return Adjunct(preposition, noun)

    def occasion(self) -> Adjunct:
        """Before, after or during which event."""
        preposition = self.particle(self.pick_class(("before", "after", "during")))
        noun = self.determined(self.fresh(nouns_of("event")), "the", countable=False)
        return Adjunct(preposition, noun)

    def both(self, first: Noun | Name, second: Noun | Name) -> Both:
        """Return the two, joined by "and"."""
        return Both(first, self.particle("and"), second)

    def _weighted(self, shares: dict[str, float]) -> str:
        draw = self.random.random() * sum(shares.values())
        for key, share in shares.items():
            draw -= share
            if draw < 0:
                return key
        return "the"


def changed(noun: Noun, **fields: object) -> Noun:
    """Return the noun with other fields (faster than `dataclasses.replace`)."""
    values = {name: getattr(noun, name) for name in Noun.__slots__}
    return Noun(**(values | fields))


def possessor_of(phrase: Phrase | None) -> Noun | Name | None:
    """Return whom "his" can refer to: a person, of told gender if it is one person."""
    if isinstance(phrase, Pronoun):
        phrase = phrase.antecedent
    if isinstance(phrase, Name):
        return phrase if phrase.entity == "PER" else None
    if not isinstance(phrase, Noun) or "person" not in phrase.head[1].classes:
        return None
    if phrase.determiner in ("every", "many") or phrase.head[1].gender == "x":
        return None
    return phrase
