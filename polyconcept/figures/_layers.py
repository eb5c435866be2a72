"""Scores over layers as small multiples: a row per model, base and fine-tuned side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from polyconcept.figures._curves import (
    Curve,
    Pair,
    Run,
    change_from_base,
    choose,
    curves,
    values,
)
from polyconcept.figures._style import COLUMN_WIDTH, GREY, TEXT_WIDTH, Look, look, style
from polyconcept.records import Definition, Score

__all__ = ["plot_by_layer", "plot_change_by_layer"]

_ALL = {
    "calign": "CALIGN (share of source concepts)",
    "colap": "COLAP (share of concepts)",
}
_LARGE = {
    "calign": "CALIGN (share of large source concepts)",
    "colap": "COLAP (share of large concepts)",
}
_SIDES = ("encoder", "decoder", "encoder-decoder")
_ROW_HEIGHT = 1.75
_LEGEND_ENTRY = 0.85
"""Inches that one entry of the legend takes: line and ``en → de``."""
_LETTER = 0.062
"""Inches; width of a letter at 8 points, rounded up."""
_MOST_MARKERS = 13
_BAND_ALPHA = 0.2

_Panels: TypeAlias = Mapping[Run, Mapping[Pair, Curve]]


@style()
def plot_by_layer(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
    corpus: str | None = None,
    zoom: bool = False,
) -> Figure:
    """One metric by layer: a panel per run, a curve per language pair.

    Several seeds are averaged; a band then spans their lowest and highest score.

    Args:
        scores: the score table, in any order; rows of other metrics are passed over.
        metric: ``calign``, ``colap`` or another metric that has layers.
        definition: the metric's definition that is shown.
        over: clusters that count, ``all`` or ``large``.
        corpus: the corpus that is shown; needed where the rows have several.
        zoom: end the score axis above the highest score, not at 1; it starts at 0 either way.

    Raises:
        ValueError: no row fits, a row has no layer, or two rows differ in nothing but value.
    """
    panels = curves(values(choose(scores, metric, definition=definition, over=over, corpus=corpus)))
    figure = _draw(panels, _label(metric, definition, over), directed=metric != "colap")
    highest = max(high for pairs in panels.values() for c in pairs.values() for high in c.high)
    top = highest * 1.05 if zoom and highest > 0 else 1.0
    for axes in figure.axes:
        # A little room below and above: markers at 0 and 1 stay whole.
        axes.set_ylim(-0.03 * top, 1.03 * top)
    return figure


@style()
def plot_change_by_layer(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
    corpus: str | None = None,
) -> Figure:
    """What fine-tuning changes: fine-tuned minus base by layer, seed by seed, per language pair.

    Arguments are those of `plot_by_layer`.

    Raises:
        ValueError: as `plot_by_layer`; also where no run is fine-tuned or a fine-tuned score has
            no base score to compare with.
    """
    rows = choose(scores, metric, definition=definition, over=over, corpus=corpus)
    panels = curves(change_from_base(values(rows)))
    name = _label(metric, definition, over).split(" (")[0]
    figure = _draw(panels, f"{name}: fine-tuned minus base", directed=metric != "colap")
    for axes in figure.axes:
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
        axes.margins(y=0.1)
    return figure


def _label(metric: str, definition: str, over: str) -> str:
    label = (_LARGE if over == "large" else _ALL).get(metric, metric)
    return label if definition != "corrected" else f"corrected {label}"


def _draw(panels: _Panels, label: str, *, directed: bool) -> Figure:
    """The grid of panels with one legend below for all."""
    pairs = sorted({pair for curves_of_run in panels.values() for pair in curves_of_run})
    looks = {pair: look(index) for index, pair in enumerate(pairs)}
    n_rows, n_columns = len(_rows(panels)), len(_columns(panels))
    width = COLUMN_WIDTH if n_columns == 1 else TEXT_WIDTH
    n_per_line = max(1, int((width - 0.2) / _LEGEND_ENTRY))
    n_lines = -(-(len(pairs) + 1) // n_per_line)
    figure = Figure(figsize=(width, _ROW_HEIGHT * n_rows + 0.4 + 0.17 * n_lines))
    figure.set_layout_engine("constrained")
    _draw_panels(figure, panels, looks)
    figure.supylabel(label, fontsize=8)
    seeded = any(c.n_seeds > 1 for found in panels.values() for c in found.values())
    handles = _handles(looks, directed=directed, seeded=seeded)
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(n_per_line, len(handles)),
        columnspacing=1.2, handlelength=2.6, handletextpad=0.5,
    )  # fmt: skip
    return figure


def _rows(panels: _Panels) -> list[tuple[str, str]]:
    """(model, side) of each row: models by name, sides in the order of the data's way."""
    known = {side: index for index, side in enumerate(_SIDES)}
    found = {(run.model, run.side) for run in panels}
    return sorted(found, key=lambda row: (row[0], known.get(row[1], len(known)), row[1]))


