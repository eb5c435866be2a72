"""Random abstract sentences with a sentiment label.

The label is that of the judging clause: its evaluative word (verb, adjective, manner or comment
adverb), turned round by a negation. Every other evaluative clause of the sentence agrees with it,
but a clause after "although" and the clause before "but" say the opposite.
"""

from __future__ import annotations

from random import Random

from polyconcept.builtin.abstract import Clause, Leaf, Name, Noun, Phrase, Pronoun, Sentence, Tense
from polyconcept.builtin.choices import adjectives_of, adverbs_of, verbs_of
from polyconcept.builtin.clauses import Clauses, Frame, classes_of, has_relative, is_referable
from polyconcept.builtin.phrases import possessor_of

NEGATED = 0.2
_JUDGED = ("person", "person", "food", "drink", "place", "outdoor", "vehicle", "object")
_JUDGED_TOO = ("clothes", "text", "art", "event", "idea", "animal", "person")
_MANNERED = frozenset(
    (
        "prepare",
        "repair",
        "read",
        "write",
        "wash",
        "paint",
        "build",
        "translate",
        "draw",
        "work",
        "sing",
        "dance",
        "play",
        "speak",
        "organise",
        "describe",
        "drink",
        "eat",
    )
)

# "Really wonderful", but not "very wonderful".
_EXTREME = frozenset(
    (
        "delicious",
        "magnificent",
        "excellent",
        "wonderful",
        "fantastic",
        "perfect",
        "brilliant",
        "terrible",
        "horrible",
        "disgusting",
        "rotten",
        "broken",
        "absurd",
        "furious",
    )
)


def compose(seed: int, index: int) -> tuple[Sentence, str]:
    """Return sentence `index` of a seed, and its label ``positive`` or ``negative``."""
    composer = _Composer(Random(f"{seed}:{index}"))
    polarity = 1 if composer.chance(0.5) else -1
    return composer.sentence(polarity), "positive" if polarity > 0 else "negative"


