"""Arabic: verb first, noun first after أن and its sisters, clitics written with their word.

A word of several parts (ولصديقه) carries the leaves of all of them. A name keeps its entity tag
when a clitic is attached to it (لماريا is ``B-PER``).
"""

from __future__ import annotations

from polyconcept.builtin.abstract import (
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
from polyconcept.builtin.arabic_forms import (
    Mood,
    Person,
    State,
    adjective,
    attach,
    decline,
    imperfect_form,
    noun_forms,
    past_form,
    verb_cell,
    with_object,
)
from polyconcept.builtin.realiser import Mode, Realiser, Token, Tokens, front, natural_gender

_MODALS = {"can": ("استطاع", "يستطيع"), "want": ("أراد", "يريد")}
_BE = ("كان", "يكون")
_CLITICS = frozenset("بلكو")


class Arabic(Realiser):
    """Realiser of Arabic."""

    language = "ar"
    comma = "،"

    def noun(self, noun: Noun, case: str) -> Tokens:
        """See `Realiser.noun`."""
        leaf, entry = noun.head
        feminine, singular, plural = noun_forms(entry)
        form = plural if noun.plural else singular
        before, state, case = _determiner(noun, case, feminine=feminine)
        suffix = ""
        ids: tuple[int, ...] = (leaf,)
        if noun.determiner == "his" and noun.possessor is not None:
            state, suffix = "construct", self.person(noun.possessor).suffix
        elif noun.owner is not None:
            state = "construct"
        if noun.determiner == "his" or (noun.determiner == "the" and state == "definite"):
            ids = (leaf, noun.determiner_id)
        word = decline(form, state, case, plural=noun.plural, suffix=suffix)
        tokens: Tokens = [*before, (word, ids, "O")]
        if noun.owner is not None:
            tokens += self.noun(noun.owner[1], "gen")
        agreeing: State = "indefinite" if state == "indefinite" else "definite"
        person = self.person(noun)
        for adjective_leaf, lemma in noun.adjectives:
            tokens.append((adjective(lemma, person, agreeing, case), (adjective_leaf,), "O"))
        if noun.relative is not None:
            tokens += self._relative(noun.relative, person)
        return tokens

    def person(self, phrase: Phrase) -> Person:
        """Return what verbs and adjectives agree with; plural things are feminine singular."""
        if isinstance(phrase, Pronoun):
            return self.person(phrase.antecedent)
        if isinstance(phrase, Both):
            return self.person(phrase.first)  # the verb stands before: it agrees with the first
        if isinstance(phrase, Name):
            mark = phrase.parts[0][1].cells["ar"].partition(":")[0]
            gender = mark if phrase.entity == "ORG" else natural_gender(phrase)
            return Person(gender == "f", plural=False)
        feminine = noun_forms(phrase.head[1])[0]
        if phrase.plural and "person" not in phrase.head[1].classes:
            return Person(feminine=True, plural=False)
        return Person(feminine, phrase.plural)

    def _relative(self, relative: Relative, head: Person) -> Tokens:
        word = "الذين" if head.plural else ("التي" if head.feminine else "الذي")
        tokens: Tokens = [(word, (relative.id,), "O")]
        clause = relative.clause
        if relative.gap == "subject" or clause.subject is None or clause.verb is None:
            pre, post = self._verb(clause, head, after_subject=True)
            return [*tokens, *pre, *post, *self._rest(clause)]
        pre, post = self._verb(clause, self.person(clause.subject), after_subject=False)
        preposition = verb_cell(clause.verb)[2]
        verb, ids, tag = pre[-1]
        if preposition:
            pre.append((preposition + head.suffix, (clause.verb_id,), "O"))
        else:
            pre[-1] = (with_object(verb, head.suffix), ids, tag)
        return [*tokens, *pre, *self.phrase(clause.subject), *post, *self._rest(clause)]

    def name(self, name: Name, case: str) -> Tokens:  # noqa: ARG002 - names do not show case
        """See `Realiser.name`; the article is part of the first word."""
        words = self.name_words(name)
        if name.entity == "ORG" and words[0][0].startswith("ال"):
            words[0] = (words[0][0], (*words[0][1], name.article_id), words[0][2])
        return words

    def pronoun(self, pronoun: Pronoun) -> Tokens:  # noqa: ARG002
        """Nothing: the verb or the conjunction says it (and carries its leaf)."""
        return []

    def join(self, both: Both, second: Tokens) -> Tokens:
        """Second phrase with و attached."""
        return _attach("و", both.conjunction[0], second)

    def coordinate(self, conjunction: Leaf, clause: Clause) -> Tokens:
        """Second clause; و is attached to its first word."""
        second = self.clause(clause, "main")
        word = conjunction[1].cells["ar"]
        if word in _CLITICS:
            return _attach(word, conjunction[0], second)
        return [(word, (conjunction[0],), "O"), *second]

    def subordinate(self, conjunction: Leaf, clause: Clause) -> Tokens:
        """Conjunction and clause: subject first (perhaps a suffix) except after عندما."""
        tokens = self.conjunction(conjunction)
        if conjunction[1].key == "when":
            return tokens + self._order(clause, verb_first=True, nominal=False)
        if isinstance(clause.subject, Pronoun):
            word, ids, tag = tokens[-1]
            suffix = self.person(clause.subject).suffix
            tokens[-1] = (word + suffix, (*ids, clause.subject.id), tag)
        return tokens + self._order(clause, verb_first=False)

    def adjunct(self, adjunct: Adjunct) -> Tokens:
        """See `Realiser.adjunct`."""
        phrase = self.phrase(adjunct.phrase, "gen")
        word = adjunct.preposition[1].cells["ar"]
        if word.endswith("-"):
            return _attach(word[:-1], adjunct.preposition[0], phrase)
        return [(word, (adjunct.preposition[0],), "O"), *phrase]

    def clause(self, clause: Clause, mode: Mode) -> Tokens:
        """See `Realiser.clause`."""
        first = front(clause)
        nominal = mode == "main"
        return self.words(first) + self._order(clause, verb_first=True, nominal=nominal)

    def _order(self, clause: Clause, *, verb_first: bool, nominal: bool = True) -> Tokens:
        """Verb, subject, rest; or subject, verb, rest.

        Args:
            clause: Clause with a subject.
            verb_first: False after أن and its sisters, which put the subject into the accusative.
            nominal: Whether a present "to be" may be left out.
        """
        assert clause.subject is not None, "only relative clauses have no subject"
        person = self.person(clause.subject)
        pronoun = isinstance(clause.subject, Pronoun)
        pre, post = self._verb(
            clause, person, after_subject=pronoun or not verb_first, nominal=nominal
        )
        subject = self.phrase(clause.subject, "nom" if verb_first else "acc")
        if isinstance(clause.subject, Pronoun) and verb_first and pre:
            word, ids, tag = pre[-1]
            pre[-1] = (word, (clause.subject.id, *ids), tag)
        ordered = [*pre, *subject, *post] if verb_first else [*subject, *pre, *post]
        return ordered + self._rest(clause, person, nominal=nominal)

    def _rest(
        self, clause: Clause, person: Person | None = None, *, nominal: bool = True
    ) -> Tokens:
        """Predicate, objects, manner, places, frequency, time, complement."""
        tokens: Tokens = []
        if clause.predicate is not None and person is not None:
            leaf, entry = clause.predicate
            left_out = nominal and clause.tense == "present" and clause.negation < 0
            form = adjective(entry, person, "indefinite", "nom" if left_out else "acc")
            tokens.append((form, (leaf,), "O"))
        tokens += self.words(clause.degree)
        marker = "" if clause.verb is None else verb_cell(clause.verb)[2]
        if clause.object is not None:
            direct = not marker or clause.recipient is not None
            target = self.phrase(clause.object, "acc" if direct else "gen")
            tokens += target if direct else self._mark(marker, clause.verb_id, target)
        if clause.recipient is not None:
            tokens += self._mark(marker, -1, self.phrase(clause.recipient, "gen"))
        tokens += self.words(adverb(clause, "manner"))
        for place in clause.places:
            tokens += self.adjunct(place)
        tokens += self.words(adverb(clause, "often"))
        tokens += self.late_time(clause)
        if clause.complement is not None:
            that = self.subordinate(*clause.complement)
            if clause.verb is not None and clause.verb.key == "say":
                that[0] = ("إ" + that[0][0][1:], *that[0][1:])  # قال إن, but علم أن
            tokens += that
        return tokens

    def _mark(self, preposition: str, leaf: int, phrase: Tokens) -> Tokens:
        """Return an object's preposition; its leaf is -1 where no other language has to see it."""
        if preposition in _CLITICS:
            return _attach(preposition, leaf, phrase)
        return [(preposition, (leaf,) if leaf >= 0 else (), "O"), *phrase]

    def _verb(
        self, clause: Clause, person: Person, *, after_subject: bool, nominal: bool = True
    ) -> tuple[Tokens, Tokens]:
        """Return the words before and after the subject; before it a verb is singular."""
        near = person if after_subject else Person(person.feminine, plural=False)
        ids = (clause.verb_id,)
        if clause.verb is None:
            if clause.tense == "present" and nominal:
                if clause.negation < 0:
                    return [], []
                word = "ليست" if near.feminine else ("ليسوا" if near.plural else "ليس")
                return [(word, (clause.negation, *ids), "O")], []
            return _conjugate(_BE, clause, near, ids), []
        past, imperfect, _ = verb_cell(clause.verb)
        if not clause.modal:
            return _conjugate((past, imperfect), clause, near, ids), []
        modal = (clause.modal_id,)
        that: Token = ("أن", modal, "O")
        if clause.modal == "must":
            was: Tokens = [("كان", modal, "O")] if clause.tense == "past" else []
            verb = imperfect_form(past, imperfect, near, "subjunctive")
            return [*was, ("يجب", modal, "O"), that, (verb, ids, "O")], []
        verb = imperfect_form(past, imperfect, person, "subjunctive")
        return _conjugate(_MODALS[clause.modal], clause, near, modal), [that, (verb, ids, "O")]

    def spell(self, tokens: Tokens) -> Tokens:
        """Drop the mark of leaves that no other language needs to see."""
        return [(text, tuple(i for i in ids if i >= 0), tag) for text, ids, tag in tokens]


def _conjugate(
    verb: tuple[str, str], clause: Clause, person: Person, ids: tuple[int, ...]
) -> Tokens:
    """Return the finite verb (past, imperfect) with its negation in the tense of the clause."""
    past, imperfect = verb
    if clause.negation >= 0:
        particle, mood = _NEGATIONS[clause.tense]
        form = imperfect_form(past, imperfect, person, mood)
        will = (clause.will_id,) if clause.tense == "future" else ()
        return [(particle, (clause.negation, *will), "O"), (form, ids, "O")]
    if clause.tense == "past":
        return [(past_form(past, person), ids, "O")]
    form = imperfect_form(past, imperfect, person, "indicative")
    if clause.tense == "future":
        return [("س" + form, (clause.will_id, *ids), "O")]
    return [(form, ids, "O")]


_NEGATIONS: dict[str, tuple[str, Mood]] = {
    "past": ("لم", "jussive"),
    "present": ("لا", "indicative"),
    "future": ("لن", "subjunctive"),
}


def _attach(clitic: str, leaf: int, phrase: Tokens) -> Tokens:
    (text, ids, tag), *rest = phrase
    return [(attach(clitic, text), (leaf, *ids), tag), *rest]


def _determiner(noun: Noun, case: str, *, feminine: bool) -> tuple[Tokens, State, str]:
    """Return the words before the noun, and the state and case they put it into."""
    ids = (noun.determiner_id,)
    human = "person" in noun.head[1].classes
    if noun.determiner == "this":
        singular = "هذه" if feminine else "هذا"
        word = ("هؤلاء" if human else "هذه") if noun.plural else singular
        return [(word, ids, "O")], "definite", case
    if noun.determiner == "every":
        return [("كل", ids, "O")], "indefinite", "gen"
    if noun.determiner == "many":
        return [("الكثير", ids, "O"), ("من", ids, "O")], "definite", "gen"
    if noun.determiner == "number" and noun.number is not None:
        with_masculine, with_feminine = noun.number.cells["ar"].split()
        return [(with_feminine if feminine else with_masculine, ids, "O")], "indefinite", "gen"
    return [], "indefinite" if noun.determiner == "a" else "definite", case
