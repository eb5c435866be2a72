"""Small multiples: a row for each model, a column for each pair; axes and labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from polyconcept.figures.lettering import SMALL, Heading, letters_width, wrapped
from polyconcept.figures.rows import ModelSide, Run
from polyconcept.figures.style import (
    COLUMN_WIDTH,
    GREY,
    PAGE_HEIGHT,
    TEXT_WIDTH,
    UPRIGHT_HEIGHT,
    WIDE,
)
from polyconcept.records.metrics import METRICS

_SIDES = ("encoder", "decoder", "encoder-decoder")
_PAGES = (COLUMN_WIDTH, 0.8), (TEXT_WIDTH, 0.65), (WIDE, 0.48)
"""Width of a figure of models and pairs, and the narrowest panel that it may have; inches."""
_LEFT, _BETWEEN, _EDGE = 0.72, 0.1, 0.05
"""Inches left of the panels, between two, and at the page's right and lower edge."""
_NAME, _TICKS, _BELOW = 0.19, 0.2, 0.16
"""Inches; height of a model's name, of the numbers below a panel, and of the name of the axis."""
_HIGHEST, _LOWEST, _LABEL_LINE = 1.35, 0.6, 0.118
"""Inches; height of a panel at most and at least, and of a line of the labels beside it."""
_DARKER = 0.7
_WIDEST_LABEL, _LEADER = 1.15, 0.2
"""Inches; a label's width, and the line that leads to it."""


def label_of(metric: str, definition: str, over: str) -> str:
    """Return what an axis shows."""
    label = METRICS[metric].label(over) if metric in METRICS else metric
    return label if definition != "corrected" else f"corrected {label}"


def is_directed(metric: str) -> bool:
    """Return whether source and target cannot be exchanged, so that an arrow joins them."""
    return metric not in METRICS or METRICS[metric].directed


def model_sides(runs: Collection[Run]) -> list[ModelSide]:
    """Return (model, side) of each row: models by name, sides as data pass through them."""
    known = {side: index for index, side in enumerate(_SIDES)}
    found = {(run.model, run.side) for run in runs}
    return sorted(found, key=lambda row: (row[0], known.get(row[1], len(known)), row[1]))


def side_name(key: ModelSide) -> str:
    """Return how a model is called: its side is named where it is not the encoder alone."""
    return key[0] if key[1] == "encoder" else f"{key[0]}, {key[1]}"


@dataclass(frozen=True)
class EndLabel:
    """What a curve is called, beside its end."""

    text: str
    """Its name, in lines."""
    value: float | None
    """The score at its end; none where the row's last panel lacks the curve."""
    line: Mapping[str, Any]
    """How the line that leads to it is drawn."""

    @property
    def height(self) -> float:
        """Inches."""
        return _LABEL_LINE * (self.text.count("\n") + 1)


def label_text(name: str) -> str:
    """Return a name in lines that have room beside the panels."""
    return wrapped(name, _WIDEST_LABEL, size=SMALL)


