"""The effects of claims 1 and 2, and their means over pairs, runs and models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from polyconcept.claims.rows import Draws, Run, Unit, View, mean


@dataclass(frozen=True)
class Effects:
    """An effect in each run and pair that has one."""

    of_units: Mapping[Unit, Draws]
    """The effect, in each draw."""
    layers: tuple[int, ...]
    """Layers whose scores count, of any run."""

    @property
    def of_runs(self) -> dict[Run, Draws]:
        """The mean over the pairs of each run."""
        pairs: dict[Run, list[Draws]] = {}
        for unit, effect in self.of_units.items():
            pairs.setdefault(unit.run, []).append(effect)
        return {run: mean(effects) for run, effects in pairs.items()}


def deeper(view: View) -> Effects:
    """Return the upper half of the layers above 0 minus the lower, without a middle one."""
    found: dict[Unit, Draws] = {}
    layers: set[int] = set()
    for unit, by_layer in view.every.items():
        above = [layer for layer in sorted(by_layer) if layer != 0]
        half = len(above) // 2
        if half:
            lower, upper = above[:half], above[-half:]
            found[unit] = mean(by_layer[n] for n in upper) - mean(by_layer[n] for n in lower)
            layers.update(lower, upper)
    return Effects(found, tuple(sorted(layers)))


def changed(view: View) -> Effects:
    """Return the mean change over the layers, fine-tuned minus base."""
    found = {unit: mean(by_layer.values()) for unit, by_layer in view.change.items()}
    layers = {layer for by_layer in view.change.values() for layer in by_layer}
    return Effects(found, tuple(sorted(layers)))


def of_fine_tunings(
    of_runs: Mapping[Run, Draws], repeats: Mapping[Run, str]
) -> dict[Run, list[Draws]]:
    """Return the runs of each fine-tuning: one, or its repeats under other seeds."""
    found: dict[Run, list[Draws]] = {}
    for (model, variant), effect in of_runs.items():
        name = repeats.get((model, variant), variant)
        found.setdefault((model, name), []).append(effect)
    return found


def of_models(of_runs: Mapping[Run, Draws], repeats: Mapping[Run, str]) -> dict[str, Draws]:
    """Return the mean over the runs of each model; repeats of a fine-tuning are one run."""
    runs: dict[str, list[Draws]] = {}
    for (model, _), effects in of_fine_tunings(of_runs, repeats).items():
        runs.setdefault(model, []).append(mean(effects))
    return {model: mean(effects) for model, effects in runs.items()}
