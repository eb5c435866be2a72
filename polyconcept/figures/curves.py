"""Points of the score table as curves over layers, gathered by panel."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeAlias

from polyconcept.figures.rows import Pair, Place, Point, Run, parts_of_means


@dataclass(frozen=True)
class Curve:
    """A score of one run and pair over its layers."""

    layers: tuple[int, ...]
    """Layers, increasing."""
    points: tuple[Point, ...]
    """The score in each."""

    @property
    def mean(self) -> tuple[float, ...]:
        """The scores."""
        return tuple(point.value for point in self.points)

    @property
    def low(self) -> tuple[float, ...]:
        """Lower ends of the band; not a number where there is none, so that none is drawn."""
        return tuple(math.nan if point.low is None else point.low for point in self.points)

    @property
    def high(self) -> tuple[float, ...]:
        """Upper ends, as `low`."""
        return tuple(math.nan if point.high is None else point.high for point in self.points)

    @property
    def has_band(self) -> bool:
        """Whether any layer has one."""
        return any(point.band for point in self.points)


@dataclass(frozen=True)
class Panel:
    """All curves of a run, and what they are to be compared with."""

    curves: Mapping[Pair, Curve]
    """In sorted order."""
    null: Mapping[int, tuple[float, float]]
    """Layer -> lowest and highest end of the pairs' ranges of permuted input."""
    ceiling: Mapping[int, float]
    """Layer -> mean ceiling of the pairs."""
    random: Mapping[int, float]
    """Layer -> mean score of the pairs with random weights; empty where it is the curves' own."""


Panels: TypeAlias = Mapping[Run, Panel]


def panels(found: Mapping[Place, Point]) -> Panels:
    """One panel per run; single fine-tunings are left out where their mean is a run too.

    Nulls and ceilings of a mean are those of its parts: it has none of its own. Each panel but
    that of random weights itself has the scores of the same model and side with random weights.
    """
    shown_in = parts_of_means(run for run, _, _ in found)
    curves: dict[Run, dict[Pair, dict[int, Point]]] = defaultdict(lambda: defaultdict(dict))
    nulls: dict[Run, dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    ceilings: dict[Run, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (run, pair, layer), point in sorted(found.items(), key=lambda item: item[0]):
        panel = shown_in.get(run, run)
        if panel == run:
            curves[run][pair][layer] = point
        if point.null is not None:
            nulls[panel][layer].append(point.null)
        if point.ceiling is not None:
            ceilings[panel][layer].append(point.ceiling)
    return {
        run: Panel(
            {pair: Curve(tuple(by), tuple(by.values())) for pair, by in of_run.items()},
            {n: (min(r)[0], max(high for _, high in r)) for n, r in sorted(nulls[run].items())},
            {n: fmean(every) for n, every in sorted(ceilings[run].items())},
            {}
            if run.variant == "random"
            else _means(curves.get(replace(run, variant="random"), {})),
        )
        for run, of_run in curves.items()
    }


def _means(of_pairs: Mapping[Pair, Mapping[int, Point]]) -> dict[int, float]:
    """The mean of the pairs in each layer."""
    by_layer: dict[int, list[float]] = defaultdict(list)
    for points in of_pairs.values():
        for layer, point in points.items():
            by_layer[layer].append(point.value)
    return {layer: fmean(values) for layer, values in sorted(by_layer.items())}


def change_from_base(found: Mapping[Place, Mapping[int, float]]) -> dict[Place, dict[int, float]]:
    """Fine-tuned minus base, for each fine-tuned run, pair, layer and seed.

    Raises:
        ValueError: no run is fine-tuned, or a fine-tuned one lacks its base partner.
    """
    changes: dict[Place, dict[int, float]] = {}
    for (run, pair, layer), seeds in found.items():
        if run.variant in ("base", "random"):
            continue
        base = found.get((Run(run.model, run.side, "base"), pair, layer), {})
        for seed in seeds:
            if seed not in base:
                raise ValueError(
                    f"{run.model} fine-tuned on {run.variant} has a score for {'-'.join(pair)}, "
                    f"layer {layer}, seed {seed}, but its base variant has none to compare with"
                )
        changes[run, pair, layer] = {seed: value - base[seed] for seed, value in seeds.items()}
    if not changes:
        runs = ", ".join(sorted({f"{run.model} {run.variant}" for run, *_ in found}))
        raise ValueError(f"no run is fine-tuned, so there is no change to show; runs: {runs}")
    return changes
