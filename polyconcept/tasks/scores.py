"""Strict entity F1, accuracy and macro F1 of predictions."""

from __future__ import annotations

from collections.abc import Sequence

from seqeval.scheme import IOB2, Entities

from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.tasks.score_rows import TaskRun, check_shape, task_score

__all__ = ["score_entities", "score_sentiment"]


def score_entities(
    gold: TaggedSentences,
    predicted: Sequence[Sequence[str]],
    *,
    run: TaskRun,
    n_wrong: int = 0,
) -> list[Score]:
    """Give the strict F1 of entities: one counts where its first word, last word and type agree.

    Tags are read as strict IOB2 (an ``I-`` that continues no entity of its type belongs to none),
    by seqeval; micro-averaged over all entities.

    Args:
        gold: Sentences of one language with their true tags.
        predicted: Tags of the same words.
        run: Whose score it is.
        n_wrong: Entities predicted besides, which no tags can show: they count as wrong.

    Raises:
        ValueError: Other numbers of sentences or words, or no entity in `gold`: F1 is undefined.
    """
    check_shape([len(tags) for tags in gold.tags], [len(t) for t in predicted], gold.language)
    true, said = _entities(gold.tags), _entities(predicted)
    if not true:
        raise ValueError(f"{run.corpus}, {gold.language}: no entity to find, F1 is undefined")
    # The harmonic mean of precision and recall; where nothing is said, precision counts as 0.
    value = 2 * len(true & said) / (len(true) + len(said) + n_wrong)
    return [task_score("entity_f1", value, run, gold.language)]


def _entities(tags: Sequence[Sequence[str]]) -> set[tuple[int, str, int, int]]:
    """Sentence, type, first word and end of each entity."""
    sentences = Entities([list(row) for row in tags], scheme=IOB2).entities
    return {entity.to_tuple() for sentence in sentences for entity in sentence}


def score_sentiment(
    gold: LabelledSentences, predicted: Sequence[str | None], *, run: TaskRun
) -> list[Score]:
    """Give accuracy, and the mean F1 of the labels that are true or predicted somewhere.

    Args:
        gold: Sentences of one language with their true labels.
        predicted: A label for each sentence; None, which is wrong, where an answer is no label.
        run: Whose scores they are.

    Raises:
        ValueError: Another number of labels than sentences, or none.
    """
    # Here: entities and translations should not wait for scikit-learn.
    from sklearn.metrics import f1_score as label_f1_score

    check_shape([1] * len(gold), [1] * len(predicted), gold.language)
    n_correct = sum(a == b for a, b in zip(gold.label, predicted, strict=True))
    labels = sorted({*gold.label, *(label for label in predicted if label is not None)})
    number = {label: n for n, label in enumerate(labels)}
    macro = label_f1_score(
        [number[label] for label in gold.label],
        [-1 if label is None else number[label] for label in predicted],
        labels=range(len(labels)),
        average="macro",
        zero_division=0,
    )
    return [
        task_score(
            "accuracy",
            n_correct / len(gold),
            run,
            gold.language,
            n_correct=n_correct,
            n_total=len(gold),
        ),
        task_score("macro_f1", float(macro), run, gold.language),
    ]