class _Composer(Clauses):
    """Draws the clauses of one sentence."""

    def sentence(self, polarity: int) -> Sentence:
        draw = self.random.random()
        tense: Tense = "past" if self.chance(0.62) else "present"
        if draw < 0.34:
            future = self.chance(0.22)
            frame = Frame("future" if future else tense, top=True, alone=True)
            return Sentence(self.judging(polarity, frame))
        if draw < 0.52:
            return self.reasoned(polarity, tense)
        if draw < 0.64:
            first = self.chance(0.5)
            main = self.judging(polarity, Frame(tense, top=not first))
            other = self.judging(-polarity, Frame(tense))
            return Sentence(main, self.particle("although"), other, first)
        if draw < 0.76:
            return Sentence(self.reported(polarity, tense))
        if draw < 0.87:
            first = self.chance(0.4)
            main = self.judging(polarity, Frame(tense, top=not first))
            other = self.neutral(Frame(tense))
            return Sentence(main, self.particle("when"), other, first)
        key = "and" if draw < 0.93 else "but"
        before = self.judging(polarity if key == "and" else -polarity, Frame(tense, top=True))
        return Sentence(before, self.particle(key), self.judging(polarity, Frame(tense)))

    def reasoned(self, polarity: int, tense: Tense) -> Sentence:
        """Return a judgement, and the reason for it."""
        main = self.attitude(polarity, Frame(tense, top=True))
        because = self.particle("because")
        about = main.object
        if isinstance(about, (Noun, Name)) and is_referable(about) and self.chance(0.55):
            reason = self.copula(polarity, Frame(tense, subject=Pronoun(self.id(), about)))
            return Sentence(main, because, reason)
        who = possessor_of(main.subject)
        if who is not None and self.chance(0.4):
            frame = Frame(tense, subject=Pronoun(self.id(), who))
            return Sentence(main, because, self.judging(polarity, frame))
        return Sentence(main, because, self.judging(polarity, Frame(tense)))

    def reported(self, polarity: int, tense: Tense) -> Clause:
        """Return what someone says or knows."""
        verb = self.leaf(self.fresh(verbs_of("s", 0)))
        subject = self.actor(verb[1].subjects)
        conjunction = self.particle("that")
        who = possessor_of(subject)
        pronoun = Pronoun(self.id(), who) if who is not None and self.chance(0.2) else None
        inner = self.judging(polarity, Frame(tense, subject=pronoun))
        timed = tense == "past" and self.chance(0.25)
        adverbs = (self.leaf(self.pick(adverbs_of(tense))),) if timed else ()
        return Clause(
            *verb,
            subject,
            tense,
            adverbs=adverbs,
            time_first=True,
            complement=(conjunction, inner),
        )

    def judging(self, polarity: int, frame: Frame) -> Clause:
        """Return a clause of a polarity."""
        draw = self.random.random()
        if draw < 0.3:
            return self.copula(polarity, frame)
        if draw < 0.62:
            return self.attitude(polarity, frame)
        if draw < 0.68:
            return self.feeling(polarity, frame)
        if draw < 0.82:
            return self.neutral(frame, polarity=polarity)
        if draw < 0.9 or not frame.top:
            return self.manner(polarity, frame)
        comment = self.leaf(self.pick(adverbs_of("comment", polarity)))
        return self.neutral(frame, comment=comment)

    def copula(self, polarity: int, frame: Frame) -> Clause:
        """Something is (not) such."""
        negation = self.id() if self.chance(NEGATED) else -1
        wanted = -polarity if negation >= 0 else polarity
        subject: Phrase
        if frame.subject is not None:
            subject = frame.subject
            classes = classes_of(frame.subject.antecedent)
        else:
            names = _JUDGED if self.chance(0.5) else _JUDGED_TOO
            name = names[int(self.random.random() * len(names))]
            subject, classes = self._judged(name)
        adjective = self.leaf(self.fresh(adjectives_of(classes, wanted)))
        very = negation < 0 and self.chance(0.35)
        degree = None
        if very:
            extreme = adjective[1].key in _EXTREME
            degrees = [e for e in adverbs_of("degree") if e.key == "really" or not extreme]
            degree = self.leaf(self.pick(degrees))
        occasion = frame.alone and not classes & {"idea", "event", "text"} and self.chance(0.45)
        adverbs, first = self.adverbs(frame, frequency=False)
        return Clause(
            self.id(),
            None,
            subject,
            frame.tense,
            self.id(),
            negation=negation,
            predicate=adjective,
            degree=degree,
            adverbs=adverbs,
            time_first=first,
            places=(self.occasion(),) if occasion else (),
        )

    def _judged(self, name: str) -> tuple[Noun | Name, frozenset[str]]:
        if name == "person" and self.chance(0.4):
            return self.person_name(), frozenset({"person"})
        noun = self.subject_noun(name, definite=True)
        return noun, frozenset({name})

    def attitude(self, polarity: int, frame: Frame) -> Clause:
        """Someone does good or bad to someone or something, or feels so about it."""
        negation = self.id() if self.chance(NEGATED) else -1
        wanted = -polarity if negation >= 0 else polarity
        verb = self.leaf(self.fresh(verbs_of("t", wanted, "person" if frame.subject else "")))
        subject = self.subject(verb[1], frame, definite=negation >= 0)
        target = self.object(verb[1], subject, definite=True)
        modal = self.modal(verb[1], frame, subject) if negation < 0 else ""
        adverbs, first = self.adverbs(frame, target, frequency=negation < 0 and not modal)
        return Clause(
            *verb,
            subject,
            frame.tense,
            self.id(),
            modal,
            self.id(),
            negation,
            target,
            adverbs=adverbs,
            time_first=first,
            places=self.places(verb[1], subject, target, frame),
        )

    def feeling(self, polarity: int, frame: Frame) -> Clause:
        """Someone laughs, cries, wins, fails."""
        verb = self.leaf(self.fresh(verbs_of("i", polarity, "person" if frame.subject else "")))
        subject = self.subject(verb[1], frame)
        adverbs, first = self.adverbs(frame, frequency=True)
        places = self.places(verb[1], subject, None, frame)
        return Clause(
            *verb, subject, frame.tense, self.id(), adverbs=adverbs, time_first=first, places=places
        )

    def manner(self, polarity: int, frame: Frame) -> Clause:
        """Someone does something well or badly."""
        frames = verbs_of("t", 0, "person") + verbs_of("i", 0, "person")
        verb = self.leaf(self.fresh([entry for entry in frames if entry.key in _MANNERED]))
        manner = self.leaf(self.pick(adverbs_of("manner", polarity)))
        return self._doing(verb, frame, extra=manner)

    def neutral(self, frame: Frame, *, polarity: int = 0, comment: Leaf | None = None) -> Clause:
        """Someone does something; if a polarity is given, to something good or bad."""
        draw = self.random.random()
        kind = "d" if draw < 0.2 else ("i" if draw < 0.4 and not polarity else "t")
        verb = self.leaf(self.fresh(verbs_of(kind, 0, "person" if frame.subject else "")))
        return self._doing(verb, frame, polarity=polarity, extra=comment)

    def _doing(
        self, verb: Leaf, frame: Frame, *, polarity: int = 0, extra: Leaf | None = None
    ) -> Clause:
        entry = verb[1]
        subject = self.subject(entry, frame)
        target = recipient = None
        if entry.kind != "i":
            simple = entry.kind == "d" or (extra is not None and extra[1].kind == "manner")
            target = self.object(entry, subject, polarity=polarity, simple=simple)
        if entry.kind == "d":
            recipient = self.recipient()
        comment = extra is not None and extra[1].kind == "comment"
        adverbs, first = self.adverbs(frame, target, frequency=extra is None, fronting=not comment)
        if (
            extra is None
            and not has_relative(target)
            and entry.key in _MANNERED
            and self.chance(0.12)
        ):
            extra = self.leaf(self.pick(adverbs_of("manner")))
        modal = self.modal(entry, frame, subject)
        if modal:
            adverbs = tuple(leaf for leaf in adverbs if leaf[1].kind != "often")
        return Clause(
            *verb,
            subject,
            frame.tense,
            self.id(),
            modal,
            self.id(),
            object=target,
            recipient=recipient,
            adverbs=adverbs if extra is None else (*adverbs, extra),
            time_first=first,
            places=self.places(entry, subject, target, frame),
        )
