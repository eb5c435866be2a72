"""Columns of data sets: Parquet, CSV, TSV, JSON lines and plain text, read no further than asked.

Nothing here runs code of a data set or asks the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from polyconcept.store.faults import MissingColumnError, StoreError
from polyconcept.store.parquet_columns import parquet_rows
from polyconcept.store.text_rows import READERS, Row


def read_columns(
    paths: Sequence[Path], columns: Mapping[str, str], *, first: int = 0, n_rows: int | None = None
) -> dict[str, list[Any]]:
    """Read columns of one table that stands in one or several files, in the order of `paths`.

    Formats by suffix: ``.parquet``; ``.csv`` (with a header, fields may be quoted); ``.tsv``
    (with a header, quotation marks are plain characters, as in SST-2); ``.jsonl`` or ``.json``
    (one object a line); ``.txt`` (one column, ``text``, one row a line). All but Parquet may also
    be packed with gzip (``.jsonl.gz``).

    Args:
        paths: All of one format.
        columns: Name -> where its values stand: the name of a column, or with dots of a field
            inside one, such as ``translation.en``.
        first: Rows left out at the start, counted over all files.
        n_rows: How many rows to read then; None for all.

    Returns:
        Name -> values, one per row: as text in CSV, TSV and TXT; else as stored, lists as lists.
        Numbers of a Parquet column that stands for classes (``ClassLabel`` of `datasets`), also
        inside lists, come back as the names of the classes; a number that has no name (-1 where
        labels are hidden) comes back as text.

    Raises:
        FileNotFoundError: There is no such file.
        StoreError: No file, or an unknown format; a file is empty, damaged or not UTF-8; a column
            is missing (those that there are are named); a row has another number of fields than the
            header, is blank or malformed, or a value is missing (file and row); no rows; fewer rows
            than asked for (both numbers).
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


def existing_column(paths: Sequence[Path], names: Sequence[str]) -> str:
    """Return the first of several names that a column of the files has; of none, the first.

    Raises:
        FileNotFoundError, StoreError: As `read_columns`, of a file that cannot be read.
    """
    for name in dict.fromkeys(names):
        try:
            next(_rows(paths, (name,), 0, 1), None)
        except MissingColumnError:
            continue
        return name
    return names[0]


def _rows(
    paths: Sequence[Path], fields: tuple[str, ...], first: int, stop: int | None
) -> Iterator[Row]:
    # Checked here and not as rows are read, so that the last file's fault is told at once.
    suffixes = {_format(path) for path in paths}
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
    if suffixes == {".parquet"}:
        return parquet_rows(paths, fields, first, stop)
    if len(suffixes) != 1 or not suffixes <= set(READERS):
        raise StoreError(
            f"{', '.join(map(str, paths))}: found the formats {', '.join(sorted(suffixes))}; "
            f"needed one of .parquet, {', '.join(READERS)}, the same for all files"
        )
    reader = READERS[suffixes.pop()]
    return islice(chain.from_iterable(reader(path, fields) for path in paths), first, stop)


def _format(path: Path) -> str:
    packed = path.suffix == ".gz"
    return Path(path.stem).suffix if packed and Path(path.stem).suffix in READERS else path.suffix
