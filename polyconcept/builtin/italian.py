"""Italian: articles by the following sound, articulated prepositions, dropped pronouns."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from polyconcept.builtin.abstract import Clause, Leaf, Name, Noun, Phrase, Pronoun, adverb
from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import Tokens, is_plural, split_government
from polyconcept.builtin.romance import (
    Agreement,
    Romance,
    adjective_cell,
    adjoined,
    has_article,
)

VOWELS = frozenset("aeiouàèéìòùAEIOU")
# Articles leave the determiner with "*" and take their form before the following word.
_BEFORE_VOWEL = {
    "*il": "l'",
    "*la": "l'",
    "*i": "gli",
    "*una": "un'",
    "*dei": "degli",
    "questo": "quest'",
    "questa": "quest'",
}
_BEFORE_IMPURE = {"*il": "lo", "*i": "gli", "*un": "uno", "*dei": "degli"}
_IMPURE = ("z", "gn", "ps", "pn", "x", "y")
_STEMS = {"di": "de", "a": "a", "da": "da", "in": "ne", "su": "su"}
_ARTICLES = {"il": "l", "lo": "llo", "la": "lla", "l'": "ll'", "i": "i", "gli": "gli", "le": "lle"}
_CONTRACTIONS = {
    (preposition, article): stem + ending
    for preposition, stem in _STEMS.items()
    for article, ending in _ARTICLES.items()
} | {("di", partitive): "di" for partitive in ("dei", "degli", "delle")}
_FORMS = {
    "the": ("*il", "*la", "*i", "*le"),
    "a": ("*un", "*una", "*dei", "*delle"),
    "this": ("questo", "questa", "questi", "queste"),
    "every": ("ogni", "ogni", "ogni", "ogni"),
    "many": ("molto", "molta", "molti", "molte"),
}
_HIS = ("suo", "sua", "suoi", "sue")
_MODALS = {
    ("can", "present"): ("può", "possono"),
    ("can", "past"): ("poteva", "potevano"),
    ("must", "present"): ("deve", "devono"),
    ("must", "past"): ("doveva", "dovevano"),
    ("want", "present"): ("vuole", "vogliono"),
    ("want", "past"): ("voleva", "volevano"),
}
_BE = {"present": ("è", "sono"), "past": ("era", "erano"), "future": ("sarà", "saranno")}


class Italian(Romance):
    """Realiser of Italian."""

    language = "it"
    articles: ClassVar = {"m": "*il", "f": "*la", "mp": "*i", "fp": "*le"}
    of = "di"
    relative_subject = relative_object = "che"

    def determiner(self, noun: Noun, agreement: Agreement) -> Tokens:
        """See `Romance.determiner`; "il suo cane", but "suo fratello"."""
        ids, index = (noun.determiner_id,), agreement.index
        if noun.determiner == "number" and noun.number is not None:
            return [(noun.number.cells["it"], ids, "O")]
        if noun.determiner != "his" or noun.possessor is None:
            return [(_FORMS[noun.determiner][index], ids, "O")]
        theirs = is_plural(noun.possessor)
        word = "loro" if theirs else _HIS[index]
        bare = "kin" in noun.head[1].classes and not noun.plural and not noun.adjectives
        article: Tokens = [] if bare and not theirs else [(_FORMS["the"][index], ids, "O")]
        return [*article, (word, ids, "O")]

    def adjective(self, entry: Entry, agreement: Agreement) -> str:
        """See `Romance.adjective`."""
        return _adjective_forms(entry)[agreement.index]

    def noun_form(self, entry: Entry, *, plural: bool) -> str:
        """See `Romance.noun_form`."""
        return entry.cells["it"].split()[1 + plural]

    def agreement(self, phrase: Phrase) -> Agreement:
        """See `Romance.agreement`; eggs change their gender: l'uovo, le uova."""
        agreement = super().agreement(phrase)
        if isinstance(phrase, Noun) and phrase.head[1].key == "egg" and phrase.plural:
            return Agreement(feminine=True, plural=True)
        return agreement

    def pronoun(self, pronoun: Pronoun) -> Tokens:  # noqa: ARG002
        """Nothing: the verb says it (and carries its leaf)."""
        return []

    def place_preposition(self, preposition: Leaf, name: Name) -> str:
        """Return the preposition of a place: a Roma, in Italia."""
        if preposition[1].key != "in":
            return ""
        return "in" if "country" in name.parts[0][1].classes else "a"

    def place_name(self, preposition: Leaf, name: Name) -> Tokens:  # noqa: ARG002
        """Countries lose their article after "in"."""
        if "country" in name.parts[0][1].classes and not has_article(name.parts[0][1], "it"):
            return self.name_words(name)
        return self.name(name, "nom")

    def verb(self, clause: Clause, agreement: Agreement, head: Agreement | None) -> Tokens:  # noqa: ARG002
        """See `Romance.verb`."""
        non: Tokens = [] if clause.negation < 0 else [("non", (clause.negation,), "O")]
        finite, *rest = self._finite(clause, agreement)
        if isinstance(clause.subject, Pronoun):
            finite = (finite[0], (clause.subject.id, *finite[1]), "O")
        return [*non, finite, *self.words(adverb(clause, "often")), *rest]

    def _finite(self, clause: Clause, agreement: Agreement) -> Tokens:
        ids, plural = (clause.verb_id,), agreement.plural
        future = clause.tense == "future"
        if clause.verb is None:
            return [(_BE[clause.tense][plural], (clause.will_id, *ids) if future else ids, "O")]
        forms = _verb_forms(clause.verb)
        if clause.modal:
            modal = _MODALS[clause.modal, clause.tense][plural]
            return [(modal, (clause.modal_id,), "O"), (forms["infinitive"], ids, "O")]
        if future:
            form = forms["future"][:-1] + "anno" if plural else forms["future"]
            return [(form, (clause.will_id, *ids), "O")]
        if clause.tense == "present":
            return [(forms["plural" if plural else "singular"], ids, "O")]
        essere = forms["auxiliary"] == "e"
        participle = forms["participle"]
        if essere:
            participle = participle[:-1] + "oaie"[agreement.index]
        auxiliary = (("è", "sono") if essere else ("ha", "hanno"))[plural]
        return [(auxiliary, ids, "O"), (participle, ids, "O")]

    def spell(self, tokens: Tokens) -> Tokens:
        """Articles by the following word, then articulated prepositions."""
        for i in range(len(tokens) - 1):
            text, ids, tag = tokens[i]
            following = tokens[i + 1][0].lower()
            if following[0] in VOWELS:
                text = _BEFORE_VOWEL.get(text, text)
            elif following.startswith(_IMPURE) or (
                following[0] == "s" and following[1] not in VOWELS
            ):
                text = _BEFORE_IMPURE.get(text, text)
            tokens[i] = (text.lstrip("*"), ids, tag)
        return adjoined(tokens, _CONTRACTIONS)


