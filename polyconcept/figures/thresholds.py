"""Scores over the threshold that they are counted at, a line per layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from polyconcept.figures.grid import few_ticks, fit, label_of
from polyconcept.figures.lettering import Heading
from polyconcept.figures.panels import add_legend, label_scores, layout_of, panel_grid
from polyconcept.figures.rows import Run, choose
from polyconcept.figures.style import GREY, LINE_STYLES, style
from polyconcept.records.metrics import MAIN_METRICS, METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.text import Definition

_PALEST = 0.88
"""The end of the colours that still stands out from white."""
_THRESHOLD: dict[str, Any] = {"color": GREY, "linewidth": 0.8}

_Line: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]
"""Thresholds, increasing, and the mean score of the pairs at each."""


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
    threshold: float | None = None,
) -> Figure:
    """Draw one metric at every threshold: a panel per run, a line per layer, the mean of the pairs.

    What is shown is chosen as by `rows.choose`. A thin upright line marks the study's own
    `threshold`. The axes end where all curves have come to 0.

    Raises:
        ValueError: An unknown metric, no row fits, a row has no layer or no threshold, two rows
            differ in nothing but value, or pairs of a layer have other thresholds.
    """
    if metric not in MAIN_METRICS:
        raise ValueError(f"no curve of '{metric}'; there are those of {', '.join(MAIN_METRICS)}")
    parameter = METRICS[metric].threshold
    rows = choose(
        scores, metric, definition=definition, over=over,
        keep=lambda row: row.parameter == parameter and not (row.control or row.against),
        kind=f"with parameter '{parameter}'",
    )  # fmt: skip
    n_pairs = len(rows.unique("pair"))
    heading = Heading(
        "Would another threshold order the layers differently?",
        [
            f"{definition} definition",
            "where two curves cross, their layers change places",
            f"mean of {n_pairs} language pairs" if n_pairs > 1 else "one language pair",
        ],
    )
    return _draw(_lines(rows), parameter, label_of(metric, definition, over), threshold, heading)


def _draw(
    lines: Mapping[Run, Mapping[int, _Line]],
    parameter: str,
    label: str,
    threshold: float | None,
    heading: Heading,
) -> Figure:
    looks = _looks(sorted({layer for of_run in lines.values() for layer in of_run}))
    handles = [Line2D([], [], **signs) for signs in looks.values()]
    labels = [f"layer {layer}" for layer in looks]
    if threshold is not None:
        handles.append(Line2D([], [], **_THRESHOLD))
        labels.append(f"this study: {threshold:g}")
    layout = layout_of(lines.keys(), labels, heading)
    figure = Figure(figsize=(layout.width, layout.height))
    heading.leave_room(figure)
    every = [line for of_run in lines.values() for line in of_run.values()]
    low_and_high = fit([value for _, means in every for value in means])
    end = _end(every, threshold)
    for run, axes in panel_grid(figure, layout):
        _draw_lines(axes, lines[run], looks, threshold)
        axes.set_xlabel(parameter)
        axes.set_xlim(-0.02 * end, 1.02 * end)
        ticks = (0.0, end / 2, end)
        axes.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
        axes.set_ylim(low_and_high)
        few_ticks(axes)
    label_scores(figure, label)
    add_legend(figure, handles, labels)
    return figure


def _lines(rows: ScoreTable) -> dict[Run, dict[int, _Line]]:
    """Return the line of each run and layer."""
    lines: dict[Run, dict[int, _Line]] = {}
    for (run, layer), of_layer in sorted(rows.by(_line_of).items(), key=lambda item: item[0]):
        lines.setdefault(run, {})[layer] = _mean(of_layer)
    return lines


def _line_of(row: Score) -> tuple[Run, int]:
    if row.layer is None or row.at is None:
        raise ValueError(f"a row of {row.metric} has no layer or no threshold: {row}")
    return Run.of(row), row.layer


def _mean(rows: ScoreTable) -> _Line:
    """Return the mean of the pairs of a run and layer at each threshold."""
    by_threshold, pairs = rows.by("at"), rows.by("pair")
    for pair, of_pair in sorted(pairs.items(), key=lambda item: item[0]):
        n_thresholds = len(of_pair.one_by("at"))
        if n_thresholds != len(by_threshold):
            one = rows.first
            raise ValueError(
                f"{one.model} {one.variant}, layer {one.layer}: {'-'.join(pair)} has a score at "
                f"{n_thresholds} of {len(by_threshold)} thresholds; a mean over pairs needs all of "
                "each"
            )
    thresholds = tuple(sorted(by_threshold))
    return thresholds, tuple(sum(by_threshold[at].values()) / len(pairs) for at in thresholds)


def _end(lines: Sequence[_Line], threshold: float | None) -> float:
    """Return the first threshold from which on all curves are 0, or the highest of all."""
    # The study's own stays in view.
    there = sorted({at for thresholds, _ in lines for at in thresholds} | {threshold or 0.0})
    points = [point for thresholds, means in lines
              for point in zip(thresholds, means, strict=True)]  # fmt: skip
    last = max((at for at, mean in points if mean > 0), default=0.0)
    beyond = [at for at in there if at > max(last, threshold or 0.0)]
    return (beyond[0] if beyond else there[-1]) or 1.0


def _looks(layers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return looks, dark to light with the layer; line styles serve grey-scale."""
    # Grows lighter evenly, also in grey-scale (matplotlib's guide "Choosing Colormaps").
    colours = matplotlib.colormaps["viridis"]
    step = _PALEST / max(len(layers) - 1, 1)
    return {
        layer: {
            "color": to_hex(colours(index * step)),
            "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        }
        for index, layer in enumerate(layers)
    }


def _draw_lines(
    axes: Axes,
    lines: Mapping[int, _Line],
    looks: Mapping[int, Mapping[str, Any]],
    threshold: float | None,
) -> None:
    for layer, (thresholds, means) in lines.items():
        axes.plot(thresholds, means, label=f"layer {layer}", **looks[layer])
    if threshold is not None:
        axes.axvline(threshold, zorder=1, **_THRESHOLD)
