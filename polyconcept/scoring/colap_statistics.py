"""Rows that say what a COLAP means: null, ceiling, interval, curve, twins, word classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Float64, Int64
from polyconcept.records.concepts import ClusteredWords, ConceptKey, ConceptReader, ControlReader
from polyconcept.records.scores import ClusterOverlap, Resamples, Run, Score, ScoreKey, parted
from polyconcept.records.text import Definition
from polyconcept.scoring.colap import colap, colap_scores
from polyconcept.scoring.colap_draws import Counted, count_sides, count_words, permute, twin_rows
from polyconcept.scoring.mixing import attainable, colap_of_counts
from polyconcept.scoring.statistics import Options, curve_area, summarise, thresholds, under_control
from polyconcept.scoring.word_classes import ClassMasks

__all__ = ["Report", "Statistics", "control_rows", "score_layers"]

_Counts: TypeAlias = Int64[np.ndarray, "draw 2 cluster"]
_Sides: TypeAlias = tuple[ClusteredWords, ClusteredWords]


@dataclass(frozen=True)
class Statistics:
    """What is computed besides the plain scores."""

    options: Options
    draws: Int64[np.ndarray, "resample sentence"]
    """How often each sentence is drawn in each resample."""
    classes: ClassMasks
    """Classes of word types that are scored apart."""


@dataclass(frozen=True)
class Report:
    """All that is known of a pair's COLAP."""

    scores: list[Score] = field(default_factory=list)
    overlaps: list[tuple[ScoreKey, ClusterOverlap]] = field(default_factory=list)
    resamples: list[Resamples] = field(default_factory=list)


def score_layers(concepts: ConceptReader, run: Run, wanted: Statistics, *, share: float) -> Report:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Args:
        concepts: the pair's clusterings; those of both languages together are read.
        run: whose clusterings they are.
        wanted: what is computed besides the plain scores.
        share: share of a cluster's words that each language must hold.
    """
    report = Report()
    for layer in _layers(concepts, run, share):
        for seed, (source, target) in zip(concepts.seeds, layer.sides, strict=True):
            key = replace(layer.key, seed=seed)
            found = colap(
                source.cluster,
                target.cluster,
                n_clusters=source.n_clusters,
                share=share,
                definition=layer.definition,
            )
            report.overlaps.append((key, found))
            report.scores.extend(colap_scores(found, key))
        rows, resamples = parted(_describe(layer, wanted))
        report.scores.extend(rows)
        report.resamples.extend(resamples)
    return report


def control_rows(
    controls: Iterable[ControlReader], run: Run, wanted: Statistics, *, share: float
) -> list[Score]:
    """Rows of clusterings under controls.

    Args:
        controls: the pair's clusterings under each control.
        run: whose they are.
        wanted: how much is drawn for nulls and intervals.
        share: share of a cluster's words that each language must hold.
    """
    return [
        under_control(
            _summary(layer, count_words(layer.sides, wanted.options, wanted.draws), layer.share)[0],
            concepts.control,
        )
        for concepts in controls
        for layer in _layers(concepts, run, share)
    ]


@dataclass(frozen=True)
class _Layer:
    """The clusterings of one pair, layer and definition under all seeds."""

    key: ScoreKey
    definition: Definition
    share: float
    sides: Sequence[_Sides]


def _layers(concepts: ConceptReader, run: Run, share: float) -> Iterator[_Layer]:
    for definition in concepts.definitions:
        for layer in concepts.layers:
            sides = [_sides(concepts, layer, seed, definition) for seed in concepts.seeds]
            source, target = sides[0]
            key = ScoreKey(
                **asdict(run),
                source=source.language,
                target=target.language,
                layer=layer,
                seed=None,
            )
            yield _Layer(key, definition, share, sides)


def _sides(concepts: ConceptReader, layer: int, seed: int, definition: Definition) -> _Sides:
    """Both languages' words in their common clusters."""
    selection = concepts.selection("colap", definition)
    clusters = concepts.clusters(ConceptKey(layer, seed, "colap", definition, "pooled"))
    n_source = len(selection.source_rows)
    parts = (
        (concepts.source, selection.source_rows, clusters.cluster[:n_source]),
        (concepts.target, selection.target_rows, clusters.cluster[n_source:]),
    )
    source, target = (
        ClusteredWords.of(words, rows, cluster, n_clusters=clusters.n_clusters)
        for words, rows, cluster in parts
    )
    return source, target


def _describe(layer: _Layer, wanted: Statistics) -> Iterator[Score | Resamples]:
    counted = count_words(layer.sides, wanted.options, wanted.draws)
    row, resamples = _summary(layer, counted, layer.share)
    highest = [attainable(one, layer.share, layer.definition) for one in counted.by_seed]
    yield replace(row, ceiling=float(np.mean(highest)))
    yield resamples
    yield from twin_rows(counted, layer.key, layer.definition)
    yield from _curve(layer, counted)
    yield from _classes(layer, wanted)


def _summary(layer: _Layer, counted: Counted, share: float) -> tuple[Score, Resamples]:
    """COLAP at a share, with null and interval."""
    by_seed, permuted, drawn = (
        colap_of_counts(counts, share, layer.definition)
        for counts in (counted.by_seed, counted.permuted, counted.drawn)
    )
    resamples = Resamples("colap", layer.definition, "all", layer.key, counted.seed, drawn)
    return _row(layer, counted.by_seed, by_seed, permuted, resamples), resamples


def _row(
    layer: _Layer,
    counts: _Counts,
    by_seed: Float64[np.ndarray, " seed"],
    permuted: Float64[np.ndarray, " permutation"],
    resamples: Resamples | None = None,
) -> Score:
    """COLAP of each seed's counts; with its clusters, where it is of one seed."""
    row = summarise(
        "colap",
        layer.definition,
        "all",
        layer.key,
        by_seed.tolist(),
        permuted=permuted,
        resamples=resamples,
        best_is_null=True,
    )
    if len(by_seed) > 1:
        return row
    n_total = int(np.count_nonzero(counts[0].sum(axis=0)))
    return replace(row, n_hit=round(float(by_seed[0]) * n_total), n_total=n_total)


def _curve(layer: _Layer, counted: Counted) -> Iterator[Score]:
    """COLAP at every `share`, and the area under it."""
    for at in thresholds():
        yield replace(_summary(layer, counted, at)[0], parameter="share", at=at)
    by_seed, permuted, drawn = (
        curve_area(np.stack([colap_of_counts(counts, at, layer.definition) for at in thresholds()]))
        for counts in (counted.by_seed, counted.permuted, counted.drawn)
    )
    yield summarise(
        "colap_auc",
        layer.definition,
        "all",
        layer.key,
        by_seed.tolist(),
        permuted=permuted,
        resamples=Resamples("colap_auc", layer.definition, "all", layer.key, counted.seed, drawn),
    )


def _classes(layer: _Layer, wanted: Statistics) -> Iterator[Score]:
    """COLAP of the words of a class alone; left out where a language has none."""
    for name, masks in wanted.classes.items():
        counts = np.stack([count_sides(pair, masks) for pair in layer.sides])
        if counts.sum(axis=2).all():
            by_seed, permuted = (
                colap_of_counts(some, layer.share, layer.definition)
                for some in (counts, permute(counts, wanted.options))
            )
            row = _row(layer, counts, by_seed, permuted)
            yield replace(row, control=f"words:{name}")
