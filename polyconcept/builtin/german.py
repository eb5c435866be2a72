"""German: cases, three adjective declensions, verb second in main clauses and last in others."""

from __future__ import annotations

from polyconcept.builtin.abstract import (
    Adjunct,
    Clause,
    Leaf,
    Name,
    Noun,
    Phrase,
    Pronoun,
    Relative,
    Sentence,
    adverb,
)
from polyconcept.builtin.german_forms import (
    DER,
    DIESER,
    EIN,
    MIXED,
    RELATIVE,
    STRONG,
    WEAK,
    government,
    noun_forms,
    stem,
    verb_forms,
)
from polyconcept.builtin.realiser import Mode, Realiser, Tokens, front, is_plural, natural_gender

_MODALS = {
    ("can", "present"): ("kann", "können"),
    ("can", "past"): ("konnte", "konnten"),
    ("must", "present"): ("muss", "müssen"),
    ("must", "past"): ("musste", "mussten"),
    ("want", "present"): ("will", "wollen"),
    ("want", "past"): ("wollte", "wollten"),
}
_BE = {"present": ("ist", "sind"), "past": ("war", "waren")}
_CONTRACTIONS = {
    ("in", "dem"): "im",
    ("bei", "dem"): "beim",
    ("von", "dem"): "vom",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
}


class German(Realiser):
    """Realiser of German."""

    language = "de"

    def noun(self, noun: Noun, case: str) -> Tokens:
        """See `Realiser.noun`."""
        leaf, entry = noun.head
        gender, forms = noun_forms(entry)
        column = 3 if noun.plural else "mfn".index(gender)
        determiner, endings = _determiner(noun, case, column)
        tokens: Tokens = [(determiner, (noun.determiner_id,), "O")] if determiner else []
        for adjective_leaf, adjective in noun.adjectives:
            ending = endings[case][column]
            tokens.append((stem(adjective) + ending, (adjective_leaf,), "O"))
        tokens.append((forms[case, noun.plural], (leaf,), "O"))
        if noun.owner is not None:
            of_id, owner = noun.owner
            first, *rest = self.noun(owner, "gen")
            tokens += [(first[0], (of_id, *first[1]), first[2]), *rest]
        if noun.relative is not None:
            tokens += self._relative(noun.relative, column, plural=noun.plural)
        return tokens

    def _relative(self, relative: Relative, column: int, *, plural: bool) -> Tokens:
        ids = (relative.id,)
        tokens: Tokens = [self.pause()]
        clause = relative.clause
        case = "nom"
        if relative.gap == "object" and clause.verb is not None:
            preposition, case = government(clause.verb)
            if preposition:
                tokens.append((preposition, (clause.verb_id,), "O"))
        tokens.append((RELATIVE[case][column], ids, "O"))
        plural = plural if clause.subject is None else is_plural(clause.subject)
        return [*tokens, *self._order(clause, "sub", plural=plural), self.pause()]

    def name(self, name: Name, case: str) -> Tokens:
        """See `Realiser.name`."""
        words = self.name_words(name)
        gender = _article_gender(name)
        if not gender:
            return words
        column = 3 if gender.endswith("p") else "mfn".index(gender)
        if words[0][0].endswith("e") and len(words) > 1 and (column != 1 or case in ("dat", "gen")):
            # "die Europäische Union", but "der Europäischen Union".
            ending = WEAK[case][column] if column < 3 else "en"
            words[0] = (words[0][0][:-1] + ending, *words[0][1:])
        return [(DER[case][column], (name.article_id,), "O"), *words]

    def pronoun(self, pronoun: Pronoun) -> Tokens:
        """See `Realiser.pronoun`."""
        word = "sie" if _plural(pronoun) else {"m": "er", "f": "sie", "n": "es"}[_gender(pronoun)]
        return [(word, (pronoun.id,), "O")]

    def adjunct(self, adjunct: Adjunct) -> Tokens:
        """See `Realiser.adjunct`."""
        *words, case = adjunct.preposition[1].cells["de"].split()
        tokens: Tokens = [(word, (adjunct.preposition[0],), "O") for word in words]
        return tokens + self.phrase(adjunct.phrase, case)

    def conjunction(self, leaf: Leaf) -> Tokens:
        """Return a conjunction with the comma before it."""
        return [self.pause(), *super().conjunction(leaf)]

    def subordinate(self, conjunction: Leaf, clause: Clause) -> Tokens:
        """Conjunction and verb-final clause; "als" is the "wenn" of one past event."""
        tokens = [*self.conjunction(conjunction), *self.clause(clause, "sub")]
        if conjunction[1].key == "when" and clause.tense == "past":
            tokens[1] = ("als", *tokens[1][1:])
        return tokens

    def clauses(self, sentence: Sentence) -> Tokens:
        """As in every language, without a comma before the first word."""
        tokens = super().clauses(sentence)
        return tokens[1:] if tokens[0][0] == self.comma else tokens

    def clause(self, clause: Clause, mode: Mode) -> Tokens:
        """See `Realiser.clause`."""
        plural = clause.subject is not None and _plural(clause.subject)
        return self._order(clause, mode, plural=plural)

    def _order(self, clause: Clause, mode: Mode, *, plural: bool) -> Tokens:
        """Front field, finite verb, middle field, right bracket, in the order of the mode."""
        finite, right = self._verb(clause, plural=plural)
        first = front(clause)
        subject = [] if clause.subject is None else self.phrase(clause.subject)
        middle = self._middle(clause)
        after = [] if clause.complement is None else self.subordinate(*clause.complement)
        if mode == "sub":
            if clause.verb is not None and right and clause.tense == "present" and not clause.modal:
                prefix, verb = right[0], finite[0]  # separable verbs are written together again
                right, finite = [], [(prefix[0] + verb[0], verb[1], "O")]
            return [*subject, *self.words(first), *middle, *right, *finite, *after]
        if mode == "inverted":
            return [*finite, *subject, *self.words(first), *middle, *right, *after]
        if first is None:
            return [*subject, *finite, *middle, *right, *after]
        return [*self.words(first), *finite, *subject, *middle, *right, *after]

    def _middle(self, clause: Clause) -> Tokens:
        preposition, case = "", "acc"
        if clause.verb is not None:
            preposition, case = government(clause.verb)
        tokens = self.words(adverb(clause, "often"))
        tokens += self.late_time(clause)
        if clause.recipient is not None:
            tokens += self.phrase(clause.recipient, "dat")
        negation: Tokens = [] if clause.negation < 0 else [("nicht", (clause.negation,), "O")]
        if clause.verb is None:
            return tokens + self._predicate(clause, negation)
        target: Tokens = [] if clause.object is None else self.phrase(clause.object, case)
        if preposition and clause.object is not None:
            tokens += [*negation, (preposition, (clause.verb_id,), "O"), *target]
        else:
            tokens += [*target, *negation]
        tokens += self.words(adverb(clause, "manner"))
        for place in clause.places:
            tokens += self.adjunct(place)
        return tokens

    def _predicate(self, clause: Clause, negation: Tokens) -> Tokens:
        tokens = [token for place in clause.places for token in self.adjunct(place)]
        tokens += negation + self.words(clause.degree)
        assert clause.predicate is not None, "to be needs a predicate"
        leaf, entry = clause.predicate
        return [*tokens, (entry.cells["de"].split()[0], (leaf,), "O")]

    def _verb(self, clause: Clause, *, plural: bool) -> tuple[Tokens, Tokens]:
        """Return the finite verb, and what stands in the right bracket."""
        ids = (clause.verb_id,)
        will: Tokens = [("werden" if plural else "wird", (clause.will_id,), "O")]
        if clause.verb is None:
            if clause.tense == "future":
                return will, [("sein", ids, "O")]
            return [(_BE[clause.tense][plural], ids, "O")], []
        prefix, infinitive, third, participle, be = verb_forms(clause.verb)
        if clause.modal:
            modal = _MODALS[clause.modal, clause.tense][plural]
            return [(modal, (clause.modal_id,), "O")], [(prefix + infinitive, ids, "O")]
        if clause.tense == "future":
            return will, [(prefix + infinitive, ids, "O")]
        if clause.tense == "past":
            auxiliary = (("ist", "sind") if be else ("hat", "haben"))[plural]
            return [(auxiliary, ids, "O")], [(participle, ids, "O")]
        finite: Tokens = [(infinitive if plural else third, ids, "O")]
        return finite, [(prefix, ids, "O")] if prefix else []

    def spell(self, tokens: Tokens) -> Tokens:
        """Contraction of preposition and article."""
        result: Tokens = []
        for text, ids, tag in tokens:
            short = _CONTRACTIONS.get((result[-1][0], text)) if result else None
            if short is None:
                result.append((text, ids, tag))
            else:
                result[-1] = (short, result[-1][1] + ids, tag)
        return result


