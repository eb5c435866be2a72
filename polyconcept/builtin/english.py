"""English: fixed order, do-support, a/an."""

from __future__ import annotations

from functools import cache

from polyconcept.builtin.abstract import FRONT_COMMA, Adjunct, Clause, Name, Noun, Pronoun, adverb
from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import (
    Mode,
    Realiser,
    Tokens,
    front,
    is_plural,
    natural_gender,
    split_government,
)

_MODALS = {
    ("can", "present"): ("can", "can"),
    ("can", "past"): ("could", "could"),
    ("must", "present"): ("must", "must"),
    ("must", "past"): ("had to", "had to"),
    ("want", "present"): ("wants to", "want to"),
    ("want", "past"): ("wanted to", "wanted to"),
}
_BE = {"present": ("is", "are"), "past": ("was", "were"), "future": ("will", "will")}
_POSSESSIVES = {"m": "his", "f": "her", "x": "its"}
_PRONOUNS = {"m": "he", "f": "she", "x": "it"}
# These begin with a vowel letter but a consonant sound, or the other way round.
_SOUNDS = {"useful": False, "useless": False, "honest": True}


class English(Realiser):
    """Realiser of English."""

    language = "en"

    def noun(self, noun: Noun, case: str) -> Tokens:
        """See `Realiser.noun`."""
        tokens: Tokens = []
        ids = (noun.determiner_id,)
        if noun.determiner == "number" and noun.number is not None:
            tokens.append((noun.number.cells["en"], ids, "O"))
        elif noun.determiner == "his" and noun.possessor is not None:
            several = is_plural(noun.possessor)
            word = "their" if several else _POSSESSIVES[natural_gender(noun.possessor)]
            tokens.append((word, ids, "O"))
        elif noun.determiner == "this":
            tokens.append(("these" if noun.plural else "this", ids, "O"))
        elif noun.determiner != "a" or not noun.plural:
            tokens.append((noun.determiner, ids, "O"))
        tokens += [(entry.cells["en"], (leaf,), "O") for leaf, entry in noun.adjectives]
        leaf, entry = noun.head
        tokens.append((_noun_forms(entry)[noun.plural], (leaf,), "O"))
        if noun.owner is not None:
            tokens += [("of", (noun.owner[0],), "O"), *self.noun(noun.owner[1], case)]
        if noun.relative is not None:
            pronoun = "who" if "person" in entry.classes else "that"
            clause = noun.relative.clause
            tokens.append((pronoun, (noun.relative.id,), "O"))
            tokens += self._clause(clause, plural=noun.plural)
        return tokens

    def name(self, name: Name, case: str) -> Tokens:  # noqa: ARG002 - no cases
        """See `Realiser.name`."""
        words = self.name_words(name)
        if name.parts[0][1].cells["en"].startswith("def "):
            return [("the", (name.article_id,), "O"), *words]
        return words

    def pronoun(self, pronoun: Pronoun) -> Tokens:
        """See `Realiser.pronoun`."""
        gender = natural_gender(pronoun.antecedent)
        word = "they" if is_plural(pronoun) else _PRONOUNS[gender]
        return [(word, (pronoun.id,), "O")]

    def adjunct(self, adjunct: Adjunct) -> Tokens:
        """See `Realiser.adjunct`."""
        return [*self.conjunction(adjunct.preposition), *self.phrase(adjunct.phrase)]

    def clause(self, clause: Clause, mode: Mode) -> Tokens:  # noqa: ARG002 - one order
        """See `Realiser.clause`."""
        first = front(clause)
        tokens = self.words(first)
        if first is not None:
            tokens.append(self.pause(FRONT_COMMA))
        plural = clause.subject is not None and is_plural(clause.subject)
        return tokens + self._clause(clause, plural=plural)

    def _clause(self, clause: Clause, *, plural: bool) -> Tokens:
        tokens = [] if clause.subject is None else self.phrase(clause.subject)
        tokens += self._verb(clause, plural=plural)
        for phrase in (clause.recipient, clause.object):
            if phrase is not None:
                tokens += self.phrase(phrase)
        tokens += self.words(clause.degree)
        if clause.predicate is not None:
            leaf, entry = clause.predicate
            tokens.append((entry.cells["en"], (leaf,), "O"))
        tokens += self.words(adverb(clause, "manner"))
        return tokens + self.ending(clause)

    def _verb(self, clause: Clause, *, plural: bool) -> Tokens:
        """Return the auxiliaries, negation, frequency and verb."""
        ids = (clause.verb_id,)
        negation: Tokens = [] if clause.negation < 0 else [("not", (clause.negation,), "O")]
        often = self.words(adverb(clause, "often"))
        if clause.verb is None:
            be = _BE[clause.tense][plural]
            if clause.tense == "future":
                will = ("will", (clause.will_id,), "O")
                return [will, *negation, *often, ("be", ids, "O")]
            return [(be, ids, "O"), *negation, *often]
        forms, preposition = _verb_forms(clause.verb)
        after = [(preposition, ids, "O")] if preposition else []
        base = [(forms[0], ids, "O"), *after]
        if clause.modal:
            modal, *to = _MODALS[clause.modal, clause.tense][plural].split()
            linked = (clause.modal_id,)
            link: Tokens = [(word, linked, "O") for word in to]
            return [(modal, linked, "O"), *negation, *often, *link, *base]
        if clause.tense == "future":
            return [("will", (clause.will_id,), "O"), *negation, *often, *base]
        past = clause.tense == "past"
        if negation:
            do = "did" if past else ("do" if plural else "does")
            return [(do, ids, "O"), *negation, *often, *base]
        finite = forms[2] if past else (forms[0] if plural else forms[1])
        return [*often, (finite, ids, "O"), *after]

    def spell(self, tokens: Tokens) -> Tokens:
        """Article "an" before a vowel."""
        for i in range(len(tokens) - 1):
            text, ids, tag = tokens[i]
            following = tokens[i + 1][0]
            if text == "a" and _SOUNDS.get(following, following[0] in "aeiouAEIOU"):
                tokens[i] = ("an", ids, tag)
        return tokens


@cache
def _noun_forms(entry: Entry) -> tuple[str, str]:
    forms = entry.cells["en"].split()
    singular = forms[0]
    if len(forms) > 1:
        return singular, forms[1]
    if singular.endswith("y") and singular[-2] not in "aeiou":
        return singular, singular[:-1] + "ies"
    return singular, singular + "s"


@cache
def _verb_forms(entry: Entry) -> tuple[tuple[str, str, str], str]:
    """Return the base, third person and past; and the preposition of the object."""
    forms, preposition = split_government(entry.cells["en"])
    base = forms[0]
    ends_in_y = base.endswith("y") and base[-2] not in "aeiou"
    sibilant = base.endswith(("s", "sh", "ch", "x", "z"))
    third = base[:-1] + "ies" if ends_in_y else base + ("es" if sibilant else "s")
    if len(forms) > 1:
        past = forms[1]
    elif ends_in_y:
        past = base[:-1] + "ied"
    else:
        past = base + ("d" if base.endswith("e") else "ed")
    return (base, third, past), preposition
