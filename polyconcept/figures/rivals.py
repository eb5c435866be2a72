"""CALIGN and COLAP against simpler measures of the same layers, as scatter plots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from polyconcept.figures.grid import label_of, model_sides, side_name
from polyconcept.figures.lettering import Heading, wrapped
from polyconcept.figures.panels import add_legend, legend_lines
from polyconcept.figures.rows import ModelSide, Run, choose, means_of_parts, place_of
from polyconcept.figures.style import TEXT_WIDTH, Look, look, style
from polyconcept.records.metrics import MAIN_METRICS, METRICS, RIVALS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.text import Definition

_SIZE = 3.2
"""Points; markers of many points, that overlap."""
_HEIGHT = 2.1

_COMPARED = (Run.of, "languages", "layer")
"""What a score and a rival's, which has no direction, have in common."""

_Rho: TypeAlias = tuple[float, int | None]
"""Rank correlation, and of how many points."""
_Dots: TypeAlias = Mapping[ModelSide, Sequence[tuple[float, float]]]
"""(rival, metric) in each layer, pair and variant of a model's side."""


@style()
def draw(
    scores: Iterable[Score],
    *,
    definition: Definition = "published",
    over: str = "all",
) -> Figure:
    """Draw CALIGN and COLAP over CKA and retrieval: a point for each run, pair and layer.

    The same points as those of the table's rank correlations (random weights and means of
    repeated fine-tunings left out), which stand above each panel with their number of points: a
    description, since layers, pairs and variants are not independent. Those are of ``over`` = all:
    above CALIGN over large clusters stands none. What is shown is chosen as by `rows.choose`.

    Raises:
        ValueError: No row fits, there is no layer of which both are known, a row has no layer, or
            two rows differ in nothing but value.
    """
    table = ScoreTable(scores)
    metrics, rivals = _what_to_compare(table)
    counted = {metric: over if METRICS[metric].has_large else "all" for metric in metrics}
    pick = partial(choose, table, keep=_is_point, kind="of a summary")
    rows = {m: pick(m, definition=definition, over=counted[m]) for m in metrics}
    rows |= {rival: pick(rival, definition="", over="") for rival in rivals}
    _check_corpus(rows)
    panels = {(m, r): _joined(rows[m], rows[r]) for m in metrics for r in rivals}
    if not any(panels.values()):
        raise ValueError(f"no layer, pair and variant has both {' or '.join(metrics)} and "
                         f"{' or '.join(rivals)}")  # fmt: skip
    labels = {metric: label_of(metric, definition, counted[metric]) for metric in metrics}
    compared = {metric for metric in metrics if counted[metric] == "all"}
    heading = Heading(
        "Would a simpler measure say the same?",
        [
            f"{definition} definition",
            "a point is a layer, pair and variant",
            "ρ: rank correlation, 1 where both order the points alike; they are not independent",
        ],
    )
    return _draw(panels, _rhos(table, compared, definition), labels, rivals, heading)


def _what_to_compare(table: ScoreTable) -> tuple[list[str], list[str]]:
    """Return the metrics and rivals that the table has."""
    there = table.where(_is_point).unique("metric")
    metrics = [name for name in MAIN_METRICS if name in there]
    rivals = [name for name in RIVALS if name in there]
    if not rivals or not metrics:
        found = ", ".join(sorted(table.unique("metric"))) or "the table is empty"
        raise ValueError(f"needed are summary rows of {' or '.join(MAIN_METRICS)} and of "
                         f"{' or '.join(RIVALS)}; there are rows of: {found}")  # fmt: skip
    return metrics, rivals


def _check_corpus(rows: Mapping[str, ScoreTable]) -> None:
    corpora = sorted({row.corpus for chosen in rows.values() for row in chosen})
    if len(corpora) > 1:
        raise ValueError(f"the rows are of {len(corpora)} corpora, {', '.join(corpora)}; "
                         "one figure shows one")  # fmt: skip


