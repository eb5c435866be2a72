"""The rows that say what a score means: null, ceiling, interval, curve, word classes.

One skeleton for every metric of clusters; what a metric has to give is `Measure`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.concepts import ClusteredWords, ConceptReader, ControlReader
from polyconcept.records.scores import Resamples, Run, Score, ScoreKey
from polyconcept.records.text import Definition, Masks
from polyconcept.scoring.statistics import (
    Measured,
    Options,
    curve_area,
    thresholds,
    under_control,
)
from polyconcept.scoring.word_classes import ClassMasks

Found = TypeVar("Found")
"""What is found of one clustering."""

Values: TypeAlias = Mapping[str, Measured]
"""Clusters that count (``all``, ``large``) -> the score; left out where there are none."""


@dataclass(frozen=True)
class Statistics:
    """What is computed besides the plain scores, of every metric alike."""

    options: Options
    draws: Int64[np.ndarray, "resample sentence"]
    """How often each sentence is drawn in each resample."""
    classes: ClassMasks
    """Classes of word types that are scored apart."""


@dataclass(frozen=True)
class Measure(ABC, Generic[Found]):
    """A metric on the clusterings of a pair, layer, definition and direction, under all seeds."""

    metric: ClassVar[str]
    """Its name in the score table."""
    threshold: ClassVar[str]
    """The threshold that its curve runs over."""

    run: Run
    statistics: Statistics
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
        """Return the plain rows of what is found of one clustering."""

    @abstractmethod
    def plain(self) -> Values:
        """Return the score at the study's settings, with null, samples and ceiling."""

    @abstractmethod
    def at(self, threshold: float) -> Values:
        """Return the score at another threshold."""

    @abstractmethod
    def of_types(self, masks: Masks) -> Values:
        """Return the score of the words of some types alone; none where a language has no such."""

    def changed(self) -> Values:
        """Return the score of clusterings under a control."""
        return self.plain()

    def control_rows(self) -> Iterator[Score]:
        """Yield the rows of clusterings under a control; their columns do not say which."""
        yield from self.rows(self.changed())

    def curve(self) -> list[Values]:
        """Return the score at every threshold."""
        return [self.at(threshold) for threshold in thresholds()]

    def areas(self, curve: Sequence[Values]) -> Iterator[Score]:
        """Yield the areas under a curve of scores, of all clusters that count."""
        for over in curve[0]:
            if all(over in values for values in curve):
                area = _area([values[over] for values in curve])
                yield self.row(area, over, f"{self.metric}_auc")

    def directions(self) -> Iterator[Measure[Found]]:
        """Yield the metric in every direction that is scored."""
        yield self

    def beside(self, summary: Score) -> Iterator[Score]:  # noqa: ARG002 - for metrics that use it
        """Yield the rows that follow a summary."""
        return iter(())

    def alternatives(self) -> Iterator[Score]:
        """Yield the rows of other settings, and of other ways to count."""
        return iter(())

    def facts(self) -> Iterator[Score]:
        """Yield the rows of what the score rests on."""
        return iter(())

    def row(self, values: Measured, over: str, metric: str = "", **columns: Any) -> Score:  # noqa: ANN401 - values of any column
        """Return a summary row, with other columns than those of the plain score."""
        row = values.row(metric or self.metric, self.definition, over, self.key)
        return replace(row, **columns) if columns else row

    def rows(self, values: Values, metric: str = "", **columns: Any) -> Iterator[Score]:  # noqa: ANN401 - as `row`
        """Yield the summary rows of all clusters that count."""
        return (self.row(measured, over, metric, **columns) for over, measured in values.items())


@dataclass(frozen=True)
class Report(Generic[Found]):
    """All that is known of a pair by one metric."""

    scores: list[Score]
    concepts: list[tuple[ScoreKey, Found]]
    """What is found of each clustering."""
    resamples: list[Resamples]


def score_metric(
    metric: Callable[..., Measure[Found]],
    words: str,
    concepts: ConceptReader,
    controls: Iterable[ControlReader] = (),
) -> Report[Found]:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Args:
        metric: Gives the metric of a ``layer``, ``definition`` and ``sides``.
        words: Whose words it is computed from: ``calign`` or ``colap``.
        concepts: The pair's clusterings.
        controls: Those under each control, some of which lack such words. Their rows come last.
    """
    report: Report[Found] = Report([], [], [])
    for measure in _measures(metric, words, concepts):
        describe(measure, concepts.seeds, report)
    for changed in controls:
        if words in changed.metrics():
            report.scores.extend(score_control(metric, words, changed, changed.control))
    return report


def score_control(
    metric: Callable[..., Measure[Found]], words: str, changed: ControlReader, control: str
) -> Iterator[Score]:
    """Yield the rows of a control's clusterings; arguments as of `score_metric`."""
    for measure in _measures(metric, words, changed):
        for row in measure.control_rows():
            yield under_control(row, control)


def _measures(
    metric: Callable[..., Measure[Found]], words: str, concepts: ConceptReader
) -> Iterator[Measure[Found]]:
    for definition in concepts.definitions:
        for layer in concepts.layers:
            sides = [
                ClusteredWords.of_pair(concepts, words, definition, layer=layer, seed=seed)
                for seed in concepts.seeds
            ]
            yield from metric(layer=layer, definition=definition, sides=sides).directions()


def describe(measure: Measure[Found], seeds: Sequence[int], report: Report[Found]) -> None:
    """Add all rows of a metric, what is found of each clustering, and the resampled scores."""
    for seed, found in zip(seeds, measure.found, strict=True):
        key = replace(measure.key, seed=seed)
        report.concepts.append((key, found))
        report.scores.extend(measure.seed_rows(found, key))
    for over, measured in measure.plain().items():
        summary = measure.row(measured, over)
        report.scores.append(summary)
        if measured.drawn is not None:
            place = measure.metric, measure.definition, over, measure.key
            report.resamples.append(Resamples(*place, measured.seed, measured.drawn))
        report.scores.extend(measure.beside(summary))
    report.scores.extend(_curve(measure))
    report.scores.extend(measure.alternatives())
    for name, masks in measure.statistics.classes.items():
        values = measure.of_types(masks)
        report.scores.extend(measure.rows(values, control=f"words:{name}"))
    report.scores.extend(measure.facts())


def _curve(measure: Measure[Found]) -> Iterator[Score]:
    """Yield the score at every threshold, and the area under it."""
    curve = measure.curve()
    for threshold, values in zip(thresholds(), curve, strict=True):
        yield from measure.rows(values, parameter=measure.threshold, at=threshold)
    yield from measure.areas(curve)


def _area(curve: Sequence[Measured]) -> Measured:
    permuted = [one.permuted for one in curve if one.permuted is not None]
    drawn = [one.drawn for one in curve if one.drawn is not None]
    return Measured(
        curve_area(np.array([one.by_seed for one in curve])).tolist(),
        permuted=curve_area(np.stack(permuted)) if permuted else None,
        drawn=curve_area(np.stack(drawn)) if drawn else None,
    )
