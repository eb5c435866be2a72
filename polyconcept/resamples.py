"""Scores of samples of the sentences, which pass from scoring to comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyconcept.records import Definition, Float64, Int64
from polyconcept.results import ScoreKey

__all__ = ["Resamples"]


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
