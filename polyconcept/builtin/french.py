"""French: elision, contraction, two-part negation, compound past."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from polyconcept.builtin.abstract import Clause, Leaf, Name, Noun, Pronoun, adverb
from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import Tokens, is_plural, split_government
from polyconcept.builtin.romance import (
    Agreement,
    Romance,
    adjective_cell,
    adjoined,
    has_article,
    is_prenominal,
    name_gender,
)

# Mute h counts as a vowel; the lexicon holds no word with aspirated h.
VOWELS = frozenset("aeiouhâàéèêëîïôœAEIOUHÂÀÉÈÊËÎÏÔŒ")
ELIDED = {"le": "l'", "la": "l'", "de": "d'", "que": "qu'", "ne": "n'"}
_CONTRACTIONS = {
    ("de", "le"): "du",
    ("de", "les"): "des",
    ("à", "le"): "au",
    ("à", "les"): "aux",
    ("de", "des"): "de",
    ("de", "de"): "de",
}
_THIS = ("ce", "cette", "ces", "ces")
_HIS = ("son", "sa", "ses", "ses")
_MODALS = {
    ("can", "present"): ("peut", "peuvent"),
    ("can", "past"): ("pouvait", "pouvaient"),
    ("must", "present"): ("doit", "doivent"),
    ("must", "past"): ("devait", "devaient"),
    ("want", "present"): ("veut", "veulent"),
    ("want", "past"): ("voulait", "voulaient"),
}
_BE = {
    "present": ("est", "sont"),
    "past": ("était", "étaient"),
    "future": ("sera", "seront"),
}


class French(Romance):
    """Realiser of French."""

    language = "fr"
    articles: ClassVar = {"m": "le", "f": "la", "mp": "les", "fp": "les"}
    to = "à"
    relative_subject = "qui"

    def determiner(self, noun: Noun, agreement: Agreement) -> Tokens:
        """See `Romance.determiner`."""
        ids = (noun.determiner_id,)
        kind = noun.determiner
        if kind == "many":
            return [("beaucoup", ids, "O"), ("de", ids, "O")]
        if kind == "number" and noun.number is not None:
            word = noun.number.cells["fr"]
        elif kind == "his" and noun.possessor is not None:
            theirs = ("leurs" if noun.plural else "leur",) * 4
            word = (theirs if is_plural(noun.possessor) else _HIS)[agreement.index]
        elif kind == "a" and noun.plural:
            # "de" before an adjective; it has no counterpart elsewhere but in Italian.
            before = any(is_prenominal(entry, "fr") for _, entry in noun.adjectives)
            word = "de" if before else "des"
        else:
            forms = {
                "the": ("le", "la", "les", "les"),
                "a": ("un", "une"),
                "this": _THIS,
                "every": ("chaque", "chaque"),
            }[kind]
            word = forms[agreement.index]
        return [(word, ids, "O")]

    def adjective(self, entry: Entry, agreement: Agreement) -> str:
        """See `Romance.adjective`."""
        masculine, feminine, *_ = adjective_cell(entry, "fr")
        if agreement.feminine:
            return feminine + "s" if agreement.plural else feminine
        return _plural(masculine) if agreement.plural else masculine

    def noun_form(self, entry: Entry, *, plural: bool) -> str:
        """See `Romance.noun_form`."""
        form = entry.cells["fr"].split()[1]
        return _plural(form) if plural else form

    def noun(self, noun: Noun, case: str) -> Tokens:
        """See `Realiser.noun`; "son amie", "cet homme" and "bel homme" look ahead."""
        tokens = super().noun(noun, case)
        for i in range(len(tokens) - 1):
            text, ids, tag = tokens[i]
            if tokens[i + 1][0][0] not in VOWELS:
                continue
            if text in ("ce", "sa"):
                tokens[i] = ({"ce": "cet", "sa": "son"}[text], ids, tag)
            elif text in _VOWEL_FORMS:
                tokens[i] = (_VOWEL_FORMS[text], ids, tag)
        return tokens

    def pronoun(self, pronoun: Pronoun) -> Tokens:
        """See `Realiser.pronoun`."""
        agreement = self.agreement(pronoun)
        return [(("il", "elle", "ils", "elles")[agreement.index], (pronoun.id,), "O")]

    def place_preposition(self, preposition: Leaf, name: Name) -> str:
        """À Paris, en France, au Canada; de France."""
        entry = name.parts[0][1]
        feminine = name_gender(entry, "fr") == "f" and not has_article(entry, "fr")
        if preposition[1].key == "in":
            return "en" if feminine else "à"
        return "de" if preposition[1].key == "from" else ""

    def place_name(self, preposition: Leaf, name: Name) -> Tokens:  # noqa: ARG002
        """Countries of feminine gender lose their article after en and de."""
        entry = name.parts[0][1]
        if name_gender(entry, "fr") == "f" and not has_article(entry, "fr"):
            return self.name_words(name)
        return self.name(name, "nom")

    def verb(self, clause: Clause, agreement: Agreement, head: Agreement | None) -> Tokens:
        """See `Romance.verb`."""
        finite, rest = self._finite(clause, agreement, head)
        ne: Tokens = [] if clause.negation < 0 else [("ne", (clause.negation,), "O")]
        pas: Tokens = [("pas", ids, "O") for _, ids, _ in ne]
        short = _short_manner(clause)
        return [*ne, *finite, *pas, *self.words(adverb(clause, "often") or short), *rest]

    def manner(self, clause: Clause) -> Tokens:
        """Return the manner adverb after the verb; "mal" stands before the participle instead."""
        return [] if _short_manner(clause) else super().manner(clause)

    def _finite(
        self, clause: Clause, agreement: Agreement, head: Agreement | None
    ) -> tuple[Tokens, Tokens]:
        ids, plural = (clause.verb_id,), agreement.plural
        if clause.verb is None:
            will = (clause.will_id,) if clause.tense == "future" else ()
            return [(_BE[clause.tense][plural], (*will, *ids), "O")], []
        infinitive, third, thirds, participle, *etre = _verb_forms(clause.verb)
        if clause.modal:
            modal = _MODALS[clause.modal, clause.tense][plural]
            return [(modal, (clause.modal_id,), "O")], [(infinitive, ids, "O")]
        if clause.tense == "future":
            aller = "vont" if plural else "va"
            return [(aller, (clause.will_id,), "O")], [(infinitive, ids, "O")]
        if clause.tense == "present":
            return [(thirds if plural else third, ids, "O")], []
        auxiliary = (("est", "sont") if etre else ("a", "ont"))[plural]
        agrees_with = agreement if etre else head  # a preceding object agrees too
        if agrees_with is not None:
            participle += "e" * agrees_with.feminine
            participle += "s" * (agrees_with.plural and not participle.endswith("s"))
        return [(auxiliary, ids, "O")], [(participle, ids, "O")]

    def spell(self, tokens: Tokens) -> Tokens:
        """Elision, then contraction."""
        for i in range(len(tokens) - 1):
            text, ids, tag = tokens[i]
            following = tokens[i + 1][0]
            if text == "si" and following in ("il", "ils"):
                tokens[i] = ("s'", ids, tag)
            elif text in ELIDED and following[0] in VOWELS:
                tokens[i] = (ELIDED[text], ids, tag)
        return adjoined(tokens, _CONTRACTIONS)


_VOWEL_FORMS = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}


def _plural(form: str) -> str:
    if form.endswith(("s", "x", "z")):
        return form
    if form.endswith("al"):
        return form[:-2] + "aux"
    return form + ("x" if form.endswith(("eau", "eu")) and form != "bleu" else "s")


def _short_manner(clause: Clause) -> Leaf | None:
    leaf = adverb(clause, "manner")
    return leaf if leaf is not None and leaf[1].cells["fr"] == "mal" else None


@cache
def _verb_forms(entry: Entry) -> tuple[str, ...]:
    return tuple(split_government(entry.cells["fr"])[0])
