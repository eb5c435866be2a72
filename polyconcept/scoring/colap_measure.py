"""COLAP of one pair, layer and definition, with what says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.scores import ClusterOverlap, Score, ScoreKey
from polyconcept.records.text import Masks
from polyconcept.scoring.colap import attainable, colap, colap_of_counts
from polyconcept.scoring.describe import Measure, Values
from polyconcept.scoring.mixing import Counted, count_sides, count_words, permute, twins
from polyconcept.scoring.statistics import Measured


@dataclass(frozen=True)
class ColapMeasure(Measure[ClusterOverlap]):
    """COLAP of two languages in common clusters."""

    metric: ClassVar[str] = "colap"
    threshold: ClassVar[str] = "share"

    share: float
    """Share of a cluster's words that each language must hold."""

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
        """Return the plain row of an overlap."""
        return colap_scores(found, key)

    def plain(self) -> Values:
        """Return COLAP with null, samples and ceiling: the most that such clusters can share."""
        highest = [
            attainable(counts, self.share, self.definition) for counts in self._counted.by_seed
        ]
        values = self.at(self.share)
        return {"all": replace(values["all"], ceiling=float(np.mean(highest)))}

    def changed(self) -> Values:
        """Return the score of clusterings under a control, which has no ceiling."""
        return self.at(self.share)

    def at(self, threshold: float) -> Values:
        """Return COLAP at another `share`, with null and samples."""
        found = self._counted.measured(
            lambda counts: colap_of_counts(counts, threshold, self.definition)
        )
        return {"all": _of_clusters(found, self._counted.by_seed)}

    def of_types(self, masks: Masks) -> Values:
        """Return COLAP of the words of some types, with null; none where a side has none."""
        counts = np.stack([count_sides(sides, masks) for sides in self.sides])
        if not counts.sum(axis=2).all():
            return {}
        by_seed, permuted = (
            colap_of_counts(some, self.share, self.definition)
            for some in (counts, permute(counts, self.statistics.options))
        )
        return {"all": _of_clusters(Measured(by_seed.tolist(), permuted=permuted), counts)}

    def beside(self, summary: Score) -> Iterator[Score]:
        """Yield the twins without a threshold."""
        for metric, values in twins(self._counted).items():
            yield self.row(values, summary.over, metric)

    @cached_property
    def _counted(self) -> Counted:
        return count_words(self.sides, self.statistics.options, self.statistics.draws)


def colap_scores(overlap: ClusterOverlap, key: ScoreKey) -> list[Score]:
    """Return the row of the score table: overlapping clusters among those with words."""
    n_hit, n_total = overlap.n_overlapping, overlap.n_clusters
    share = Measured([n_hit / n_total], (n_hit, n_total))
    return [share.row("colap", overlap.definition, "all", key)]


def _of_clusters(found: Measured, counts: Int64[np.ndarray, "seed 2 cluster"]) -> Measured:
    """Return COLAP, whose chance is the best there is; with its clusters, where one seed is."""
    # Permuted labels mix the languages as well as blind chance can.
    n_total = int(np.count_nonzero(counts[0].sum(axis=0)))
    of_one = round(found.by_seed[0] * n_total), n_total
    return replace(found, best_is_null=True, counts=of_one if len(counts) == 1 else None)