def _determiner(
    noun: Noun, case: str, column: int
) -> tuple[str, dict[str, tuple[str, str, str, str]]]:
    """Return the determiner, empty for none, and the declension of the adjectives after it."""
    kind = noun.determiner
    if kind == "the":
        return DER[case][column], WEAK
    if kind == "this":
        return "dies" + DIESER[case][column], WEAK
    if kind == "every":
        return "jed" + DIESER[case][column], WEAK
    if kind == "many":
        return "viel" + DIESER[case][column], STRONG
    if kind == "number" and noun.number is not None:
        return noun.number.cells["de"], STRONG
    if kind == "his" and noun.possessor is not None:
        sein = natural_gender(noun.possessor) != "f" and not is_plural(noun.possessor)
        return ("sein" if sein else "ihr") + EIN[case][column], MIXED
    return ("", STRONG) if noun.plural else ("ein" + EIN[case][column], MIXED)


def _article_gender(name: Name) -> str:
    first = name.parts[0][1].cells["de"].split()[0]
    return first.partition(":")[2]


def _gender(phrase: Phrase) -> str:
    """Return the gender that pronouns need; girls are "sie", as they are in speech."""
    if isinstance(phrase, Pronoun):
        return _gender(phrase.antecedent)
    if isinstance(phrase, Name):
        natural = natural_gender(phrase)
        return natural if natural != "x" else (_article_gender(phrase)[:1] or "n")
    assert isinstance(phrase, Noun), "joined phrases are plural"
    return "f" if phrase.head[1].gender == "f" else noun_forms(phrase.head[1])[0]


def _plural(phrase: Phrase) -> bool:
    if isinstance(phrase, Pronoun):
        return _plural(phrase.antecedent)
    if isinstance(phrase, Name):
        return _article_gender(phrase).endswith("p")
    return is_plural(phrase)
