"""Mean scores of two finished studies side by side, by metric, side and layer.

    python benchmarks/compare.py results/demo elsewhere/results/demo

Only rows that both have are compared: the same run, pair, layer and seed under `published`, over
all clusters. Change one setting, run the study in another folder (`--directory`), and look at what
it does.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from polyconcept.records.scores import Score
from polyconcept.store.scores import read_scores


def scores_of(study: Path) -> dict[tuple[object, ...], Score]:
    """Return the published scores of a study's layers, by all that names a row."""
    return {
        (
            row.metric,
            row.model,
            row.variant,
            row.side,
            row.source,
            row.target,
            row.layer,
            row.seed,
        ): row
        for row in read_scores([study / "scores.parquet"])
        if row.layer is not None and row.definition == "published" and row.over == "all"
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs=2, type=Path, help="folders such as results/demo")
    first, second = (scores_of(study) for study in parser.parse_args().studies)
    values: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    for key in first.keys() & second.keys():
        row = first[key]
        values[row.metric, row.side, row.layer or 0].append((row.value, second[key].value))
    print("| metric | side | layer | rows | first | second |")
    for (metric, side, layer), pairs in sorted(values.items()):
        means = np.mean(pairs, axis=0)
        print(f"| {metric} | {side} | {layer} | {len(pairs)} | {means[0]:.3f} | {means[1]:.3f} |")


if __name__ == "__main__":
    main()
