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

_COLUMN_TYPES = {
    "layer": pa.int32(),
    "seed": pa.int64(),
    "n_hit": pa.int64(),
    "n_total": pa.int64(),
    "n_words": pa.int64(),
    "zero_shot": pa.bool_(),
} | dict.fromkeys(
    (
        *("at", "value", "low", "high", "var_seed", "var_sample", "var_finetuning"),
        *(
            "null_mean",
            "null_low",
            "null_high",
            "null_tokens",
            "p",
            "p_adjusted",
            "ceiling",
            "normalised",
        ),
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
    # Not `dataclasses.asdict`, which copies each value: a table took four times as long.
    rows = [vars(score) for score in scores]
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


def typed_first(scores: Iterable[Score]) -> list[Score]:
    """Return the rows, those that are the first to fill a column moved to the front.

    Readers of CSV guess the type of a column from the rows that they read first: `datasets` from
    10,000. A column that only later rows fill would be taken for numbers.
    """
    front: list[Score] = []
    others: list[Score] = []
    filled: set[str] = set()
    for score in scores:
        fields = {name for name, value in vars(score).items() if value not in ("", None)}
        (others if fields <= filled else front).append(score)
        filled |= fields
    return front + others


def write_scores_csv(scores: Iterable[Score], path: Path) -> None:
    """Write score rows as CSV, in the order of `typed_first`.

    A header line, floats in full precision, none and empty strings as empty fields.
    """
    text = io.StringIO()
    # The csv module ends lines with \r\n unless told otherwise.
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_SCHEMA.names)
    for score in typed_first(scores):
        writer.writerow(map(vars(score).get, _SCHEMA.names))
    write_text_atomic(path, text.getvalue())
