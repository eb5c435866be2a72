"""Scores over layers as small multiples: a row per model, a column per pair."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polyconcept.figures.grid import (
    EndLabel,
    PairGrid,
    few_ticks,
    fit,
    is_directed,
    label_of,
    label_text,
    model_sides,
    set_layer_ticks,
)
from polyconcept.figures.lettering import Heading
from polyconcept.figures.rows import (
    ModelSide,
    Pair,
    Point,
    Run,
    choose,
    interval_name,
    means_of_parts,
    points,
    rests_on,
    variant_name,
    variant_order,
)
from polyconcept.figures.style import CEILING, GREY, NULL, RANDOM, Look, look, style
from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known
from polyconcept.records.text import Definition

_QUESTIONS = {
    "calign": "How many concepts of one language have a counterpart in the other?",
    "calign_auc": "How many concepts have a counterpart, whatever the threshold?",
    "matched_fraction": "How much of a concept is translated inside one concept of the other "
    "language?",
    "colap": "How many concepts are made of words of both languages?",
}
_BAND_ALPHA = 0.25
_ALONE = 0.05
"""Half the width, in layers, of what is drawn over a single layer."""
_MARKER_ROOM = 0.09
"""Inches from one marker to the next at least."""


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
    """The curves of a model and pair, and what they are to be compared with."""

    curves: Mapping[str, Curve]
    """Variant -> its curve; base, random weights, then what is fine-tuned."""
    null: Mapping[int, tuple[float, float]]
    """Layer -> lowest and highest end of the variants' ranges of permuted input."""
    ceiling: Mapping[int, float]
    """Layer -> mean ceiling of the variants."""

    @property
    def values(self) -> list[float]:
        """All that is drawn."""
        ends = [end for curve in self.curves.values() for end in (*curve.low, *curve.high)]
        return [
            *(value for curve in self.curves.values() for value in curve.mean),
            *(end for end in ends if not math.isnan(end)),
            *(end for of_layer in self.null.values() for end in of_layer),
            *self.ceiling.values(),
        ]


Panels: TypeAlias = Mapping[ModelSide, Mapping[Pair, Panel]]


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
) -> Figure:
    """Draw one metric by layer: a panel per model and pair, with a curve for every variant.

    Drawn are the summary rows with their intervals; random weights without; behind them the range
    of permuted input and, for ``calign``, the mean ceiling of the base and fine-tuned model. Where
    a score has no summary row its seeds are averaged; the band then spans their lowest and highest
    score. A repeated fine-tuning is shown as its mean alone, where the table has it.

    What is shown is chosen as by `rows.choose`. All panels share one score axis, which holds all
    that is drawn.

    Raises:
        ValueError: No row fits, a row has no layer, or two rows differ in nothing but value.
    """
    rows = choose(scores, metric, definition=definition, over=over)
    shown = panels(rows)
    if metric not in METRICS or not METRICS[metric].shows_ceiling:
        shown = {
            key: {pair: replace(panel, ceiling={}) for pair, panel in of.items()}
            for key, of in shown.items()
        }
    label = label_of(metric, definition, over)
    question = _QUESTIONS.get(metric, f"{label}: how high is it in each layer?")
    heading = Heading(question, [f"{definition} definition", *notes(shown, rows)])
    return draw_panels(shown, heading, label, directed=is_directed(metric))


def panels(rows: ScoreTable) -> Panels:
    """Return a panel for each model, side and pair; single fine-tunings are in their mean.

    Raises:
        ValueError: As `points`.
    """
    mean_of = means_of_parts(rows)
    found: dict[ModelSide, dict[Pair, dict[str, dict[int, Point]]]] = {}
    for (run, pair, layer), point in points(rows).items():
        if run not in mean_of:
            of_pair = found.setdefault((run.model, run.side), {}).setdefault(pair, {})
            of_pair.setdefault(run.variant, {})[layer] = point
    summaries = rows.where(seed=None).by("model", "side", "pair")
    return {
        key: {
            pair: _panel(found[key][pair], summaries.get((*key, pair), ScoreTable()))
            for pair in sorted(found[key])
        }
        for key in model_sides([Run(*key, "") for key in found])
    }


