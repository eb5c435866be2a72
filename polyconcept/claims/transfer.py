"""Claim 3: whether languages that are better aligned score higher without training in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polyconcept.claims.effects import of_models
from polyconcept.claims.intervals import (
    is_constant,
    spearman,
    spearman_interval,
)
from polyconcept.claims.rows import Draws, Run, Table, Unit, View, mean
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import LEAST_FOR_CORRELATION, OfRun


@dataclass(frozen=True)
class Transfer:
    """Alignment and zero-shot scores of languages, and what they are taken from."""

    alignment: Mapping[str, float]
    """Language -> its alignment among the languages of a run, mean over the models."""
    scores: Mapping[str, float]
    """Language -> its zero-shot score, in the same way."""
    rows: Sequence[Score]
    """Zero-shot scores that count."""
    layers: tuple[int, ...]
    """Layers whose scores count, of any run."""
    of_runs: tuple[OfRun, ...]
    """The correlation inside each run that has languages enough."""
    n_without_pair: int
    """Scores left out because no pair joins their language with one fine-tuned on."""
    n_without_order: int
    """Scores left out because their run has no other, or all are, or are aligned, the same."""
    n_untrained: int
    """Scores left out because the fine-tuning learnt nothing."""


@dataclass(frozen=True)
class _Aligned:
    """Alignment of the language of a zero-shot score."""

    value: float
    layers: frozenset[int]


def transfer(table: Table, view: View) -> Transfer:
    """Return what claim 3 correlates."""
    counted = table.tasks.where(lambda row: table.counts((row.model, row.variant)))
    joined = {row: found for row in counted if (found := _aligned(row, view)) is not None}
    alignment: dict[str, dict[Run, Draws]] = {}
    scores: dict[str, dict[Run, Draws]] = {}
    rows: list[Score] = []
    of_runs = []
    for run, of_run in ScoreTable(joined).by("model", "variant").items():
        # Languages beside those of the same run: models differ in height, and tasks in scale.
        aligned = [joined[row].value for row in of_run]
        if is_constant(aligned) or is_constant(of_run.values()):
            continue
        places = _standardised(aligned), _standardised(of_run.values())
        for row, of_alignment, of_score in zip(of_run, *places, strict=True):
            alignment.setdefault(row.target, {})[run] = of_alignment
            scores.setdefault(row.target, {})[run] = of_score
        rows += of_run
        if len(of_run) >= LEAST_FOR_CORRELATION:
            of_runs.append(_of_run(of_run, aligned))
    return Transfer(
        alignment=_of_languages(table, alignment),
        scores=_of_languages(table, scores),
        rows=rows,
        layers=tuple(sorted({layer for row in rows for layer in joined[row].layers})),
        of_runs=tuple(of_runs),
        n_without_pair=len(counted) - len(joined),
        n_without_order=len(joined) - len(rows),
        n_untrained=len(table.tasks) - len(counted),
    )


def _aligned(row: Score, view: View) -> _Aligned | None:
    """Return how the language scored aligns with those fine-tuned on; none without a pair."""
    # Without the language scored: of a language with itself there is no pair.
    learnt = set(row.source.split("+")) - {row.target}
    units = [Unit((row.model, row.variant), frozenset((row.target, code))) for code in learnt]
    found = [view.every[unit] for unit in units if unit in view.every]
    if not found:
        return None
    layers = frozenset(layer for by_layer in found for layer in by_layer)
    return _Aligned(mean(mean(by_layer.values()) for by_layer in found).item(), layers)


def _standardised(values: Sequence[float]) -> list[Draws]:
    """Return values in standard deviations from their mean."""
    given = np.array(values)
    return [np.array([place]) for place in (given - given.mean()) / given.std()]


def _of_languages(table: Table, found: Mapping[str, Mapping[Run, Draws]]) -> dict[str, float]:
    return {
        language: mean(of_models(of_runs, table.repeats).values()).item()
        for language, of_runs in found.items()
    }


def _of_run(rows: ScoreTable, aligned: Sequence[float]) -> OfRun:
    rho = spearman(aligned, rows.values())
    assert rho is not None, "neither side is constant"
    low, high = spearman_interval(rho, len(rows))
    return OfRun(
        model=rows.first.model,
        variant=rows.first.variant,
        task_metric=rows.first.metric,
        effect=rho,
        low=low,
        high=high,
        n_points=len(rows),
    )
