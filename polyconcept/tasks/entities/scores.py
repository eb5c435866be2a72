"""Strict F1 of entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from seqeval.scheme import IOB2, Entities

from polyconcept.records.scores import Score
from polyconcept.records.text import TaggedSentences
from polyconcept.tasks.chance import beside_chance
from polyconcept.tasks.scorer import TaskRun, check_shape, task_score

_Found: TypeAlias = frozenset[tuple[str, int, int]]
"""Type, first word and end of each entity of a sentence."""


def score_entities(
    gold: TaggedSentences,
    predicted: Sequence[Sequence[str]],
    *,
    run: TaskRun,
    n_wrong: int = 0,
) -> list[Score]:
    """Return the strict F1 of entities: one counts where its first word, last word and type agree.

    Tags are read as strict IOB2 (an ``I-`` that continues no entity of its type belongs to none),
    by seqeval; micro-averaged over all entities.

    `n_wrong` counts entities that were predicted but that no tags can show; they are wrong.

    Raises:
        ValueError: Other numbers of sentences or words, or no entity in `gold`: F1 is undefined.
    """
    check_shape([len(tags) for tags in gold.tags], [len(t) for t in predicted], gold.language)
    true, said = _entities(gold.tags), _entities(predicted)
    n_true, n_said = sum(map(len, true)), sum(map(len, said)) + n_wrong
    if not n_true:
        raise ValueError(f"{run.corpus}, {gold.language}: no entity to find, F1 is undefined")

    def rows(said: Sequence[_Found]) -> list[Score]:
        n_right = sum(len(a & b) for a, b in zip(true, said, strict=True))
        # The harmonic mean of precision and recall; where nothing is said, precision counts as 0.
        value = 2 * n_right / (n_true + n_said)
        return [task_score("entity_f1", value, run, gold.language)]

    return beside_chance(rows, said, seed=run.seed)


def _entities(tags: Sequence[Sequence[str]]) -> list[_Found]:
    """Return the entities of each sentence."""
    sentences = Entities([list(row) for row in tags], scheme=IOB2).entities
    return [
        frozenset((entity.tag, entity.start, entity.end) for entity in sentence)
        for sentence in sentences
    ]
