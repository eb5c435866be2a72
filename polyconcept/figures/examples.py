"""Aligned concepts as word lists in both languages, each in its own direction of writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from polyconcept.figures.fonts import (
    MISSING,
    directed,
    drawable,
    is_right_to_left,
    language_name,
    report_missing,
)
from polyconcept.figures.style import GREY, TEXT_WIDTH, style
from polyconcept.records.concepts import ConceptExample
from polyconcept.records.text import Definition

__all__ = ["draw"]

_SMALL, _SIZE, _LARGE = 7.0, 8.0, 9.0
"""Points; size of notes, of the words and of the title."""
_LINE = 0.165
"""Inches from one line of words to the next."""
_PADDING = 0.08
"""Inches above and below the words of one example."""
_GAP = 0.11
"""Inches between two words."""
_LAYER, _SOURCE, _TARGET, _SHARE = 0.05, 0.45, 3.2, TEXT_WIDTH - 0.05
"""Inches from the left: layer, left edges of the two word lists, right edge of the share."""
_LIST_WIDTH = 2.45
_LONGEST = 1.6
"""Inches; longer words are shortened."""
_DPI = 300


@dataclass(frozen=True)
class _Placed:
    """A text with its place: inches from the left of its figure and lines from its row's top."""

    text: str
    x: float
    line: int
    bold: bool = False
    grey: bool = False


class _Ruler:
    """Widths of texts, as drawn."""

    def __init__(self) -> None:
        # matplotlib's stubs leave the renderer untyped.
        self._renderer = RendererAgg(100, 100, _DPI)  # type: ignore[no-untyped-call]

    def width(self, text: str, *, bold: bool) -> float:
        """Inches."""
        font = FontProperties(size=_SIZE, weight="bold" if bold else "normal")
        measure = self._renderer.get_text_width_height_descent
        return float(measure(text, font, False)[0]) / _DPI  # type: ignore[no-untyped-call]

    def shorten(self, word: str, *, bold: bool) -> str:
        """The word, its end replaced by an ellipsis where it is too long."""
        # No word of 100 characters is narrower than the limit: measure no more than that.
        if len(word) <= 100 and self.width(word, bold=bold) <= _LONGEST:
            return word
        kept = word[:100]
        while self.width(kept + "…", bold=bold) > _LONGEST:
            kept = kept[:-1]
        return kept + "…"


@style()
def draw(
    examples: Iterable[ConceptExample], *, n_types: int = 12, title: str = "",
    definition: Definition = "published",  # noqa: ARG001 - said in the caption
) -> Figure:  # fmt: skip
    """Word lists of aligned concepts, most frequent word first, matched source words bold.

    Lists of a language written from right to left run from right to left. Words may contain any
    character; one that no font has is drawn as a box, and a log line names it.

    Args:
        examples: what to show, in this order; examples of one language pair stand together. None
            is a result too (no concept aligned): the figure then says so.
        n_types: word types shown of each list; the number of the others is told.
        title: such as model and variant.
        definition: that of the concepts' alignment, which the caption names.

    Raises:
        ValueError: an example whose lists are empty or that has another number of flags than
            source words, or `n_types` below 1.
    """
    examples = list(examples)
    _check(examples, n_types)
    words = [w for e in examples for w in (*e.source_types[:n_types], *e.target_types[:n_types])]
    missing = report_missing(words)
    groups: dict[tuple[str, str], list[ConceptExample]] = {}
    for example in examples:
        groups.setdefault((example.source, example.target), []).append(example)
    ruler = _Ruler()
    page = _Page()
    if title:
        page.heading(title)
    for (source, target), group in groups.items():
        directions = (
            is_right_to_left([word for e in group for word in e.source_types]),
            is_right_to_left([word for e in group for word in e.target_types]),
        )
        page.column_headings(language_name(source), language_name(target), directions)
        for example in group:
            page.row(example, _lists(example, n_types, directions, ruler))
    if not examples:
        page.note("no concept aligns here")
        return page.figure()
    note = "bold: a translation is in the other concept"
    page.note(f"{note}; {MISSING}: a character that no font here has" if missing else note)
    return page.figure()


def _check(examples: Sequence[ConceptExample], n_types: int) -> None:
    if n_types < 1:
        raise ValueError(f"n_types={n_types} should be at least 1")
    for example in examples:
        n_words, n_flags = len(example.source_types), len(example.source_matched)
        if n_words != n_flags:
            raise ValueError(f"{n_words} source types but {n_flags} flags in {example}")
        if not example.source_types or not example.target_types:
            raise ValueError(f"a concept without words in {example}")


