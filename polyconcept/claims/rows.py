"""Which rows of the score table the claims are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any, TypeAlias

from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known

_SIDES = ("encoder-decoder", "encoder", "decoder")
"""One side of each model is judged, the first of these that it has: sides share their words."""

_TASK_METRICS = ("entity_f1", "macro_f1", "chrf")
"""One metric of each kind of task, so that no task counts twice."""


@dataclass(frozen=True)
class Unit:
    """A run and a pair: what gives one point."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task it was fine-tuned on."""
    pair: frozenset[str]
    """The two languages, whatever the direction."""


Scores: TypeAlias = Mapping[Unit, Mapping[int, float]]
"""Score of each run and pair by layer; the mean of both directions where both are scored."""


@dataclass(frozen=True)
class View:
    """One metric, under one definition, at one setting."""

    plain: Scores
    """The scores."""
    change: Scores
    """Fine-tuned minus base."""
    only_interval: tuple[float, float] | None = None
    """Interval of the change where the table has one row of it."""


@dataclass(frozen=True)
class Table:
    """The rows of a score table that claims are judged by."""

    alignment: ScoreTable
    """Summary rows of CALIGN (over all clusters) and COLAP, of one side of each model."""
    tasks: Sequence[Score]
    """Zero-shot scores, of one metric for each kind of task."""
    fine_tuned: bool
    """Whether any model was fine-tuned."""
    means: Mapping[tuple[Any, ...], str]
    """Model and fine-tuning -> the name of the mean of its repeats under other seeds."""

    @classmethod
    def of(cls, scores: Iterable[Score]) -> Table:
        """Choose the rows; random weights and controls take no part.

        Fine-tunings repeated under other seeds are one run, with the mean of their scores.

        Raises:
            ValueError: Two rows hold zero-shot scores of one run, metric and language.
        """
        table = ScoreTable(scores)
        means = table.parts_of_means("model")
        kept = single_runs(table)
        rows = kept.where(metric=METRICS, over="all", seed=None, layer=known, control="")
        side_of = {
            model: min(of_model.unique("side"), key=_SIDES.index)
            for model, of_model in rows.by("model").items()
        }
        return cls(
            rows.where(lambda row: row.side == side_of[row.model]),
            _mean_tasks(kept.where(metric=_TASK_METRICS, zero_shot=True), means),
            fine_tuned=not set(kept.unique("variant")) <= {"", "base"},
            means=means,
        )

    @cached_property
    def names(self) -> Mapping[frozenset[str], str]:
        """Languages of a pair -> its name."""
        pairs = self.alignment.by("languages").items()
        return {languages: "-".join(rows.first.pair) for languages, rows in pairs}

    def own(self, metric: str, definition: str) -> View:
        """Return the scores at the study's own settings."""
        rows = self.alignment.where(metric=metric, definition=definition, parameter="")
        changes = rows.where(against="base")
        only: tuple[float, float] | None = None
        if len(changes) == 1:
            low, high = changes.first.low, changes.first.high
            only = None if low is None or high is None else (low, high)
        return View(self._by_unit(rows.where(against="")), self._by_unit(changes), only)

    def swept(self, metric: str, definition: str) -> dict[tuple[str, float | None], View]:
        """Return every setting that was swept -> the scores there, in the order of the table."""
        # A setting that is the study's own is left out: its scores are the same.
        rows = self.alignment.where(metric=metric, definition=definition, against="")
        found = {
            setting: self._by_unit(some) for setting, some in rows.by("parameter", "at").items()
        }
        own = found.pop(("", None), {})
        return {setting: _swept_view(view) for setting, view in found.items() if view != own}

    def _by_unit(self, rows: ScoreTable) -> Scores:
        """Return scores by run and pair and layer.

        Raises:
            ValueError: Two rows hold the same score.
        """
        rows.one_by("model", "variant", "pair", "layer", twice=_two_summaries)
        return {
            Unit(model, variant, languages): {
                layer: fmean(row.value for row in of_layer)
                for layer, of_layer in sorted(of_unit.by("layer").items())
            }
            for (model, variant, languages), of_unit in rows.by(
                "model", _variant_under(self.means), "languages"
            ).items()
        }


def single_runs(table: ScoreTable) -> ScoreTable:
    """Return rows of trained weights, without those of means whose parts have rows."""
    means = {(model, mean) for (model, _), mean in table.parts_of_means("model").items()}
    return table.where(
        lambda row: row.variant != "random" and (row.model, row.variant) not in means
    )


def _mean_tasks(rows: ScoreTable, means: Mapping[tuple[Any, ...], str]) -> list[Score]:
    """Return zero-shot scores, the mean of repeated fine-tunings."""
    rows.one_by("model", "variant", "metric", "source", "target", twice=_two_task_scores)
    groups = rows.by("model", _variant_under(means), "metric", "source", "target")
    return [
        replace(of_run.first, variant=key[1], value=fmean(row.value for row in of_run))
        for key, of_run in groups.items()
    ]


def _variant_under(means: Mapping[tuple[Any, ...], str]) -> Callable[[Score], str]:
    """Return what gives a row's variant: of repeated fine-tunings their mean."""
    return lambda row: means.get((row.model, row.variant), row.variant)


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


def _swept_view(plain: Scores) -> View:
    """Return swept scores and the change in them, which has no rows: it is taken here."""
    change = {}
    for unit, layers in plain.items():
        base = plain.get(Unit(unit.model, "base", unit.pair), {})
        both = {layer: value - base[layer] for layer, value in layers.items() if layer in base}
        if unit.variant != "base" and both:
            change[unit] = both
    return View(plain, change)
