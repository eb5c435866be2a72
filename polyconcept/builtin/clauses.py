"""Random parts of clauses: subjects, objects, adverbs, places, modal verbs."""

from __future__ import annotations

from dataclasses import dataclass

from polyconcept.builtin.abstract import (
    Adjunct,
    Both,
    Leaf,
    Modal,
    Name,
    Noun,
    Phrase,
    Pronoun,
    Tense,
)
from polyconcept.builtin.choices import adverbs_of, nouns_of
from polyconcept.builtin.phrases import Phrases, possessor_of
from polyconcept.builtin.read_lexicon import Entry

JOINED = 0.1
_FOR_WHOM = frozenset(
    ("buy", "prepare", "repair", "choose", "find", "translate", "write", "paint", "open", "wash")
)
# What one does not set out to do.
_UNWANTED = frozenset(("lose", "fear", "love", "hate", "despise", "ignore"))
_SURROUNDS = frozenset(("place", "outdoor", "loc"))
_BOTH = frozenset(("food", "drink", "object", "clothes", "text"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a clause must be like."""

    tense: Tense
    """Time of the clause."""
    top: bool = False
    """First clause: may have a comment adverb, a fronted time adverb, joined or
    indefinite subjects."""
    subject: Pronoun | None = None
    """Subject that the context gives, else any."""
    alone: bool = False
    """The only clause of the sentence: may have more adjuncts and a modal verb."""


class Clauses(Phrases):
    """Draws the parts of clauses that suit a verb and a frame."""

    def subject(self, verb: Entry, frame: Frame, *, definite: bool = False) -> Phrase:
        """Return a subject of one of the verb's classes."""
        if frame.subject is not None:
            return frame.subject
        if frame.top and "person" in verb.subjects and self.chance(JOINED):
            first = self.person_name()
            if self.chance(0.5):
                return self.both(first, self.person_name())
            second = self.subject_noun("person", definite=True, relative=False)
            return self.both(first, second)
        return self.actor(verb.subjects, definite=definite or not frame.top)

    def object(
        self,
        verb: Entry,
        subject: Phrase,
        *,
        definite: bool = False,
        polarity: int = 0,
        simple: bool = False,
    ) -> Phrase:
        """Return an object of one of the verb's classes."""
        name = self.pick_class(verb.objects)
        if name == "loc":
            name = "loc" if not polarity else "place"
        if name == "loc":
            return self.place_name("city", "country")
        if name == "org":
            return self.organisation()
        if name == "person" and not polarity and self.chance(0.45):
            return self.person_name()
        noun = self.target(name, subject, definite=definite, polarity=polarity, simple=simple)
        if polarity or noun.determiner != "the" or noun.relative or noun.owner:
            return noun
        if name in _BOTH and not noun.adjectives and self.chance(JOINED):
            second = self.fresh(nouns_of(name))
            return self.both(noun, self.determined(second, "the", countable=False))
        return noun

    def recipient(self) -> Noun | Name:
        """To whom something is given."""
        if self.chance(0.4):
            return self.person_name()
        return self.determined(self.fresh(nouns_of("person")), "the")

    def modal(self, verb: Entry, frame: Frame, subject: Phrase) -> Modal:
        """Return a modal verb, mostly none; one only wants to do what is bad."""
        if not frame.alone or frame.tense == "future" or isinstance(subject, Both):
            return ""
        if verb.key in _UNWANTED or not self.chance(0.25):
            return ""
        choices: tuple[Modal, ...] = ("want",) if verb.polarity < 0 else ("can", "must", "want")
        return choices[int(self.random.random() * len(choices))]

    def adverbs(
        self, frame: Frame, target: Phrase | None = None, *, frequency: bool, fronting: bool = True
    ) -> tuple[tuple[Leaf, ...], bool]:
        """Return a time or frequency adverb or none, and whether it stands first."""
        share = 0.5 if frame.alone else 0.3
        if frame.top and self.chance(share):
            time = self.leaf(self.pick(adverbs_of(frame.tense)))
            first = fronting and self.chance(0.45)
            return ((), False) if has_relative(target) and not first else ((time,), first)
        often = {"past": 0.08, "present": 0.3, "future": 0.1}[frame.tense]
        if frequency and self.chance(often):
            return (self.leaf(self.pick(adverbs_of("often"))),), False
        return (), False

    def places(
        self, verb: Entry, subject: Phrase, target: Phrase | None, frame: Frame
    ) -> tuple[Adjunct, ...]:
        """Where, with whom, for whom, when: at most one, or two in a clause alone."""
        if target is not None and (has_relative(target) or classes_of(target) & _SURROUNDS):
            return ()
        share = {"i": 0.9, "t": 0.35, "d": 0.1}[verb.kind]
        if not self.chance(min(1.0, share * (1.5 if frame.alone else 1.0))):
            return ()
        draw = self.random.random()
        if verb.key in _FOR_WHOM and draw < 0.3:
            preposition = self.particle("for")
            first = Adjunct(preposition, self.recipient())
        elif draw < 0.62 or possessor_of(subject) is None:
            first = self.location(verb)
        elif draw < 0.82:
            first = self.companion(subject)
        else:
            first = self.occasion()
        if not frame.alone or first.preposition[1].key in ("before", "after", "during"):
            return (first,)
        return (first, self.occasion()) if self.chance(0.3) else (first,)


def has_relative(phrase: Phrase | None) -> bool:
    """Return whether it ends in a relative clause, to which what follows would seem to belong."""
    return isinstance(phrase, Noun) and phrase.relative is not None


def classes_of(phrase: Phrase) -> frozenset[str]:
    """Return the semantic classes of what a phrase means."""
    if isinstance(phrase, Pronoun):
        return classes_of(phrase.antecedent)
    if isinstance(phrase, Both):
        return classes_of(phrase.first)
    if isinstance(phrase, Name):
        return frozenset({"person" if phrase.entity == "PER" else phrase.entity.lower()})
    return phrase.head[1].classes


def is_referable(phrase: Phrase | None) -> bool:
    """Return whether a pronoun may stand for it: things that have a gender in every language."""
    if isinstance(phrase, Name):
        return phrase.entity == "PER"
    if not isinstance(phrase, Noun) or phrase.determiner in ("every", "many"):
        return False
    if "person" not in phrase.head[1].classes:
        return True
    return phrase.head[1].gender == "m" or (phrase.head[1].gender == "f" and not phrase.plural)