def _lists(
    example: ConceptExample, n_types: int, directions: tuple[bool, bool], ruler: _Ruler
) -> list[_Placed]:
    """Both word lists of one example, placed."""
    source = _flow(
        example.source_types, example.source_matched, n_types=n_types,
        right_to_left=directions[0], left=_SOURCE, ruler=ruler,
    )  # fmt: skip
    target = _flow(
        example.target_types, None, n_types=n_types,
        right_to_left=directions[1], left=_TARGET, ruler=ruler,
    )  # fmt: skip
    return source + target


def _flow(
    types: Sequence[str],
    matched: Sequence[bool] | None,
    *,
    n_types: int,
    right_to_left: bool,
    left: float,
    ruler: _Ruler,
) -> list[_Placed]:
    """Words placed one after the other in their direction, a new line where one is full."""
    texts: list[tuple[str, bool, bool]] = []
    for index, word in enumerate(types[:n_types]):
        bold = matched is not None and matched[index]
        text = ruler.shorten(drawable(word), bold=bold)
        grey = matched is not None and not bold
        texts.append((directed(text, right_to_left=right_to_left), bold, grey))
    if len(types) > n_types:
        texts.append((f"+{len(types) - n_types} more", False, True))
    placed: list[_Placed] = []
    used, line = 0.0, 0
    for text, bold, grey in texts:
        width = ruler.width(text, bold=bold)
        if used and used + width > _LIST_WIDTH:
            used, line = 0.0, line + 1
        x = left + (_LIST_WIDTH - used - width if right_to_left else used)
        placed.append(_Placed(text, x, line, bold, grey))
        used += width + _GAP
    return placed


class _Page:
    """Texts and rules from top to bottom; the figure is as high as they need."""

    def __init__(self) -> None:
        self._height = 0.05
        self._texts: list[tuple[float, float, str, dict[str, Any]]] = []
        self._rules: list[tuple[float, float]] = []

    def heading(self, title: str) -> None:
        """A line in bold."""
        self._add(_LAYER, title, size=_LARGE, weight="bold")
        self._height += 0.25

    def column_headings(self, source: str, target: str, directions: tuple[bool, bool]) -> None:
        """Names of the columns, each on the side where its words start."""
        self._height += 0.06
        self._add(_LAYER, "layer", size=_SMALL)
        for name, left, right_to_left in zip(
            (source, target), (_SOURCE, _TARGET), directions, strict=True
        ):
            x, side = (left + _LIST_WIDTH, "right") if right_to_left else (left, "left")
            self._add(x, name, weight="bold", ha=side)
        self._add(_SHARE, "matched", size=_SMALL, ha="right")
        self._height += 0.19
        self._rules.append((self._height, 0.8))

    def row(self, example: ConceptExample, lists: Sequence[_Placed]) -> None:
        """One example."""
        self._height += _PADDING
        self._add(_LAYER, str(example.layer))
        self._add(_SHARE, f"{example.fraction:.0%}", ha="right")
        for word in lists:
            self._add(
                word.x, word.text, line=word.line, color=GREY if word.grey else "black",
                weight="bold" if word.bold else "normal",
            )  # fmt: skip
        self._height += _LINE * (1 + max(word.line for word in lists)) + _PADDING
        self._rules.append((self._height, 0.3))

    def note(self, text: str) -> None:
        """A last line, smaller."""
        self._height += 0.06
        self._add(_SOURCE, text, size=_SMALL, color=GREY)
        self._height += 0.18

    def _add(self, x: float, text: str, *, line: int = 0, **look: float | str) -> None:
        # The baseline lies a bit above the line's lower edge.
        y = self._height + _LINE * (line + 1) - 0.045
        self._texts.append((x, y, text, {"size": _SIZE, **look}))

    def figure(self) -> Figure:
        """All of it, measured from the top."""
        figure = Figure(figsize=(TEXT_WIDTH, self._height))
        for x, y, text, look in self._texts:
            figure.text(x / TEXT_WIDTH, 1 - y / self._height, text, va="baseline", **look)
        for y, width in self._rules:
            place = 1 - y / self._height
            figure.add_artist(Line2D([0, 1], [place, place], color="#808080", linewidth=width))
        return figure
