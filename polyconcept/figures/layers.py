"""Scores over layers as small multiples: a row per model, base and fine-tuned side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from polyconcept.figures.curves import Curve, Panel, Panels, panels
from polyconcept.figures.grid import (
    LETTER,
    add_legend,
    is_directed,
    label_of,
    label_scores,
    layout_of,
    panel_grid,
)
from polyconcept.figures.rows import Pair, choose, points
from polyconcept.figures.style import CEILING, GREY, NULL, RANDOM, Look, look, style
from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Score
from polyconcept.records.text import Definition

_MOST_MARKERS = 13
_BAND_ALPHA = 0.25
_BANDS = {"interval": "95 % interval", "seeds": "range of the seeds"}


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
    corpus: str | None = None,
    zoom: bool = False,
) -> Figure:
    """One metric by layer: a panel per run, a curve with its interval per language pair.

    Drawn are the summary rows; behind them, over all pairs of a panel, the range of permuted
    input, the mean with random weights where the table has it and, for ``calign``, the mean
    ceiling. Where a score has no summary row its seeds are averaged; the band then spans their
    lowest and highest score. A repeated fine-tuning is shown as its mean alone, where the table
    has it.

    Args:
        scores: the score table, in any order; rows of other metrics are passed over.
        metric: ``calign``, ``colap`` or another metric that has layers.
        definition: the metric's definition that is shown.
        over: clusters that count, ``all`` or ``large``.
        corpus: the corpus that is shown; needed where the rows have several.
        zoom: end the score axis above all that is drawn, not at 1; it starts at 0 either way.

    Raises:
        ValueError: no row fits, a row has no layer, or two rows differ in nothing but value.
    """
    rows = choose(scores, metric, definition=definition, over=over, corpus=corpus)
    shown = panels(points(rows))
    if metric not in METRICS or not METRICS[metric].shows_ceiling:
        shown = {run: replace(panel, ceiling={}) for run, panel in shown.items()}
    figure = draw_panels(shown, label_of(metric, definition, over), directed=is_directed(metric))
    highest = max(height for panel in shown.values() for height in _heights(panel))
    top = highest * 1.05 if zoom and highest > 0 else 1.0
    for axes in figure.axes:
        # A little room below and above: markers at 0 and 1 stay whole.
        axes.set_ylim(-0.03 * top, 1.03 * top)
    return figure


def _heights(panel: Panel) -> list[float]:
    """All scores that a panel shows."""
    drawn = [point for curve in panel.curves.values() for point in curve.points]
    highs = [p.value if p.high is None else p.high for p in drawn]
    nulls = [high for _, high in panel.null.values()]
    return [*highs, *nulls, *panel.ceiling.values(), *panel.random.values()]


def draw_panels(shown: Panels, label: str, *, directed: bool) -> Figure:
    """The grid of panels with one legend below for all."""
    pairs = sorted({pair for panel in shown.values() for pair in panel.curves})
    looks = {pair: look(index) for index, pair in enumerate(pairs)}
    handles, labels = _legend(shown, looks, directed=directed)
    layout = layout_of(shown.keys(), labels)
    figure = Figure(figsize=(layout.width, layout.height))
    figure.set_layout_engine("constrained")
    for run, axes, width in panel_grid(figure, layout):
        _draw_context(axes, shown[run])
        _draw_curves(axes, shown[run].curves, looks)
        axes.set_xlabel("layer")
        beside = [shown[r] for r in shown if (r.model, r.side) == (run.model, run.side)]
        curves = [curve for panel in beside for curve in panel.curves.values()]
        _set_layer_ticks(axes, sorted({n for curve in curves for n in curve.layers}), width)
    label_scores(figure, label)
    add_legend(figure, handles, labels)
    return figure


def _draw_context(axes: Axes, panel: Panel) -> None:
    """Permuted input, ceiling and random weights, behind the curves."""
    if panel.null:
        low, high = zip(*panel.null.values(), strict=True)
        _fill(axes, tuple(panel.null), low, high, zorder=0.5, **NULL)
    if panel.ceiling:
        axes.plot(tuple(panel.ceiling), tuple(panel.ceiling.values()), zorder=1.5, **CEILING)
    if panel.random:
        axes.plot(tuple(panel.random), tuple(panel.random.values()), zorder=1.5, **RANDOM)


def _draw_curves(axes: Axes, found: Mapping[Pair, Curve], looks: Mapping[Pair, Look]) -> None:
    for pair, curve in found.items():
        signs = looks[pair]
        every = -(-len(curve.layers) // _MOST_MARKERS)
        axes.plot(curve.layers, curve.mean, **_line(signs), markevery=every, label="-".join(pair))
        if curve.has_band:
            # Bands lie over each other: the more there are, the paler is each.
            band = _band(signs.color, len(looks))
            _fill(axes, curve.layers, curve.low, curve.high, **band)


def _fill(
    axes: Axes, layers: Sequence[int], low: Sequence[float], high: Sequence[float],
    **signs: Any,  # noqa: ANN401 - matplotlib's
) -> None:  # fmt: skip
    """A band over the layers; of one layer a block, as a band without width cannot be seen."""
    if len(layers) == 1:
        axes.fill_between((layers[0] - 0.05, layers[0] + 0.05), low[0], high[0], **signs)
    else:
        axes.fill_between(layers, low, high, **signs)


def _set_layer_ticks(axes: Axes, layers: Sequence[int], width: float) -> None:
    """A tick at each layer; labels at as many as have room, the first and the last among them."""
    inches = max(width - 0.4, 0.4) / max(layers[-1] - layers[0], 1)

    def apart(left: int, right: int) -> bool:
        letters = (len(str(left)) + len(str(right))) / 2
        return (right - left) * inches >= letters * LETTER + 0.03

    labelled = [layers[0]]
    for layer in layers[1:]:
        if apart(labelled[-1], layer) and (layer == layers[-1] or apart(layer, layers[-1])):
            labelled.append(layer)
    axes.set_xticks(labelled, [str(layer) for layer in labelled])
    axes.set_xticks(layers, minor=True)
    axes.tick_params(axis="x", which="minor", length=2)


def _legend(
    shown: Panels, looks: Mapping[Pair, Look], *, directed: bool
) -> tuple[list[Artist | tuple[Artist, ...]], list[str]]:
    """Every pair, and what bands and grey signs mean where there are any."""
    join = " → " if directed else " + "
    handles: list[Artist | tuple[Artist, ...]] = [
        Line2D([], [], **_line(signs)) for signs in looks.values()
    ]
    labels = [join.join(pair) for pair in looks]
    curves = [curve for panel in shown.values() for curve in panel.curves.values()]
    bands = {point.band for curve in curves for point in curve.points}
    for band, label in _BANDS.items():
        if band in bands:
            handles.append((Patch(**_band(GREY)), Line2D([], [], color=GREY)))
            labels.append(label)
    if any(panel.null for panel in shown.values()):
        handles.append(Patch(**NULL))
        labels.append("permuted input")
    if any(panel.ceiling for panel in shown.values()):
        handles.append(Line2D([], [], **CEILING))
        labels.append("same language, other seed")
    if any(panel.random for panel in shown.values()):
        handles.append(Line2D([], [], **RANDOM))
        labels.append("random weights" + (", mean of the pairs" if len(looks) > 1 else ""))
    return handles, labels


def _band(color: str, n_bands: int = 1) -> dict[str, Any]:
    return {"color": color, "alpha": _BAND_ALPHA / n_bands**0.5, "linewidth": 0}


def _line(signs: Look) -> dict[str, Any]:
    """The look as matplotlib's arguments; a white rim keeps crossing markers apart."""
    return {**asdict(signs), "markeredgecolor": "white", "markeredgewidth": 0.3}
