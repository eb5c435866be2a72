"""What fine-tuning changes in a metric, by layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.figure import Figure

from polyconcept.figures.curves import change_from_base, panels
from polyconcept.figures.grid import is_directed, label_of
from polyconcept.figures.layers import draw_panels
from polyconcept.figures.rows import Place, Point, averaged, by_seed, choose, points
from polyconcept.figures.style import GREY, style
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.text import Definition


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
    corpus: str | None = None,
) -> Figure:
    """What fine-tuning changes: fine-tuned minus base by layer, with its interval, per pair.

    Drawn are the rows of differences from the base model. A table without any has them taken
    seed by seed; the band then spans the seeds. Arguments are those of `layers.draw`.

    Raises:
        ValueError: as `layers.draw`; also where no run is fine-tuned or a fine-tuned score has
            no base score to compare with.
    """
    found = _changes(ScoreTable(scores), metric, definition=definition, over=over, corpus=corpus)
    name = label_of(metric, definition, over).split(" (")[0]
    label = f"{name}: fine-tuned minus base"
    figure = draw_panels(panels(found), label, directed=is_directed(metric))
    for axes in figure.axes:
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
        axes.margins(y=0.1)
    return figure


def _changes(table: ScoreTable, metric: str, **choice: Any) -> dict[Place, Point]:  # noqa: ANN401 - the options of `choose`
    wanted = {name: choice[name] for name in ("definition", "over")}
    if table.where(_is_change, metric=metric, **wanted):
        kind = "of a change from base"
        return points(choose(table, metric, keep=_is_change, kind=kind, **choice))
    rows = choose(table, metric, keep=_is_of_a_seed, kind="of a single seed", **choice)
    return averaged(change_from_base(by_seed(rows)))


def _is_change(row: Score) -> bool:
    summary = row.seed is None and not (row.control or row.parameter)
    return summary and row.against == "base" and row.variant != "random"


def _is_of_a_seed(row: Score) -> bool:
    return row.is_plain and row.seed is not None
