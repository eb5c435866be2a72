"""What fine-tuning changes in a metric, by layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from matplotlib.figure import Figure

from polyconcept.figures.grid import is_directed, label_of
from polyconcept.figures.layers import draw_panels, notes, panels
from polyconcept.figures.lettering import Heading
from polyconcept.figures.rows import choose
from polyconcept.figures.style import style
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.text import Definition

_QUESTIONS = {
    "calign": "Do more concepts have a counterpart after fine-tuning, or fewer?",
    "colap": "Does fine-tuning mix the languages more, or less?",
}
_READING = "a band that holds zero: neither more nor less is shown"
_PLACE = ("model", "side", "pair", "layer", "seed")
"""What a fine-tuned score and that of its base have in common."""


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
) -> Figure:
    """Draw fine-tuned minus base by layer, with its interval, for each pair.

    Drawn are the rows of differences from the base model. A table without any has them taken
    seed by seed; the band then spans the seeds. What is shown is chosen as by `rows.choose`.

    Raises:
        ValueError: As `layers.draw`; also where no run is fine-tuned or a fine-tuned score has
            no base score to compare with.
    """
    choice = {"definition": definition, "over": over}
    table = ScoreTable(scores)
    found = _changes(table, metric, **choice)
    name = label_of(metric, definition, over).split(" (")[0]
    of_seeds = table.where(_is_of_a_seed, metric=metric, **choice)
    shown = panels(found)
    rows = ScoreTable([*found, *of_seeds.where(variant="base")])
    question = _QUESTIONS.get(metric, f"What does fine-tuning change in {name}?")
    heading = Heading(question, [f"{definition} definition", _READING, *notes(shown, rows)])
    return draw_panels(
        shown, heading, f"{name}: fine-tuned minus base", directed=is_directed(metric), zero=True
    )


def _changes(table: ScoreTable, metric: str, **choice: str) -> ScoreTable:
    if table.where(_is_change, metric=metric, **choice):
        return choose(table, metric, keep=_is_change, kind="of a change from base", **choice)
    return _change_from_base(
        choose(table, metric, keep=_is_of_a_seed, kind="of a single seed", **choice)
    )


def _change_from_base(rows: ScoreTable) -> ScoreTable:
    """Return fine-tuned minus base, seed by seed.

    Raises:
        ValueError: No run is fine-tuned, or a fine-tuned one lacks its base partner.
    """
    base = rows.where(variant="base").one_by(*_PLACE)
    changes = []
    for place, of_place in rows.where(_is_fine_tuned).by(*_PLACE).items():
        if place not in base:
            one = of_place.first
            raise ValueError(
                f"{one.model} fine-tuned on {one.variant} has a score for {'-'.join(one.pair)}, "
                f"layer {one.layer}, seed {one.seed}, but its base variant has none to compare with"
            )
        changes += [replace(row, value=row.value - base[place].value) for row in of_place]
    if not changes:
        runs = ", ".join(sorted({f"{row.model} {row.variant}" for row in rows}))
        raise ValueError(f"no run is fine-tuned, so there is no change to show; runs: {runs}")
    return ScoreTable(changes)


def _is_change(row: Score) -> bool:
    summary = row.seed is None and not (row.control or row.parameter)
    return summary and row.against == "base" and row.variant != "random"


def _is_of_a_seed(row: Score) -> bool:
    return row.is_plain and row.seed is not None


def _is_fine_tuned(row: Score) -> bool:
    return row.variant not in ("base", "random")
