"""A panel for each run, in rows of their models; the legend below."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple

from polyconcept.figures.grid import model_sides
from polyconcept.figures.lettering import LETTER, Heading, wrapped
from polyconcept.figures.rows import ModelSide, Run, variant_name, variant_order
from polyconcept.figures.style import COLUMN_WIDTH, PAGE_HEIGHT, TEXT_WIDTH, WIDE

_ROW_HEIGHT, _LOWEST_ROW = 1.75, 1.35
_NARROWEST, _LABELS = 1.05, 0.6
"""Inches; width of a panel with a title of its own at least, and of what stands left of all."""
_LEGEND_LINE = 0.17
_HANDLE = 0.58
"""Inches that an entry of the legend takes besides its letters."""

_Panel = TypeVar("_Panel")


@dataclass(frozen=True)
class Layout:
    """Places of the panels of runs, and the size of the figure."""

    rows: tuple[tuple[Run | None, ...], ...]
    """From the top, rows of one length; none where no panel stands."""
    width: float
    """Inches."""
    height: float
    """Inches."""


def label_scores(figure: Figure, label: str) -> None:
    """Name the score axis of all panels, in lines that the figure is high enough for."""
    figure.supylabel(wrapped(label, float(figure.get_figheight()) - 0.8), fontsize=8)


def layout_of(runs: Collection[Run], labels: Sequence[str], heading: Heading) -> Layout:
    """Return where the panels stand, and the inches that they, heading and legend need.

    A row per model and side, or several of them in one, where all have as many panels; else one
    panel after the other, so that no place is empty before the last.
    """
    groups: dict[ModelSide, list[Run]] = {key: [] for key in model_sides(runs)}
    for run in sorted(runs, key=lambda run: variant_order(run.variant)):
        groups[run.model, run.side].append(run)
    of_models = list(groups.values())
    every = [[run] for group in of_models for run in group]
    longest = max(map(len, of_models))
    alike = of_models if {longest} == set(map(len, of_models)) else every
    rows_and_widths = [
        *([(packed(of_models, longest), COLUMN_WIDTH if longest == 1 else TEXT_WIDTH)]
          if alike is of_models and longest <= _most_columns(TEXT_WIDTH) else []),
        *((packed(panels, _columns(panels, width)), width)
          for panels, width in ((alike, TEXT_WIDTH), (alike, WIDE), (every, WIDE))),
    ]  # fmt: skip
    for rows, width in rows_and_widths:
        around = heading.height(width) + 0.4 + _LEGEND_LINE * legend_lines(labels, width)[1]
        each = max(_LOWEST_ROW, min(_ROW_HEIGHT, (PAGE_HEIGHT - around) / len(rows)))
        layout = Layout(tuple(map(tuple, rows)), width, around + each * len(rows))
        if layout.height <= PAGE_HEIGHT + 1e-9:
            break
    return layout


def _most_columns(width: float) -> int:
    return int((width - _LABELS) / _NARROWEST)


def _columns(groups: Sequence[Sequence[Run]], width: float) -> int:
    """Return columns that fit into the width: groups whole if they can be, rows filled alike."""
    longest, most = max(map(len, groups)), _most_columns(width)
    beside = max(1, most // longest)
    return min(most, longest * -(-len(groups) // -(-len(groups) // beside)))


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


def panel_grid(figure: Figure, layout: Layout) -> Iterator[tuple[Run, Axes]]:
    """Yield titled axes of each run. Score axes are shared by all."""
    n_columns = len(layout.rows[0])
    grid = figure.subplots(len(layout.rows), n_columns, sharey=True, squeeze=False)
    width = (layout.width - _LABELS) / n_columns
    runs = [run for row in layout.rows for run in row if run is not None]
    titles = dict(zip(runs, _titles(runs, width), strict=True))
    for row, line in zip(layout.rows, grid, strict=True):
        shown = [run for run in row if run is not None]
        for run, axes in zip(row, line, strict=True):
            if run is None:
                axes.remove()
                continue
            axes.set_title(titles[run], fontsize=8)
            axes.tick_params(labelleft=run == shown[0])
            yield run, axes


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
