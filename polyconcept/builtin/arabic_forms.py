"""Arabic word forms: unvocalised spelling of nouns, adjectives and verbs.

Only what is written is modelled: case shows in the sound masculine plural, in the alif of the
indefinite accusative, in the five nouns and in the seat of a final hamza before a suffix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from polyconcept.builtin.read_lexicon import Entry

State: TypeAlias = Literal["definite", "indefinite", "construct"]
Mood: TypeAlias = Literal["indicative", "subjunctive", "jussive"]
_FLAGS = "*~!"
_FIVE = {"nom": "و", "acc": "ا", "gen": "ي"}
_HAMZA = {"nom": "ؤ", "acc": "ء", "gen": "ئ"}
_NO_ALIF = ("ة", "اء", "ى", "ا", "ات")


@dataclass(frozen=True, slots=True)
class Person:
    """What a verb or adjective agrees with; things in the plural count as feminine singular."""

    feminine: bool
    """Feminine, not masculine."""
    plural: bool
    """Several persons."""

    @property
    def suffix(self) -> str:
        """The clitic pronoun: his, her, their."""
        if self.plural:
            return "هن" if self.feminine else "هم"
        return "ها" if self.feminine else "ه"


def decline(form: str, state: State, case: str, *, plural: bool = False, suffix: str = "") -> str:
    """Return a noun or masculine adjective in a state and case.

    Args:
        form: Form of the lexicon with its flags.
        state: ``construct`` before a genitive or a suffix.
        case: ``nom``, ``acc`` or ``gen``.
        plural: Whether the form is a plural; only then is final ون an ending.
        suffix: Possessive clitic.
    """
    word = form.rstrip(_FLAGS)
    flags = form[len(word) :]
    if plural and word.endswith("ون"):
        word = word if case == "nom" else word[:-2] + "ين"
        if state == "construct":
            return word[:-1] + suffix
    if state == "definite":
        return "المرأة" if word == "امرأة" else "ال" + word
    if state == "construct":
        return _construct(word, flags, case, suffix)
    if case == "acc":
        bare = "*" in flags or word.endswith(_NO_ALIF) or (plural and word.endswith("ين"))
        return word if bare else word + "ا"
    return word[:-1] if "~" in flags else word


def _construct(word: str, flags: str, case: str, suffix: str) -> str:
    if "!" in flags:
        return word + _FIVE[case] + suffix
    if not suffix:
        return word
    if word.endswith("ة"):
        return word[:-1] + "ت" + suffix
    if word.endswith("ى"):
        return word[:-1] + "ا" + suffix
    if word.endswith("اء"):
        return word[:-1] + _HAMZA[case] + suffix
    return word + suffix


@cache
def noun_forms(entry: Entry) -> tuple[bool, str, str]:
    """Return whether the noun is feminine, its singular and its plural with their flags."""
    gender, singular, plural = entry.cells["ar"].split()
    return gender == "f", singular, plural


def adjective(entry: Entry, person: Person, state: State, case: str) -> str:
    """Return an adjective in agreement."""
    forms = entry.cells["ar"].split()
    masculine = forms[0]
    if person.feminine:
        marked = [form[2:] for form in forms if form.startswith("f:")]
        stem = masculine.rstrip(_FLAGS)
        ending = "ات" if person.plural else "ة"
        word = stem + ending if person.plural or not marked else marked[0]
        return decline(word, state, case)
    if person.plural:
        broken = [form for form in forms[1:] if not form.startswith("f:")]
        stem = masculine.rstrip(_FLAGS)
        return decline(broken[0] if broken else stem + "ون", state, case, plural=True)
    return decline(masculine, state, case)


@cache
def verb_cell(entry: Entry) -> tuple[str, str, str]:
    """Return the past, imperfect, and the preposition of the object."""
    past, imperfect, *rest = entry.cells["ar"].split()
    return past, imperfect, rest[0][1:] if rest else ""


def past_form(past: str, person: Person) -> str:
    """Return the third person of the past; the feminine plural is not needed (and refused)."""
    if person.plural:
        _refuse_feminine(person)
        return (past[:-1] if past[-1] in "ىي" else past) + "وا"
    if person.feminine:
        return (past[:-1] if past.endswith("ى") else past) + "ت"
    return past


def imperfect_form(past: str, imperfect: str, person: Person, mood: Mood) -> str:
    """Return the third person of the imperfect."""
    if person.plural:
        _refuse_feminine(person)
        stem = imperfect[:-1] if imperfect[-1] in "ىيو" else imperfect
        return stem + ("ون" if mood == "indicative" else "وا")
    form = "ت" + imperfect[1:] if person.feminine else imperfect
    if mood == "jussive":
        if form[-1] in "ىيو":
            return form[:-1]
        if past[-2] == "ا" and form[-2] in "ايو":  # hollow: يقول, لم يقل
            return form[:-2] + form[-1]
    return form


def _refuse_feminine(person: Person) -> None:
    if person.feminine:
        raise ValueError("found a verb after feminine plural persons, needed masculine or mixed")


def with_object(verb: str, suffix: str) -> str:
    """Return a verb with the clitic pronoun of its object."""
    if verb.endswith("رأى"):
        return verb[:-2] + "آ" + suffix
    if verb.endswith("ى"):
        return verb[:-1] + "ا" + suffix
    return (verb[:-1] if verb.endswith("وا") else verb) + suffix


def attach(clitic: str, word: str) -> str:
    """Return a clitic written together with the next word: ل + الكتاب gives للكتاب."""
    if clitic == "ل" and word.startswith("ال"):
        return "لل" + word[2:]
    return clitic + word
