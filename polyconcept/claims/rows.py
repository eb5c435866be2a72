"""Which rows of the score table, and which resampled scores, the claims are judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Float64, Int64
from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Resamples, Score
from polyconcept.records.table import ScoreTable, known

_SIDES = ("encoder-decoder", "encoder", "decoder")
"""One side of each model is judged, the first of these that it has: sides share their words."""

_TASK_METRICS = ("entity_f1", "macro_f1", "chrf")
"""One metric of each kind of task, so that no task counts twice."""

Run: TypeAlias = tuple[str, str]
"""Model and variant."""
Place: TypeAlias = tuple[str, str, tuple[str, str], int]
"""Model, variant, pair (in the direction scored) and layer."""
Draws: TypeAlias = Float64[np.ndarray, " draw"]
"""A score under each seed, or of each sample of sentences, or the one of the score table."""


@dataclass(frozen=True)
class Unit:
    """A run and a pair."""

    run: Run
    """Model and ``base``, or the task it was fine-tuned on."""
    pair: frozenset[str]
    """The two languages, whatever the direction."""


Scores: TypeAlias = Mapping[Unit, Mapping[int, Draws]]
"""Score of each run and pair by layer; the mean of both directions where both are scored."""


@dataclass(frozen=True)
class View:
    """One metric, under one definition, at one setting."""

    every: Scores
    """Of all runs."""
    learnt: Scores
    """Of those that claims 2 and 3 count: without fine-tunings that learnt nothing."""

    @cached_property
    def change(self) -> Scores:
        """Fine-tuned minus base."""
        found = {}
        for unit, by_layer in self.learnt.items():
            model, variant = unit.run
            base = self.learnt.get(Unit((model, "base"), unit.pair), {})
            both = {n: value - base[n] for n, value in by_layer.items() if n in base}
            if variant != "base" and both:
                found[unit] = both
        return found


@dataclass(frozen=True, kw_only=True)
class Table:
    """What of a score table and of resampled scores the claims are judged by."""

    alignment: ScoreTable
    """Rows of the metrics over all clusters, of one side of each model, without controls."""
    resamples: Sequence[Resamples]
    """Resampled scores of the same."""
    tasks: ScoreTable
    """Zero-shot scores, of one metric for each kind of task."""
    n_seen_before: int
    """Scores of languages never fine-tuned on that are not zero-shot: met in pre-training."""
    repeats: Mapping[Run, str]
    """Fine-tuning that was repeated under other seeds -> the name that the repeats share."""
    untrained: Sequence[Run]
    """Fine-tunings that learnt nothing."""
    count_untrained: bool
    """Whether they count in claims 2 and 3 all the same."""

    @classmethod
    def of(
        cls, scores: Iterable[Score], resamples: Iterable[Resamples], *, count_untrained: bool
    ) -> Table:
        """Choose the rows; random weights and controls take no part.

        Raises:
            ValueError: Two rows hold zero-shot scores of one run and language.
        """
        table = ScoreTable(scores)
        kept = single_runs(table)
        rows = kept.where(metric=METRICS, over="all", layer=known, control="", against="")
        side_of = {
            model: min(of_model.unique("side"), key=_SIDES.index)
            for model, of_model in rows.by("model").items()
        }
        rows = rows.where(lambda row: row.side == side_of[row.model])
        runs = set(rows.unique("model", "variant", "side"))
        tasks = kept.where(metric=_TASK_METRICS)
        zero_shot = tasks.where(zero_shot=True)
        zero_shot.one_by("model", "variant", "target", twice=_two_task_scores)
        return cls(
            alignment=rows,
            resamples=[
                one
                for one in resamples
                if one.over == "all" and (one.key.model, one.key.variant, one.key.side) in runs
            ],
            tasks=zero_shot,
            n_seen_before=len(tasks.where(zero_shot=False, seen="pre-training")),
            repeats=table.parts_of_means("model"),
            untrained=kept.where(metric="learnt", value=0.0).unique("model", "variant"),
            count_untrained=count_untrained,
        )

    @cached_property
    def fine_tuned(self) -> tuple[Run, ...]:
        """Fine-tuned models whose alignment is scored."""
        runs = self.alignment.unique("model", "variant")
        return tuple((model, variant) for model, variant in runs if variant != "base")

    @cached_property
    def names(self) -> Mapping[frozenset[str], str]:
        """Languages of a pair -> its name."""
        pairs = self.alignment.by("languages").items()
        return {languages: "-".join(rows.first.pair) for languages, rows in pairs}

    def counts(self, run: Run) -> bool:
        """Return whether claims 2 and 3 count a run."""
        return self.count_untrained or run not in self.untrained

    def own(self, metric: str, definition: str) -> View:
        """Return the scores at the study's own settings."""
        rows = self._rows(metric, definition).where(parameter="", seed=None)
        return self._one_each(_values(rows))

    def swept(self, metric: str, definition: str) -> dict[tuple[str, float | None], View]:
        """Return every setting that was swept -> the scores there, in the order of the table."""
        # A setting that is the study's own is left out: its scores are the same.
        found = {
            setting: _values(rows)
            for setting, rows in self._rows(metric, definition)
            .where(seed=None)
            .by("parameter", "at")
            .items()
        }
        own = found.pop(("", None), {})
        return {
            setting: self._one_each(values) for setting, values in found.items() if values != own
        }

    def by_seed(self, metric: str, definition: str) -> View:
        """Return the scores of each seed's clustering.

        Raises:
            ValueError: Two rows hold one score, or places have other seeds.
        """
        rows = self._rows(metric, definition).where(parameter="", seed=known)
        found = {}
        for place, of_place in rows.by("model", "variant", "pair", "layer").items():
            of_seed = of_place.one_by("seed")
            found[place] = np.array([of_seed[seed].value for seed in sorted(of_seed)])
        _check_alike(found, f"scores of single seeds of {metric} ({definition})")
        return self._view(found)

    def drawn(self, metric: str, definition: str) -> tuple[View, Int64[np.ndarray, " draw"]] | None:
        """Return resampled scores, and the index of each sample's seed; none where there are none.

        Raises:
            ValueError: Runs or pairs have other samples.
        """
        found, seeds = {}, {}
        for one in self.resamples:
            if (one.metric, one.definition) == (metric, definition):
                key = one.key
                place = (key.model, key.variant, (key.source, key.target), key.layer)
                found[place], seeds[place] = one.value, one.seed
        if not found:
            return None
        _check_alike(found, f"resampled scores of {metric} ({definition})")
        first, *others = seeds.values()
        if not all(np.array_equal(first, other) for other in others):
            raise ValueError(f"resampled scores of {metric} ({definition}) are under other seeds")
        return self._view(found), first

    @cached_property
    def _of_metrics(self) -> Mapping[tuple[str, str], ScoreTable]:
        """Metric and definition -> its rows."""
        return self.alignment.by("metric", "definition")

    def _rows(self, metric: str, definition: str) -> ScoreTable:
        return self._of_metrics.get((metric, definition), ScoreTable())

    def _one_each(self, values: Mapping[Place, float]) -> View:
        return self._view({place: np.array([value]) for place, value in values.items()})

    def _view(self, values: Mapping[Place, Draws]) -> View:
        by_unit: dict[Unit, dict[int, list[Draws]]] = {}
        for (model, variant, pair, layer), value in values.items():
            of_unit = by_unit.setdefault(Unit((model, variant), frozenset(pair)), {})
            of_unit.setdefault(layer, []).append(value)
        every = {
            unit: {layer: mean(by_layer[layer]) for layer in sorted(by_layer)}
            for unit, by_layer in by_unit.items()
        }
        return View(every, {unit: found for unit, found in every.items() if self.counts(unit.run)})


