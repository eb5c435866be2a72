"""CoNLL files of users: which column is the word, which its tag, and what the tags mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.records.text import TaggedSentences
from polyconcept.text.layout import WORDS_OF_TAGS, WORDS_OF_WORDS, Row, Table, read_table
from polyconcept.text.lines import check_words, few, read_lines
from polyconcept.text.recognise import Reading, Token, recognise
from polyconcept.text.tag_spelling import Source, spellings_of

ColumnNames: TypeAlias = Mapping[str, int | str]
"""What the study says of columns: ``word`` and ``tag`` -> number from 1, or name in the file."""

_UNSET = ("_", "")
# Of a column's values that have to be tags with known labels, or O, for it to be one of tags.
_SHARE = 0.5


@dataclass(frozen=True)
class Chosen:
    """Columns of a file, from 0."""

    word: int
    tag: int
    key: str = ""
    """Of ``key=value|...`` in the tag's column; empty where the column is the tag."""
    nested: tuple[int, ...] = ()
    """Columns of entities inside those of `tag`, which are not read."""


def recognise_tagged(
    path: Path,
    language: str,
    labels: Collection[str],
    *,
    ignored: Collection[str] = (),
    columns: ColumnNames | None = None,
) -> tuple[TaggedSentences, Reading]:
    """Return the sentences with entity tags from a CoNLL file, and what the file was found to be.

    One word a line, columns cut at tabs (or, in a file without tabs, at spaces), a blank line
    between sentences. ``-DOCSTART-`` lines and comments are skipped; a comment starts with ``#``,
    is between sentences and is not a word with its tag (``#`` is a word in AQMAR).
    docs/INPUT.md lists the layouts and schemes that are recognised, and what is refused.

    Whatever the scheme, the result is IOB2 in which every entity is whole: one that breaks the
    file's scheme is read as ``O``, and one warning gives their number and the first line. In IOB2
    that is an entity that begins with ``I-`` (as conlleval and seqeval's strict mode read it).

    Tags with `ignored` labels are read as ``O``. `columns` gives the number (from 1) or the name of
    the columns ``word`` and ``tag``.

    Raises:
        ValueError: not UTF-8, no sentence, another number of columns, columns or tags that cannot
            be told, a label neither known nor ignored, words of another language; with file and
            line.
    """
    given = columns or {}
    table = read_table(path, read_lines(path), [n for n in given.values() if isinstance(n, str)])
    source = Source(
        str(path), "line", "is it another column? Name it in `columns`, such as {word: 1, tag: 4}"
    )
    chosen = choose_columns(source, table, [*labels, *ignored], given)
    tags = tags_of(source, table, chosen)
    sentences = [
        [Token(row.line, row.cells[chosen.word], tag) for row, tag in zip(rows, found, strict=True)]
        for rows, found in zip(table.sentences, tags, strict=True)
    ]
    for token in (token for tokens in sentences for token in tokens):
        check_words([token.word], source.at(token.place))
    left_out = {
        "surface word of several, which are not read": table.n_ranges,
        "word that is not written, left out": table.n_empty,
    }
    return recognise(
        source,
        language,
        sentences,
        labels,
        ignored=ignored,
        layout=_layout(table, chosen),
        changed={reason: count for reason, count in left_out.items() if count},
    )


def _layout(table: Table, chosen: Chosen) -> Mapping[str, Any]:
    """Return the columns of a file as the log and the record give them."""
    tag = f"{chosen.tag + 1}.{chosen.key}" if chosen.key else chosen.tag + 1
    return {
        "columns": table.n_columns,
        "word_column": chosen.word + 1,
        "tag_column": tag,
        "counted": table.counted,
        "header": table.header,
        "columns_of_nested_entities": [column + 1 for column in chosen.nested],
    }


def choose_columns(
    source: Source, table: Table, labels: Collection[str], given: ColumnNames
) -> Chosen:
    """Return the columns that the study names, or that their values show to be the ones.

    The word is in the first column, or in the second where the first counts. The tag is in the
    only column that holds tags with the study's labels. Where tags are alone in the first of two
    columns, the word is in the second.

    Raises:
        ValueError: a column that is not there, or several that may hold the tags.
    """
    word, tag = (_named(source, table, what, given) for what in ("word", "tag"))
    nested: tuple[int, ...] = ()
    if tag is None:
        found, nested = _tag_column(source, table, labels, skipped=word[0] if word else None)
        tag = found, ""
    place = word[0] if word else _word_column(table)
    if place == tag[0] and word is None and table.n_columns == 2:
        place = 1 - place
    if place == tag[0]:
        raise ValueError(
            f"{source.at(table.sentences[0][0].line)}: found column {place + 1} to be the tag "
            "where the word was expected; name both in `columns`, such as {word: 2, tag: 1}"
        )
    return Chosen(place, *tag, nested=nested)


