"""Where so few clusters align that CALIGN says little of its layers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from statistics import fmean

from polyconcept.records.metrics import near_floor
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known

_log = logging.getLogger(__name__)


def warn_near_floor(scores: Iterable[Score]) -> None:
    """Log a warning for each run, pair and definition with the layers that are near the floor.

    Random weights are left out: there it is what one expects.
    """
    rows = ScoreTable(scores).where(is_plain=True, metric="calign", over="all")
    rows = rows.where(lambda row: row.variant != "random")
    for (model, variant, side, definition, pair), of_pair in rows.by(
        "model", "variant", "side", "definition", "pair"
    ).items():
        found = list(filter(None, map(_described, of_pair.by("layer").values())))
        if found:
            _log.warning(
                "%s %s, %s, %s, CALIGN (%s) is near its floor: %s. Its layers can hardly be told "
                "apart: read calign_auc beside it; docs/METRICS.md says how to choose the number "
                "of clusters",
                model,
                variant,
                side,
                "-".join(pair),
                definition,
                "; ".join(found),
            )


def _described(of_layer: ScoreTable) -> str:
    """Return layer, aligned clusters and ceiling in words; empty where there is room."""
    n_aligned = fmean(of_layer.where(seed=known).values("n_hit"))
    summary = of_layer.where(seed=None).first
    if not near_floor(n_aligned, summary.ceiling):
        return ""
    ceiling = "no ceiling" if summary.ceiling is None else f"ceiling {summary.ceiling:.2f}"
    return f"layer {summary.layer}, {n_aligned:.1f} clusters align, {ceiling}"