@dataclass
class PairGrid:
    """A figure with a row per model and side and a column per pair, placed by the inch.

    Where the pairs have no room beside each other, those of a model go on in further lines.
    """

    heading: Heading
    """What stands above."""
    keys: Sequence[ModelSide]
    """The rows, from the top."""
    pairs: Sequence[str]
    """The columns, from the left."""
    names: Mapping[ModelSide, Sequence[str]]
    """What stands beside each row, as `label_text` gives it."""
    figure: Figure = field(init=False)
    _first: Axes | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        labels = [name for names in self.names.values() for name in names]
        self._right = _LEADER + max((letters_width(one, SMALL) for one in labels), default=0.0)
        self._width, self._columns = self._page()
        self.n_lines = -(-len(self.pairs) // self._columns)
        self.panel_width = self._panel_width(self._width, self._columns)
        self.titles = [wrapped(pair, self.panel_width, size=SMALL) for pair in self.pairs]
        self._title = 0.05 + _LABEL_LINE * max(t.count("\n") + 1 for t in self.titles)
        self._panel = self._panel_height(labels)
        self._height = self._fixed + self._panel * len(self.keys) * self.n_lines
        self.figure = Figure(figsize=(self._width, self._height))
        self.heading.draw(self.figure)

    def _page(self) -> tuple[float, int]:
        """Return the page's width and how many pairs stand beside each other."""
        n_pairs = len(self.pairs)
        for width, narrowest in _PAGES:
            if self._panel_width(width, n_pairs) >= narrowest:
                return width, n_pairs
        width, narrowest = _PAGES[-1]
        room = width - _LEFT - self._right - _EDGE + _BETWEEN
        n_lines = -(-n_pairs // max(1, int(room / (narrowest + _BETWEEN))))
        return width, -(-n_pairs // n_lines)

    def _panel_width(self, width: float, columns: int) -> float:
        gaps = _BETWEEN * (columns - 1)
        return (width - _LEFT - self._right - _EDGE - gaps) / columns

    @property
    def _titled_lines(self) -> int:
        """How many lines of panels have the pairs' names above: one, unless a model has several."""
        return len(self.keys) * self.n_lines if self.n_lines > 1 else 1

    @property
    def _fixed(self) -> float:
        """Inches that all but the panels takes."""
        rows = len(self.keys) * (_NAME + self.n_lines * _TICKS)
        above = self.heading.height(self._width) + self._title * self._titled_lines
        return above + rows + _BELOW + _EDGE

    def _panel_height(self, labels: Sequence[str]) -> float:
        most = max((sum(label.count("\n") + 1 for label in of) for of in self.names.values()),
                   default=0)  # fmt: skip
        lowest = max(_LOWEST, most * _LABEL_LINE) if labels else _LOWEST
        room = (UPRIGHT_HEIGHT if self._width < WIDE else PAGE_HEIGHT) - self._fixed
        return max(lowest, min(_HIGHEST, room / (len(self.keys) * self.n_lines)))

    def _place(self, row: int, column: int) -> tuple[float, float]:
        """Return the left and the lower edge of a panel, in inches from the page's lower left."""
        line, across = divmod(column, self._columns)
        above = self.heading.height(self._width)
        if self.n_lines == 1:
            down = above + self._title + row * (_NAME + self._panel + _TICKS) + _NAME
        else:
            each = self._title + self._panel + _TICKS
            down = above + row * (_NAME + self.n_lines * each) + _NAME + line * each + self._title
        left = _LEFT + across * (self.panel_width + _BETWEEN)
        return left, self._height - down - self._panel

    def panel(self, row: int, column: int, *, first: bool) -> Axes:
        """Return the axes of a model and pair; the `first` of a line has numbers at its left."""
        left, bottom = self._place(row, column)
        box = (left / self._width, bottom / self._height,
               self.panel_width / self._width, self._panel / self._height)  # fmt: skip
        axes = self.figure.add_axes(box, sharey=self._first)
        self._first = self._first or axes
        axes.set_label(f"{side_name(self.keys[row])}: {self.pairs[column]}")
        axes.tick_params(labelleft=first, pad=2)
        return axes

    def starts_line(self, column: int) -> bool:
        """Return whether a line of panels begins with this column."""
        return column % self._columns == 0

    def no_panel(self, row: int, column: int) -> None:
        """Say that the table has nothing of a model and pair."""
        left, bottom = self._place(row, column)
        self._write(left + self.panel_width / 2, bottom + self._panel / 2, "no scores",
                    ha="center", va="center", color=GREY)  # fmt: skip

    def finish(self, label: str, across: str) -> None:
        """Name pairs, models and axes."""
        for column, title in enumerate(self.titles):
            for row in range(len(self.keys) if self.n_lines > 1 else 1):
                left, bottom = self._place(row, column)
                above = bottom + self._panel + 0.04 + (_NAME if self.n_lines == 1 else 0.0)
                self._write(left + self.panel_width / 2, above, title, ha="center", va="bottom")
        for row, key in enumerate(self.keys):
            bottom = self._place(row, 0)[1] + self._panel
            above = bottom + (self._title if self.n_lines > 1 else 0.0)
            self._write(_LEFT, above + 0.05, side_name(key), size=8.0, weight="bold")
        lowest = self._place(len(self.keys) - 1, len(self.pairs) - 1)[1]
        middle = (_LEFT + self._width - self._right - _EDGE) / 2
        self._write(middle, _EDGE, across, ha="center", size=8.0)
        top = self._place(0, 0)[1] + self._panel
        # More than two lines would run into the numbers; so it may be longer than the panels.
        below = self._height - self.heading.height(self._width) - 2 * _EDGE
        tries = [(room, size) for size in (8.0, SMALL) for room in (top - lowest, below)]
        for room, size in tries:
            name = wrapped(label, room, size=size, at_hyphens=False)
            if name.count("\n") <= 1:
                break
        middle = (top + lowest) / 2 if room < below else _EDGE + below / 2
        self._write(_EDGE, middle, name, size=size, rotation=90, va="center", ma="center")

    def label_ends(self, axes: Axes, labels: Sequence[EndLabel]) -> None:
        """Write the names of the curves beside a panel, as near to their ends as they have room."""
        box = axes.get_position()
        left, bottom = float(box.x1) * self._width, float(box.y0) * self._height
        low, high = axes.get_ylim()
        # What ends nowhere here stands below the others.
        wanted = [
            0.0 if label.value is None
            else self._panel * (min(max(label.value, low), high) - low) / (high - low)
            for label in labels
        ]  # fmt: skip
        places = spread(wanted, [label.height for label in labels], self._panel)
        for label, end, place in zip(labels, wanted, places, strict=True):
            start = place if label.value is None else end
            x = [(left + 0.02) / self._width, (left + _LEADER - 0.03) / self._width]
            y = [(bottom + start) / self._height, (bottom + place) / self._height]
            self.figure.add_artist(Line2D(x, y, **label.line))
            # Letters are thinner than lines: a darker shade reads on white.
            colour = [part * _DARKER for part in to_rgb(label.line.get("color", GREY))]
            self._write(left + _LEADER, bottom + place, label.text, va="center_baseline",
                        color=colour, linespacing=1.05)  # fmt: skip

    def _write(self, x: float, y: float, text: str, *, size: float = SMALL, **look: Any) -> None:  # noqa: ANN401 - matplotlib's
        self.figure.text(x / self._width, y / self._height, text, size=size, **look)


def spread(wanted: Sequence[float], heights: Sequence[float], room: float) -> list[float]:
    """Return where the middles of labels stand, in order as given, so that none covers another.

    They stand as near to what is `wanted` as they can (least squares), between 0 and `room`
    unless there is too little of it.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], -i))
    below = [0.0]
    for lower, upper in pairwise(order):
        below.append(below[-1] + (heights[lower] + heights[upper]) / 2)
    # Labels that push each other away stand around the mean of their places: isotonic regression.
    blocks: list[list[float]] = []
    for place, index in enumerate(order):
        blocks.append([wanted[index] - below[place]])
        while len(blocks) > 1 and _mean(blocks[-2]) >= _mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    shifts = [_mean(block) for block in blocks for _ in block]
    lowest = heights[order[0]] / 2 if order else 0.0
    highest = room - below[-1] - (heights[order[-1]] / 2 if order else 0.0)
    found = [0.0] * len(wanted)
    for place, index in enumerate(order):
        found[index] = max(min(shifts[place], highest), lowest) + below[place]
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def fit(values: Collection[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, and 0 where that is near."""
    low, high = min(values), max(values)
    if 0 < low <= high / 2:
        low = 0.0
    if high - low < 1e-9:
        # One value alone: how far it is from 0.
        low, high = (0.0, 0.1) if high == 0 else (min(0.0, low), max(0.0, high))
    # A little room: markers at the ends stay whole.
    room = 0.06 * (high - low)
    return low - room, high + room


def few_ticks(axes: Axes) -> None:
    """Set at most five numbers on a score axis, none outside of it."""
    low, high = axes.get_ylim()
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    axes.set_yticks([tick for tick in ticks if low <= tick <= high])
    axes.set_ylim(low, high)


def set_layer_ticks(axes: Axes, layers: Sequence[int], width: float) -> None:
    """Set a tick at each layer; labels where there is room, at the first and the last."""
    room = 0.06 * max(layers[-1] - layers[0], 1)
    axes.set_xlim(layers[0] - room, layers[-1] + room)
    inches = width / 1.12 / max(layers[-1] - layers[0], 1)

    def apart(left: int, right: int) -> bool:
        letters = letters_width(f"{left}{right}", SMALL) / 2
        return (right - left) * inches >= letters + 0.05

    labelled = [layers[0]]
    for layer in layers[1:]:
        if apart(labelled[-1], layer) and (layer == layers[-1] or apart(layer, layers[-1])):
            labelled.append(layer)
    axes.set_xticks(labelled, [str(layer) for layer in labelled])
    axes.set_xticks(layers, minor=True)
    axes.tick_params(axis="x", which="minor", length=2)
