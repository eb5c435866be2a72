"""How often a claim is decided although nothing is to be decided: false firm verdicts.

    OMP_NUM_THREADS=1 python benchmarks/claims.py [--draws N]

Score tables are drawn in which the true effect of claims 1 and 2 is the least effect itself, and
the true correlation of claim 3 is 0, so that `holds` and `does not hold` are both false; at 95 %
they should come up in 5 % of draws. Models differ in their effects by as many times the noise as
a column says, a model's runs share its base scores, and all models share effects of languages: on
alignment by layer, and on zero-shot scores. Beside the verdicts of `state_claims` stand two other
ways to count: Student's t over runs (pairs averaged), and over runs and pairs; of claim 3 the
correlation over all scores of all runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from polyconcept.claims.intervals import mean_interval, spearman, spearman_interval
from polyconcept.claims.state import state_claims
from polyconcept.records.scores import Score

LEAST = 0.01
NOISE = 0.02
"""Standard deviation of what a run and pair adds of its own to a score."""
WAYS = (
    *("claim 1", "1 by runs", "1 by points", "claim 2", "2 by runs", "2 by points"),
    *("claim 3", "3 by points"),
)


@dataclass(frozen=True)
class Layout:
    """What a study has; each task is fine-tuned on the language that all pairs share."""

    models: int
    tasks: int
    pairs: int
    tested: float = 1.0
    """Share of the languages, drawn for each task, that it has test sets in."""

    def __str__(self) -> str:
        gaps = "" if self.tested == 1 else f", tested {self.tested:.0%}"
        return f"{self.models}, {self.tasks}, {self.pairs}{gaps}"


LAYOUTS = (
    Layout(3, 2, 2),
    Layout(3, 3, 5),
    Layout(5, 2, 4),
    Layout(3, 2, 8),
    Layout(4, 3, 8, tested=0.6),
    Layout(2, 2, 4),
)
EFFECTS = (0.0, 0.5, 1.0, 3.0)
"""Spread of the models' effects, in units of the noise."""


@dataclass(frozen=True)
class Drawn:
    """A study's scores; variant 0 is the base model."""

    alignment: np.ndarray
    """[model, variant, pair, layer], the lower and the upper one."""
    transfer: np.ndarray
    """[model, task, pair]; not a number where a task has no test set."""


def draw(layout: Layout, spread: float, random: np.random.Generator) -> Drawn:
    """Draw a study in which the least effect is the true one."""
    shape = (layout.models, 1 + layout.tasks, layout.pairs)

    def normal(*axes: int) -> np.ndarray:
        """Draw noise that differs along some axes and is the same along the others."""
        return random.normal(0, NOISE, [n if i in axes else 1 for i, n in enumerate(shape)])

    # Effects of the languages at hand: the models are a sample, the pairs are not.
    of_pairs = 3 * normal(2)
    rise = LEAST + spread * normal(0) + normal(0, 2) + of_pairs - of_pairs.mean()
    change = LEAST + spread * normal(0) + normal(0, 1) + normal(0, 1, 2)
    change[:, 0] = 0
    lower = 0.4 + 5 * normal(0) + 3 * normal(2) + normal(0, 2) + change
    layers = [lower + normal(0, 1, 2), lower + rise + normal(0, 1, 2)]
    alignment = np.stack([np.broadcast_to(layer, shape) for layer in layers], axis=-1)
    transfer = 0.5 + 5 * normal(0, 1) + 3 * normal(2) + normal(0, 2) + normal(0, 1, 2)
    transfer = np.broadcast_to(transfer, shape)[:, 1:].copy()
    n_tested = round(layout.tested * layout.pairs)
    for task in range(layout.tasks):
        transfer[:, task, random.permutation(layout.pairs)[n_tested:]] = np.nan
    return Drawn(alignment, transfer)


def rows(drawn: Drawn) -> Iterator[Score]:
    """Yield the score table."""
    columns: dict[str, Any] = {"side": "encoder", "corpus": "drawn", "n_hit": None, "n_total": None}
    for (model, variant, pair, layer), value in np.ndenumerate(drawn.alignment):
        yield Score(
            **columns,
            metric="calign",
            definition="published",
            over="all",
            model=f"model{model}",
            variant=f"task{variant}" if variant else "base",
            source="en",
            target=f"x{pair}",
            layer=layer + 1,
            seed=None,
            value=float(value),
        )
    for (model, task, pair), value in np.ndenumerate(drawn.transfer):
        if not np.isnan(value):
            yield Score(
                **columns,
                metric="entity_f1",
                definition="",
                over="",
                model=f"model{model}",
                variant=f"task{task + 1}",
                source="en",
                target=f"x{pair}",
                layer=None,
                seed=1,
                value=float(value),
                zero_shot=True,
            )


def is_decided(values: np.ndarray) -> bool:
    """Return whether the interval by Student's t leaves out the least effect."""
    interval = mean_interval(values.ravel().tolist())
    return interval is not None and not interval[0] <= LEAST <= interval[1]


def decided(drawn: Drawn) -> list[bool]:
    """Return which of `WAYS` decide."""
    found = state_claims(list(rows(drawn)), [], least_effect=LEAST, untrained=False)
    firm = {
        one.claim: one.verdict != "undecided"
        for one in found.claims
        if (one.metric, one.definition) == ("calign", "published")
    }
    rise = drawn.alignment[..., 1] - drawn.alignment[..., 0]
    level = drawn.alignment.mean(axis=-1)
    change = level[:, 1:] - level[:, :1]
    scores = (drawn.transfer - np.nanmean(drawn.transfer, axis=-1, keepdims=True)) / np.nanstd(
        drawn.transfer, axis=-1, keepdims=True
    )
    known = np.isfinite(scores)
    n_points = int(known.sum())
    rho = spearman(level[:, 1:][known].tolist(), scores[known].tolist())
    low, high = spearman_interval(rho, n_points) if rho is not None else (-1.0, 1.0)
    return [
        *(firm[1], is_decided(rise.mean(axis=-1)), is_decided(rise)),
        *(firm[2], is_decided(change.mean(axis=-1)), is_decided(change)),
        *(firm[3], not low <= 0 <= high),
    ]


def rates(layout: Layout, spread: float, n_draws: int, seed: int = 1) -> list[float]:
    """Return the share of draws in which each of `WAYS` decides."""
    random = np.random.default_rng([seed, *map(ord, str(layout)), int(10 * spread)])
    found: list[float] = np.mean(
        [decided(draw(layout, spread, random)) for _ in range(n_draws)], axis=0
    ).tolist()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--draws", type=int, default=2000, help="2000: a share of 5 % is known to 1 %"
    )
    n_draws = parser.parse_args().draws
    print(f"| models, tasks, pairs | models differ by | {' | '.join(WAYS)} |")
    print(f"|---|---|{'---|' * len(WAYS)}")
    for layout in LAYOUTS:
        for spread in EFFECTS:
            found = " | ".join(f"{rate:.1%}" for rate in rates(layout, spread, n_draws))
            print(f"| {layout} | {spread:g} | {found} |", flush=True)


if __name__ == "__main__":
    main()
