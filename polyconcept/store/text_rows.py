"""Rows of foreign text files: CSV, TSV, JSON lines and plain text, as they are or packed with gzip.

CSV and TSV are read with Python's csv, as the values stand in the file: a reader with a notion of
missing values would turn the words ``NA`` and ``null`` into none.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.store.faults import MissingColumnError, StoreError

Row: TypeAlias = tuple[str, tuple[Any, ...]]
"""Where a row stands (file and line), and its values in the order of the fields."""

# Python's own bound, 131,072 characters, is there for readers that fear a lost quotation mark. Here
# what follows one is refused anyway, and documents are longer.
csv.field_size_limit(2**31 - 1)


def _csv_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    return _separated(path, fields, {"delimiter": ",", "strict": True})


def _tsv_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    return _separated(path, fields, {"delimiter": "\t", "quoting": csv.QUOTE_NONE})


def _separated(path: Path, fields: tuple[str, ...], layout: dict[str, Any]) -> Iterator[Row]:
    # As the csv module asks: it finds the ends of lines itself, those inside quotes too.
    with _opened(path, newline="") as file:
        reader = csv.reader(_without_nul(path, file), **layout)
        blank = 0
        try:
            header = next(reader, [])
            places = [_place(path, header, field) for field in fields]
            for row in reader:
                if not row:
                    blank = blank or reader.line_num
                    continue
                where = f"{path}, line {reader.line_num}"
                _refuse_blank(path, blank)
                if len(row) != len(header):
                    raise StoreError(
                        f"{where}: found {len(row)} fields, needed {len(header)} as in the header"
                    )
                yield where, tuple(row[place] for place in places)
        except csv.Error as error:
            raise StoreError(f"{path}, line {reader.line_num}: {error}") from error


def _json_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    blank = 0
    for number, line in _lines(path):
        where = f"{path}, line {number}"
        if not line.strip():
            blank = blank or number
            continue
        _refuse_blank(path, blank)
        try:
            found = json.loads(line, object_pairs_hook=_unlike)
        except (ValueError, RecursionError) as error:
            raise StoreError(f"{where}: not JSON ({error}); needed one object a line") from error
        if not isinstance(found, dict):
            raise StoreError(f"{where}: needed one object a line, found {line[:40]!r}")
        values = tuple(_inside(where, found, field) for field in fields)
        if "\\" in line:
            _refuse_half_characters(where, values)
        yield where, values


def _text_rows(path: Path, fields: tuple[str, ...]) -> Iterator[Row]:
    for field in fields:
        _place(path, ["text"], field)
    for number, line in _lines(path):
        yield f"{path}, line {number}", (line,) * len(fields)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines that end with a line feed: other ends of a line are characters of the text."""
    number = 0
    with _opened(path, newline="\n") as file:
        for number, line in enumerate(_without_nul(path, file), start=1):
            yield number, line.removesuffix("\n").removesuffix("\r")
    if not number:
        raise StoreError(f"{path}: the file is empty; at least one line was needed")


@contextmanager
def _opened(path: Path, newline: str) -> Iterator[TextIOWrapper]:
    """Open a text file; what is wrong with its bytes is said with its name."""
    # A byte order mark, as Excel writes it, would become part of the first name.
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline=newline)
        if path.suffix == ".gz"
        else path.open(encoding="utf-8-sig", newline=newline)
    ) as file:
        try:
            yield file
        except UnicodeDecodeError as error:
            line = _undecodable_line(path)
            raise StoreError(f"{path}, line {line}: not UTF-8 ({error.reason})") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise StoreError(f"{path}: cannot be unpacked with gzip: {error}") from error


def _undecodable_line(path: Path) -> int:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _without_nul(path: Path, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise StoreError(f"{path}, line {number}: found a NUL character (is it UTF-16?)")
        yield line


def _refuse_blank(path: Path, line: int) -> None:
    """Refuse a blank line that is followed by a row: parallel files would lose step."""
    if line:
        raise StoreError(
            f"{path}, line {line}: the line is blank, and rows follow; blank lines may only stand "
            "at the end"
        )


def _unlike(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, whose names differ; Python would keep the last of two."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands twice in an object")
    return found


def _refuse_half_characters(where: str, values: tuple[Any, ...]) -> None:
    """Refuse what only an escape can write, and no text file can hold."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise StoreError(f"{where}: found {half}, half of a character alone") from error


def _place(path: Path, header: Sequence[str], field: str) -> int:
    if header.count(field) != 1:
        found = "twice" if field in header else "not"
        raise MissingColumnError(
            f"{path}: column {field!r} is {found} there; there are {', '.join(header) or 'none'}"
        )
    return header.index(field)


def _inside(where: str, found: Any, field: str) -> Any:  # noqa: ANN401 - JSON holds anything
    for name in [field] if field in found else field.split("."):
        if not isinstance(found, dict) or name not in found:
            names = ", ".join(map(str, found)) if isinstance(found, dict) else repr(found)
            raise MissingColumnError(f"{where}: column {field!r} is not there; there are {names}")
        found = found[name]
    return found


READERS: Mapping[str, Callable[[Path, tuple[str, ...]], Iterator[Row]]] = {
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".jsonl": _json_rows,
    ".json": _json_rows,
    ".txt": _text_rows,
}
"""Suffix -> what gives the rows of a file, with the values of some fields."""
