"""Aligned concepts as word lists in both languages, each in its own direction of writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
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
from polyconcept.figures.style import GREY, PAGE_HEIGHT, TEXT_WIDTH, WIDE, style
from polyconcept.records.concepts import AlignedConcepts, ConceptExample
from polyconcept.records.text import Definition

_SMALL, _SIZE, _LARGE = 7.0, 8.0, 9.0
"""Points; size of notes, of the words and of the title."""
_LINE = 0.165
"""Inches from one line of words to the next."""
_PADDING = 0.08
"""Inches above and below the words of one example."""
_GAP = 0.11
"""Inches between two words."""
_MARGIN = 0.05
_COUNTS = 0.85
"""Inches that the matched words of all, and the commonest sentence's share, take at the right."""
_LONGEST = 1.6
"""Inches; longer words are shortened."""
_DPI = 300
_NOTE = (
    "bold: a translation is in the other concept; underlined with dots: none is; "
    "most frequent words first"
)
_SENTENCE_NOTE = "sentence: share of the source words that stand in one and the same sentence"


@dataclass(frozen=True)
class _Placed:
    """A text with its place: inches from the left of its figure and lines from its row's top."""

    text: str
    x: float
    line: int
    width: float
    matched: bool | None
    """Whether a word is matched; none for what is no word."""


@dataclass(frozen=True)
class _Columns:
    """Where the two word lists stand in a figure; inches."""

    width: float
    """Of the figure."""

    @property
    def lists(self) -> tuple[float, float]:
        """Left edges."""
        return _MARGIN, _MARGIN + self.list_width + 0.25

    @property
    def list_width(self) -> float:
        return (self.width - _COUNTS - 0.25 - 2 * _MARGIN) / 2


class _Ruler:
    """Widths of texts, as drawn."""

    def __init__(self) -> None:
        # Of any size: nothing is drawn on it. matplotlib's stubs leave the renderer untyped.
        self._renderer = RendererAgg(100, 100, _DPI)  # type: ignore[no-untyped-call]

    def width(self, text: str, *, bold: bool) -> float:
        """Return inches."""
        font = FontProperties(size=_SIZE, weight="bold" if bold else "normal")
        measure = self._renderer.get_text_width_height_descent
        return float(measure(text, font, False)[0]) / _DPI  # type: ignore[no-untyped-call]

    def shorten(self, word: str, *, bold: bool) -> str:
        """Return the word, its end replaced by an ellipsis where it is too long."""
        # No word of 100 characters is narrower than the limit: measure no more than that.
        if len(word) <= 100 and self.width(word, bold=bold) <= _LONGEST:
            return word
        kept = word[:100]
        while self.width(kept + "…", bold=bold) > _LONGEST:
            kept = kept[:-1]
        return kept + "…"


@style()
def draw(
    pairs: Iterable[AlignedConcepts], *, n_types: int = 8, title: str = "",
    definition: Definition = "published",  # noqa: ARG001 - said in the caption
) -> Figure:  # fmt: skip
    """Draw aligned concepts as word lists, most frequent words first, what is matched in bold.

    Words with a translation in the other concept are bold, those without are underlined with
    dots; of the words not shown it is told how many there are, and how many of them are matched.
    Above the concepts of a pair stands how many align in all. Lists of a language written from
    right to left run from right to left. Words may contain any character; one that no font has is
    drawn as a box, and a log line names it.

    Where the figure would be higher than a page on its side, the last concepts of the pairs with
    most are left out; the line above says how many are shown.

    Of each list `n_types` word types are shown. A pair may have no aligned concept.

    Raises:
        ValueError: An example whose lists are empty or that has another number of flags than
            words, or `n_types` below 1.
    """
    pairs = list(pairs)
    _check(pairs, n_types)
    ruler = _Ruler()
    examples = [example for pair in pairs for example in pair.examples]
    words = [w for e in examples for w in (*e.source_types[:n_types], *e.target_types[:n_types])]
    note = (
        f"{_NOTE}; {MISSING}: a character that no font here has" if report_missing(words) else _NOTE
    )
    most = max((len(pair.examples) for pair in pairs), default=0)
    sizes = [(TEXT_WIDTH, most), *((WIDE, n) for n in range(most, 0, -1))]
    for width, n_shown in sizes:
        page = _Page(_Columns(width))
        if title:
            page.heading(title)
        for pair in pairs:
            page.pair(pair, n_shown, n_types, ruler)
        if examples:
            page.note(note)
            page.note(_SENTENCE_NOTE)
        if page.height <= PAGE_HEIGHT:
            break
    return page.figure()


def _check(pairs: Sequence[AlignedConcepts], n_types: int) -> None:
    if n_types < 1:
        raise ValueError(f"n_types={n_types} should be at least 1")
    for example in chain.from_iterable(pair.examples for pair in pairs):
        for side, types, flags in (
            ("source", example.source_types, example.source_matched),
            ("target", example.target_types, example.target_matched),
        ):
            if len(types) != len(flags):
                raise ValueError(f"{len(types)} {side} types but {len(flags)} flags in {example}")
            if not types:
                raise ValueError(f"a concept without words in {example}")


