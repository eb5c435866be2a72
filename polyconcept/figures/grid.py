"""Small multiples: a row per model and side, a column per variant; labels and legend."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple

from polyconcept.figures.rows import Run, variant_name, variant_order
from polyconcept.figures.style import COLUMN_WIDTH, TEXT_WIDTH

__all__ = [
    "LETTER",
    "add_legend",
    "label_of",
    "label_scores",
    "legend_lines",
    "model_sides",
    "panel_grid",
    "size_of_grid",
    "wrapped",
]

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
_LEGEND_LINE = 0.17
LETTER = 0.062
"""Inches; width of a letter at 8 points, rounded up."""
_HANDLE = 0.58
"""Inches that an entry of the legend takes besides its letters."""


def label_of(metric: str, definition: str, over: str) -> str:
    """What an axis shows."""
    label = (_LARGE if over == "large" else _ALL).get(metric, metric)
    return label if definition != "corrected" else f"corrected {label}"


def label_scores(figure: Figure, label: str) -> None:
    """Name the score axis of all panels, in lines that the figure is high enough for."""
    figure.supylabel(wrapped(label, float(figure.get_figheight()) - 0.1), fontsize=8)


def model_sides(runs: Collection[Run]) -> list[tuple[str, str]]:
    """(model, side) of each row: models by name, sides in the order of the data's way."""
    known = {side: index for index, side in enumerate(_SIDES)}
    found = {(run.model, run.side) for run in runs}
    return sorted(found, key=lambda row: (row[0], known.get(row[1], len(known)), row[1]))


def _variants(runs: Collection[Run]) -> list[str]:
    return sorted({run.variant for run in runs}, key=variant_order)


def size_of_grid(runs: Collection[Run], labels: Sequence[str]) -> tuple[float, float]:
    """Inches that panels and legend need.

    Args:
        runs: a panel each.
        labels: entries of the legend.
    """
    width = COLUMN_WIDTH if len(_variants(runs)) == 1 else TEXT_WIDTH
    lines = legend_lines(labels, width)[1]
    return width, _ROW_HEIGHT * len(model_sides(runs)) + 0.4 + _LEGEND_LINE * lines


def legend_lines(labels: Sequence[str], width: float) -> tuple[int, int]:
    """Columns and lines of a legend: as many columns as fit into `width` inches."""
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
    """The legend below all panels; handles in a tuple are drawn over each other."""
    figure.legend(
        handles=list(handles), labels=list(labels), loc="outside lower center",
        ncols=legend_lines(labels, float(figure.get_figwidth()))[0],
        handler_map={tuple: HandlerTuple(ndivide=1)},
        columnspacing=1.2, handlelength=2.6, handletextpad=0.5,
    )  # fmt: skip


def panel_grid(figure: Figure, runs: Collection[Run]) -> Iterator[tuple[Run, Axes, float]]:
    """Titled axes of each run, with its width in inches; score axes are shared."""
    rows, columns = model_sides(runs), _variants(runs)
    grid = figure.subplots(len(rows), len(columns), sharey=True, sharex="row", squeeze=False)
    width = (float(figure.get_figwidth()) - 0.6) / len(columns)
    for (model, side), line in zip(rows, grid, strict=True):
        of_row = [Run(model, side, variant) for variant in columns]
        shown = [run for run in of_row if run in runs]
        titles = _titles(of_row, width)
        for run, title, axes in zip(of_row, titles, line, strict=True):
            if run not in runs:
                axes.remove()
                continue
            axes.set_title(title, fontsize=8)
            axes.tick_params(labelleft=run == shown[0])
            yield run, axes, width


def _titles(runs: Sequence[Run], width: float) -> list[str]:
    """Model, side and variant of each panel of a row, on a line each where one has no room."""
    parts = [
        (run.model, *([run.side] if run.side != "encoder" else []), variant_name(run.variant))
        for run in runs
    ]
    titles = [", ".join(words) for words in parts]
    if all(len(title) * LETTER < width for title in titles):
        return titles
    return ["\n".join(wrapped(part, width) for part in words) for words in parts]


def wrapped(text: str, width: float, *, at_hyphens: bool = True) -> str:
    """The text in lines of at most `width` inches at 8 points."""
    letters = max(8, int(width / LETTER))
    return "\n".join(textwrap.wrap(text, letters, break_on_hyphens=at_hyphens))
