"""K-means beside the machine's rate of matrix products, scikit-learn and faiss.

    OMP_NUM_THREADS=1 python benchmarks/kmeans.py

The words: a mixture of Gaussians with three shifted dims, as hidden states have. All tools run with
as many threads as OMP_NUM_THREADS says, on the same vectors and from the same start. Seconds are of
CPU, which other work on the machine changes less than wall time; the ratios are of times taken in
turns in one run. faiss is not a dependency: `make bench` installs benchmarks/faiss.lock into an
environment of its own, build/faiss/; where that cannot be, the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from measuring import Figure, cpu_seconds, figure, medians, table, timed

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

FAISS = Path(__file__).parents[1] / "build" / "faiss" / "bin" / "python"
FAISS_ITERATIONS = 5
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
    n_rounds: int = 2
    """Times that what is short is measured, in turns."""


QUICK = Size(n_words=4000, n_dims=128, n_clusters=60, n_restarts=4, n_rounds=2)


def mixture(size: Size, *, seed: int = 0, noise: float = 5.0, shift: float = 100.0) -> np.ndarray:
    """Return Gaussian clusters with noise of `noise` times the spread of their centers."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((size.n_clusters, size.n_dims), dtype=np.float32)
    vectors = centers[random.integers(size.n_clusters, size=size.n_words)]
    vectors += np.float32(noise) * random.standard_normal(vectors.shape, dtype=np.float32)
    vectors[:, :3] += shift * np.array([1, -2, 3], dtype=np.float32)
    return vectors


def product_rate(rows: int = 4096) -> float:
    """Return float32 operations a second of a large square matrix product."""
    import torch

    left, right = torch.randn(2, rows, rows)
    return 2 * rows**3 / cpu_seconds(lambda: torch.mm(left, right))


