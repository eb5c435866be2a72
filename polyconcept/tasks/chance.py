"""What a model's answers score by chance, and whether it has learnt its task at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from polyconcept.records.scores import Score

Answer = TypeVar("Answer")

_N_PERMUTATIONS = 100
"""Enough for the middle 95 %; translations are scored anew in each, which takes seconds."""
_HIGHEST = {"bleu": 100.0, "chrf": 100.0}
"""Highest score of the metrics that do not run from 0 to 1."""
_MARGIN = 0.05
"""Share of the scale by which a score of use exceeds chance. A few lucky hits of many answers lie
above the range of chance as well."""


def beside_chance(
    score: Callable[[Sequence[Answer]], list[Score]], answers: Sequence[Answer], *, seed: int
) -> list[Score]:
    """Return the rows of a model's answers, with what the same answers score by chance.

    Each sentence then has the answer to another, drawn with `seed`: so a model scores that says as
    much of one kind and of another, but nothing about the sentence.

    Args:
        score: Gives the rows of answers, one for each sentence of the test set.
        answers: The model's, in the order of the sentences.
        seed: Of the permutations.
    """
    rows = score(answers)
    random = np.random.default_rng(seed)
    permuted = np.array(
        [
            [row.value for row in score([answers[place] for place in order])]
            for order in (random.permutation(len(answers)) for _ in range(_N_PERMUTATIONS))
        ]
    )  # permutation x row
    mean = permuted.mean(axis=0)
    low, high = np.quantile(permuted, [0.025, 0.975], axis=0)
    values = np.array([row.value for row in rows])
    # Two-sided, the score itself being one of the draws (docs/STATISTICS.md).
    n_as_far = (np.abs(permuted - mean) >= np.abs(values - mean) - 1e-12).sum(axis=0)
    p = (1 + n_as_far) / (1 + _N_PERMUTATIONS)
    return [
        replace(row, null_mean=a, null_low=b, null_high=c, p=d)
        for row, a, b, c, d in zip(
            rows, mean.tolist(), low.tolist(), high.tolist(), p.tolist(), strict=True
        )
    ]


def exceeds_chance(scores: Iterable[Score]) -> bool:
    """Return whether any score lies above the range of chance, and clearly so."""
    return any(
        score.null_mean is not None
        and score.null_high is not None
        and score.value > score.null_high
        and score.value - score.null_mean > _MARGIN * _HIGHEST.get(score.metric, 1.0)
        for score in scores
    )
