"""Words of a language one after the other, in its direction of writing, on lines of one width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from polyconcept.figures.fonts import Lettering, directed
from polyconcept.figures.style import GREY

SIZE = 8.0
"""Points; size of the words."""
_GAP = 0.11
"""Inches between two words."""
_LONGEST = 1.6
"""Inches; longer words are shortened."""
DPI = 300


@dataclass(frozen=True)
class PlacedWord:
    """A text with its place: inches from the left of its block, lines from its row's top."""

    text: str
    x: float
    line: int
    width: float
    matched: bool | None
    """Whether a word is matched; none where that is not asked."""
    look: Mapping[str, Any]


class Ruler:
    """Widths of words, as drawn."""

    def __init__(self, families: Sequence[str]) -> None:
        # Of any size: nothing is drawn on it. matplotlib's stubs leave the renderer untyped.
        self._renderer = RendererAgg(100, 100, DPI)  # type: ignore[no-untyped-call]
        self._families = list(families)
        # Every shape of the figure that is tried has the same words.
        self._widths: dict[tuple[str, bool], float] = {}

    def width(self, text: str, *, bold: bool) -> float:
        """Return inches."""
        if (text, bold) not in self._widths:
            weight = "bold" if bold else "normal"
            font = FontProperties(family=self._families, size=SIZE, weight=weight)
            measure = self._renderer.get_text_width_height_descent
            width = measure(text, font, False)[0]  # type: ignore[no-untyped-call]
            self._widths[text, bold] = float(width) / DPI
        return self._widths[text, bold]

    def shorten(self, word: str, *, bold: bool) -> str:
        """Return the word, its end replaced by an ellipsis where it is too long."""
        # No word of 100 characters is narrower than the limit: measure no more than that.
        if len(word) <= 100 and self.width(word, bold=bold) <= _LONGEST:
            return word
        kept = word[:100]
        while self.width(kept + "…", bold=bold) > _LONGEST:
            kept = kept[:-1]
        return kept + "…"


@dataclass(frozen=True)
class WordList:
    """Where and how the words of a language stand in a block."""

    language: str
    right_to_left: bool
    left: float
    """Inches from the block's left."""
    width: float
    """Inches."""
    letters: Lettering
    ruler: Ruler

    def flow(
        self, types: Sequence[str], matched: Sequence[bool] | None, n_types: int
    ) -> list[PlacedWord]:
        """Return words placed one after the other in their direction, in lines of the list."""
        flags: Sequence[bool | None] = matched or [None] * len(types)
        texts: list[tuple[str, bool | None, bool]] = []
        for word, flag in zip(types[:n_types], flags, strict=False):
            text = self.ruler.shorten(self.letters.drawable(word), bold=bool(flag))
            texts.append((directed(text, right_to_left=self.right_to_left), flag, True))
        if len(types) > n_types:
            hidden = f"+{len(types) - n_types} more"
            hidden += f", {sum(matched[n_types:])} matched" if matched else ""
            texts.append((hidden, None, False))
        placed: list[PlacedWord] = []
        used, line = 0.0, 0
        for text, flag, is_word in texts:
            width = self.ruler.width(text, bold=bool(flag))
            if used and used + width > self.width:
                used, line = 0.0, line + 1
            x = self.left + (self.width - used - width if self.right_to_left else used)
            look = {
                "weight": "bold" if flag else "normal",
                "color": "black" if is_word and flag is not False else GREY,
                **({"family": list(self.letters.families)} if is_word else {}),
            }
            placed.append(PlacedWord(text, x, line, width, flag, look))
            used += width + _GAP
        return placed
