"""Scores of single concepts as Parquet: from them the score at any threshold follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from polyconcept.records.scores import ClusterAlignment, ClusterOverlap, ScoreKey
from polyconcept.records.text import Definition
from polyconcept.store.tables import write_table

_TYPES = {
    **dict.fromkeys(("definition", "source", "target"), pa.string()),
    "layer": pa.int32(),
    "seed": pa.int64(),
}
"""Of the columns that say which clustering a row is of."""


def write_alignments(alignments: Iterable[tuple[ScoreKey, ClusterAlignment]], path: Path) -> None:
    """Write for every source cluster its word types, best target cluster and matched types.

    The share of its words in its commonest sentence is null of a cluster without words.
    """
    tables = [
        _rows(
            key,
            alignment.rule.definition,
            {
                "n_types": alignment.n_types,
                "best_target": alignment.best_target,
                "n_matched": alignment.n_matched,
                "n_targets": alignment.n_targets.astype(np.int32),
                "sentence_share": pa.array(alignment.sentence_share, from_pandas=True),
            },
        )
        for key, alignment in alignments
    ]
    write_table(pa.concat_tables(tables), "calign_concepts", {}, path)


def write_overlaps(overlaps: Iterable[tuple[ScoreKey, ClusterOverlap]], path: Path) -> None:
    """Write for every cluster its words of each language and whether it overlaps."""
    tables = [
        _rows(
            key,
            overlap.definition,
            {
                "n_source": overlap.n_source.astype(np.int32),
                "n_target": overlap.n_target.astype(np.int32),
                "overlaps": overlap.overlaps,
            },
        )
        for key, overlap in overlaps
    ]
    write_table(pa.concat_tables(tables), "colap_concepts", {}, path)


def _rows(key: ScoreKey, definition: Definition, columns: Mapping[str, np.ndarray]) -> pa.Table:
    """Return the rows of one clustering, one for each cluster."""
    n_rows = len(next(iter(columns.values())))
    of_all = {**vars(key), "definition": definition}
    return pa.table(
        {
            name: pa.repeat(pa.scalar(of_all[name], type=kind), n_rows)
            for name, kind in _TYPES.items()
        }
        | {"cluster": pa.array(np.arange(n_rows, dtype=np.int32))}
        | {name: pa.array(values) for name, values in columns.items()}
    )
