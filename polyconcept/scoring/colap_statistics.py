"""COLAP of a pair in every layer, with what says what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.concepts import ClusteredWords, ConceptKey, ConceptReader, ControlReader
from polyconcept.records.scores import ClusterOverlap, Resamples, Run, Score, ScoreKey
from polyconcept.records.text import Definition
from polyconcept.scoring import describe
from polyconcept.scoring.colap import colap, colap_scores
from polyconcept.scoring.colap_draws import (
    Counted,
    count_sides,
    count_words,
    measured,
    permute,
    twins,
)
from polyconcept.scoring.describe import Masks, Measure, Values
from polyconcept.scoring.mixing import attainable, colap_of_counts
from polyconcept.scoring.statistics import Measured, Options
from polyconcept.scoring.word_classes import ClassMasks


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

    scores: list[Score]
    overlaps: list[tuple[ScoreKey, ClusterOverlap]]
    resamples: list[Resamples]


def score_layers(concepts: ConceptReader, run: Run, wanted: Statistics, *, share: float) -> Report:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Args:
        concepts: the pair's clusterings; those of both languages together are read.
        run: whose clusterings they are.
        wanted: what is computed besides the plain scores.
        share: share of a cluster's words that each language must hold.
    """
    measures = _measures(concepts, run, wanted, share)
    return Report(*describe.score_measures(measures, concepts.seeds, wanted.classes))


def control_rows(
    controls: Iterable[ControlReader], run: Run, wanted: Statistics, *, share: float
) -> list[Score]:
    """Rows of clusterings under controls; they have no ceiling.

    Args:
        controls: the pair's clusterings under each control.
        run: whose they are.
        wanted: how much is drawn for nulls and intervals.
        share: share of a cluster's words that each language must hold.
    """
    rows = describe.control_rows(
        (concepts.control, _measures(concepts, run, wanted, share)) for concepts in controls
    )
    return [replace(row, ceiling=None) for row in rows]


@dataclass(frozen=True)
class ColapMeasure(Measure[ClusterOverlap]):
    """COLAP of two languages in common clusters."""

    metric: ClassVar[str] = "colap"
    threshold: ClassVar[str] = "share"

    share: float
    """Share of a cluster's words that each language must hold."""
    wanted: Statistics

    @property
    def found(self) -> Sequence[ClusterOverlap]:
        """Which clusters overlap, under each seed."""
        return [
            colap(
                source.cluster,
                target.cluster,
                n_clusters=source.n_clusters,
                share=self.share,
                definition=self.definition,
            )
            for source, target in self.sides
        ]

    def seed_rows(self, found: ClusterOverlap, key: ScoreKey) -> list[Score]:
        """Give the plain row of an overlap."""
        return colap_scores(found, key)

    def plain(self) -> Values:
        """Give COLAP with null, samples and ceiling: the most that such clusters can share."""
        highest = [
            attainable(counts, self.share, self.definition) for counts in self._counted.by_seed
        ]
        values = self.at(self.share)
        return {"all": replace(values["all"], ceiling=float(np.mean(highest)))}

    def at(self, threshold: float) -> Values:
        """Give COLAP at another `share`, with null and samples."""
        found = measured(
            self._counted, lambda counts: colap_of_counts(counts, threshold, self.definition)
        )
        return {"all": _of_clusters(found, self._counted.by_seed)}

    def of_types(self, masks: Masks) -> Values:
        """Give COLAP of the words of some types alone, with null; none where a side has none."""
        counts = np.stack([count_sides(sides, masks) for sides in self.sides])
        if not counts.sum(axis=2).all():
            return {}
        by_seed, permuted = (
            colap_of_counts(some, self.share, self.definition)
            for some in (counts, permute(counts, self.wanted.options))
        )
        return {"all": _of_clusters(Measured(by_seed.tolist(), permuted=permuted), counts)}

    def beside(self, summary: Score) -> Iterator[Score]:
        """Give the twins without a threshold."""
        for metric, values in twins(self._counted).items():
            yield self.row(values, summary.over, metric)

    @cached_property
    def _counted(self) -> Counted:
        return count_words(self.sides, self.wanted.options, self.wanted.draws)


def _measures(
    concepts: ConceptReader, run: Run, wanted: Statistics, share: float
) -> Iterator[ColapMeasure]:
    """The clusterings of a pair by definition and layer, under all seeds each."""
    for definition in concepts.definitions:
        for layer in concepts.layers:
            sides = [_sides(concepts, layer, seed, definition) for seed in concepts.seeds]
            yield ColapMeasure(run, layer, definition, sides, share, wanted)


def _sides(
    concepts: ConceptReader, layer: int, seed: int, definition: Definition
) -> tuple[ClusteredWords, ClusteredWords]:
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


def _of_clusters(found: Measured, counts: Int64[np.ndarray, "seed 2 cluster"]) -> Measured:
    """COLAP, whose chance is the best there is; with its clusters, where there is one seed."""
    n_total = int(np.count_nonzero(counts[0].sum(axis=0)))
    of_one = round(found.by_seed[0] * n_total), n_total
    return replace(found, best_is_null=True, counts=of_one if len(counts) == 1 else None)
