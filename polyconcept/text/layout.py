"""Lines of a CoNLL file, cut into columns: which are words, which is a header, a comment, a count.

A first column that counts the words of each sentence is never the word. In such a file a line
``3-4`` holds a surface word, and the lines 3 and 4 its parts (CoNLL-U); a line ``8.1`` is an
empty node, no word of the text, and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polyconcept.text.lines import split_words
from polyconcept.text.tagged import DOCUMENT

WORDS_OF_WORDS = frozenset({"word", "words", "token", "tokens", "form"})
WORDS_OF_TAGS = frozenset(
    {"tag", "tags", "label", "labels", "entity", "ner", "ner_tag", "ner_tags", "ne"}
)
CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
_TAG_SHAPE = re.compile(r"O|[A-Z]-\S+")
# How CoNLL-U Plus names its columns.
_GLOBAL = re.compile(r"#\s*global\.columns\s*=\s*(.+)")
_NUMBER = re.compile(r"(\d+)(?:-(\d+)|(\.\d+))?")


@dataclass(frozen=True)
class Row:
    """A word of the text."""

    line: int
    """Its line in the file, from 1."""
    cells: tuple[str, ...]
    """Its columns."""
    parts: tuple[tuple[str, ...], ...] = ()
    """Columns of the words that it consists of, where the file has them on lines of their own."""


@dataclass(frozen=True)
class Table:
    """The sentences of a CoNLL file."""

    sentences: tuple[tuple[Row, ...], ...]
    n_columns: int
    tabs: bool
    """Columns are cut at tabs; else at runs of spaces."""
    names: tuple[str, ...] = ()
    """Names of the columns, where a header or a comment of the file gives them."""
    header: bool = False
    """Whether the first line is the names."""
    counted: bool = False
    """Whether the first column counts the words of each sentence."""
    n_ranges: int = 0
    """Surface words whose parts are not read as words."""
    n_empty: int = 0
    """Empty nodes (CoNLL-U's 8.1), which are no words of the text and are not read."""


def read_table(path: Path, lines: Sequence[str], named: Sequence[str] = ()) -> Table:
    """Cut the lines of a CoNLL file into sentences of rows.

    `named` has the names that the study gives for columns: the first line, or ``# global.columns``
    of CoNLL-U Plus, must have them.

    Raises:
        ValueError: no sentence, one column only, a line with another number of columns, or a first
            column of numbers that do not count; with file and line.
    """
    table = _cut(path, lines)
    table = _without_header(path, table, lines, named)
    if not table.sentences:
        raise ValueError(f"{path}: no sentence found; lines 'word<TAB>tag' were needed")
    if _counts(path, table):
        table = _surface(path, table)
        if not table.names and table.n_columns == len(CONLLU):
            table = replace(table, names=CONLLU)
    return table


def _cut(path: Path, lines: Sequence[str]) -> Table:
    tabs, n_columns = _first_word(path, lines)
    sentences: list[tuple[Row, ...]] = []
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        cells = _cells(line, tabs=tabs)
        if not line.strip(" \t") or DOCUMENT in split_words(line)[:2]:
            if rows:
                sentences.append(tuple(rows))
            rows = []
        elif rows or not _is_comment(cells, n_columns):
            if len(cells) > n_columns and not any(cells[n_columns:]):
                cells = cells[:n_columns]  # a tab at the end
            if len(cells) != n_columns:
                raise ValueError(
                    f"{path}, line {number}: found {len(cells)} columns in {line!r}; the file's "
                    f"first word has {n_columns}, separated by {'tabs' if tabs else 'spaces'}"
                )
            rows.append(Row(number, cells))
    return Table((*sentences, tuple(rows)) if rows else tuple(sentences), n_columns, tabs)


def _cells(line: str, *, tabs: bool) -> tuple[str, ...]:
    # Between tabs, a cell may hold blanks.
    return tuple(cell.strip(" ") for cell in line.split("\t")) if tabs else split_words(line)


def _first_word(path: Path, lines: Sequence[str]) -> tuple[bool, int]:
    """Return whether tabs part columns, and how many: by the first line that is surely a word."""
    for number, line in enumerate(lines, start=1):
        if not line.strip(" \t") or DOCUMENT in split_words(line)[:2]:
            continue
        if line.startswith("#") and not re.fullmatch(r"#\S*\t(O|[BI]-\S+)", line):
            continue
        tabs = "\t" in line
        n_columns = len(_cells(line, tabs=tabs))
        if n_columns < 2:
            raise ValueError(
                f"{path}, line {number}: found one column in {line!r}; a word and its tag, "
                "separated by a tab or a space, were needed"
            )
        return tabs, n_columns
    raise ValueError(f"{path}: no sentence found; lines 'word<TAB>tag' were needed")


def _is_comment(cells: Sequence[str], n_columns: int) -> bool:
    """Return whether a line between sentences is a comment; ``#`` with its tag is a word."""
    if not cells[0].startswith("#"):
        return False
    return len(cells) != n_columns or not any(_TAG_SHAPE.fullmatch(cell) for cell in cells[1:])


# --- names of columns


def _without_header(path: Path, table: Table, lines: Sequence[str], named: Sequence[str]) -> Table:
    """Return the table with the names of its columns, and without the line that gave them."""
    given = next((match[1] for line in lines if (match := _GLOBAL.fullmatch(line.strip()))), None)
    if given is not None:
        names = split_words(given)
        if len(names) != table.n_columns:
            raise ValueError(
                f"{path}: `global.columns` names {len(names)} columns; the words have "
                f"{table.n_columns}"
            )
        return replace(table, names=names)
    if not table.sentences:
        return table
    first, *others = table.sentences
    cells = first[0].cells
    small = {cell.casefold() for cell in cells}
    asked = bool(named) and {*named} <= {*cells}
    if not (asked or (small & WORDS_OF_WORDS and small & WORDS_OF_TAGS)):
        return table
    left = (first[1:],) if len(first) > 1 else ()
    return replace(table, sentences=(*left, *others), names=cells, header=True)


# --- counts


def _counts(path: Path, table: Table) -> bool:
    """Return whether the first column counts the words: from 0, from 1, or on through the file.

    Raises:
        ValueError: it is numbers throughout that do not count.
    """
    rows = [row for sentence in table.sentences for row in sentence]
    # Two columns are a word and its tag: none is left for a count.
    if table.n_columns < 3 or not all(_NUMBER.fullmatch(row.cells[0]) for row in rows):
        return False
    last = -1
    for sentence in table.sentences:
        whole = [row for row in sentence if row.cells[0].isdecimal()]
        for place, row in enumerate(whole):
            number = int(row.cells[0])
            if number != last + 1 and (place or number not in (0, 1)):
                raise ValueError(
                    f"{path}, line {row.line}: found {row.cells[0]!r} in a first column of numbers "
                    "that do not count the words 1, 2, 3 of every sentence; name the columns in "
                    "`columns`, such as {word: 2, tag: 3}"
                )
            last = number
    return len(rows) > 1


def _surface(path: Path, table: Table) -> Table:
    """Return the table with surface words: ranges instead of their parts, and no empty nodes."""
    n_ranges = n_empty = 0
    sentences = []
    for sentence in table.sentences:
        kinds = [_NUMBER.fullmatch(row.cells[0]) for row in sentence]
        n_ranges += sum(kind is not None and kind[2] is not None for kind in kinds)
        n_empty += sum(kind is not None and kind[3] is not None for kind in kinds)
        sentences.append(tuple(_words_of(path, sentence)))
    kept = tuple(sentence for sentence in sentences if sentence)
    return replace(table, sentences=kept, counted=True, n_ranges=n_ranges, n_empty=n_empty)


def _words_of(path: Path, sentence: Sequence[Row]) -> Iterator[Row]:
    written = [row for row in sentence if "." not in row.cells[0]]
    place = 0
    while place < len(written):
        row = written[place]
        first, _, last = row.cells[0].partition("-")
        n_parts = int(last) - int(first) + 1 if last else 0
        parts = written[place + 1 : place + 1 + n_parts]
        numbers = [part.cells[0] for part in parts]
        if numbers != [str(int(first) + step) for step in range(n_parts)] or (last and not parts):
            raise ValueError(
                f"{path}, line {row.line}: found the range {row.cells[0]!r}, followed by "
                f"{', '.join(numbers) or 'no word'}; needed the lines of all its words"
            )
        yield replace(row, parts=tuple(part.cells for part in parts))
        place += 1 + len(parts)
