"""What the explorer reads of a pair's runs: clusterings, and scores of single concepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import get_args

import numpy as np

from polyconcept.records.explored import ExploredRun, ScoredConcepts
from polyconcept.records.text import Definition, Words
from polyconcept.store.concepts import ConceptFile
from polyconcept.store.tables import read_table

_KEY = ("definition", "source", "target", "layer", "seed")


@contextmanager
def opened_runs(
    names: Sequence[Sequence[str]],
    concepts: Sequence[str],
    alignments: Sequence[str],
    overlaps: Sequence[str],
    words: tuple[Words, Words],
) -> Iterator[list[ExploredRun]]:
    """Open a pair's clusterings in each run, with the scores of their concepts.

    Args:
        names: Model, variant and side of each run.
        concepts: File of its clusterings.
        alignments: File of CALIGN's concepts.
        overlaps: File of COLAP's concepts.
        words: Word tables of source and target.

    Raises:
        StoreError: A file is truncated or foreign, or belongs to other word tables.
        ValueError: The lists are not of the same length.
    """
    with ExitStack() as stack:
        yield [
            ExploredRun(
                model,
                variant,
                side,
                stack.enter_context(ConceptFile.open(Path(clustered), *words)),
                read_scored(Path(aligned), "calign_concepts"),
                read_scored(Path(overlapping), "colap_concepts"),
            )
            for (model, variant, side), clustered, aligned, overlapping in zip(
                names, concepts, alignments, overlaps, strict=True
            )
        ]


def read_scored(path: Path, kind: str) -> ScoredConcepts:
    """Return the columns of single concepts by clustering; a null is NaN.

    Raises:
        StoreError: The file is truncated, or of another kind.
    """
    table, _ = read_table(path, kind)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    codes = [np.unique(columns[name], return_inverse=True) for name in _KEY]
    place = np.zeros(len(table), dtype=np.int64)
    for values, code in codes:
        place = place * len(values) + code
    known: dict[str, Definition] = {name: name for name in get_args(Definition)}
    found = {}
    for one in np.unique(place):
        rows = place == one
        first = int(np.argmax(rows))
        definition, source, target, layer, seed = (columns[name][first] for name in _KEY)
        # Rows of a clustering are in the order of its clusters, 0-based and without gaps.
        found[known[definition], str(source), str(target), int(layer), int(seed)] = {
            name: column[rows] for name, column in columns.items() if name not in _KEY
        }
    return found
