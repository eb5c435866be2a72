"""The rows that say what a score means: null, ceiling, interval, curve, word classes.

One skeleton for every metric of clusters; what a metric has to give is `Measure`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from polyconcept.records.arrays import Bool
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Resamples, Run, Score, ScoreKey
from polyconcept.records.text import Definition
from polyconcept.scoring.statistics import Measured, curve_area, thresholds, under_control
from polyconcept.scoring.word_classes import ClassMasks

Masks: TypeAlias = Mapping[str, Bool[np.ndarray, " _"]]
"""Language -> which types of its word table count."""

Found = TypeVar("Found")
"""What is found of one clustering."""


Values: TypeAlias = Mapping[str, Measured]
"""Clusters that count (``all``, ``large``) -> the score; left out where there are none."""


@dataclass(frozen=True)
class Measure(ABC, Generic[Found]):
    """A metric on the clusterings of a pair, layer, definition and direction, under all seeds."""

    metric: ClassVar[str]
    """Its name in the score table."""
    threshold: ClassVar[str]
    """The threshold that its curve runs over."""

    run: Run
    layer: int
    definition: Definition
    sides: Sequence[tuple[ClusteredWords, ClusteredWords]]
    """Source and target words under each seed."""

    @property
    def key(self) -> ScoreKey:
        """Whose scores; no seed."""
        source, target = (words.language for words in self.sides[0])
        return self.run.key(source, target, self.layer)

    @property
    @abstractmethod
    def found(self) -> Sequence[Found]:
        """What is found of each seed's clustering."""

    @abstractmethod
    def seed_rows(self, found: Found, key: ScoreKey) -> list[Score]:
        """Give the plain rows of what is found of one clustering."""

    @abstractmethod
    def plain(self) -> Values:
        """Give the score at the study's settings, with null, samples and ceiling."""

    @abstractmethod
    def at(self, threshold: float) -> Values:
        """Give the score at another threshold."""

    @abstractmethod
    def of_types(self, masks: Masks) -> Values:
        """Give the score of the words of some types alone; none where a language has no such."""

    def beside(self, summary: Score) -> Iterator[Score]:  # noqa: ARG002 - for metrics that use it
        """Give the rows that follow a summary."""
        return iter(())

    def alternatives(self) -> Iterator[Score]:
        """Give the rows of other settings, and of other ways to count."""
        return iter(())

    def facts(self) -> Iterator[Score]:
        """Give the rows of what the score rests on."""
        return iter(())

    def row(self, values: Measured, over: str, metric: str = "", **columns: Any) -> Score:  # noqa: ANN401 - values of any column
        """Give a summary row, with other columns than those of the plain score."""
        row = values.row(metric or self.metric, self.definition, over, self.key)
        return replace(row, **columns) if columns else row

    def rows(self, values: Values, metric: str = "", **columns: Any) -> Iterator[Score]:  # noqa: ANN401 - as `row`
        """Give the summary rows of all clusters that count."""
        return (self.row(measured, over, metric, **columns) for over, measured in values.items())


def score_measures(
    measures: Iterable[Measure[Found]], seeds: Sequence[int], classes: ClassMasks
) -> tuple[list[Score], list[tuple[ScoreKey, Found]], list[Resamples]]:
    """Give all rows of a metric, what is found of each clustering, and the resampled scores.

    Args:
        measures: The metric on the clusterings of each layer, definition and direction.
        seeds: The seeds of the clusterings.
        classes: Classes of word types that are scored apart.
    """
    scores: list[Score] = []
    concepts: list[tuple[ScoreKey, Found]] = []
    resamples: list[Resamples] = []
    for measure in measures:
        for seed, found in zip(seeds, measure.found, strict=True):
            key = replace(measure.key, seed=seed)
            concepts.append((key, found))
            scores.extend(measure.seed_rows(found, key))
        for one in _describe(measure, classes):
            if isinstance(one, Resamples):
                resamples.append(one)
            else:
                scores.append(one)
    return scores, concepts, resamples


def control_rows(
    controls: Iterable[tuple[str, Iterable[Measure[Found]]]],
) -> Iterator[Score]:
    """Give the summary rows of clusterings under controls: each control's name and measures."""
    for control, measures in controls:
        for measure in measures:
            for row in measure.rows(measure.plain()):
                yield under_control(row, control)


def _describe(measure: Measure[Found], classes: ClassMasks) -> Iterator[Score | Resamples]:
    for over, measured in measure.plain().items():
        summary = measure.row(measured, over)
        yield summary
        if measured.drawn is not None:
            place = measure.metric, measure.definition, over, measure.key
            yield Resamples(*place, measured.seed, measured.drawn)
        yield from measure.beside(summary)
    yield from _curve(measure)
    yield from measure.alternatives()
    for name, masks in classes.items():
        yield from measure.rows(measure.of_types(masks), control=f"words:{name}")
    yield from measure.facts()


def _curve(measure: Measure[Found]) -> Iterator[Score]:
    """Give the score at every threshold, and the area under it."""
    curve = [measure.at(threshold) for threshold in thresholds()]
    for threshold, values in zip(thresholds(), curve, strict=True):
        yield from measure.rows(values, parameter=measure.threshold, at=threshold)
    for over in curve[0]:
        if all(over in values for values in curve):
            area = _area([values[over] for values in curve])
            yield measure.row(area, over, f"{measure.metric}_auc")


def _area(curve: Sequence[Measured]) -> Measured:
    permuted = [one.permuted for one in curve if one.permuted is not None]
    drawn = [one.drawn for one in curve if one.drawn is not None]
    return Measured(
        curve_area(np.array([one.by_seed for one in curve])).tolist(),
        permuted=curve_area(np.stack(permuted)) if permuted else None,
        drawn=curve_area(np.stack(drawn)) if drawn else None,
    )
