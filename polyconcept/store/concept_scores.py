"""Scores of single concepts as Parquet: from them the score at any threshold follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from polyconcept.records.scores import ClusterAlignment, ClusterOverlap, ScoreKey
from polyconcept.records.text import Definition
from polyconcept.store.tables import write_table


@dataclass(frozen=True)
class _Block:
    """Rows of one clustering."""

    key: ScoreKey
    definition: Definition
    columns: Mapping[str, np.ndarray]


_KEY_COLUMNS = ("source", "target", "layer", "seed")
_NARROW = {"layer": pa.int32(), "seed": pa.int64()}


def write_alignments(alignments: Iterable[tuple[ScoreKey, ClusterAlignment]], path: Path) -> None:
    """Write for every source cluster its word types, best target cluster and matched types."""
    blocks = [
        _Block(
            key,
            alignment.rule.definition,
            {
                "n_types": alignment.n_types,
                "best_target": alignment.best_target,
                "n_matched": alignment.n_matched,
                "n_targets": alignment.n_targets.astype(np.int32),
            },
        )
        for key, alignment in alignments
    ]
    write_table(_table(blocks), "calign_concepts", {}, path)


def write_overlaps(overlaps: Iterable[tuple[ScoreKey, ClusterOverlap]], path: Path) -> None:
    """Write for every cluster its words of each language and whether it overlaps."""
    blocks = [
        _Block(
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
    write_table(_table(blocks), "colap_concepts", {}, path)


def _table(blocks: list[_Block]) -> pa.Table:
    return pa.concat_tables([_rows(block) for block in blocks])


def _rows(block: _Block) -> pa.Table:
    n_rows = len(next(iter(block.columns.values())))
    fixed = {"definition": block.definition} | {
        name: getattr(block.key, name) for name in _KEY_COLUMNS
    }
    columns: dict[str, pa.Array] = {
        name: pa.repeat(pa.scalar(value, type=_NARROW.get(name, pa.string())), n_rows)
        for name, value in fixed.items()
    }
    columns["cluster"] = pa.array(np.arange(n_rows, dtype=np.int32))
    columns |= {name: pa.array(values) for name, values in block.columns.items()}
    return pa.table(columns)
