"""Scores over layers as small multiples: a row per model, base and fine-tuned side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any, TypeAlias

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from polyconcept.figures.grid import (
    LETTER,
    add_legend,
    is_directed,
    label_of,
    label_scores,
    layout_of,
    panel_grid,
)
from polyconcept.figures.rows import (
    Pair,
    Place,
    Point,
    Run,
    choose,
    interval_name,
    means_of_parts,
    points,
)
from polyconcept.figures.style import CEILING, GREY, NULL, RANDOM, Look, look, style
from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known
from polyconcept.records.text import Definition

# A model of base size has the layers 0 to 12, each with its marker.
_MOST_MARKERS = 13
_BAND_ALPHA = 0.25


@dataclass(frozen=True)
class Curve:
    """A score of one run and pair over its layers."""

    layers: tuple[int, ...]
    """Layers, increasing."""
    points: tuple[Point, ...]
    """The score in each."""

    @property
    def mean(self) -> tuple[float, ...]:
        """The scores."""
        return tuple(point.value for point in self.points)

    @property
    def low(self) -> tuple[float, ...]:
        """Lower ends of the band; not a number where there is none, so that none is drawn."""
        return tuple(math.nan if point.low is None else point.low for point in self.points)

    @property
    def high(self) -> tuple[float, ...]:
        """Upper ends, as `low`."""
        return tuple(math.nan if point.high is None else point.high for point in self.points)

    @property
    def has_band(self) -> bool:
        """Whether any layer has one."""
        return any(point.band for point in self.points)


@dataclass(frozen=True)
class Panel:
    """All curves of a run, and what they are to be compared with."""

    curves: Mapping[Pair, Curve]
    """In sorted order."""
    null: Mapping[int, tuple[float, float]]
    """Layer -> lowest and highest end of the pairs' ranges of permuted input."""
    ceiling: Mapping[int, float]
    """Layer -> mean ceiling of the pairs."""
    random: Mapping[int, float]
    """Layer -> mean score of the pairs with random weights; empty where it is the curves' own."""


Panels: TypeAlias = Mapping[Run, Panel]


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
) -> Figure:
    """Draw one metric by layer: a panel per run, a curve with its interval per language pair.

    Drawn are the summary rows; behind them, over all pairs of a panel, the range of permuted
    input, the mean with random weights where the table has it and, for ``calign``, the mean
    ceiling. Where a score has no summary row its seeds are averaged; the band then spans their
    lowest and highest score. A repeated fine-tuning is shown as its mean alone, where the table
    has it.

    What is shown is chosen as by `rows.choose`. The score axis runs from 0 to 1.

    Raises:
        ValueError: No row fits, a row has no layer, or two rows differ in nothing but value.
    """
    rows = choose(scores, metric, definition=definition, over=over)
    shown = panels(rows)
    if metric not in METRICS or not METRICS[metric].shows_ceiling:
        shown = {run: replace(panel, ceiling={}) for run, panel in shown.items()}
    figure = draw_panels(
        shown,
        label_of(metric, definition, over),
        directed=is_directed(metric),
        interval=interval_name(rows),
    )
    for axes in figure.axes:
        # A little room below and above: markers at 0 and 1 stay whole.
        axes.set_ylim(-0.03, 1.03)
    return figure


def panels(rows: ScoreTable) -> Panels:
    """Return a panel for each run but single fine-tunings whose mean is a run too.

    Raises:
        ValueError: As `points`.
    """
    of_runs = rows.by(Run.of)
    found = {run: points(of_run) for run, of_run in of_runs.items()}
    mean_of = means_of_parts(rows)
    behind = rows.by(lambda row: mean_of.get(Run.of(row), Run.of(row)))
    return {run: _panel(run, found, behind[run]) for run in sorted(behind)}


def _panel(run: Run, found: Mapping[Run, Mapping[Place, Point]], behind: ScoreTable) -> Panel:
    """Return the curves of a run; of a mean, before the nulls and ceilings of its parts."""
    curves: dict[Pair, dict[int, Point]] = {}
    for (_, pair, layer), point in found[run].items():
        curves.setdefault(pair, {})[layer] = point
    summaries = behind.where(seed=None)
    nulls = summaries.where(null_low=known, null_high=known).by("layer")
    ceilings = summaries.where(ceiling=known).by("layer")
    random = {} if run.variant == "random" else found.get(replace(run, variant="random"), {})
    layers = sorted({layer for _, _, layer in random})
    return Panel(
        curves={pair: Curve(tuple(by), tuple(by.values())) for pair, by in curves.items()},
        null={
            layer: (min(nulls[layer].values("null_low")), max(nulls[layer].values("null_high")))
            for layer in sorted(nulls)
        },
        ceiling={layer: fmean(ceilings[layer].values("ceiling")) for layer in sorted(ceilings)},
        random={
            layer: fmean(point.value for (*_, of), point in random.items() if of == layer)
            for layer in layers
        },
    )


def draw_panels(shown: Panels, label: str, *, directed: bool, interval: str) -> Figure:
    """Draw the grid of panels with one legend below for all, which names the `interval`."""
    pairs = sorted({pair for panel in shown.values() for pair in panel.curves})
    looks = {pair: look(index) for index, pair in enumerate(pairs)}
    handles, labels = _legend(shown, looks, directed=directed, interval=interval)
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
    """Draw permuted input, ceiling and random weights, behind the curves."""
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
    """Draw a band over the layers; over a single one a block, since a band has no width."""
    if len(layers) == 1:
        axes.fill_between((layers[0] - 0.05, layers[0] + 0.05), low[0], high[0], **signs)
    else:
        axes.fill_between(layers, low, high, **signs)


def _set_layer_ticks(axes: Axes, layers: Sequence[int], width: float) -> None:
    """Set a tick at each layer; labels where there is room, at the first and the last."""
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
    shown: Panels, looks: Mapping[Pair, Look], *, directed: bool, interval: str
) -> tuple[list[Artist | tuple[Artist, ...]], list[str]]:
    """Return every pair, and what bands and grey signs mean where there are any."""
    join = " → " if directed else " + "
    handles: list[Artist | tuple[Artist, ...]] = [
        Line2D([], [], **_line(signs)) for signs in looks.values()
    ]
    labels = [join.join(pair) for pair in looks]
    curves = [curve for panel in shown.values() for curve in panel.curves.values()]
    bands = {point.band for curve in curves for point in curve.points}
    names = {"interval": interval, "seeds": "range of the seeds"}
    for band, label in names.items():
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
    """Return the look as matplotlib's arguments; a white rim keeps crossing markers apart."""
    return {**asdict(signs), "markeredgecolor": "white", "markeredgewidth": 0.3}
