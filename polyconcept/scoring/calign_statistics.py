"""Rows that say what a CALIGN means: null, ceiling, interval, curves, matching, word classes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.scores import Resamples, Score
from polyconcept.scoring.calign_group import OVER, Group, Shares, shares_of
from polyconcept.scoring.statistics import Options, curve_area, seed_of_draw, summarise, thresholds
from polyconcept.scoring.word_classes import ClassMasks

__all__ = ["Statistics", "describe", "summaries"]


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Statistics:
    """What is computed besides the plain scores."""

    options: Options
    draws: Int64[np.ndarray, "resample sentence"]
    """How often each sentence is drawn in each resample."""
    sweeps: Mapping[str, Sequence[int | float]]
    """Values of `n`, `size_ratio` and `min_types` that are tried, one at a time."""
    classes: ClassMasks
    """Classes of word types that are scored apart."""


def describe(group: Group, wanted: Statistics) -> Iterator[Score | Resamples]:
    """Rows of one pair, layer, definition and direction, and its resampled scores."""
    for summary, resamples in summaries(group, wanted):
        yield summary
        if resamples is not None:
            yield resamples
        if summary.ceiling:
            yield _of_ceiling(group, summary, summary.ceiling)
    yield from _curve(group)
    yield from _sweeps(group, wanted.sweeps)
    yield from _matchings(group)
    yield from _classes(group, wanted.classes)
    yield _coverage(group)


def summaries(group: Group, wanted: Statistics) -> Iterator[tuple[Score, Resamples | None]]:
    """CALIGN over all and over large clusters with null, interval and ceiling."""
    ceiling = group.ceiling()
    permuted = dict(shares_of(group.permuted(wanted.options)))
    drawn = dict(shares_of(group.resampled(wanted.draws)))
    seeds = seed_of_draw(len(wanted.draws), len(group.sides))
    definition = group.rule.definition
    for over in OVER:
        by_seed = group.plain.over(over)
        if by_seed is None:
            continue
        resamples = None
        if over in drawn:
            resamples = Resamples("calign", definition, over, group.key, seeds, drawn[over])
        else:
            _log.warning("%s: a sample of sentences has no large cluster: no interval", group.key)
        highest = ceiling.over(over) if ceiling else None
        summary = summarise(
            "calign",
            definition,
            over,
            group.key,
            by_seed,
            permuted=permuted.get(over),
            resamples=resamples,
            ceiling=None if highest is None else float(np.mean(highest)),
            counts=group.plain.counts(over),
        )
        yield summary, resamples


def _rows(
    group: Group,
    metric: str,
    shares: Shares,
    *,
    control: str = "",
    parameter: str = "",
    at: float | None = None,
) -> Iterator[Score]:
    """Mean over the seeds, over all and over large clusters."""
    for over in OVER:
        values = shares.over(over)
        if values is not None:
            row = summarise(
                metric, group.rule.definition, over, group.key, values, counts=shares.counts(over)
            )
            yield replace(row, control=control, parameter=parameter, at=at)


def _of_ceiling(group: Group, summary: Score, ceiling: float) -> Score:
    return summarise(
        "calign_of_ceiling", summary.definition, summary.over, group.key, [summary.value / ceiling]
    )


def _curve(group: Group) -> Iterator[Score]:
    """CALIGN at every `match`, and the area under it."""
    curve = [group.at_match(match) for match in thresholds()]
    for match, shares in zip(thresholds(), curve, strict=True):
        yield from _rows(group, "calign", shares, parameter="match", at=match)
    for over in OVER:
        values = [found for shares in curve if (found := shares.over(over)) is not None]
        if len(values) == len(curve):
            areas = curve_area(np.array(values))
            yield summarise("calign_auc", group.rule.definition, over, group.key, areas.tolist())


def _sweeps(group: Group, sweeps: Mapping[str, Sequence[int | float]]) -> Iterator[Score]:
    for parameter, values in sweeps.items():
        for value in values:
            shares = group.at(parameter, value)
            yield from _rows(group, "calign", shares, parameter=parameter, at=float(value))


def _matchings(group: Group) -> Iterator[Score]:
    shares, fractions = group.one_to_one()
    yield from _rows(group, "calign_one_to_one", shares)
    yield summarise("matched_fraction", group.rule.definition, "all", group.key, fractions)
    yield from _rows(group, "calign_two_way", group.two_way())


def _classes(group: Group, classes: ClassMasks) -> Iterator[Score]:
    for name, masks in classes.items():
        shares = group.of_types(masks)
        if shares is not None:
            yield from _rows(group, "calign", shares, control=f"words:{name}")


def _coverage(group: Group) -> Score:
    n_hit, n_total = group.coverage()
    row = summarise("coverage", group.rule.definition, "", group.key, [n_hit / n_total])
    return replace(row, n_hit=n_hit, n_total=n_total)
