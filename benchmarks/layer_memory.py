"""Time and memory of k-means with 1, 3 and 10 times the words: it holds one layer, little more.

    OMP_NUM_THREADS=1 python benchmarks/layer_memory.py [--words 20000]

A mixture of Gaussians, 768 dims, 600 clusters, two restarts of 5 iterations, as a job does it:
the vectors' own memory is used for the centred ones. Each size runs in a process of its own. Memory
is what the process held at most, less what it held after a first small clustering: torch and the
like. Not part of `make bench`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np
from measuring import held_mib, peak_mib

TIMES = (1, 3, 10)
HEADING = "| words | layer, MiB | held, MiB | held / layer | s | ms a word |\n|" + 6 * "---|"
N_DIMS, N_CLUSTERS, N_RESTARTS, N_ITERATIONS = 768, 600, 2, 5
PART = 5000
"""Words drawn at a time: drawing must not take the memory that is measured."""


def mixture(n_words: int) -> np.ndarray:
    """Words of a mixture of Gaussians."""
    random = np.random.default_rng(0)
    centers = random.standard_normal((N_CLUSTERS, N_DIMS), dtype=np.float32)
    vectors = np.empty((n_words, N_DIMS), dtype=np.float32)
    for first in range(0, n_words, PART):
        part = vectors[first : first + PART]
        part[:] = centers[random.integers(N_CLUSTERS, size=len(part))]
        part += 3 * random.standard_normal(part.shape, dtype=np.float32)
    return vectors


def measure_one(n_words: int) -> dict[str, float]:
    """MiB of the layer, MiB held with it, and seconds, in this process."""
    from polyconcept.clustering._cluster import cluster_seeds

    def cluster(n_words: int, n_clusters: int) -> float:
        vectors = mixture(n_words)
        began = time.perf_counter()
        options = {"max_iterations": N_ITERATIONS, "n_restarts": N_RESTARTS}
        list(cluster_seeds(vectors, [212], n_clusters=n_clusters, overwrite=True, **options))
        return time.perf_counter() - began

    cluster(PART, 20)
    before = held_mib()
    seconds = cluster(n_words, N_CLUSTERS)
    return {"layer": 4 * n_words * N_DIMS / 2**20, "held": peak_mib() - before, "s": seconds}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=20_000, help="of the smallest layer")
    parser.add_argument("--one", type=int, help="measure one number of words here, print JSON")
    options = parser.parse_args()
    if options.one:
        json.dump(measure_one(options.one), sys.stdout)
        return
    print(HEADING)
    for n_words in (n * options.words for n in TIMES):
        command = [sys.executable, __file__, "--one", str(n_words)]
        row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        share, each = row["held"] / row["layer"], 1000 * row["s"] / n_words
        numbers = f"{row['layer']:.0f} | {row['held']:.0f} | {share:.2f} | {row['s']:.1f}"
        print(f"| {n_words:,} | {numbers} | {each:.2f} |", flush=True)


if __name__ == "__main__":
    main()
