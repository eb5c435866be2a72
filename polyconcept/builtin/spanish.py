"""Spanish: ser and estar, personal "a", dropped pronouns."""

from __future__ import annotations

from functools import cache

from polyconcept.builtin.abstract import Both, Clause, Name, Noun, Phrase, Pronoun, adverb
from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import Tokens, split_government
from polyconcept.builtin.romance import (
    Agreement,
    Romance,
    adjective_cell,
    adjoined,
    has_article,
    name_gender,
)

_CONTRACTIONS = {("de", "el"): "del", ("a", "el"): "al"}
_FORMS = {
    "the": ("el", "la", "los", "las"),
    "a": ("un", "una", "unos", "unas"),
    "this": ("este", "esta", "estos", "estas"),
    "every": ("cada", "cada", "cada", "cada"),
    "many": ("mucho", "mucha", "muchos", "muchas"),
    "his": ("su", "su", "sus", "sus"),
}
_MODALS = {
    ("can", "present"): ("puede", "pueden"),
    ("can", "past"): ("podía", "podían"),
    ("must", "present"): ("debe", "deben"),
    ("must", "past"): ("debía", "debían"),
    ("want", "present"): ("quiere", "quieren"),
    ("want", "past"): ("quería", "querían"),
}
_SER = {"present": ("es", "son"), "past": ("era", "eran"), "future": ("será", "serán")}
_ESTAR = {
    "present": ("está", "están"),
    "past": ("estaba", "estaban"),
    "future": ("estará", "estarán"),
}
# Present singular and plural, preterite singular and plural, of regular verbs.
_ENDINGS = {
    "ar": ("a", "an", "ó", "aron"),
    "er": ("e", "en", "ió", "ieron"),
    "ir": ("e", "en", "ió", "ieron"),
}


class Spanish(Romance):
    """Realiser of Spanish."""

    language = "es"

    def determiner(self, noun: Noun, agreement: Agreement) -> Tokens:
        """See `Romance.determiner`."""
        ids = (noun.determiner_id,)
        if noun.determiner == "number" and noun.number is not None:
            return [(noun.number.cells["es"], ids, "O")]
        index = agreement.index
        stressed_a = noun.head[1].cells["es"].startswith("f!")
        if stressed_a and noun.determiner in ("the", "a") and not noun.plural:
            index = 0  # el agua
        return [(_FORMS[noun.determiner][index], ids, "O")]

    def adjective(self, entry: Entry, agreement: Agreement) -> str:
        """See `Romance.adjective`."""
        forms = adjective_cell(entry, "es")
        form = forms[0]
        if agreement.feminine:
            form = forms[1] if len(forms) > 1 else form
            if len(forms) == 1 and form.endswith("o"):
                form = form[:-1] + "a"
        return _plural(form) if agreement.plural else form

    def noun_form(self, entry: Entry, *, plural: bool) -> str:
        """See `Romance.noun_form`."""
        forms = entry.cells["es"].split()[1:]
        return (forms[1] if len(forms) > 1 else _plural(forms[0])) if plural else forms[0]

    def name(self, name: Name, case: str) -> Tokens:  # noqa: ARG002 - no cases
        """See `Realiser.name`."""
        words = self.name_words(name)
        entry = name.parts[0][1]
        if not has_article(entry, "es"):
            return words
        article = {"m": "el", "f": "la", "mp": "los", "fp": "las"}[name_gender(entry, "es")]
        return [(article, (name.article_id,), "O"), *words]

    def pronoun(self, pronoun: Pronoun) -> Tokens:  # noqa: ARG002
        """Nothing: the verb says it (and carries its leaf)."""
        return []

    def target(self, clause: Clause, phrase: Phrase) -> Tokens:
        """Return the direct object, with "a" before persons."""
        tokens = super().target(clause, phrase)
        if is_personal(phrase):
            tokens.insert(0, ("a", (), "O"))
            if isinstance(phrase, Both):
                second = self.phrase(phrase.second)
                tokens[-len(second) :] = [("a", (), "O"), *second]
        return tokens

    def verb(self, clause: Clause, agreement: Agreement, head: Agreement | None) -> Tokens:  # noqa: ARG002
        """See `Romance.verb`."""
        no: Tokens = [] if clause.negation < 0 else [("no", (clause.negation,), "O")]
        if clause.recipient is not None:
            several = self.agreement(clause.recipient).plural
            no.append(("les" if several else "le", (), "O"))
        finite, *rest = self._finite(clause, plural=agreement.plural)
        if isinstance(clause.subject, Pronoun):
            finite = (finite[0], (clause.subject.id, *finite[1]), "O")
        return [*no, finite, *rest, *self.words(adverb(clause, "often"))]

    def _finite(self, clause: Clause, *, plural: bool) -> Tokens:
        ids = (clause.verb_id,)
        if clause.verb is None:
            assert clause.predicate is not None, "to be needs a predicate"
            estar = clause.predicate[1].cells["es"].startswith("@")
            form = (_ESTAR if estar else _SER)[clause.tense][plural]
            future = clause.tense == "future"
            return [(form, (clause.will_id, *ids) if future else ids, "O")]
        infinitive, *forms = _verb_forms(clause.verb)
        if clause.modal:
            modal = _MODALS[clause.modal, clause.tense][plural]
            return [(modal, (clause.modal_id,), "O"), (infinitive, ids, "O")]
        if clause.tense == "future":
            will = (clause.will_id,)
            ir = "van" if plural else "va"
            return [(ir, will, "O"), ("a", will, "O"), (infinitive, ids, "O")]
        return [(forms[plural + 2 * (clause.tense == "past")], ids, "O")]

    def spell(self, tokens: Tokens) -> Tokens:
        """Contraction, and "e" for "y" before i."""
        for i in range(len(tokens) - 1):
            text, ids, tag = tokens[i]
            following = tokens[i + 1][0].lower()
            if text == "y" and following.startswith(("i", "hi")):
                tokens[i] = ("e", ids, tag)
        return adjoined(tokens, _CONTRACTIONS)


def is_personal(phrase: Phrase) -> bool:
    """Return whether an object needs the personal "a"."""
    if isinstance(phrase, Noun):
        return "person" in phrase.head[1].classes
    if isinstance(phrase, Name):
        return phrase.entity != "LOC"
    return isinstance(phrase, Both) and is_personal(phrase.first)


def _plural(form: str) -> str:
    if form == "joven":
        return "jóvenes"
    if form.endswith("z"):
        return form[:-1] + "ces"
    return form + ("s" if form[-1] in "aeiouáéó" else "es")


@cache
def _verb_forms(entry: Entry) -> tuple[str, ...]:
    """Return the infinitive, present 3s and 3p, preterite 3s and 3p."""
    forms = split_government(entry.cells["es"])[0]
    if len(forms) > 1:
        return tuple(forms)
    stem, ending = forms[0][:-2], forms[0][-2:]
    return (forms[0], *(stem + suffix for suffix in _ENDINGS[ending]))
