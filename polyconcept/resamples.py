"""Scores of samples of the sentences, which pass from scoring to comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from polyconcept.records import Definition, Float64, Int64, Score
from polyconcept.results import ScoreKey

__all__ = ["Resamples", "parted"]


@dataclass(frozen=True)
class Resamples:
    """Scores of samples of the sentences: what intervals and paired differences come from."""

    metric: str
    """Name of the metric."""
    definition: Definition
    """Its definition."""
    over: str
    """Clusters that count."""
    key: ScoreKey
    """Whose scores; its seed is none."""
    seed: Int64[np.ndarray, " resample"]
    """Index, among the seeds, of the clustering that each resample is scored under."""
    value: Float64[np.ndarray, " resample"]
    """Score of each resample; resample b has the same sentences in every run."""


def parted(found: Iterable[Score | Resamples]) -> tuple[list[Score], list[Resamples]]:
    """Rows of the score table and resampled scores, each in their order."""
    rows: list[Score] = []
    resamples: list[Resamples] = []
    for one in found:
        if isinstance(one, Resamples):
            resamples.append(one)
        else:
            rows.append(one)
    return rows, resamples