def _panel(found: Mapping[str, Mapping[int, Point]], summaries: ScoreTable) -> Panel:
    """Return the curves of a model and pair, before the nulls and ceilings of its weights."""
    # Permuted input and ceiling of random weights are theirs alone.
    learnt = summaries.where(lambda row: row.variant != "random") or summaries
    nulls = learnt.where(null_low=known, null_high=known).by("layer")
    ceilings = learnt.where(ceiling=known).by("layer")
    return Panel(
        curves={
            variant: Curve(tuple(found[variant]), tuple(found[variant].values()))
            for variant in sorted(found, key=variant_order)
        },
        null={
            layer: (min(nulls[layer].values("null_low")), max(nulls[layer].values("null_high")))
            for layer in sorted(nulls)
        },
        ceiling={layer: fmean(ceilings[layer].values("ceiling")) for layer in sorted(ceilings)},
    )


def notes(shown: Panels, rows: ScoreTable) -> list[str]:
    """Return what bands and grey signs are, where there are any, and what all of it rests on."""
    every = [panel for of_model in shown.values() for panel in of_model.values()]
    curves = [curve for panel in every for name, curve in panel.curves.items() if name != "random"]
    bands = {point.band for curve in curves for point in curve.points}
    names = {"interval": interval_name(rows), "seeds": "range of the seeds"}
    told = " or ".join(name for band, name in names.items() if band in bands)
    return [
        f"coloured bands: {told}" if told else "",
        "ceiling: same language, other seed" if any(panel.ceiling for panel in every) else "",
        rests_on(rows),
    ]


def draw_panels(
    shown: Panels, heading: Heading, label: str, *, directed: bool, zero: bool = False
) -> Figure:
    """Draw the grid of panels, each row with the names of its curves at the right.

    `zero` draws a line there, and holds it in view.
    """
    keys = list(shown)
    pairs = sorted({pair for of_model in shown.values() for pair in of_model})
    join = " → " if directed else " + "
    looks = _looks(shown)
    names = {key: _names(list(shown[key].values())) for key in keys}
    grid = PairGrid(heading, keys, [join.join(pair) for pair in pairs], names)
    values = [v for of_model in shown.values() for panel in of_model.values() for v in panel.values]
    limits = fit([*values, 0.0] if zero else values)
    for row, key in enumerate(keys):
        layers = sorted({
            layer for panel in shown[key].values() for curve in panel.curves.values()
            for layer in curve.layers
        })  # fmt: skip
        last, first = None, True
        for column, pair in enumerate(pairs):
            first = first or grid.starts_line(column)
            if pair not in shown[key]:
                grid.no_panel(row, column)
                continue
            axes = grid.panel(row, column, first=first)
            first = False
            axes.set_ylim(limits)
            few_ticks(axes)
            if zero:
                axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
            _draw_panel(axes, shown[key][pair], looks, grid.panel_width)
            set_layer_ticks(axes, layers, grid.panel_width)
            last = axes, shown[key][pair]
        if last is not None:
            grid.label_ends(last[0], _end_labels(last[1], list(shown[key].values()), looks))
    grid.finish(label, "layer")
    return grid.figure


def _looks(shown: Panels) -> dict[str, Look]:
    """Return the look of each variant, the same in all panels; random weights have their own."""
    variants = {
        name for of_model in shown.values() for panel in of_model.values() for name in panel.curves
    } - {"random"}
    # The first look is base's, even where it is not shown: change is of the fine-tuned alone.
    ordered = sorted(variants | {"base"}, key=variant_order)
    return {variant: look(index) for index, variant in enumerate(ordered)}


