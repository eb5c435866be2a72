"""Concepts of both metrics as word lists in both languages, each in its direction of writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from polyconcept.figures.fonts import (
    MISSING,
    Lettering,
    is_right_to_left,
    language_name,
    lettering,
    report_missing,
)
from polyconcept.figures.lettering import SMALL, Heading, wrapped
from polyconcept.figures.style import GREY, PAGE_HEIGHT, TEXT_WIDTH, UPRIGHT_HEIGHT, WIDE, style
from polyconcept.figures.word_lists import SIZE, PlacedWord, Ruler, WordList
from polyconcept.records.concepts import ConceptExample
from polyconcept.records.examples import OverlapExample, PairExamples
from polyconcept.records.text import Definition

_LINE = 0.165
"""Inches from one line of words to the next."""
_PADDING = 0.07
"""Inches above and below the words of one example."""
_MARGIN, _BETWEEN = 0.06, 0.2
"""Inches at the edges, and between what stands side by side."""
_COUNTS = 0.9
"""Inches at the right of an example, for its numbers."""
_FEWER_TYPES = 4
"""Word types of a list where there is no room for more."""
_QUESTION = "What do concepts that two languages share look like?"
_NOTES = (
    "lists: word types, most frequent first",
    "CALIGN: a concept of each language; bold: a translation is in the other concept, underlined "
    "with dots: none is; sentence: share of the source words that stand in one and the same",
    "COLAP: one concept of both languages; percent: share of its words, their number in brackets",
)

_Letters: TypeAlias = Mapping[str, Lettering]
"""Language -> what its words are drawn with."""


@dataclass(frozen=True)
class _Shape:
    """What a figure shows, and how large it is."""

    width: float
    """Inches."""
    columns: int
    """Pairs that stand beside each other."""
    most: float
    """Inches; the height that it should not exceed."""
    n_examples: int
    """Concepts of each metric and pair, at most."""
    n_types: int
    """Word types of each list, at most."""

    @property
    def column(self) -> float:
        """Width of a column, in inches."""
        return (self.width - 2 * _MARGIN - _BETWEEN * (self.columns - 1)) / self.columns


@style()
def draw(
    pairs: Iterable[PairExamples], *, n_types: int = 8, title: str = "",
    definition: Definition = "published",
) -> Figure:  # fmt: skip
    """Draw concepts of each pair as word lists: pairs that align, and concepts of both languages.

    Of concepts that align, words with a translation in the other concept are bold, those without
    are underlined with dots. Beside a concept of both languages stands the share of each. It is
    told how many concepts align and overlap in all, also where there is none to show; of the words
    not shown, how many there are and, where they align, how many of them are matched. Lists of a
    language written from right to left run from right to left. Words may contain any character;
    one that no font has is drawn as a box, below it stands of which scripts they are, and a log
    line names them and the fonts that have them.

    Where the figure would be higher than a page on its side, the pairs stand in two columns, else
    on an upright page; then the last concepts of the pairs with most are left out, at last words.

    Of each list `n_types` word types are shown; `title` says which run and layer it is.

    Raises:
        ValueError: An example without words, or with another number of flags than words, or
            `n_types` below 1.
    """
    pairs = list(pairs)
    _check(pairs, n_types)
    letters = _letters(pairs, n_types)
    missing = {c for language, words in _words(pairs, n_types).items()
               for c in letters[language].missing(words)}  # fmt: skip
    scripts = report_missing(missing)
    no_font = f"{MISSING}: no font here has the character ({', '.join(scripts)}; see the log)"
    heading = Heading(_QUESTION, [f"{definition} definition", title, "the best, not the usual"])
    notes = [*_NOTES, *([no_font] if scripts else [])]
    rulers = {language: Ruler(found.families) for language, found in letters.items()}
    for shape in _shapes(pairs, n_types):
        blocks = [_Block(shape, pair, letters, rulers) for pair in pairs]
        page = _Page(shape, heading, notes, blocks)
        if page.height <= shape.most:
            break
    return page.figure()


def _shapes(pairs: Sequence[PairExamples], n_types: int) -> list[_Shape]:
    """Return what is tried, the fullest first."""
    most = max((len(one.examples) for pair in pairs for one in (pair.aligned, pair.overlapping)),
               default=0)  # fmt: skip
    beside = min(2, max(1, len(pairs)))
    shapes = [
        shape
        for n in range(max(most, 1), 0, -1)
        for shape in (
            _Shape(TEXT_WIDTH, 1, PAGE_HEIGHT, n, n_types),
            _Shape(WIDE, beside, PAGE_HEIGHT, n, n_types),
            _Shape(TEXT_WIDTH, 1, UPRIGHT_HEIGHT, n, n_types),
        )
    ]
    fewest = min(n_types, _FEWER_TYPES)
    return [*shapes, _Shape(WIDE, beside, PAGE_HEIGHT, 1, fewest)]


def _words(pairs: Sequence[PairExamples], n_types: int) -> dict[str, list[str]]:
    """Return language -> the words that may be shown; also where there are none."""
    words: dict[str, list[str]] = {
        language: [] for pair in pairs for language in (pair.aligned.source, pair.aligned.target)
    }
    for pair in pairs:
        for found in (pair.aligned, pair.overlapping):
            for example in found.examples:
                words[found.source] += example.source_types[:n_types]
                words[found.target] += example.target_types[:n_types]
    return words


def _letters(pairs: Sequence[PairExamples], n_types: int) -> _Letters:
    return {
        language: lettering(words, language) for language, words in _words(pairs, n_types).items()
    }


def _check(pairs: Sequence[PairExamples], n_types: int) -> None:
    if n_types < 1:
        raise ValueError(f"n_types={n_types} should be at least 1")
    for example in chain.from_iterable(pair.aligned.examples for pair in pairs):
        for side, types, flags in (
            ("source", example.source_types, example.source_matched),
            ("target", example.target_types, example.target_matched),
        ):
            if len(types) != len(flags):
                raise ValueError(f"{len(types)} {side} types but {len(flags)} flags in {example}")
            if not types:
                raise ValueError(f"a concept without words in {example}")
    for overlap in chain.from_iterable(pair.overlapping.examples for pair in pairs):
        if not (overlap.n_source and overlap.n_target):
            raise ValueError(f"a concept without words of one language in {overlap}")


class _Block:
    """A pair: texts and rules from top to bottom, as high as they need; inches from its corner."""

    def __init__(
        self, shape: _Shape, pair: PairExamples, letters: _Letters, rulers: Mapping[str, Ruler]
    ) -> None:
        self.height = 0.0
        self.texts: list[tuple[float, float, str, Mapping[str, Any]]] = []
        self.rules: list[tuple[float, float, float, Mapping[str, Any]]] = []
        self._shape = shape
        self._lists = self._place_lists(pair, letters, rulers)
        self._column_headings(pair)
        aligned, overlapping = pair.aligned, pair.overlapping
        self._section("CALIGN", "align", aligned.n_aligned, aligned.n_concepts,
                      aligned.examples, self._aligned)  # fmt: skip
        self._section("COLAP", "overlap", overlapping.n_overlapping, overlapping.n_concepts,
                      overlapping.examples, self._overlapping)  # fmt: skip
        self.height += 0.1

    def _place_lists(
        self, pair: PairExamples, letters: _Letters, rulers: Mapping[str, Ruler]
    ) -> tuple[WordList, ...]:
        """Return the two lists; one runs from right to left if most of its words do."""
        width = (self._shape.column - _COUNTS - 2 * _BETWEEN) / 2
        examples: list[ConceptExample | OverlapExample] = [
            *pair.aligned.examples, *pair.overlapping.examples
        ]  # fmt: skip
        sides = (
            (pair.aligned.source, [e.source_types for e in examples], 0.0),
            (pair.aligned.target, [e.target_types for e in examples], width + _BETWEEN),
        )
        return tuple(
            WordList(language, is_right_to_left(list(chain.from_iterable(types))), left, width,
                  letters[language], rulers[language])
            for language, types, left in sides
        )  # fmt: skip

    def _column_headings(self, pair: PairExamples) -> None:
        """Add the names of the languages, each on the side where its words start, and the layer."""
        for one in self._lists:
            x = one.left + (one.width if one.right_to_left else 0.0)
            side = "right" if one.right_to_left else "left"
            self._add(x, language_name(one.language), weight="bold", ha=side)
        self._add(self._shape.column, f"layer {pair.aligned.layer}", ha="right", size=SMALL)
        self.height += 0.19
        self._rule(0.8)

    def _section(
        self, metric: str, verb: str, n_found: int, n_concepts: int,
        examples: Sequence[Any], row: Callable[[Any], None],
    ) -> None:  # fmt: skip
        """Add how many concepts a metric counts, and its first examples."""
        shown = examples[: self._shape.n_examples]
        count = f"{n_found} of {n_concepts} {verb}"
        if not shown:
            told = f"no example: {count}"
        elif len(shown) == n_found:
            told = f"{count}, all shown"
        else:
            told = f"{count}, the best {'' if len(shown) == 1 else f'{len(shown)} '}shown"
        self.height += 0.02
        self._add(0.0, f"{metric}: {told}", size=SMALL)
        self.height += 0.15
        for example in shown:
            row(example)
        if not shown:
            self.height += 0.04
            self._rule(0.3)

    def _aligned(self, example: ConceptExample) -> None:
        n_types = self._shape.n_types
        source, target = self._lists
        self._row(
            [
                *source.flow(example.source_types, example.source_matched, n_types),
                *target.flow(example.target_types, example.target_matched, n_types),
            ],
            f"{sum(example.source_matched)} of {len(example.source_matched)} matched",
            f"sentence {example.sentence_share:.0%}",
        )

    def _overlapping(self, example: OverlapExample) -> None:
        n_types = self._shape.n_types
        source, target = self._lists
        n_words = example.n_source + example.n_target
        shares = [
            f"{n / n_words:.0%} {one.language} ({n:,})"
            for n, one in ((example.n_source, source), (example.n_target, target))
        ]
        words = [
            *source.flow(example.source_types, None, n_types),
            *target.flow(example.target_types, None, n_types),
        ]
        self._row(words, *shares)

    def _row(self, words: Sequence[PlacedWord], *numbers: str) -> None:
        """Add the words of an example, and its numbers at the right."""
        self.height += _PADDING
        for line, number in enumerate(numbers):
            self._add(self._shape.column, number, line=line, ha="right", size=SMALL, color=GREY)
        for word in words:
            self._add(word.x, word.text, line=word.line, **word.look)
            if word.matched is False:
                # No font's bold is needed to tell the two apart.
                y = self.height + _LINE * (word.line + 1) - 0.012
                look = {"color": GREY, "linewidth": 0.9, "linestyle": ":"}
                self.rules.append((word.x, word.x + word.width, y, look))
        n_lines = max(len(numbers), *(word.line + 1 for word in words))
        self.height += _LINE * n_lines + _PADDING
        self._rule(0.3)

    def _rule(self, linewidth: float) -> None:
        look = {"color": "#808080", "linewidth": linewidth}
        self.rules.append((0.0, self._shape.column, self.height, look))

    def _add(self, x: float, text: str, *, line: int = 0, **look: Any) -> None:  # noqa: ANN401 - matplotlib's
        # The baseline lies a bit above the line's lower edge.
        y = self.height + _LINE * (line + 1) - 0.045
        self.texts.append((x, y, text, {"size": SIZE, **look}))


class _Page:
    """Heading, blocks in columns, notes."""

    def __init__(
        self, shape: _Shape, heading: Heading, notes: Sequence[str], blocks: Sequence[_Block]
    ) -> None:
        self._shape, self._heading = shape, heading
        self._notes = "\n".join(
            wrapped(note, shape.width - 2 * _MARGIN, size=SMALL) for note in notes
        )
        each = max(1, -(-len(blocks) // shape.columns))
        self._columns = [blocks[first : first + each] for first in range(0, len(blocks), each)]
        self._top = heading.height(shape.width)
        self._bottom = 0.08 + 0.125 * (self._notes.count("\n") + 1)
        tallest = max((sum(b.height for b in column) for column in self._columns), default=0.0)
        self.height = self._top + tallest + self._bottom
        """Inches."""

    def figure(self) -> Figure:
        """Draw all of it, measured from the top left."""
        width, height = self._shape.width, self.height
        figure = Figure(figsize=(width, height))
        self._heading.draw(figure)
        for index, column in enumerate(self._columns):
            left, top = _MARGIN + index * (self._shape.column + _BETWEEN), self._top
            for block in column:
                for x, y, text, look in block.texts:
                    figure.text((left + x) / width, 1 - (top + y) / height, text,
                                va="baseline", **look)  # fmt: skip
                for start, end, y, look in block.rules:
                    across = [(left + start) / width, (left + end) / width]
                    figure.add_artist(Line2D(across, [1 - (top + y) / height] * 2, **look))
                top += block.height
        figure.text(_MARGIN / width, 0.05 / height, self._notes, size=SMALL, color=GREY,
                    va="bottom")  # fmt: skip
        return figure
