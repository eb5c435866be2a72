"""Rows of the score table that are scores of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyconcept.records.scores import Score


@dataclass(frozen=True)
class TaskRun:
    """Whose task scores they are."""

    model: str
    """Name of the model in the study."""
    variant: str
    """Task that it was fine-tuned on."""
    corpus: str
    """Name of the test set."""
    trained_on: tuple[str, ...]
    """Languages that it was fine-tuned on; for translation those it learnt to translate into."""
    seed: int
    """Seed of the fine-tuning."""
    side: str = "encoder"
    """Side of the model that does the task; ``encoder-decoder`` where it writes its answer."""


def check_shape(needed: Sequence[int], found: Sequence[int], language: str) -> None:
    """Refuse predictions for other sentences or words than those of the test set.

    Args:
        needed: Words of each sentence of the test set.
        found: Words that are predicted in each.
        language: Code of the language, for the message.

    Raises:
        ValueError: They differ, or there is no sentence.
    """
    if not needed:
        raise ValueError(f"{language}: no sentence to score")
    if len(needed) != len(found):
        raise ValueError(
            f"{language}: {len(found)} sentences are predicted, {len(needed)} are needed"
        )
    for sentence, (want, have) in enumerate(zip(needed, found, strict=True)):
        if want != have:
            raise ValueError(
                f"{language}, sentence {sentence}: {have} words are tagged, it has {want}"
            )


def task_score(
    metric: str,
    value: float,
    run: TaskRun,
    language: str,
    *,
    source: str | None = None,
    n_correct: int | None = None,
    n_total: int | None = None,
    signature: str = "",
) -> Score:
    """Give one row of the score table.

    Args:
        metric: What was measured.
        value: The score.
        run: Whose score it is.
        language: The language scored; of a translation the target language.
        source: Of a translation the source language; else the languages fine-tuned on stand there.
        n_correct: Correct items, where the score is their share.
        n_total: Items that count.
        signature: How sacrebleu computed it.
    """
    return Score(
        metric=metric,
        definition="",
        over="",
        model=run.model,
        variant=run.variant,
        side=run.side,
        corpus=run.corpus,
        source="+".join(run.trained_on) if source is None else source,
        target=language,
        layer=None,
        seed=run.seed,
        n_hit=n_correct,
        n_total=n_total,
        value=value,
        zero_shot=language not in run.trained_on,
        signature=signature,
    )
