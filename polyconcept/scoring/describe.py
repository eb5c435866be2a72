"""The rows that say what a score means: null, ceiling, interval, curve, word classes.

One skeleton for every metric of clusters; what a metric has to give is `Measure`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from polyconcept.records.arrays import Float64, Int64
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
    def of_class(self) -> Values:
        """Return the score where the words are those of a class alone."""

    @property
    def n_words(self) -> int:
        """Words in clusters, of the language and the seed that have fewest."""
        return min(len(words.in_clusters().cluster) for sides in self.sides for words in sides)

    def only(self, masks: Masks) -> Measure[Found]:
        """Return the metric on the words of some types alone, clusters as they are."""
        sides = [
            (_of_types(source, masks), _of_types(target, masks)) for source, target in self.sides
        ]
        return replace(self, sides=sides)

    def changed(self) -> Values:
        """Return the score of clusterings under a control."""
        return self.plain()

    def control_rows(self) -> Iterator[Score]:
        """Yield the rows of clusterings under a control; their columns do not say which."""
        yield from self.rows(self.changed())

    def curve(self) -> list[Values]:
        """Return the score at every threshold."""
        return [self.at(threshold) for threshold in thresholds()]

    def areas(self, curve: Sequence[Values]) -> Values:
        """Return the areas under a curve of scores."""
        return {
            over: _area([values[over] for values in curve])
            for over in curve[0]
            if all(over in values for values in curve)
        }

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
        return replace(row, n_words=self.n_words, **columns)

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
        _keep_resamples(measure.metric, measured, over, measure, report)
        report.scores.extend(measure.beside(summary))
    curve = measure.curve()
    for threshold, values in zip(thresholds(), curve, strict=True):
        # No p: it would test the one score at 21 thresholds.
        report.scores.extend(
            measure.rows(values, parameter=measure.threshold, at=threshold, p=None)
        )
    metric = f"{measure.metric}_auc"
    for over, area in measure.areas(curve).items():
        for place, seed in enumerate(seeds):
            key = replace(measure.key, seed=seed)
            report.scores.append(area.of_seed(place).row(metric, measure.definition, over, key))
        report.scores.append(measure.row(area, over, metric))
        _keep_resamples(metric, area, over, measure, report)
    report.scores.extend(measure.alternatives())
    for name, masks in measure.statistics.classes.items():
        of_class = measure.only(masks)
        if of_class.n_words:
            report.scores.extend(of_class.rows(of_class.of_class(), control=f"words:{name}"))
    report.scores.extend(measure.facts())


def _keep_resamples(
    metric: str, measured: Measured, over: str, measure: Measure[Found], report: Report[Found]
) -> None:
    if measured.drawn is not None:
        place = metric, measure.definition, over, measure.key
        report.resamples.append(Resamples(*place, measured.seed, measured.drawn))


def _of_types(words: ClusteredWords, masks: Masks) -> ClusteredWords:
    return words.only(masks[words.language][words.word_type])


def _area(curve: Sequence[Measured]) -> Measured:
    def area(part: str) -> Float64[np.ndarray, " draw"] | None:
        drawn = [getattr(one, part) for one in curve]
        return curve_area(np.stack(drawn)) if drawn[0] is not None else None

    return Measured(
        curve_area(np.array([one.by_seed for one in curve])).tolist(),
        totals=curve[0].totals,
        permuted=area("permuted"),
        permuted_words=area("permuted_words"),
        drawn=area("drawn"),
        best_is_null=curve[0].best_is_null,
    )
