"""Columns of data sets: Parquet, CSV, TSV, JSON lines and plain text, read no further than asked.

Nothing here runs code of a data set or asks the network. CSV and TSV are read with Python's csv,
as the values stand in the file: a reader with a notion of missing values would turn the words
``NA`` and ``null`` into none.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.store.faults import StoreError
from polyconcept.store.parquet_columns import parquet_rows

__all__ = ["read_columns"]

Row: TypeAlias = tuple[str, tuple[Any, ...]]
"""Where a row stands (file and line), and its values in the order of the fields."""


def read_columns(
    paths: Sequence[Path], columns: Mapping[str, str], *, first: int = 0, n_rows: int | None = None
) -> dict[str, list[Any]]:
    """Columns of one table that stands in one or several files, in the order of `paths`.

    Formats by suffix: ``.parquet``; ``.csv`` (with a header, fields may be quoted); ``.tsv``
    (with a header, quotation marks are plain characters, as in SST-2); ``.jsonl`` or ``.json``
    (one object a line); ``.txt`` (one column, ``text``, one row a line).

    Args:
        paths: the files, all of one format.
        columns: name -> where its values stand: the name of a column, or with dots of a field
            inside one, such as ``translation.en``.
        first: rows left out at the start, counted over all files.
        n_rows: how many rows to read then; None for all.

    Returns:
        Name -> values, one per row: as text in CSV, TSV and TXT; else as stored, lists as lists.
        Numbers of a Parquet column that stands for classes (``ClassLabel`` of `datasets`), also
        inside lists, come back as the names of the classes; a number that has no name (-1 where
        labels are hidden) comes back as text.

    Raises:
        FileNotFoundError: there is no such file.
        StoreError: no file, or an unknown format; a column is missing (those that there are are
            named); a row has another number of fields than the header, or a value is missing
            (file and row); no rows; fewer rows than asked for (both numbers).
    """
    if not paths or not columns:
        raise StoreError(f"found {len(paths)} files and {len(columns)} columns; needed some")
    if first < 0 or (n_rows is not None and n_rows < 1):
        raise StoreError(f"first {first}, n_rows {n_rows}: needed at least 0 and 1")
    fields = tuple(columns.values())
    stop = None if n_rows is None else first + n_rows
    values: list[list[Any]] = [[] for _ in fields]
    for where, row in _rows(paths, fields, first, stop):
        for column, field, value in zip(values, fields, row, strict=True):
            if value is None or (isinstance(value, list) and None in value):
                raise StoreError(f"{where}: a value of column {field!r} is missing (null)")
            column.append(value)
    if not values[0] or (n_rows is not None and len(values[0]) < n_rows):
        n_there = sum(1 for _ in _rows(paths, fields, 0, None))
        asked = f"rows {first:,} to {stop:,}" if stop is not None else f"rows from {first:,} on"
        raise StoreError(f"{', '.join(map(str, paths))}: found {n_there:,} rows, needed {asked}")
    return dict(zip(columns, values, strict=True))


def _rows(
    paths: Sequence[Path], fields: tuple[str, ...], first: int, stop: int | None
) -> Iterator[Row]:
    suffixes = {path.suffix for path in paths}
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
    if suffixes == {".parquet"}:
        return parquet_rows(paths, fields, first, stop)
    if len(suffixes) != 1 or not suffixes <= set(_READERS):
        raise StoreError(
            f"{', '.join(map(str, paths))}: found the formats {', '.join(sorted(suffixes))}; "
            f"needed one of .parquet, {', '.join(_READERS)}, the same for all files"
        )
    reader = _READERS[suffixes.pop()]
    return islice(chain.from_iterable(reader(path, fields) for path in paths), first, stop)


def _csv_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    return _separated(path, fields, {"delimiter": ",", "strict": True})


def _tsv_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    return _separated(path, fields, {"delimiter": "\t", "quoting": csv.QUOTE_NONE})


def _separated(path: Path, fields: tuple[str, ...], layout: dict[str, Any]) -> Iterator[Row]:
    # A byte order mark, as Excel writes it, would become part of the first name.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, **layout)
        try:
            header = next(reader, [])
            places = [_place(path, header, field) for field in fields]
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if len(row) != len(header):
                    raise StoreError(
                        f"{where}: found {len(row)} fields, needed {len(header)} as in the header"
                    )
                yield where, tuple(row[place] for place in places)
        except csv.Error as error:
            raise StoreError(f"{path}, line {reader.line_num}: {error}") from error
        except UnicodeDecodeError as error:
            raise StoreError(f"{path}: not UTF-8: {error}") from error


def _json_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    for where, line in _lines(path):
        try:
            found = json.loads(line)
        except ValueError as error:
            raise StoreError(f"{where}: not JSON ({error}); needed one object a line") from error
        if not isinstance(found, dict):
            raise StoreError(f"{where}: needed one object a line, found {line[:40]!r}")
        yield where, tuple(_inside(where, found, field) for field in fields)


def _text_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    for field in fields:
        _place(path, ["text"], field)
    for where, line in _lines(path):
        yield where, (line,) * len(fields)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Lines that end with a line feed: other ends of a line are characters of the text."""
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        try:
            for number, line in enumerate(file, start=1):
                yield f"{path}, line {number}", line.removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise StoreError(f"{path}: not UTF-8: {error}") from error


def _place(path: Path, header: Sequence[str], field: str) -> int:
    if header.count(field) != 1:
        found = "twice" if field in header else "not"
        raise StoreError(
            f"{path}: column {field!r} is {found} there; there are {', '.join(header) or 'none'}"
        )
    return header.index(field)


def _inside(where: str, found: Any, field: str) -> Any:  # noqa: ANN401 - JSON holds anything
    for name in [field] if field in found else field.split("."):
        if not isinstance(found, dict) or name not in found:
            names = ", ".join(map(str, found)) if isinstance(found, dict) else repr(found)
            raise StoreError(f"{where}: column {field!r} is not there; there are {names}")
        found = found[name]
    return found


_READERS: dict[str, Callable[[Path, tuple[str, ...]], Iterator[Row]]] = {
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".jsonl": _json_rows,
    ".json": _json_rows,
    ".txt": _text_rows,
}