def sklearn_fit(
    vectors: np.ndarray, start: np.ndarray | None, n_clusters: int, algorithm: str, **options: float
) -> KMeans:
    """Make one fit of scikit-learn, in the type of the vectors."""
    from sklearn.cluster import KMeans

    init: Any = "k-means++" if start is None else start.astype(vectors.dtype)
    model = KMeans(n_clusters, init=init, n_init=1, algorithm=algorithm, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few iterations, which are wanted here
        return model.fit(vectors)


def sklearn_iteration_seconds(vectors: np.ndarray, start: np.ndarray) -> float:
    """Return the seconds of an iteration of scikit-learn's Lloyd."""

    def fit(n_iterations: int) -> None:
        sklearn_fit(vectors, start, len(start), "lloyd", max_iter=n_iterations, tol=0)

    few, more = (cpu_seconds(partial(fit, n)) for n in (2, 7))
    return (more - few) / 5


def sklearn_start_seconds(vectors: np.ndarray, n_clusters: int) -> float:
    """Return the seconds of k-means++ for one start: steps cost the same, so a part is timed."""
    from sklearn.cluster import kmeans_plusplus

    n_trials = 2 + int(np.log(n_clusters))

    def start(n: int) -> None:
        kmeans_plusplus(vectors, n, n_local_trials=n_trials, random_state=0)

    counts = max(2, n_clusters // 30), max(4, n_clusters // 10)
    few, more = (cpu_seconds(partial(start, n)) for n in counts)
    return (more - few) / (counts[1] - counts[0]) * n_clusters


def own_start_seconds(vectors: np.ndarray, n_clusters: int) -> float:
    """Return the seconds of one of our starts alone: a tenth of its steps, scaled."""
    import torch

    from polyconcept.clustering.points import Team, centred_points
    from polyconcept.clustering.start import greedy_starts

    points, few = centred_points(vectors, torch.device("cpu")), max(2, n_clusters // 10)
    with Team(points.device) as team:
        seconds = cpu_seconds(lambda: greedy_starts(points, few, [np.random.SeedSequence(0)], team))
    return seconds / (few - 1) * (n_clusters - 1)


@contextmanager
def timed_starts() -> Iterator[list[float]]:
    """Give the seconds of each choice of starts that a fit makes inside the block."""
    from polyconcept.clustering import kmeans, start

    choose = start.greedy_starts
    found: list[float] = []

    def choose_timed(*arguments: Any) -> Any:  # noqa: ANN401 - as what it stands for
        seconds, rows = timed(cpu_seconds, lambda: choose(*arguments))
        found.append(seconds)
        return rows

    with patch.object(kmeans, "greedy_starts", choose_timed):
        yield found


def search_of(vectors: np.ndarray, start: np.ndarray, device: str = "cpu") -> Callable[[], Any]:
    """Return a search that spares none: all words among all centers."""
    import torch

    from polyconcept.clustering.assign import nearest_centers
    from polyconcept.clustering.points import Team, centred_points

    points = centred_points(vectors, torch.device(device))
    centers = torch.from_numpy(start - points.mean).to(points.device)

    def search() -> None:
        with Team(points.device) as team:
            nearest_centers(points, centers, team)

    return search


@contextmanager
def faiss_clock(vectors: np.ndarray, start: np.ndarray) -> Iterator[Callable[[], float] | None]:
    """Give what times an iteration of faiss; None where it is not installed."""
    import torch

    if not FAISS.exists() or subprocess.run([FAISS, "-c", "import faiss"], check=False).returncode:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("vectors.npy", "start.npy")]
        for file, rows in zip(files, (vectors, start), strict=True):
            np.save(file, rows)
        numbers = [str(FAISS_ITERATIONS), str(torch.get_num_threads())]
        command: list[str | Path] = [FAISS, "-c", FAISS_SCRIPT, *files, *numbers]
        yield lambda: float(
            json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        )


@dataclass(frozen=True)
class Iterations:
    """Medians over the rounds."""

    product: float
    """Operations a second of a matrix product."""
    search: float
    """Seconds of a search among all centers."""
    own: float
    """Seconds of an iteration, centring and inertia included."""
    n_own: int
    theirs: dict[str, float]
    """Seconds of an iteration of each other tool."""


def measure_iterations(vectors: np.ndarray, size: Size) -> Iterations:
    """Time iterations from one start to the end: ours, scikit-learn's and faiss's, in turns."""
    from polyconcept.clustering.kmeans import cluster_vectors

    rows = np.random.default_rng(1).choice(size.n_words, size.n_clusters, replace=False)
    start, k = vectors[rows], size.n_clusters
    sklearn_fit(vectors, start, k, "lloyd", max_iter=1)  # its first call loads what it needs
    options: dict[str, Any] = {"n_clusters": k, "seed": 0, "start": start}
    search, n_own = search_of(vectors, start), 0

    def own() -> float:
        nonlocal n_own
        seconds, found = timed(cpu_seconds, lambda: cluster_vectors(vectors, **options))
        n_own = found.n_iterations
        return seconds / n_own

    with faiss_clock(vectors, start) as faiss:
        calls: dict[str, Callable[[], float]] = {
            "product": product_rate,
            "search": lambda: cpu_seconds(search),
            "own": own,
            "scikit-learn": lambda: sklearn_iteration_seconds(vectors, start),
        } | ({"faiss": faiss} if faiss else {})
        found = dict(
            zip(calls, medians(lambda call: call(), size.n_rounds, *calls.values()), strict=True)
        )
    tools = {name: seconds for name, seconds in found.items() if name in ("scikit-learn", "faiss")}
    return Iterations(found["product"], found["search"], found["own"], n_own, tools)


def iteration_figures(vectors: np.ndarray, size: Size) -> dict[str, Figure]:
    """Compare rates with the machine's, and an iteration with the fastest tool's."""
    found = measure_iterations(vectors, size)
    n_operations = 2 * vectors.size * size.n_clusters
    searching, rate = n_operations / found.search, n_operations / found.own
    fastest = min(found.theirs, key=found.theirs.__getitem__)
    seconds = ", ".join(f"{name} {value:.3f} s" for name, value in found.theirs.items())
    missing = "" if "faiss" in found.theirs else "; faiss could not be installed here"
    return {
        "k-means, full search: rate": figure(
            searching / 1e9, "Gflop/s", ">= 0.6", searching / found.product,
            limit=found.product / 1e9, note="all words among all centers",
        ),
        "k-means, iteration: rate": figure(
            rate / 1e9, "Gflop/s", ">= 0.6", rate / found.product,
            limit=found.product / 1e9, note="of 2 n K d an iteration, spared ones counted",
        ),
        "k-means, iteration: time": figure(
            found.own, "s", "<= 1", found.own / found.theirs[fastest],
            alternative=found.theirs[fastest],
            note=f"{found.n_own} iterations of one start; {seconds}{missing}",
        ),
    }  # fmt: skip


def fit_figures(vectors: np.ndarray, size: Size) -> dict[str, Figure]:
    """Compare the whole fit with the released setting (elkan, float64, as many starts).

    One fit of scikit-learn is timed. Its inertia is one draw of what a restart gives, so that the
    mean of our restarts stands beside it.
    """
    from polyconcept.clustering.kmeans import cluster_vectors

    k, n = size.n_clusters, size.n_restarts
    theirs, other = timed(
        cpu_seconds,
        lambda: sklearn_fit(vectors.astype(np.float64), None, k, "elkan", random_state=212),
    )
    options = {"n_clusters": k, "seed": 212, "n_restarts": n}
    with timed_starts() as starts:
        ours, fit = timed(cpu_seconds, lambda: cluster_vectors(vectors, **options))
    mean = float(fit.restart_inertias.mean())
    return start_figures(vectors, size, sum(starts) / n) | {
        "k-means, whole fit": figure(
            ours, "s", ">= 5", n * theirs / ours, alternative=n * theirs,
            note=f"{n} starts; released setting: one of them timed, scaled",
        ),
        "k-means, inertia, mean of restarts": figure(
            mean, "", "<= 1", mean / other.inertia_, alternative=float(other.inertia_),
            note=f"of {n} beside one fit of scikit-learn; from one to the next it varies by "
            f"{fit.restart_inertias.std() / mean:.5f} of it; best of {n}: "
            f"{fit.inertia / other.inertia_:.5f} of scikit-learn's one",
        ),
    }  # fmt: skip


def start_figures(vectors: np.ndarray, size: Size, ours: float) -> dict[str, Figure]:
    """Compare starts drawn together, and one alone, with scikit-learn's in float32."""
    other, alone = medians(
        lambda call: call(),
        size.n_rounds,
        lambda: sklearn_start_seconds(vectors, size.n_clusters),
        lambda: own_start_seconds(vectors, size.n_clusters),
    )
    note = f"in the whole fit, {size.n_restarts} together; scikit-learn: part of one, scaled"
    return {
        "k-means, start": figure(
            ours, "s", "<= 0.333", ours / other, alternative=other, note=note
        ),
        "k-means, start, one alone": figure(
            alone, "s", "<= 0.333", alone / other, alternative=other,
            note="a tenth of its steps, scaled",
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of k-means by name: ours, limit, alternative, ratio and its goal."""
    import torch

    size = QUICK if quick else Size()
    vectors = mixture(size)
    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    try:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(torch.get_num_threads()):
            return iteration_figures(vectors, size) | fit_figures(vectors, size)
    finally:
        torch.set_num_threads(before)


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    print(table(measure(parser.parse_args().quick)))


if __name__ == "__main__":
    main()
