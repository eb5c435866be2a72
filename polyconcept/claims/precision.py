"""How well a study knows the effects of its own models: on other sentences, under other seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polyconcept.claims.effects import Effects, of_fine_tunings, of_models
from polyconcept.claims.rows import Draws, Table, Unit, View, mean
from polyconcept.records.arrays import Int64
from polyconcept.records.variance import interval, spread, within_variance


@dataclass(frozen=True)
class Precision:
    """The 95 % interval of an effect for the study's own models."""

    low: float
    high: float
    varied: tuple[str, ...]
    """What could have been otherwise, in English."""
    of_units: Mapping[Unit, tuple[float, float]]
    """The interval of the effect in each run and pair, on other sentences and seeds."""


def precision(
    table: Table, metric: str, definition: str, effects: Callable[[View], Effects]
) -> Precision | None:
    """Return how far an effect would move; none without resampled scores.

    The effect is computed anew of every sample of sentences and under every seed, so that what
    layers, pairs, runs and models share is in the variance.

    Raises:
        ValueError: Runs, pairs or layers of the effect lack resampled scores or those of a seed.
    """
    drawn = table.drawn(metric, definition)
    if drawn is None:
        return None
    own = table.own(metric, definition)
    samples, seed = drawn
    by_seed = table.by_seed(metric, definition)
    for view, what in ((samples, "resampled scores"), (by_seed, "scores of single seeds")):
        if lacking := _places(own) - _places(view):
            raise ValueError(f"no {what} of {metric} ({definition}) for {min(lacking)}")

    found, of_samples, of_seeds = effects(own), effects(samples), effects(by_seed)
    parts = _of_draws(_effect(table, of_samples), seed, _effect(table, of_seeds).tolist())
    varied = ["on other sentences", "under other seeds of the clustering"][: len(parts)]
    if repeated := _of_repeats(table, found):
        parts += repeated
        varied.append("under other seeds of the fine-tuning")
    low, high = interval(_effect(table, found).item(), parts, bounds=(-1.0, 1.0))
    of_units = {
        unit: interval(
            effect.item(),
            _of_draws(of_samples.of_units[unit], seed, of_seeds.of_units[unit].tolist()),
            bounds=(-1.0, 1.0),
        )
        for unit, effect in found.of_units.items()
    }
    return Precision(low, high, tuple(varied), of_units)


def _of_draws(
    of_samples: Draws, seed: Int64[np.ndarray, " draw"], of_seeds: Sequence[float]
) -> list[tuple[float, float]]:
    """Return what sentences and, of two or more, seeds of the clustering add to the variance."""
    variance, freedom = within_variance(of_samples, seed)
    parts = [(variance, float(freedom))]
    under_seeds = spread(of_seeds)
    if under_seeds is not None:
        n_seeds = len(np.unique(seed))
        parts.append((under_seeds / n_seeds, n_seeds - 1.0))
    return parts


def _effect(table: Table, effects: Effects) -> Draws:
    return mean(of_models(effects.of_runs, table.repeats).values())


def _of_repeats(table: Table, effects: Effects) -> list[tuple[float, float]]:
    """Return what repeats of a fine-tuning add to the variance of the mean, and its freedom."""
    # They differ under the seeds of the clustering too, which so count twice: the safe side.
    fine_tunings = of_fine_tunings(effects.of_runs, table.repeats)
    models = [model for model, _ in fine_tunings]
    parts = []
    for (model, _), repeats in fine_tunings.items():
        between = spread([effect.item() for effect in repeats])
        if between is not None:
            weight = 1 / (len(set(models)) * models.count(model))
            parts.append((weight**2 * between / len(repeats), len(repeats) - 1.0))
    return parts


def _places(view: View) -> set[str]:
    return {
        f"{', '.join(unit.run)}, {'-'.join(sorted(unit.pair))}, layer {layer}"
        for unit, by_layer in view.every.items()
        for layer in by_layer
    }