def tags_of(source: Source, table: Table, chosen: Chosen) -> list[list[tuple[str, ...]]]:
    """Return the tags of each word: its own, or those of its parts where its own names no entity.

    Raises:
        ValueError: no word has the key that the study names.
    """
    tags = [[_tags(row, chosen.tag, chosen.key) for row in rows] for rows in table.sentences]
    if chosen.key and not any(tag for row in tags for word in row for tag in word):
        raise ValueError(
            f"{source.name}: no word has {chosen.key}= in column {chosen.tag + 1}, which `columns` "
            "names as the tag"
        )
    # A word without the key is outside entities: such columns name only what there is.
    return [
        [tuple(tag or "O" for tag in word) if chosen.key else word for word in row] for row in tags
    ]


def _named(source: Source, table: Table, what: str, given: ColumnNames) -> tuple[int, str] | None:
    """Return the place and key of a column of the study."""
    column = given.get(what)
    if column is None:
        return None
    if isinstance(column, int):
        if column <= table.n_columns:
            return column - 1, ""
        raise ValueError(
            f"{source.at(table.sentences[0][0].line)}: found {table.n_columns} columns; needed "
            f"column {column}, which `columns.{what}` names"
        )
    names = table.names or tuple(str(number + 1) for number in range(table.n_columns))
    plain, dot, key = column.partition(".")
    if column in names or not dot:
        plain, key = column, ""
    if names.count(plain) == 1:
        return names.index(plain), key
    raise ValueError(
        f"{source.name}: found {'the columns ' + few(names, 12) if table.names else 'no header'}; "
        f"needed the column {column!r}, once, which `columns.{what}` names (numbers from 1 will do)"
    )


def _word_column(table: Table) -> int:
    named = _places(table, WORDS_OF_WORDS)
    return named[0] if len(named) == 1 else int(table.counted)


def _places(table: Table, names: Collection[str]) -> list[int]:
    """Return the columns whose name in the header is one of these."""
    header = table.names if table.header else ()
    return [place for place, name in enumerate(header) if name.casefold() in names]


def _tag_column(
    source: Source, table: Table, labels: Collection[str], *, skipped: int | None
) -> tuple[int, tuple[int, ...]]:
    """Return the column that holds the tags, and those with entities inside entities."""
    by_name = _places(table, WORDS_OF_TAGS)
    if len(by_name) == 1:
        return by_name[0], ()
    values = {
        column: Counter(
            tag for rows in table.sentences for row in rows for tag in _tags(row, column, "")
        )
        for column in range(1 if table.counted else 0, table.n_columns)
        if column != skipped
    }
    tags = {column: _is_tag(found, labels) for column, found in values.items()}
    several = [column for column, marked in tags.items() if marked]
    if len(several) > 1:
        return _outermost(source, table, several)
    if several:
        return several[0], ()
    empty = [column for column, marked in tags.items() if marked is not None]
    if empty:
        return empty[-1], ()
    if table.counted and not any("O" in found for found in values.values()):
        raise ValueError(
            f"{source.at(table.sentences[0][0].line)}: found {table.n_columns} columns, none with "
            f"entity tags (O, or B- or I- and one of {', '.join(sorted(labels))}); a treebank has "
            "none of its own: take a file that has, and name the column in `columns`, such as "
            "{word: 2, tag: 10}, or {word: FORM, tag: MISC.NER} for NER=B-PER"
        )
    # Which labels or tags are unknown is said of the column that has most of the O.
    return max(values, key=lambda column: (values[column]["O"], column)), ()


def _is_tag(values: Counter[str], labels: Collection[str]) -> bool | None:
    """Return whether a column names entities; None where it holds no tags at all."""
    small = [label.casefold() for label in labels]
    named = sum(
        count
        for value, count in values.items()
        # Faster than trying every spelling: most words contain no label.
        if any(label in value.casefold() for label in small) and spellings_of([value], labels)
    )
    outside = sum(values[value] for value in ("O", "o", "_"))
    if named + outside < _SHARE * values.total() or not (named or values["O"] or values["o"]):
        return None
    return named > 0


def _outermost(source: Source, table: Table, columns: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Choose the first column of tags if the others have entities inside of its own."""
    # As in GermEval 2014.
    marked = [_marked(table, column) for column in columns]
    inside = all(fewer < marked[0] for fewer in marked[1:])
    if table.counted and inside:
        return columns[0], tuple(columns[1:])
    numbers = [column + 1 for column in columns]
    raise ValueError(
        f"{source.at(table.sentences[0][0].line)}: found entity tags in the columns "
        f"{few(numbers)}; say which to read in `columns`, such as {{tag: {numbers[-1]}}}"
    )


def _marked(table: Table, column: int) -> set[tuple[int, int]]:
    """Return the line and part of every word that a column marks as part of an entity."""
    return {
        (row.line, part)
        for rows in table.sentences
        for row in rows
        for part, tag in enumerate(_tags(row, column, ""))
        if tag not in ("O", "o", *_UNSET)
    }


def _tags(row: Row, column: int, key: str) -> tuple[str, ...]:
    own, *parts = (_value(cells[column], key) for cells in (row.cells, *row.parts))
    said = tuple(tag for tag in parts if tag not in _UNSET)
    # Some files write O at every line that they have no tag for.
    return said if said and own in ("O", *_UNSET) else (own,)


def _value(cell: str, key: str) -> str:
    if not key:
        return cell
    pairs = (pair.partition("=") for pair in cell.split("|"))
    return next((value for name, _, value in pairs if name == key), "")
