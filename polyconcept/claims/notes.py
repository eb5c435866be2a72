"""What a reader must know before the verdicts: scores near their floor, seeds, no learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean

from polyconcept.claims.rows import Run, Table
from polyconcept.records.metrics import DEFINITIONS, METRICS, near_floor
from polyconcept.records.table import known

_FEW_SEEDS = 3
"""A variance of fewer values is next to nothing known."""


def warnings(table: Table) -> Iterator[str]:
    """Yield what weakens the verdicts, in English."""
    if table.untrained:
        counted = "but counted in" if table.count_untrained else "and left out of"
        yield f"Learnt nothing, {counted} claims 2 and 3: {named(table.untrained)}."
    for definition in DEFINITIONS:
        if low := _near_floor(table, definition):
            yield (
                f"{METRICS['calign'].title} ({definition}) is near its floor in {low}: there the "
                "threshold and the number of clusters decide it; read calign_auc."
            )
    n_seeds = len(table.alignment.where(seed=known).unique("seed"))
    if n_seeds == 1:
        yield (
            "Words were clustered under one seed: the ranges for these models hold nothing of "
            "what another would change (Ward's method draws nothing, and needs no other)."
        )
    elif 0 < n_seeds < _FEW_SEEDS:
        yield f"Words were clustered under {n_seeds} seeds: too few to know what others would give."


def remarks(table: Table) -> Iterator[str]:
    """Yield what the intervals hold of the seeds of fine-tuning, in English."""
    if not table.fine_tuned:
        return
    n_seeds = Counter((run[0], table.repeats.get(run, run[1])) for run in table.fine_tuned)
    fewest, most = min(n_seeds.values()), max(n_seeds.values())
    if most == 1:
        yield (
            "Models were fine-tuned under one seed: the ranges for these models hold nothing of "
            "what another would change."
        )
    elif fewest == most:
        yield f"Fine-tunings were repeated under {most} seeds, whose variance the ranges hold."
    else:
        yield (
            f"Fine-tunings were done under {fewest} to {most} seeds: the ranges for these models "
            "hold the variance of those that were repeated."
        )


def _near_floor(table: Table, definition: str) -> str:
    """Return the models whose CALIGN is near its floor, with mean numbers above layer 0."""
    rows = table.alignment.where(
        lambda row: row.layer != 0, metric="calign", definition=definition, parameter=""
    )
    found = []
    for model, of_model in rows.by("model").items():
        summaries = of_model.where(seed=None)
        totals = of_model.where(n_total=known).values("n_total")
        if not summaries or not totals:
            continue
        value, n_clusters = fmean(summaries.values()), fmean(totals)
        ceilings = summaries.where(ceiling=known).values("ceiling")
        ceiling = fmean(ceilings) if ceilings else None
        if near_floor(value * n_clusters, ceiling):
            highest = "" if ceiling is None else f", ceiling {ceiling:.2f}"
            aligned = f"{value * n_clusters:.1f} of {n_clusters:.0f} clusters align"
            found.append(f"{model} ({aligned}{highest})")
    return ", ".join(found)


def named(runs: Sequence[Run]) -> str:
    """Return runs in English."""
    return ", ".join(f"{model} fine-tuned on {variant}" for model, variant in runs)
