"""Small multiples: a row per model and side, a column per variant; labels and legend."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple

from polyconcept.figures.rows import Run, variant_name, variant_order
from polyconcept.figures.style import COLUMN_WIDTH, PAGE_HEIGHT, TEXT_WIDTH, WIDE
from polyconcept.records.metrics import METRICS

_SIDES = ("encoder", "decoder", "encoder-decoder")
_ROW_HEIGHT, _LOWEST_ROW = 1.75, 1.35
_NARROWEST, _LABELS = 1.05, 0.6
"""Inches; width of a panel at least, and of what stands at the left of all."""
_LEGEND_LINE = 0.17
LETTER = 0.062
"""Inches; width of a letter at 8 points, rounded up."""
_HANDLE = 0.58
"""Inches that an entry of the legend takes besides its letters."""

_Panel = TypeVar("_Panel")


@dataclass(frozen=True)
class Layout:
    """Places of the panels of a figure, and its size."""

    rows: tuple[tuple[Run | None, ...], ...]
    """From the top, rows of one length; none where no panel stands."""
    width: float
    """Inches."""
    height: float
    """Inches."""


def label_of(metric: str, definition: str, over: str) -> str:
    """Return what an axis shows."""
    label = METRICS[metric].label(over) if metric in METRICS else metric
    return label if definition != "corrected" else f"corrected {label}"


def is_directed(metric: str) -> bool:
    """Return whether source and target cannot be exchanged, so that an arrow joins them."""
    return metric not in METRICS or METRICS[metric].directed


def label_scores(figure: Figure, label: str) -> None:
    """Name the score axis of all panels, in lines that the figure is high enough for."""
    figure.supylabel(wrapped(label, float(figure.get_figheight()) - 0.1), fontsize=8)


def model_sides(runs: Collection[Run]) -> list[tuple[str, str]]:
    """Return (model, side) of each row: models by name, sides as data pass through them."""
    known = {side: index for index, side in enumerate(_SIDES)}
    found = {(run.model, run.side) for run in runs}
    return sorted(found, key=lambda row: (row[0], known.get(row[1], len(known)), row[1]))


def _variants(runs: Collection[Run]) -> list[str]:
    return sorted({run.variant for run in runs}, key=variant_order)


def layout_of(runs: Collection[Run], labels: Sequence[str]) -> Layout:
    """Return where the panels stand, and the inches that they and the legend need.

    A row per model and side and a column per variant, as long as that is no higher than a page on
    its side; else the models' panels one after the other, at last on such a page's whole width.
    """
    variants = _variants(runs)
    of_models = [
        [run if run in runs else None for run in (Run(*key, variant) for variant in variants)]
        for key in model_sides(runs)
    ]
    width = COLUMN_WIDTH if len(variants) == 1 else TEXT_WIDTH
    groups = [[run for run in row if run is not None] for row in of_models]
    every = [[run] for group in groups for run in group]
    rows_and_widths = (
        (of_models, width),
        (packed(groups, _most_columns(TEXT_WIDTH)), TEXT_WIDTH),
        (packed(groups, _most_columns(WIDE)), WIDE),
        (packed(every, _most_columns(WIDE)), WIDE),
    )
    for rows, width in rows_and_widths:
        legend = 0.4 + _LEGEND_LINE * legend_lines(labels, width)[1]
        layout = Layout(tuple(map(tuple, rows)), width, legend + _ROW_HEIGHT * len(rows))
        if layout.height <= PAGE_HEIGHT:
            return layout
    lowest = legend + _LOWEST_ROW * len(layout.rows)
    return replace(layout, height=max(lowest, PAGE_HEIGHT))


def _most_columns(width: float) -> int:
    return int((width - _LABELS) / _NARROWEST)


def packed(groups: Sequence[Sequence[_Panel]], most: int) -> list[list[_Panel | None]]:
    """Return rows of at most so many panels, groups whole where they have room."""
    rows: list[list[_Panel | None]] = [[]]
    for group in groups:
        for first in range(0, len(group), most):
            part = group[first : first + most]
            if len(rows[-1]) + len(part) > most:
                rows.append([])
            rows[-1] += part
    columns = max(map(len, rows))
    return [row + [None] * (columns - len(row)) for row in rows]


def legend_lines(labels: Sequence[str], width: float) -> tuple[int, int]:
    """Return columns and lines of a legend: as many columns as fit into `width` inches."""
    for columns in range(len(labels), 1, -1):
        # Matplotlib fills column by column; the first ones are longer by one.
        short, longer = divmod(len(labels), columns)
        first = longer * (short + 1)
        filled = [labels[i : i + short + 1] for i in range(0, first, short + 1)]
        filled += [labels[i : i + short] for i in range(first, len(labels), short)]
        if sum(_HANDLE + LETTER * max(map(len, column)) for column in filled) <= width:
            return columns, short + bool(longer)
    return 1, len(labels)


def add_legend(
    figure: Figure, handles: Sequence[Artist | tuple[Artist, ...]], labels: Sequence[str]
) -> None:
    """Add the legend below all panels; handles in a tuple are drawn over each other."""
    figure.legend(
        handles=list(handles), labels=list(labels), loc="outside lower center",
        ncols=legend_lines(labels, float(figure.get_figwidth()))[0],
        handler_map={tuple: HandlerTuple(ndivide=1)},
        columnspacing=1.2, handlelength=2.6, handletextpad=0.5,
    )  # fmt: skip


def panel_grid(figure: Figure, layout: Layout) -> Iterator[tuple[Run, Axes, float]]:
    """Yield titled axes of each run, with its width in inches.

    Score axes are shared by all, layer axes by the panels of a model and side.
    """
    n_columns = len(layout.rows[0])
    grid = figure.subplots(len(layout.rows), n_columns, sharey=True, squeeze=False)
    width = (layout.width - _LABELS) / n_columns
    runs = [run for row in layout.rows for run in row if run is not None]
    titles = dict(zip(runs, _titles(runs, width), strict=True))
    firsts: dict[tuple[str, str], Axes] = {}
    for row, line in zip(layout.rows, grid, strict=True):
        shown = [run for run in row if run is not None]
        for run, axes in zip(row, line, strict=True):
            if run is None:
                axes.remove()
                continue
            first = firsts.setdefault((run.model, run.side), axes)
            if first is not axes:
                axes.sharex(first)
            axes.set_title(titles[run], fontsize=8)
            axes.tick_params(labelleft=run == shown[0])
            yield run, axes, width


def _titles(runs: Sequence[Run], width: float) -> list[str]:
    """Return model, side and variant of each panel, on a line each where one has no room."""
    parts = [
        (run.model, *([run.side] if run.side != "encoder" else []), variant_name(run.variant))
        for run in runs
    ]
    titles = [", ".join(words) for words in parts]
    if all(len(title) * LETTER < width for title in titles):
        return titles
    return ["\n".join(wrapped(part, width) for part in words) for words in parts]


def wrapped(text: str, width: float, *, at_hyphens: bool = True) -> str:
    """Return the text in lines of at most `width` inches at 8 points."""
    # With fewer letters a line, most words would be torn apart.
    letters = max(8, int(width / LETTER))
    return "\n".join(textwrap.wrap(text, letters, break_on_hyphens=at_hyphens))
