"""What each of the three claims is judged by (docs/STATISTICS.md, "Claims")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import TypeAlias

from polyconcept.claims.intervals import (
    DIGITS,
    LEAST_FOR_CORRELATION,
    LEAST_FOR_MEAN,
    mean_interval,
    spearman,
    spearman_interval,
)
from polyconcept.claims.rows import Table, Unit, View
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import Finding, OfRun, Verdict


@dataclass(frozen=True)
class Evidence:
    """A verdict, and what it rests on."""

    finding: Finding
    """Effect, interval and verdict."""
    models: tuple[str, ...] = ()
    """Models that gave points."""
    languages: tuple[str, ...] = ()
    """Pairs, or languages scored zero-shot, that gave points."""
    layers: tuple[int, ...] = ()
    """Layers whose scores count."""
    of_runs: tuple[OfRun, ...] = ()
    """Claim 3 inside each fine-tuned model."""
    n_left_out: int = 0
    """Zero-shot scores of claim 3 that gave no point."""
    lacking: str = ""
    """Why there is no effect."""


_CONSTANT = "all scores are the same, so that none can rise"


@dataclass(frozen=True)
class _Aligned:
    """Alignment of the language of a zero-shot score."""

    value: float
    layers: frozenset[int]


_Points: TypeAlias = Mapping[Score, _Aligned]
"""Zero-shot scores, each with its point's other coordinate."""


def deeper_layers(table: Table, view: View) -> Evidence:
    """Judge claim 1: the upper half of the layers above 0 minus the lower, without a middle one."""
    effects: dict[Unit, float] = {}
    layers: set[int] = set()
    for unit, by_layer in view.plain.items():
        above = [layer for layer in sorted(by_layer) if layer != 0]
        half = len(above) // 2
        if half:
            lower, upper = above[:half], above[-half:]
            effects[unit] = fmean(by_layer[n] for n in upper) - fmean(by_layer[n] for n in lower)
            layers.update(lower, upper)
    if not view.plain:
        lacking = "the score table has no such scores"
    elif _is_constant(view):
        effects, lacking = {}, _CONSTANT
    else:
        lacking = "no run has scores of two layers above layer 0"
    return _of_units(table, effects, layers, lacking)


def fine_tuning(table: Table, view: View) -> Evidence:
    """Judge claim 2: the mean change over the layers."""
    if _is_constant(view):
        return _of_units(table, {}, (), _CONSTANT)
    effects = {unit: fmean(by_layer.values()) for unit, by_layer in view.change.items()}
    layers = {layer for by_layer in view.change.values() for layer in by_layer}
    lacking = (
        "the score table has no change of a fine-tuned model against its base"
        if table.fine_tuned
        else "the study has no fine-tuned model"
    )
    return _of_units(table, effects, layers, lacking, view.only_interval)


def transfer(table: Table, view: View) -> Evidence:
    """Judge claim 3: Spearman's correlation of alignment with zero-shot scores."""
    # Scores of different tasks have different scales: each is counted in standard deviations from
    # the mean of its task and metric. Where its scores are all the same it gives no point.
    joined = {row: found for row in table.tasks if (found := _aligned(row, view)) is not None}
    standardised = _standardised(joined)
    points = list(standardised)
    rho = spearman([joined[row].value for row in points], list(standardised.values()))
    if rho is None:
        points = []
    n = len(points)
    enough = rho is not None and n >= LEAST_FOR_CORRELATION
    interval = spearman_interval(rho, n) if rho is not None and enough else None
    return Evidence(
        judge(rho, interval, n, least=LEAST_FOR_CORRELATION),
        models=_unique(row.model for row in points),
        languages=_unique(row.target for row in points),
        layers=tuple(sorted({layer for row in points for layer in joined[row].layers})),
        of_runs=_of_runs(joined),
        n_left_out=len(table.tasks) - len(points),
        lacking=_what_transfer_lacks(table, joined),
    )


def _is_constant(view: View) -> bool:
    """Return whether all scores are the same, such as 0 at a threshold that none passes."""
    # Means of equal scores differ in their last bits.
    values = {round(v, DIGITS) for by_layer in view.plain.values() for v in by_layer.values()}
    return len(values) == 1


def _of_units(
    table: Table,
    effects: Mapping[Unit, float],
    layers: Iterable[int],
    lacking: str,
    only_interval: tuple[float, float] | None = None,
) -> Evidence:
    values = list(effects.values())
    effect = fmean(values) if values else None
    # One value has no spread; the table may have an interval of it.
    interval = only_interval if len(values) == 1 else mean_interval(values)
    return Evidence(
        judge(effect, interval, len(values), least=LEAST_FOR_MEAN),
        models=_unique(unit.model for unit in effects),
        languages=_unique(table.names[unit.pair] for unit in effects),
        layers=tuple(sorted(layers)),
        lacking=lacking,
    )


def _aligned(row: Score, view: View) -> _Aligned | None:
    """Return how the language scored aligns with those fine-tuned on; none without a pair."""
    # Without the language scored: of a language with itself there is no pair.
    learnt = set(row.source.split("+")) - {row.target}
    units = [Unit(row.model, row.variant, frozenset((row.target, code))) for code in learnt]
    found = [view.plain[unit] for unit in units if unit in view.plain]
    if not found:
        return None
    layers = frozenset(layer for by_layer in found for layer in by_layer)
    return _Aligned(fmean(fmean(by_layer.values()) for by_layer in found), layers)


def _standardised(points: _Points) -> dict[Score, float]:
    """Return each score in standard deviations from its task and metric's mean, if they differ."""
    scores: dict[Score, float] = {}
    for group in ScoreTable(points).by("variant", "metric").values():
        values = [row.value for row in group]
        spread, middle = pstdev(values), fmean(values)
        if spread > 0:
            scores |= {row: (row.value - middle) / spread for row in group}
    return scores


def _of_runs(points: _Points) -> tuple[OfRun, ...]:
    found = []
    for (model, variant, metric), group in (
        ScoreTable(points).by("model", "variant", "metric").items()
    ):
        rho = spearman([points[row].value for row in group], [row.value for row in group])
        if rho is not None and len(group) >= LEAST_FOR_CORRELATION:
            low, high = spearman_interval(rho, len(group))
            found.append(
                OfRun(
                    model=model,
                    variant=variant,
                    task_metric=metric,
                    effect=rho,
                    low=low,
                    high=high,
                    n_points=len(group),
                )
            )
    return tuple(found)


def _what_transfer_lacks(table: Table, joined: _Points) -> str:
    if not table.fine_tuned:
        return "the study has no fine-tuned model"
    if not table.tasks:
        return "the study has no zero-shot score"
    if not joined:
        return "no pair with such scores joins a language scored zero-shot with one fine-tuned on"
    return "no two zero-shot scores differ, or their languages are all aligned the same"


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def judge(
    effect: float | None, interval: tuple[float, float] | None, n_points: int, *, least: int
) -> Finding:
    """Say what follows from an effect and its interval; undecided of fewer points than `least`."""
    low, high = interval or (None, None)
    verdict: Verdict = "undecided"
    if low is not None and high is not None and n_points >= least:
        # Differences of equal means are some 1e-17, which is not above 0.
        if round(low, DIGITS) > 0:
            verdict = "holds"
        elif round(high, DIGITS) <= 0:
            verdict = "does not hold"
    return Finding(verdict=verdict, effect=effect, low=low, high=high, n_points=n_points)
