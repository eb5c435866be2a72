"""COLAP of one pair, layer and definition, with what says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from polyconcept.records.scores import ClusterOverlap, Score, ScoreKey
from polyconcept.scoring.colap import attainable, colap, colap_of_counts
from polyconcept.scoring.describe import Measure, Values
from polyconcept.scoring.mixing import Counted, count_words, twins
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
        return self._scored(self._counted, threshold)

    def of_class(self) -> Values:
        """Return COLAP of the words of a class, with null."""
        # A sample of the sentences may have none of them: no interval.
        return self._scored(count_words(self.sides, self.statistics.options), self.share)

    def beside(self, summary: Score) -> Iterator[Score]:
        """Yield the twins without a threshold."""
        for metric, values in twins(self._counted).items():
            yield self.row(values, summary.over, metric)

    def _scored(self, counted: Counted, share: float) -> Values:
        found = counted.measured(lambda counts: colap_of_counts(counts, share, self.definition))
        totals = np.count_nonzero(counted.by_seed.sum(axis=1), axis=1).tolist()
        hits = [round(value * n) for value, n in zip(found.by_seed, totals, strict=True)]
        # Permuted labels mix the languages as well as blind chance can.
        return {"all": replace(found, hits=hits, totals=totals, best_is_null=True)}

    @cached_property
    def _counted(self) -> Counted:
        return count_words(self.sides, self.statistics.options, self.statistics.draws)


def colap_scores(overlap: ClusterOverlap, key: ScoreKey) -> list[Score]:
    """Return the row of the score table: overlapping clusters among those with words."""
    n_hit, n_total = overlap.n_overlapping, overlap.n_clusters
    share = Measured([n_hit / n_total], [n_hit], [n_total])
    return [share.row("colap", overlap.definition, "all", key)]
