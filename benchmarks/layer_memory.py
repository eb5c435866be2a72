"""Memory of the clustering job with 1, 3 and 10 times the words: it holds one layer, little more.

    python benchmarks/layer_memory.py [--words 6000] [--quick]

What the job of `cluster_words` calls runs on two vector files of 2 layers: the words of either
language alone, and of both together, which are the most that k-means must hold. They are a mixture
of Gaussians, 768 dims, 50 clusters, 5 iterations. Each row has a process of its own. Held is what
it took at most, less what it held after a first small clustering: torch and the like. The report
goes to benchmarks/results/. Not part of `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from growth import write_report
from measuring import held_mib, peak_mib
from run import RESULTS, THREADS, conditions

from polyconcept.clustering.pair import cluster_pair, with_vectors
from polyconcept.records.concepts import VectorHeader
from polyconcept.records.text import Selection, Selections, Words
from polyconcept.store.concepts import write_concepts
from polyconcept.store.vectors import VectorFile, write_vectors

HEADING = (
    "| words of each language | starts | largest array, MiB | held, MiB | held / array | s |\n|"
    + 6 * "---|"
)
LANGUAGES, LAYERS = ("en", "de"), (0, 1)
N_DIMS, N_CLUSTERS, N_ITERATIONS = 768, 50, 5
SIZES = ((1, 2), (3, 2), (3, 10), (10, 2))
"""Times the words of the smallest, and starts of k-means."""
PART = 5000
"""Words drawn at a time: drawing must not take the memory that is measured."""
FIRST = 500
"""Words of the first small clustering."""
QUICK, QUICK_SIZES = 200, ((1, 2), (3, 10))


def words_of(language: str, n_words: int) -> Words:
    """Return a table of so many words, all of one type."""
    place = np.arange(n_words, dtype=np.int32)
    return Words(language, place // 20, place % 20, np.zeros(n_words, dtype=np.int32), ("word",))


def mixture(n_words: int) -> Iterator[tuple[np.ndarray, dict[int, np.ndarray]]]:
    """Yield the words of a mixture of Gaussians, in parts; the same for all layers."""
    random = np.random.default_rng(0)
    centers = random.standard_normal((N_CLUSTERS, N_DIMS), dtype=np.float32)
    for first in range(0, n_words, PART):
        places = np.arange(first, min(first + PART, n_words))
        part = centers[random.integers(N_CLUSTERS, size=len(places))]
        part += 3 * random.standard_normal(part.shape, dtype=np.float32)
        yield places, dict.fromkeys(LAYERS, part)


def write_files(folder: Path, n_words: int) -> None:
    """Write the vector files of both languages."""
    folder.mkdir()
    for language in LANGUAGES:
        words = words_of(language, n_words)
        header = VectorHeader(
            language, words.fingerprint, "model", "base", "encoder", "", "", "last", {}
        )
        rows = np.arange(n_words)
        write_vectors(folder / f"{language}.h5", header, rows, mixture(n_words))


def cluster(folder: Path, n_words: int, n_restarts: int) -> float:
    """Return the seconds of what the job does with the files of a folder."""
    first, second = (words_of(language, n_words) for language in LANGUAGES)
    all_rows = np.arange(n_words)
    chosen: Selections = {
        (metric, "corrected"): Selection(all_rows, all_rows) for metric in ("calign", "colap")
    }
    limits: dict[str, Any] = {
        "max_iterations": N_ITERATIONS,
        "n_restarts": n_restarts,
        "n_clusters": N_CLUSTERS,
    }
    began = time.perf_counter()
    with ExitStack() as stack:
        source, target = (
            stack.enter_context(VectorFile.open(folder / f"{words.language}.h5", words))
            for words in (first, second)
        )
        selections = with_vectors(chosen, source, target)
        found = cluster_pair(selections, source, target, layers=LAYERS, seeds=[212], **limits)
        write_concepts(folder / "concepts.h5", first, second, selections, found)
    return time.perf_counter() - began


def measure_one(folder: Path, n_words: int, n_restarts: int) -> dict[str, float]:
    """Return MiB of the largest array, MiB held with it, and seconds, in this process."""
    cluster(folder / "first", FIRST, 1)
    before = held_mib()
    seconds = cluster(folder / str(n_words), n_words, n_restarts)
    largest = len(LANGUAGES) * n_words * N_DIMS * 4 / 2**20
    return {"largest_mib": largest, "held_mib": peak_mib() - before, "seconds": seconds}


def measure(n_words: int, sizes: tuple[tuple[int, int], ...]) -> list[dict[str, Any]]:
    """Return a row for each of the sizes, with `n_words` words of each language in the smallest."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        write_files(Path(temporary) / "first", FIRST)
        for times, n_restarts in sizes:
            n = times * n_words
            place = Path(temporary) / str(n)
            if not place.exists():
                write_files(place, n)
            one = ["--one", temporary, str(n), str(n_restarts)]
            command = [sys.executable, __file__, *one]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            found.append({"n_words": n, "n_restarts": n_restarts} | json.loads(output))
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADING]
    for row in rows:
        share = row["held_mib"] / row["largest_mib"]
        numbers = f"{row['largest_mib']:.0f} | {row['held_mib']:.0f} | {share:.2f}"
        lines.append(
            f"| {row['n_words']:,} | {row['n_restarts']} | {numbers} | {row['seconds']:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=6000, help="of each language in the smallest")
    parser.add_argument("--quick", action="store_true", help="few words, to see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the report goes")
    parser.add_argument("--one", nargs=3, help="measure one row here, print JSON")
    options = parser.parse_args()
    if options.one:
        folder, n_words, n_restarts = options.one
        json.dump(measure_one(Path(folder), int(n_words), int(n_restarts)), sys.stdout)
        return
    for variable in THREADS:
        os.environ[variable] = "1"
    report = conditions(1) | {"quick": options.quick, "load_before": os.getloadavg()[0]}
    rows = measure(QUICK, QUICK_SIZES) if options.quick else measure(options.words, SIZES)
    report |= {"load_after": os.getloadavg()[0], "rows": rows}
    write_report("layer_memory", report, table(rows), options.results)


if __name__ == "__main__":
    main()