def mean(values: Iterable[Draws]) -> Draws:
    """Return the mean in each draw."""
    first, *others = values
    return sum(others, start=first) / (1 + len(others))


def single_runs(table: ScoreTable) -> ScoreTable:
    """Return rows of trained weights, without those of means whose parts have rows."""
    means = {(model, mean) for (model, _), mean in table.parts_of_means("model").items()}
    return table.where(
        lambda row: row.variant != "random" and (row.model, row.variant) not in means
    )


def _values(rows: ScoreTable) -> dict[Place, float]:
    """Return the score of each place.

    Raises:
        ValueError: Two rows hold the same score.
    """
    found = rows.one_by("model", "variant", "pair", "layer", twice=_two_summaries)
    return {place: row.value for place, row in found.items()}


def _check_alike(values: Mapping[Place, Draws], what: str) -> None:
    lengths = {len(value) for value in values.values()}
    if len(lengths) > 1:
        raise ValueError(f"{what}: expected equally many everywhere, found {sorted(lengths)}")


def _two_summaries(row: Score) -> str:
    return (
        f"the score table has two summary rows of {row.metric} ({row.definition}) for "
        f"{row.model}, {row.variant}, {row.side}, {row.source}-{row.target}, layer "
        f"{row.layer}, {row.parameter or 'no parameter'} {row.at}; one is needed"
    )


def _two_task_scores(row: Score) -> str:
    return (
        f"the score table has two zero-shot scores {row.metric} of {row.target} for "
        f"{row.model}, {row.variant}; one is needed"
    )
