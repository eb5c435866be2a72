"""Text in lines of a given width, and the question that stands above a figure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from polyconcept.figures.style import GREY

LETTER = 0.062
"""Inches; width of a letter at 8 points, rounded up."""
SMALL = 7.0
"""Points; the smallest letters of any figure."""
_TITLE, _BOLDER = 9.5, 1.12
"""Points of a title; by how much bold letters are wider."""
_EDGE, _GAP = 0.06, 0.05
"""Inches; left of all text and above it, and between a title and what is below it."""


def letters_width(text: str, size: float = 8.0) -> float:
    """Return the inches that the longest line of a text takes, rounded up."""
    return LETTER * size / 8.0 * max(map(len, text.split("\n")), default=0)


def wrapped(text: str, width: float, *, size: float = 8.0, at_hyphens: bool = True) -> str:
    """Return the text in lines of at most `width` inches."""
    # With fewer letters a line, most words would be torn apart.
    letters = max(8, int(width / (LETTER * size / 8.0)))
    return "\n".join(textwrap.wrap(text, letters, break_on_hyphens=at_hyphens))


@dataclass(frozen=True)
class Heading:
    """What a figure answers, and what its reader must know to read the answer off it."""

    question: str
    """Its title."""
    notes: Sequence[str] = ()
    """What it shows and rests on; those that are empty are left out."""

    def height(self, width: float) -> float:
        """Return the inches that it takes above a figure of this width."""
        title, note = self._lines(width)
        return _EDGE + _line(_TITLE) * _count(title) + _GAP + _line(SMALL) * _count(note) + _EDGE

    def draw(self, figure: Figure) -> None:
        """Write it at the top of a figure, from the left."""
        width, height = map(float, figure.get_size_inches())
        title, note = self._lines(width)
        x, y = _EDGE / width, 1 - _EDGE / height
        below = y - (_line(_TITLE) * _count(title) + _GAP) / height
        figure.text(x, y, title, size=_TITLE, weight="bold", va="top")
        if note:
            figure.text(x, below, note, size=SMALL, color=GREY, va="top")

    def leave_room(self, figure: Figure) -> None:
        """Write it, and lay the panels out below it."""
        self.draw(figure)
        width, height = map(float, figure.get_size_inches())
        figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - self.height(width) / height))

    def _lines(self, width: float) -> tuple[str, str]:
        room = width - 2 * _EDGE
        note = "; ".join(filter(None, self.notes))
        return (
            wrapped(self.question, room, size=_TITLE * _BOLDER),
            wrapped(note[:1].upper() + note[1:], room, size=SMALL),
        )


def _count(text: str) -> int:
    return text.count("\n") + 1 if text else 0


def _line(size: float) -> float:
    """Return the inches from one line to the next."""
    return size * 1.22 / 72
