"""The score table as Parquet and CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.scores import Score
from polyconcept.store.faults import StoreError
from polyconcept.store.tables import read_table, write_table

__all__ = ["read_scores", "write_scores", "write_scores_csv"]

_COLUMN_TYPES = {
    "layer": pa.int32(),
    "seed": pa.int64(),
    "n_hit": pa.int64(),
    "n_total": pa.int64(),
    "zero_shot": pa.bool_(),
} | dict.fromkeys(
    (
        *("at", "value", "low", "high", "var_seed", "var_sample", "var_finetuning"),
        *("null_mean", "null_low", "null_high", "p", "ceiling", "normalised"),
    ),
    pa.float64(),
)
_SCHEMA = pa.schema(
    [
        (field.name, _COLUMN_TYPES.get(field.name, pa.string()))
        for field in dataclasses.fields(Score)
    ]
)


def write_scores(scores: Iterable[Score], path: Path) -> None:
    """Write score rows in their given order."""
    rows = [dataclasses.asdict(score) for score in scores]
    write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), "scores", {}, path)


def read_scores(paths: Sequence[Path]) -> list[Score]:
    """Return the score rows of files, one file after the other.

    Raises:
        StoreError: A file is no score table, or has other columns than `records.Score`.
    """
    rows: list[Score] = []
    for path in paths:
        table, _ = read_table(path, "scores")
        _check_columns(path, table.column_names)
        rows += [Score(**row) for row in table.to_pylist()]
    return rows


def _check_columns(path: Path, found: Sequence[str]) -> None:
    missing, unknown = set(_SCHEMA.names) - set(found), set(found) - set(_SCHEMA.names)
    if missing or unknown:
        raise StoreError(
            f"{path}: it lacks the columns {sorted(missing)} of a score table and has "
            f"{sorted(unknown)} that no score table has; another version wrote it: score again"
        )


def write_scores_csv(scores: Sequence[Score], path: Path) -> None:
    """Write score rows as CSV: a header line, floats in full precision, none as an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in dataclasses.fields(Score)])
    for score in scores:
        writer.writerow(dataclasses.astuple(score))
    write_text_atomic(path, text.getvalue())
