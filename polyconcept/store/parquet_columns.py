"""Rows of foreign Parquet files: only the columns and row groups that are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from polyconcept.store.faults import MissingColumnError, StoreError

_BATCH = 1024


def parquet_rows(
    paths: Sequence[Path], fields: Sequence[str], first: int, stop: int | None
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield rows `first` to `stop` (None: the end) of files that are one table.

    Rows are counted over all files, from 0; a field with dots stands inside a column.

    Yields:
        File and row (0-based, in the file), and the values in the order of `fields`; numbers of
        classes (``ClassLabel``) as their names.

    Raises:
        StoreError: A file is no Parquet file, or has no such column.
    """
    start = 0
    for path in paths:
        if stop is not None and start >= stop:
            return
        try:
            with pq.ParquetFile(path) as file:
                n_rows = file.metadata.num_rows
                end = n_rows if stop is None else min(n_rows, stop - start)
                yield from _file_rows(path, file, fields, max(first - start, 0), end)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: cannot be read as Parquet: {error}") from error
        start += n_rows


def _file_rows(
    path: Path, file: pq.ParquetFile, fields: Sequence[str], first: int, stop: int
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    names = [_class_names(path, file.schema_arrow, field) for field in fields]
    groups, row = _groups(file, first, stop)
    # No threads: a consumer that stops early would leave them at work.
    batches = file.iter_batches(_BATCH, row_groups=groups, columns=list(fields), use_threads=False)
    for batch in batches:
        skip, keep = max(first - row, 0), max(min(stop - row, len(batch)), 0)
        columns = [_column(batch, field).to_pylist()[skip:keep] for field in fields]
        row += skip
        for values in zip(*columns, strict=True):
            named = tuple(
                value if known is None else _named(value, known)
                for value, known in zip(values, names, strict=True)
            )
            yield f"{path}, row {row}", named
            row += 1
        row += max(len(batch) - max(keep, skip), 0)


def _groups(file: pq.ParquetFile, first: int, stop: int) -> tuple[list[int], int]:
    """Return the row groups that hold the rows, and the number of the first row in them."""
    groups, before, start = [], 0, 0
    for group in range(file.metadata.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        if end <= first:
            before = end
        elif start < stop:
            groups.append(group)
        start = end
    return groups, before


def _path_of(names: Sequence[str], field: str) -> list[str]:
    """Return the names down to a field; a column whose own name has dots comes first."""
    return [field] if field in names else field.split(".")


def _column(batch: pa.RecordBatch, field: str) -> pa.Array:
    name, *inside = _path_of(batch.schema.names, field)
    column = batch.column(name)
    if not inside:
        return column
    # Imported here: few jobs need it, and it is a tenth of what all others take to start.
    from pyarrow.compute import struct_field

    return struct_field(column, inside)


def _class_names(path: Path, schema: pa.Schema, field: str) -> tuple[str, ...] | None:
    """Return the names of the classes that a column's numbers stand for; None of other numbers."""
    wanted = _path_of(schema.names, field)
    kind: Any = pa.struct(schema)
    for name in wanted:
        n_there = [inside.name for inside in kind].count(name) if pa.types.is_struct(kind) else 0
        if n_there != 1:
            raise MissingColumnError(
                f"{path}: column {field!r} is {'twice' if n_there else 'not'} there; there are "
                f"{', '.join(_names(schema)) or 'none'}"
            )
        kind = kind.field(name).type
    while hasattr(kind, "value_type"):  # lists, dictionaries
        kind = kind.value_type
    if b"huggingface" not in (schema.metadata or {}) or not pa.types.is_integer(kind):
        return None
    return _names_in_features(path, schema.metadata[b"huggingface"], wanted)


def _names_in_features(path: Path, about: bytes, wanted: Sequence[str]) -> tuple[str, ...] | None:
    """Return names of classes as the library `datasets` keeps them beside the table.

    Read here and not by `datasets`: its versions know each other's kinds of features only in part,
    and an unknown one, of any column, makes it refuse the file.
    """
    try:
        feature: Any = json.loads(about).get("info", {}).get("features")
    except (ValueError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path}: its note on features is not as `datasets` writes it") from error
    for name in wanted:
        inside = _of_items(feature)
        feature = inside.get(name) if isinstance(inside, dict) else None
    feature = _of_items(feature)
    names = feature.get("names") if isinstance(feature, dict) else None
    if not isinstance(names, list) or feature.get("_type") != "ClassLabel":
        return None
    return tuple(map(str, names))


def _of_items(feature: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the feature of a list's items, however `datasets` has spelled lists so far."""
    while True:
        if isinstance(feature, list) and len(feature) == 1:
            feature = feature[0]
        elif isinstance(feature, dict) and isinstance(feature.get("feature"), dict | list):
            if not isinstance(feature.get("_type"), str):
                return feature  # a structure with a field of this name
            feature = feature["feature"]
        else:
            return feature


def _names(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        if pa.types.is_struct(field.type):
            yield from (f"{field.name}.{inside.name}" for inside in field.type)
        else:
            yield field.name


def _named(value: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - a number or a list
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    if value is None:
        return None
    return names[value] if 0 <= value < len(names) else str(value)
