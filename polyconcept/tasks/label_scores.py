"""Accuracy and macro F1 of labels of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sklearn.metrics import f1_score as label_f1_score

from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.chance import beside_chance
from polyconcept.tasks.scorer import TaskRun, check_shape, task_score


def score_labels(
    gold: LabelledSentences, predicted: Sequence[str | None], *, run: TaskRun
) -> list[Score]:
    """Return the accuracy, and the mean F1 of the labels that are true or predicted somewhere.

    A prediction is None, and wrong, where an answer is not a label.

    Raises:
        ValueError: Another number of labels than sentences, or none.
    """
    check_shape([1] * len(gold), [1] * len(predicted), gold.language)
    return beside_chance(partial(_rows, gold, run), predicted, seed=run.seed)


def _rows(gold: LabelledSentences, run: TaskRun, predicted: Sequence[str | None]) -> list[Score]:
    n_correct = sum(a == b for a, b in zip(gold.label, predicted, strict=True))
    labels = sorted({*gold.label, *(label for label in predicted if label is not None)})
    # -1 is none of the numbers: it costs the true label's recall, and no label's precision.
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