def _is_point(row: Score) -> bool:
    return row.is_plain and row.seed is None and row.variant != "random"


def _joined(rows: ScoreTable, rivals: ScoreTable) -> _Dots:
    """Return the rival's value of each place and the metric's, the mean of both directions."""
    means = set(means_of_parts(rows).values())
    found = rows.where(lambda row: Run.of(row) not in means).one_by(place_of)
    ordered = ScoreTable(found[place] for place in sorted(found))
    other = rivals.one_by(*_COMPARED)
    dots: dict[ModelSide, list[tuple[float, float]]] = {}
    for place, both in ordered.by(*_COMPARED).items():
        if place in other:
            side = both.first.model, both.first.side
            dots.setdefault(side, []).append((other[place].value, fmean(both.values())))
    return dots


def _rhos(
    table: ScoreTable, metrics: Collection[str], definition: str
) -> dict[tuple[str, str, str, str], _Rho]:
    """Return (metric, rival, model, side) -> rank correlation."""
    rows = table.where(metric="rank_correlation", over=metrics, definition=definition)
    return {(row.over, row.control, row.model, row.side): (row.value, row.n_total) for row in rows}


def _draw(
    panels: Mapping[tuple[str, str], _Dots],
    rhos: Mapping[tuple[str, str, str, str], _Rho],
    labels: Mapping[str, str],
    rivals: Sequence[str],
    heading: Heading,
) -> Figure:
    shown = model_sides([Run(*key, "") for dots in panels.values() for key in dots])
    looks = {key: look(index) for index, key in enumerate(shown)}
    names = {key: side_name(key) for key in shown}
    n_legend = legend_lines(list(names.values()), TEXT_WIDTH)[1]
    height = heading.height(TEXT_WIDTH) + _HEIGHT * len(labels) + 0.2 + 0.17 * n_legend
    figure = Figure(figsize=(TEXT_WIDTH, height))
    heading.leave_room(figure)
    grid = figure.subplots(len(labels), len(rivals), sharex="col", sharey="row", squeeze=False)
    width = (TEXT_WIDTH - 0.8) / len(rivals)
    for metric, line in zip(labels, grid, strict=True):
        line[0].set_ylabel(wrapped(labels[metric], _HEIGHT - 0.5))
        for rival, axes in zip(rivals, line, strict=True):
            dots = panels[metric, rival]
            _draw_dots(axes, dots, looks)
            known = {names[k]: rhos[metric, rival, *k] for k in shown
                     if k in dots and (metric, rival, *k) in rhos}  # fmt: skip
            axes.set_title(wrapped(_told(known, len(shown)), width, at_hyphens=False), fontsize=8)
    for rival, axes in zip(rivals, grid[-1], strict=True):
        axes.set_xlabel(RIVALS[rival].label)
    handles = [Line2D([], [], linestyle="none", **_marker(signs)) for signs in looks.values()]
    add_legend(figure, handles, list(names.values()))
    return figure


def _draw_dots(axes: Axes, dots: _Dots, looks: Mapping[ModelSide, Look]) -> None:
    axes.grid(visible=True, axis="x")
    for key, values in dots.items():
        across, up = zip(*values, strict=True)
        axes.plot(across, up, linestyle="none", alpha=0.75, **_marker(looks[key]))
    axes.margins(0.06)


def _marker(signs: Look) -> dict[str, Any]:
    return {
        "color": signs.color,
        "marker": signs.marker,
        "markersize": _SIZE,
        "markeredgewidth": 0.0,
    }


def _told(rhos: Mapping[str, _Rho], n_models: int) -> str:
    """Return the rank correlations in words; of one model its name is clear."""
    if n_models == 1:
        return "".join(f"ρ = {rho:.2f}, {n} points" for rho, n in rhos.values())
    told = [f"{name} {rho:.2f} ({n})" for name, (rho, n) in rhos.items()]
    kept = "; ".join(one.replace(" ", "\N{NO-BREAK SPACE}") for one in told)
    return f"ρ (points): {kept}" if told else ""