@cache
def _adjective_forms(entry: Entry) -> tuple[str, ...]:
    """Forms ms, fs, mp, fp."""
    forms = adjective_cell(entry, "it")
    if len(forms) == 4:
        return forms
    stem, ending = forms[0][:-1], forms[0][-1]
    if ending == "e":
        return (forms[0], forms[0], stem + "i", stem + "i")
    hard = "h" if stem.endswith(("c", "g")) else ""
    masculine = stem if stem.endswith("i") else f"{stem}{hard}i"
    return (forms[0], stem + "a", masculine, f"{stem}{hard}e")


@cache
def _verb_forms(entry: Entry) -> dict[str, str]:
    words = split_government(entry.cells["it"])[0]
    future = [word[2:] for word in words if word.startswith("f:")]
    auxiliary = "e" if "e" in words else "a"
    forms = [word for word in words if word != "e" and not word.startswith("f:")]
    infinitive = forms[0]
    stem, conjugation = infinitive[:-3], infinitive[-3:]
    if len(forms) == 1:
        endings = {
            "are": ("a", "ano", "ato"),
            "ere": ("e", "ono", "uto"),
            "ire": ("e", "ono", "ito"),
        }
        forms += [stem + ending for ending in endings[conjugation]]
    if conjugation == "are":
        # Hard c and g stay hard; the i of -ciare and -giare is not written.
        soft = stem + "h" if stem.endswith(("c", "g")) else stem
        regular = (soft[:-1] if stem.endswith(("ci", "gi")) else soft) + "erà"
    else:
        regular = infinitive[:-1] + "à"
    return {
        "infinitive": infinitive,
        "singular": forms[1],
        "plural": forms[2],
        "participle": forms[3],
        "future": future[0] if future else regular,
        "auxiliary": auxiliary,
    }