def _draw_panel(axes: Axes, panel: Panel, looks: Mapping[str, Look], width: float) -> None:
    """Draw permuted input, ceiling and random weights, and the curves over them."""
    if panel.null:
        low, high = zip(*panel.null.values(), strict=True)
        _fill(axes, tuple(panel.null), low, high, zorder=0.5, **NULL)
    if panel.ceiling:
        _plain_line(
            axes, tuple(panel.ceiling), tuple(panel.ceiling.values()), zorder=1.5, **CEILING
        )
    for variant, curve in panel.curves.items():
        if variant == "random":
            _plain_line(axes, curve.layers, curve.mean, zorder=1.8, label=variant, **RANDOM)
            continue
        every = max(1, math.ceil(len(curve.layers) * _MARKER_ROOM / width))
        line = _line(looks[variant])
        axes.plot(curve.layers, curve.mean, **line, markevery=every, label=variant)
        if curve.has_band:
            # Bands lie over each other: the more there are, the paler is each.
            band = _band(looks[variant].color, len(panel.curves))
            _fill(axes, curve.layers, curve.low, curve.high, **band)


def _plain_line(
    axes: Axes, layers: Sequence[int], values: Sequence[float],
    **signs: Any,  # noqa: ANN401 - matplotlib's
) -> None:  # fmt: skip
    """Draw a line without markers; over a single layer as wide as a band there."""
    if len(layers) == 1:
        axes.plot((layers[0] - _ALONE, layers[0] + _ALONE), (values[0], values[0]), **signs)
    else:
        axes.plot(layers, values, **signs)


def _fill(
    axes: Axes, layers: Sequence[int], low: Sequence[float], high: Sequence[float],
    **signs: Any,  # noqa: ANN401 - matplotlib's
) -> None:  # fmt: skip
    """Draw a band over the layers; over a single one a block, since a band has no width."""
    if len(layers) == 1:
        axes.fill_between((layers[0] - _ALONE, layers[0] + _ALONE), low[0], high[0], **signs)
    else:
        axes.fill_between(layers, low, high, **signs)


_PERMUTED, _CEILING = "permuted input", "ceiling"


def _names(beside: Sequence[Panel]) -> list[str]:
    """Return the names of all that a row of panels shows."""
    variants = sorted({name for panel in beside for name in panel.curves}, key=variant_order)
    names = [variant_name(variant) for variant in variants]
    names += [_CEILING] if any(panel.ceiling for panel in beside) else []
    names += [_PERMUTED] if any(panel.null for panel in beside) else []
    return [label_text(name) for name in names]


def _end_labels(panel: Panel, beside: Sequence[Panel], looks: Mapping[str, Look]) -> list[EndLabel]:
    """Return the names of a row, each with its end in the row's last panel."""
    lines: dict[str, tuple[float | None, Mapping[str, Any]]] = {
        label_text(_CEILING): (_last(panel.ceiling), CEILING),
        label_text(_PERMUTED): (
            _last({layer: sum(ends) / 2 for layer, ends in panel.null.items()}),
            {"color": GREY, "linewidth": 0.5},
        ),
    }
    for variant in {name for one in beside for name in one.curves}:
        curve = panel.curves.get(variant)
        signs = RANDOM if variant == "random" else _leader(looks[variant])
        lines[label_text(variant_name(variant))] = (curve.mean[-1] if curve else None), signs
    return [EndLabel(name, *lines[name]) for name in _names(beside)]


def _last(by_layer: Mapping[int, float]) -> float | None:
    return by_layer[max(by_layer)] if by_layer else None


def _leader(signs: Look) -> dict[str, Any]:
    return {"color": signs.color, "linestyle": signs.linestyle, "linewidth": 1.0}


def _band(color: str, n_bands: int = 1) -> dict[str, Any]:
    return {"color": color, "alpha": _BAND_ALPHA / n_bands**0.5, "linewidth": 0}


def _line(signs: Look) -> dict[str, Any]:
    """Return the look as matplotlib's arguments; a white rim keeps crossing markers apart."""
    return {**asdict(signs), "markersize": 3.6, "markeredgecolor": "white", "markeredgewidth": 0.3}