def _flow(
    types: Sequence[str],
    matched: Sequence[bool],
    *,
    n_types: int,
    right_to_left: bool,
    left: float,
    list_width: float,
    ruler: _Ruler,
) -> list[_Placed]:
    """Return words placed one after the other in their direction, a new line where one is full."""
    texts: list[tuple[str, bool | None]] = []
    for word, bold in zip(types[:n_types], matched, strict=False):
        text = ruler.shorten(drawable(word), bold=bold)
        texts.append((directed(text, right_to_left=right_to_left), bold))
    if len(types) > n_types:
        texts.append((f"+{len(types) - n_types} more, {sum(matched[n_types:])} matched", None))
    placed: list[_Placed] = []
    used, line = 0.0, 0
    for text, bold_or_none in texts:
        width = ruler.width(text, bold=bool(bold_or_none))
        if used and used + width > list_width:
            used, line = 0.0, line + 1
        x = left + (list_width - used - width if right_to_left else used)
        placed.append(_Placed(text, x, line, width, bold_or_none))
        used += width + _GAP
    return placed


class _Page:
    """Texts and rules from top to bottom; the figure is as high as they need."""

    def __init__(self, columns: _Columns) -> None:
        self.height = 0.05
        self._columns = columns
        self._texts: list[tuple[float, float, str, dict[str, Any]]] = []
        self._rules: list[tuple[float, float, float, dict[str, Any]]] = []

    def heading(self, title: str) -> None:
        """Add a line in bold."""
        self._add(_MARGIN, title, size=_LARGE, weight="bold")
        self.height += 0.25

    def pair(self, pair: AlignedConcepts, n_shown: int, n_types: int, ruler: _Ruler) -> None:
        """Add how many concepts of a pair align, and the first of its examples."""
        examples = pair.examples[:n_shown]
        source, target = language_name(pair.source), language_name(pair.target)
        told = f"{pair.n_aligned} of {pair.n_concepts} concepts align in layer {pair.layer}"
        if examples:
            whole = len(examples) == pair.n_aligned
            told += ", all shown" if whole else f", the best {len(examples)} shown"
        self.height += 0.06
        self._add(_MARGIN, f"{source} → {target}: {told}", size=_SMALL)
        self.height += 0.17
        if not examples:
            self._rule(0.8)
            return
        directions = (
            is_right_to_left([word for e in examples for word in e.source_types]),
            is_right_to_left([word for e in examples for word in e.target_types]),
        )
        self._column_headings((source, target), directions)
        for example in examples:
            self._row(example, n_types, directions, ruler)

    def _column_headings(self, names: tuple[str, str], directions: tuple[bool, bool]) -> None:
        """Add the names of the columns, each on the side where its words start."""
        for name, left, right_to_left in zip(names, self._columns.lists, directions, strict=True):
            end = left + self._columns.list_width
            x, side = (end, "right") if right_to_left else (left, "left")
            self._add(x, name, weight="bold", ha=side)
        self._add(self._columns.width - _MARGIN, "matched", size=_SMALL, ha="right")
        self.height += 0.19
        self._rule(0.8)

    def _row(
        self, example: ConceptExample, n_types: int, directions: tuple[bool, bool], ruler: _Ruler
    ) -> None:
        sides = (
            (example.source_types, example.source_matched),
            (example.target_types, example.target_matched),
        )
        words = [
            word
            for (types, matched), right_to_left, left in zip(
                sides, directions, self._columns.lists, strict=True
            )
            for word in _flow(
                types, matched, n_types=n_types, right_to_left=right_to_left, left=left,
                list_width=self._columns.list_width, ruler=ruler,
            )
        ]  # fmt: skip
        self.height += _PADDING
        right = self._columns.width - _MARGIN
        count = f"{sum(example.source_matched)} of {len(example.source_matched)}"
        self._add(right, count, ha="right")
        share = f"sentence {example.sentence_share:.0%}"
        self._add(right, share, line=1, ha="right", size=_SMALL, color=GREY)
        for word in words:
            self._word(word)
        # The column at the right has two lines.
        self.height += _LINE * (1 + max(1, *(word.line for word in words))) + _PADDING
        self._rule(0.3)

    def _word(self, word: _Placed) -> None:
        self._add(
            word.x, word.text, line=word.line, color="black" if word.matched else GREY,
            weight="bold" if word.matched else "normal",
        )  # fmt: skip
        if word.matched is False:
            # No font's bold is needed to tell the two apart.
            y = self.height + _LINE * (word.line + 1) - 0.012
            look = {"color": GREY, "linewidth": 0.9, "linestyle": ":"}
            self._rules.append((word.x, word.x + word.width, y, look))

    def note(self, text: str) -> None:
        """Add a last line, smaller."""
        self.height += 0.06
        self._add(_MARGIN, text, size=_SMALL, color=GREY)
        self.height += 0.18

    def _rule(self, linewidth: float) -> None:
        look = {"color": "#808080", "linewidth": linewidth}
        self._rules.append((0.0, self._columns.width, self.height, look))

    def _add(self, x: float, text: str, *, line: int = 0, **look: float | str) -> None:
        # The baseline lies a bit above the line's lower edge.
        y = self.height + _LINE * (line + 1) - 0.045
        self._texts.append((x, y, text, {"size": _SIZE, **look}))

    def figure(self) -> Figure:
        """Draw all of it, measured from the top."""
        width = self._columns.width
        figure = Figure(figsize=(width, self.height))
        for x, y, text, look in self._texts:
            figure.text(x / width, 1 - y / self.height, text, va="baseline", **look)
        for left, right, y, look in self._rules:
            places = [1 - y / self.height] * 2
            figure.add_artist(Line2D([left / width, right / width], places, **look))
        return figure
