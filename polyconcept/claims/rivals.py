"""Does clustering tell more than one line of algebra? Rank correlations with the rivals."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from statistics import fmean

from polyconcept.claims.intervals import spearman
from polyconcept.claims.rows import single_runs
from polyconcept.records.metrics import DEFINITIONS, MAIN_METRICS, RIVALS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import LEAST_FOR_CORRELATION

_log = logging.getLogger(__name__)

_GROUP = ("model", "side", "corpus")
_PLACE = ("variant", "languages", "layer")
"""Where both have a score; rivals have one for both directions."""


def rank_correlations(scores: Iterable[Score]) -> list[Score]:
    """Return Spearman's correlation of each metric with each rival, over a model's side.

    A point is a layer, pair and variant (the `random` one left out) that both have a summary score
    of; where a metric is scored in both directions, their mean is one point. Rows have the metric
    `rank_correlation` (docs/STATISTICS.md, "Rivals") and empty `variant`, `source` and `target`.
    They describe: such points are not independent, so that no interval or p would be right. There
    is none of fewer than four points or a constant side: the log says so.

    Raises:
        ValueError: A rival has two summary rows for one layer, pair and variant.
    """
    rows = single_runs(ScoreTable(scores)).where(is_plain=True, seed=None)
    groups = rows.where(metric=MAIN_METRICS, over="all").by(*_GROUP)
    rivals = rows.where(metric=RIVALS, over="")
    rivals.one_by(*_GROUP, "metric", *_PLACE, twice=_two_summaries)
    by_rival = rivals.by(*_GROUP, "metric")
    found: list[Score | None] = []
    for (group, own), rival, metric, definition in itertools.product(
        groups.items(), RIVALS, MAIN_METRICS, DEFINITIONS
    ):
        compared = own.where(metric=metric, definition=definition)
        other = by_rival.get((*group, rival))
        # Without rows of one of the two, nothing was asked for.
        if compared and other:
            found.append(_correlation(compared, other, rival))
    return [row for row in found if row is not None]


def _two_summaries(row: Score) -> str:
    return (
        f"the score table has two summary rows of {row.metric} for {row.model}, {row.variant}, "
        f"{row.side}, {row.source}-{row.target}, layer {row.layer}; one is needed"
    )


def _correlation(compared: ScoreTable, rivals: ScoreTable, rival: str) -> Score | None:
    other = rivals.one_by(*_PLACE)
    joined = [
        (fmean(row.value for row in both), other[place].value)
        for place, both in compared.by(*_PLACE).items()
        if place in other
    ]
    left, right = [value for value, _ in joined], [value for _, value in joined]
    first = compared.first
    rho = spearman(left, right)
    if rho is None or len(joined) < LEAST_FOR_CORRELATION:
        _log.warning(
            "no rank correlation of %s (%s) with %s for %s, %s: %d points, %d are needed, and "
            "values of each that differ",
            *(first.metric, first.definition, rival, first.model, first.side),
            *(len(joined), LEAST_FOR_CORRELATION),
        )
        return None
    return Score(
        metric="rank_correlation",
        definition=first.definition,
        over=first.metric,
        model=first.model,
        variant="",
        side=first.side,
        corpus=first.corpus,
        source="",
        target="",
        layer=None,
        control=rival,
        seed=None,
        n_hit=None,
        n_total=len(joined),
        value=rho,
    )
