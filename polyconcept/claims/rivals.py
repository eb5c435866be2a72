"""Does clustering tell more than one line of algebra? Rank correlations with the rivals."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

from polyconcept.claims.intervals import (
    LEAST_FOR_CORRELATION,
    correlation_p,
    spearman,
    spearman_interval,
)
from polyconcept.claims.rows import DEFINITIONS, METRICS, is_repeated, variants_of
from polyconcept.records.scores import Score

__all__ = ["RIVALS", "rank_correlations"]

RIVALS = ("cka", "retrieval")

_log = logging.getLogger(__name__)

_Place: TypeAlias = tuple[str, frozenset[str], int | None]
_Group: TypeAlias = tuple[str, str, str]


def rank_correlations(scores: Sequence[Score]) -> list[Score]:
    """Spearman's correlation of each metric with each rival, over a model's side.

    A point is a layer, pair and variant (the `random` one left out) that both have a summary score
    of; where a metric is scored in both directions, their mean is one point.

    Args:
        scores: Rows of the score table.

    Returns:
        Rows with metric `rank_correlation` (docs/STATISTICS.md, "Rivals"); `variant`, `source` and
        `target` are empty. None where there are fewer than four points or a side is constant: the
        log says so.

    Raises:
        ValueError: A rival has two summary rows for one layer, pair and variant.
    """
    rows = _summaries(scores)
    groups: dict[_Group, list[Score]] = {}
    for row in rows:
        if row.metric in METRICS and row.over == "all":
            groups.setdefault((row.model, row.side, row.corpus), []).append(row)
    rivals = _rivals(rows)
    found: list[Score | None] = []
    for (group, own), rival, metric, definition in itertools.product(
        groups.items(), RIVALS, METRICS, DEFINITIONS
    ):
        compared = [row for row in own if (row.metric, row.definition) == (metric, definition)]
        other = rivals.get((group, rival), {})
        # Without rows of one of the two, nothing was asked for.
        if compared and other:
            found.append(_correlation(compared, other, rival))
    return [row for row in found if row is not None]


def _summaries(scores: Sequence[Score]) -> list[Score]:
    variants = variants_of(scores)
    return [
        row
        for row in scores
        if row.is_plain
        and row.seed is None
        and row.variant != "random"
        and not is_repeated(row.variant, variants[row.model])
    ]


def _rivals(rows: Sequence[Score]) -> Mapping[tuple[_Group, str], Mapping[_Place, float]]:
    found: dict[tuple[_Group, str], dict[_Place, float]] = {}
    for row in rows:
        if row.metric in RIVALS and not row.over:
            group = row.model, row.side, row.corpus
            places = found.setdefault((group, row.metric), {})
            if _place(row) in places:
                raise ValueError(
                    f"the score table has two summary rows of {row.metric} for {row.model}, "
                    f"{row.variant}, {row.side}, {row.source}-{row.target}, layer {row.layer}; "
                    "one is needed"
                )
            places[_place(row)] = row.value
    return found


def _place(row: Score) -> _Place:
    """Where both have a score; rivals have one for both directions."""
    return row.variant, frozenset((row.source, row.target)), row.layer


def _correlation(
    compared: Sequence[Score], other: Mapping[_Place, float], rival: str
) -> Score | None:
    both: dict[_Place, list[float]] = {}
    for row in compared:
        both.setdefault(_place(row), []).append(row.value)
    joined = [(fmean(values), other[place]) for place, values in both.items() if place in other]
    left, right = [value for value, _ in joined], [value for _, value in joined]
    first = compared[0]
    rho = spearman(left, right)
    if rho is None or len(joined) < LEAST_FOR_CORRELATION:
        _log.warning(
            "no rank correlation of %s (%s) with %s for %s, %s: %d points, %d are needed, and "
            "values of each that differ",
            *(first.metric, first.definition, rival, first.model, first.side),
            *(len(joined), LEAST_FOR_CORRELATION),
        )
        return None
    low, high = spearman_interval(rho, len(joined))
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
        low=low,
        high=high,
        p=correlation_p(left, right),
    )
