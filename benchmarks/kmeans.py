"""K-means beside the machine's rate of matrix products, scikit-learn and faiss.

    OMP_NUM_THREADS=1 python benchmarks/kmeans.py

The words: a mixture of Gaussians with three shifted dims, as hidden states have. All tools run with
as many threads as OMP_NUM_THREADS says, on the same vectors and from the same start. Seconds are of
CPU, which other work on the machine changes less than wall time; the ratios are of times taken in
turns in one run. faiss is not a dependency: it is measured where `build/faiss` is an environment
that has it (python -m venv build/faiss; build/faiss/bin/pip install faiss-cpu).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

Figure = dict[str, float | str | None]

FAISS = Path(__file__).parents[1] / "build" / "faiss" / "bin" / "python"
FAISS_SCRIPT = """
import json, sys, time
import faiss, numpy as np
vectors, start = np.load(sys.argv[1]), np.load(sys.argv[2])
faiss.omp_set_num_threads(int(sys.argv[4]))
seconds = []
for n_iterations in (1, 1 + int(sys.argv[3])):
    model = faiss.Kmeans(vectors.shape[1], len(start), niter=n_iterations, nredo=1,
                         max_points_per_centroid=10**9)
    began = time.process_time()
    model.train(vectors, init_centroids=start)
    seconds.append(time.process_time() - began)
print(json.dumps((seconds[1] - seconds[0]) / int(sys.argv[3])))
"""


@dataclass(frozen=True)
class Size:
    """What is clustered."""

    n_words: int = 40_000
    n_dims: int = 768
    n_clusters: int = 600
    n_restarts: int = 10
    n_rounds: int = 3
    """Times that what is short is measured, in turns."""


QUICK = Size(n_words=4000, n_dims=128, n_clusters=60, n_restarts=4, n_rounds=2)


def mixture(size: Size, *, seed: int = 0, noise: float = 5.0, shift: float = 100.0) -> np.ndarray:
    """Gaussian clusters with noise of `noise` times the spread of their centers."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((size.n_clusters, size.n_dims), dtype=np.float32)
    vectors = centers[random.integers(size.n_clusters, size=size.n_words)]
    vectors += np.float32(noise) * random.standard_normal(vectors.shape, dtype=np.float32)
    vectors[:, :3] += shift * np.array([1, -2, 3], dtype=np.float32)
    return vectors


