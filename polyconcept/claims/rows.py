"""Which rows of the score table the claims are judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple, TypeAlias

from polyconcept.records.scores import Score

__all__ = [
    "DEFINITIONS",
    "METRICS",
    "Scores",
    "Table",
    "Unit",
    "View",
    "is_repeated",
    "variants_of",
]

METRICS = ("calign", "colap")
DEFINITIONS = ("published", "corrected")

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


class _Row(NamedTuple):
    """A row of the table, with the variant that it had there."""

    score: Score
    member: str


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

    alignment: Sequence[_Row]
    """Summary rows of CALIGN (over all clusters) and COLAP, of one side of each model."""
    tasks: Sequence[Score]
    """Zero-shot scores, of one metric for each kind of task."""
    fine_tuned: bool
    """Whether any model was fine-tuned."""
    names: Mapping[frozenset[str], str]
    """Languages of a pair -> its name."""

    @classmethod
    def of(cls, scores: Sequence[Score]) -> Table:
        """Choose the rows; random weights and controls take no part.

        Fine-tunings repeated under other seeds are one run, with the mean of their scores.

        Raises:
            ValueError: Two rows hold zero-shot scores of one run, metric and language.
        """
        variants = variants_of(scores)
        kept = [
            _of_group(row, variants[row.model])
            for row in scores
            if row.variant != "random" and not is_repeated(row.variant, variants[row.model])
        ]
        rows = [row for row in kept if _is_alignment(row.score)]
        sides = defaultdict(set)
        for row, _ in rows:
            sides[row.model].add(row.side)
        side_of = {model: min(found, key=_SIDES.index) for model, found in sides.items()}
        alignment = [row for row in rows if row.score.side == side_of[row.score.model]]
        tasks = _mean_tasks(
            row for row in kept if row.score.metric in _TASK_METRICS and row.score.zero_shot
        )
        names: dict[frozenset[str], str] = {}
        for row, _ in alignment:
            names.setdefault(frozenset((row.source, row.target)), f"{row.source}-{row.target}")
        fine_tuned = any(row.variant not in ("", "base") for row, _ in kept)
        return cls(alignment, tasks, fine_tuned, names)

    def own(self, metric: str, definition: str) -> View:
        """The study's own settings."""
        rows = [
            row
            for row in self.alignment
            if (row.score.metric, row.score.definition, row.score.parameter)
            == (metric, definition, "")
        ]
        changes = [row for row in rows if row.score.against == "base"]
        only: tuple[float, float] | None = None
        if len(changes) == 1:
            low, high = changes[0].score.low, changes[0].score.high
            only = None if low is None or high is None else (low, high)
        return View(_by_unit(row for row in rows if row.score.is_plain), _by_unit(changes), only)

    def swept(self, metric: str, definition: str) -> dict[tuple[str, float | None], View]:
        """Every setting that was swept -> the scores there, in the order of the table.

        A setting that is the study's own is left out: its scores are the same.
        """
        own = self.own(metric, definition).plain
        found: dict[tuple[str, float | None], list[_Row]] = defaultdict(list)
        for row in self.alignment:
            score = row.score
            wanted = (score.metric, score.definition, score.against) == (metric, definition, "")
            if wanted and score.parameter:
                found[score.parameter, score.at].append(row)
        plain = {setting: _by_unit(rows) for setting, rows in found.items()}
        return {setting: _swept_view(view) for setting, view in plain.items() if view != own}


def variants_of(scores: Iterable[Score]) -> Mapping[str, set[str]]:
    """Model -> its variants."""
    found = defaultdict(set)
    for row in scores:
        found[row.model].add(row.variant)
    return found


def is_repeated(variant: str, variants: set[str]) -> bool:
    """Whether a variant is the mean of several fine-tunings that have rows of their own."""
    return "+" in variant and not variants.isdisjoint(variant.split("+"))


def _is_alignment(row: Score) -> bool:
    return (
        row.metric in METRICS
        and row.over == "all"
        and row.seed is None
        and row.layer is not None
        and not row.control
    )


def _of_group(row: Score, variants: set[str]) -> _Row:
    """The row, under the name of the repeated fine-tunings that it is one of."""
    groups = [name for name in variants if is_repeated(name, variants)]
    group = next((name for name in groups if row.variant in name.split("+")), row.variant)
    return _Row(replace(row, variant=group), row.variant)


def _mean_tasks(rows: Iterable[_Row]) -> list[Score]:
    """Zero-shot scores, the mean of repeated fine-tunings."""
    found: dict[tuple[str, ...], dict[str, Score]] = defaultdict(dict)
    for row, member in rows:
        key = row.model, row.variant, row.metric, row.source, row.target
        if member in found[key]:
            raise ValueError(
                f"the score table has two zero-shot scores {row.metric} of {row.target} for "
                f"{row.model}, {member}; one is needed"
            )
        found[key][member] = row
    return [
        replace(next(iter(members.values())), value=fmean(row.value for row in members.values()))
        for members in found.values()
    ]


def _by_unit(rows: Iterable[_Row]) -> Scores:
    """Scores by run and pair and layer.

    Raises:
        ValueError: Two rows hold the same score.
    """
    found: dict[Unit, dict[int, dict[tuple[str, str], float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row, member in rows:
        assert row.layer is not None  # as `_is_alignment` asks
        unit = Unit(row.model, row.variant, frozenset((row.source, row.target)))
        directions = found[unit][row.layer]
        if (row.source, member) in directions:
            raise ValueError(
                f"the score table has two summary rows of {row.metric} ({row.definition}) for "
                f"{row.model}, {member}, {row.side}, {row.source}-{row.target}, layer "
                f"{row.layer}, {row.parameter or 'no parameter'} {row.at}; one is needed"
            )
        directions[row.source, member] = row.value
    return {
        unit: {layer: fmean(values.values()) for layer, values in sorted(layers.items())}
        for unit, layers in found.items()
    }


def _swept_view(plain: Scores) -> View:
    """Sweeps have no rows of change: it is taken here, layer by layer."""
    change = {}
    for unit, layers in plain.items():
        base = plain.get(Unit(unit.model, "base", unit.pair), {})
        both = {layer: value - base[layer] for layer, value in layers.items() if layer in base}
        if unit.variant != "base" and both:
            change[unit] = both
    return View(plain, change)
