"""Rows of the score table chosen, and averaged over seeds into curves over layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from polyconcept.records import Score

__all__ = ["Curve", "Pair", "Run", "Values", "change_from_base", "choose", "curves", "values"]

Pair: TypeAlias = tuple[str, str]
"""Source and target language."""


@dataclass(frozen=True, order=True)
class Run:
    """Model x variant x side: one panel of a figure."""

    model: str
    """Name of the model."""
    side: str
    """Side of the model."""
    variant: str
    """``base``, or the task the model was fine-tuned on."""


@dataclass(frozen=True)
class Curve:
    """A score of one run and pair over its layers."""

    layers: tuple[int, ...]
    """Layers, increasing."""
    mean: tuple[float, ...]
    """Mean over the seeds, per layer."""
    low: tuple[float, ...]
    """Lowest of the seeds, per layer."""
    high: tuple[float, ...]
    """Highest of the seeds, per layer."""
    n_seeds: int
    """Most seeds that one layer has."""


Values: TypeAlias = Mapping[tuple[Run, Pair, int, int], float]
"""(run, pair, layer, seed) -> score."""


def choose(
    scores: Iterable[Score], metric: str, *, definition: str, over: str, corpus: str | None
) -> list[Score]:
    """Rows of one metric, definition, share and corpus.

    Raises:
        ValueError: there is none, or there are several corpora and none was asked for.
    """
    scores = list(scores)
    wanted = (metric, definition, over)
    rows = [
        s
        for s in scores
        if (s.metric, s.definition, s.over) == wanted and s.is_plain and s.seed is not None
    ]
    found = sorted({s.corpus for s in rows})
    if corpus is not None:
        rows = [s for s in rows if s.corpus == corpus]
    elif len(found) > 1:
        raise ValueError(f"the rows of {metric} are of {len(found)} corpora, {', '.join(found)}; "
                         "one figure shows one: name it")  # fmt: skip
    if not rows:
        where = f", corpus '{corpus}'" if corpus is not None else ""
        raise ValueError(
            f"no row has metric '{metric}', definition '{definition}', over '{over}'{where}; "
            f"{_what_there_is(scores)}"
        )
    return rows


def _what_there_is(scores: Sequence[Score]) -> str:
    kinds = sorted({(s.metric, s.definition, s.over, s.corpus) for s in scores})
    if not kinds:
        return "the score table is empty"
    listed = "; ".join(f"'{m}', '{d}', '{o}', corpus '{c}'" for m, d, o, c in kinds)
    return f"there are: {listed}"


def values(rows: Iterable[Score]) -> Values:
    """The score of each run, pair, layer and seed.

    Raises:
        ValueError: a row has no layer, or two rows have all of these in common.
    """
    found: dict[tuple[Run, Pair, int, int], float] = {}
    for row in rows:
        if row.layer is None or row.seed is None:
            raise ValueError(f"a row of {row.metric} has no layer, which a curve needs: {row}")
        run = Run(row.model, row.side, row.variant)
        key = (run, (row.source, row.target), row.layer, row.seed)
        if key in found:
            raise ValueError(f"two rows of {row.metric} differ in nothing but their value: {row}")
        found[key] = row.value
    return found


def change_from_base(found: Values) -> Values:
    """Fine-tuned minus base, for each fine-tuned run, pair, layer and seed.

    Raises:
        ValueError: no run is fine-tuned, or a fine-tuned one lacks its base partner.
    """
    changes: dict[tuple[Run, Pair, int, int], float] = {}
    for (run, pair, layer, seed), value in found.items():
        if run.variant == "base":
            continue
        partner = (Run(run.model, run.side, "base"), pair, layer, seed)
        if partner not in found:
            raise ValueError(
                f"{run.model} fine-tuned on {run.variant} has a score for {'-'.join(pair)}, layer "
                f"{layer}, seed {seed}, but its base variant has none to compare with"
            )
        changes[run, pair, layer, seed] = value - found[partner]
    if not changes:
        runs = ", ".join(sorted({f"{run.model} {run.variant}" for run, *_ in found}))
        raise ValueError(f"no run is fine-tuned, so there is no change to show; runs: {runs}")
    return changes


def curves(found: Values) -> dict[Run, dict[Pair, Curve]]:
    """One curve per run and pair, in sorted order."""
    by_seed: dict[tuple[Run, Pair], dict[int, list[float]]] = defaultdict(dict)
    for (run, pair, layer, _), value in sorted(found.items()):
        by_seed[run, pair].setdefault(layer, []).append(value)
    result: dict[Run, dict[Pair, Curve]] = defaultdict(dict)
    for (run, pair), layers in by_seed.items():
        result[run][pair] = Curve(
            layers=tuple(layers),
            mean=tuple(sum(seeds) / len(seeds) for seeds in layers.values()),
            low=tuple(min(seeds) for seeds in layers.values()),
            high=tuple(max(seeds) for seeds in layers.values()),
            n_seeds=max(len(seeds) for seeds in layers.values()),
        )
    return dict(result)
