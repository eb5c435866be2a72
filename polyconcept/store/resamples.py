"""Resampled scores as Parquet: what paired differences are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa

from polyconcept.records.scores import Resamples, ScoreKey
from polyconcept.store.tables import read_table, write_table

_PLACE = ("metric", "definition", "over")
_KEY = ("model", "variant", "side", "corpus", "source", "target", "layer")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in (*_PLACE, *_KEY[:-1])]
    + [
        ("layer", pa.int32()),
        ("resample", pa.int32()),
        ("seed", pa.int32()),
        ("value", pa.float64()),
    ]
)


def write_resamples(resamples: Iterable[Resamples], path: Path) -> None:
    """Write resampled scores, one row for each score and resample."""
    write_table(
        pa.concat_tables([_SCHEMA.empty_table(), *map(_rows, resamples)]), "resamples", {}, path
    )


def read_resamples(paths: Sequence[Path]) -> list[Resamples]:
    """Return the resampled scores of files, one file after the other.

    Raises:
        StoreError: A file is no table of resampled scores.
    """
    found: list[Resamples] = []
    for path in paths:
        table, _ = read_table(path, "resamples")
        # Those of one score were written together, so that they need no sorting.
        rows = table.to_pylist()
        for _, group in groupby(rows, key=lambda row: [row[name] for name in (*_PLACE, *_KEY)]):
            found.append(_resamples(list(group)))
    return found


def _rows(one: Resamples) -> pa.Table:
    n_rows = len(one.value)
    place = {name: getattr(one, name) for name in _PLACE}
    fixed = place | {name: value for name, value in asdict(one.key).items() if name in _KEY}
    columns = {
        name: pa.repeat(pa.scalar(value, type=_SCHEMA.field(name).type), n_rows)
        for name, value in fixed.items()
    }
    columns["resample"] = pa.array(np.arange(n_rows, dtype=np.int32))
    columns["seed"] = pa.array(one.seed.astype(np.int32))
    columns["value"] = pa.array(one.value)
    return pa.table(columns, schema=_SCHEMA)


def _resamples(rows: list[dict]) -> Resamples:  # type: ignore[type-arg]
    first = rows[0]
    return Resamples(
        **{name: first[name] for name in _PLACE},
        key=ScoreKey(**{name: first[name] for name in _KEY}, seed=None),
        seed=np.array([row["seed"] for row in rows], dtype=np.int64),
        value=np.array([row["value"] for row in rows]),
    )