def seconds_of(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process in the call, and what it gives."""
    began = time.process_time()
    result = call()
    return time.process_time() - began, result


def product_rate(rows: int = 4096) -> float:
    """Float32 operations a second of a large square matrix product."""
    import torch

    left, right = torch.randn(2, rows, rows)
    return 2 * rows**3 / seconds_of(lambda: torch.mm(left, right))[0]


def sklearn_fit(
    vectors: np.ndarray, start: np.ndarray | None, n_clusters: int, algorithm: str, **options: float
) -> KMeans:
    """One fit of scikit-learn, in the type of the vectors."""
    from sklearn.cluster import KMeans

    init: Any = "k-means++" if start is None else start.astype(vectors.dtype)
    model = KMeans(n_clusters, init=init, n_init=1, algorithm=algorithm, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few iterations, which are wanted here
        return model.fit(vectors)


def sklearn_iteration_seconds(vectors: np.ndarray, start: np.ndarray) -> float:
    """Seconds of an iteration of scikit-learn's Lloyd."""
    few, more = (
        seconds_of(lambda n=n: sklearn_fit(vectors, start, len(start), "lloyd", max_iter=n, tol=0))
        for n in (2, 7)
    )
    return (more[0] - few[0]) / 5


def sklearn_start_seconds(vectors: np.ndarray, n_clusters: int) -> float:
    """Seconds of k-means++ for one start: its steps cost the same, so a part of them is timed."""
    from sklearn.cluster import kmeans_plusplus

    few, more = max(2, n_clusters // 30), max(4, n_clusters // 10)
    n_trials = 2 + int(np.log(n_clusters))
    seconds = [
        seconds_of(lambda n=n: kmeans_plusplus(vectors, n, n_local_trials=n_trials, random_state=0))
        for n in (few, more)
    ]
    return (seconds[1][0] - seconds[0][0]) / (more - few) * n_clusters


def own_start_seconds(vectors: np.ndarray, n_clusters: int, n_restarts: int) -> float:
    """Seconds of our starts, all of them together."""
    import torch

    from polyconcept.clustering._points import Team, centred_points
    from polyconcept.clustering._start import greedy_starts

    points = centred_points(vectors, torch.device("cpu"))
    seeds = np.random.SeedSequence(212).spawn(n_restarts)
    with Team(points.device) as team:
        return seconds_of(lambda: greedy_starts(points, n_clusters, seeds, team))[0]


def search_of(vectors: np.ndarray, start: np.ndarray, device: str = "cpu") -> Callable[[], Any]:
    """A search that spares none: all words among all centers."""
    import torch

    from polyconcept.clustering._assign import nearest_centers
    from polyconcept.clustering._points import Team, centred_points

    points = centred_points(vectors, torch.device(device))
    centers = torch.from_numpy(start - points.mean).to(points.device)

    def search() -> None:
        with Team(points.device) as team:
            nearest_centers(points, centers, team)

    return search


def faiss_iteration_seconds(
    vectors: np.ndarray, start: np.ndarray, n_iterations: int, n_threads: int
) -> float | None:
    """Seconds of an iteration of faiss, None where it is not installed."""
    if not FAISS.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("vectors.npy", "start.npy")]
        np.save(files[0], vectors)
        np.save(files[1], start)
        arguments = [*files, str(n_iterations), str(n_threads)]
        done = subprocess.run(
            [str(FAISS), "-c", FAISS_SCRIPT, *arguments], check=True, stdout=subprocess.PIPE
        )
    return float(json.loads(done.stdout))


def figure(ours: float, unit: str, goal: str, **others: float | str) -> Figure:
    """One line of the table."""
    columns: Figure = {"limit": None, "alternative": None, "ratio": None, "note": ""}
    return {"ours": ours, "unit": unit, "goal": goal, **columns, **others}


def measure_iterations(vectors: np.ndarray, size: Size) -> dict[str, Figure]:
    """Iterations from one start, to the end: ours, scikit-learn's and faiss's."""
    import torch

    from polyconcept.clustering import cluster_vectors

    rows = np.random.default_rng(1).choice(size.n_words, size.n_clusters, replace=False)
    start, k = vectors[rows], size.n_clusters
    sklearn_fit(vectors, start, k, "lloyd", max_iter=1)  # its first call loads what it needs
    search = search_of(vectors, start)
    rates, searches, own, lloyd = [], [], [], []
    for _ in range(size.n_rounds):
        rates.append(product_rate())
        searches.append(2 * vectors.size * k / seconds_of(search)[0])
        whole, fit = seconds_of(lambda: cluster_vectors(vectors, n_clusters=k, seed=0, start=start))
        own.append(whole / fit.n_iterations)  # centring and inertia included
        lloyd.append(sklearn_iteration_seconds(vectors, start))
    theirs = {"scikit-learn": median(lloyd)}
    if faiss := faiss_iteration_seconds(vectors, start, 5, torch.get_num_threads()):
        theirs["faiss"] = faiss
    fastest = min(theirs, key=theirs.__getitem__)
    rate = 2 * size.n_words * k * size.n_dims / median(own)
    seconds = ", ".join(f"{name} {value:.3f} s" for name, value in theirs.items())
    return {
        "k-means, full search: rate": figure(
            median(searches) / 1e9, "Gflop/s", ">= 0.6", limit=median(rates) / 1e9,
            ratio=median(searches) / median(rates), note="all words among all centers",
        ),
        "k-means, iteration: rate": figure(
            rate / 1e9, "Gflop/s", ">= 0.6", limit=median(rates) / 1e9,
            ratio=rate / median(rates), note="of 2 n K d an iteration, spared ones counted",
        ),
        "k-means, iteration: time": figure(
            median(own), "s", "<= 1", alternative=theirs[fastest],
            ratio=median(own) / theirs[fastest],
            note=f"{fit.n_iterations} iterations of one start; {seconds}"
            + ("" if "faiss" in theirs else "; faiss not installed"),
        ),
    }  # fmt: skip


def measure_starts(vectors: np.ndarray, size: Size) -> dict[str, Figure]:
    """Starts of all restarts together, and one alone, beside scikit-learn's in float32."""
    ours = own_start_seconds(vectors, size.n_clusters, size.n_restarts) / size.n_restarts
    theirs, alone = [], []
    for _ in range(size.n_rounds):
        theirs.append(sklearn_start_seconds(vectors, size.n_clusters))
        few = max(2, size.n_clusters // 10)
        alone.append(own_start_seconds(vectors, few, 1) / (few - 1) * (size.n_clusters - 1))
    other = median(theirs)
    note = f"scikit-learn: part of one, scaled; {size.n_restarts} of ours together, each"
    return {
        "k-means, start": figure(
            ours, "s", "<= 0.333", alternative=other, ratio=ours / other, note=note
        ),
        "k-means, start, one alone": figure(
            median(alone), "s", "<= 0.333", alternative=other, ratio=median(alone) / other,
            note="a tenth of its steps, scaled",
        ),
    }  # fmt: skip


def measure_fit(vectors: np.ndarray, size: Size) -> dict[str, Figure]:
    """The whole fit beside the released setting: elkan, float64, as many starts."""
    from polyconcept.clustering import cluster_vectors

    k = size.n_clusters
    wide = vectors.astype(np.float64)
    theirs, other = seconds_of(lambda: sklearn_fit(wide, None, k, "elkan", random_state=212))
    ours, fit = seconds_of(
        lambda: cluster_vectors(vectors, n_clusters=k, seed=212, n_restarts=size.n_restarts)
    )
    theirs *= size.n_restarts
    return {
        "k-means, whole fit": figure(
            ours, "s", ">= 5", alternative=theirs, ratio=theirs / ours,
            note=f"{size.n_restarts} starts; released setting: one of them timed, scaled",
        ),
        "k-means, inertia": figure(
            fit.inertia, "", "<= 1", alternative=float(other.inertia_),
            ratio=fit.inertia / other.inertia_,
            note=f"best of {size.n_restarts} beside the one of scikit-learn; mean of ours is "
            f"{fit.restart_inertias.mean() / other.inertia_:.5f} of it",
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Figures of k-means by name: ours, limit, alternative, ratio, goal (of the ratio)."""
    import torch

    size = QUICK if quick else Size()
    vectors = mixture(size)
    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    try:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(torch.get_num_threads()):
            return (
                measure_iterations(vectors, size)
                | measure_starts(vectors, size)
                | measure_fit(vectors, size)
            )
    finally:
        torch.set_num_threads(before)


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    for name, row in measure(options.quick).items():
        other = row["limit"] if row["limit"] is not None else row["alternative"]
        print(
            f"{name:<28}{row['ours']:>14.4g} {row['unit']:<8}{other:>12.4g}{row['ratio']:>9.3f}"
            f"  {row['goal']:<10}{row['note']}"
        )


if __name__ == "__main__":
    main()