def _columns(panels: _Panels) -> list[str]:
    """Variants: base first."""
    return sorted({run.variant for run in panels}, key=lambda name: (name != "base", name))


def _draw_panels(figure: Figure, panels: _Panels, looks: Mapping[Pair, Look]) -> None:
    rows, columns = _rows(panels), _columns(panels)
    grid = figure.subplots(len(rows), len(columns), sharey=True, sharex="row", squeeze=False)
    width = (float(figure.get_figwidth()) - 0.6) / len(columns)
    for (model, side), line in zip(rows, grid, strict=True):
        runs = [Run(model, side, variant) for variant in columns]
        layers = sorted(
            {n for run in runs for curve in panels.get(run, {}).values() for n in curve.layers}
        )
        titles = _titles(runs, width)
        for run, title, axes in zip(runs, titles, line, strict=True):
            if run not in panels:
                axes.remove()
                continue
            _draw_curves(axes, panels[run], looks)
            axes.set_title(title, fontsize=8)
            axes.set_xlabel("layer")
            axes.tick_params(labelleft=axes is line[0] or runs[0] not in panels)
            _set_layer_ticks(axes, layers, width)


def _draw_curves(axes: Axes, found: Mapping[Pair, Curve], looks: Mapping[Pair, Look]) -> None:
    for pair, curve in found.items():
        signs = looks[pair]
        every = -(-len(curve.layers) // _MOST_MARKERS)
        axes.plot(curve.layers, curve.mean, **_line(signs), markevery=every, label="-".join(pair))
        if curve.n_seeds > 1:
            axes.fill_between(
                curve.layers, curve.low, curve.high, color=signs.color, alpha=_BAND_ALPHA,
                linewidth=0,
            )  # fmt: skip


def _titles(runs: Sequence[Run], width: float) -> list[str]:
    """Model, side and variant of each panel of a row, on a line each where one has no room."""
    parts = [
        (
            run.model,
            *([run.side] if run.side != "encoder" else []),
            "base" if run.variant == "base" else f"fine-tuned: {run.variant}",
        )
        for run in runs
    ]
    titles = [", ".join(words) for words in parts]
    if all(len(title) * _LETTER < width for title in titles):
        return titles
    return ["\n".join(words) for words in parts]


def _set_layer_ticks(axes: Axes, layers: Sequence[int], width: float) -> None:
    """A tick at each layer; labels at as many as have room, the first and the last among them."""
    inches = max(width - 0.4, 0.4) / max(layers[-1] - layers[0], 1)

    def apart(left: int, right: int) -> bool:
        letters = (len(str(left)) + len(str(right))) / 2
        return (right - left) * inches >= letters * _LETTER + 0.03

    labelled = [layers[0]]
    for layer in layers[1:]:
        if apart(labelled[-1], layer) and (layer == layers[-1] or apart(layer, layers[-1])):
            labelled.append(layer)
    axes.set_xticks(labelled, [str(layer) for layer in labelled])
    axes.set_xticks(layers, minor=True)
    axes.tick_params(axis="x", which="minor", length=2)


def _handles(looks: Mapping[Pair, Look], *, directed: bool, seeded: bool) -> list[Artist]:
    """Entries of the legend: every pair, and what the band means where there is one."""
    join = " → " if directed else " + "
    handles: list[Artist] = [
        Line2D([], [], **_line(signs), label=join.join(pair)) for pair, signs in looks.items()
    ]
    if seeded:
        handles.append(Patch(color=GREY, alpha=_BAND_ALPHA, label="range of the seeds"))
    return handles


def _line(signs: Look) -> dict[str, Any]:
    """The look as matplotlib's arguments; a white rim keeps crossing markers apart."""
    return {**asdict(signs), "markeredgecolor": "white", "markeredgewidth": 0.3}
