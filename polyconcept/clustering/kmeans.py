"""One k-means problem: the best of its restarts, by either engine."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch

from polyconcept.clustering.checks import check_problem
from polyconcept.clustering.lloyd import Fit, lloyd
from polyconcept.clustering.points import Points, Team, centred_points
from polyconcept.clustering.start import greedy_starts
from polyconcept.records.arrays import Float, Vectors
from polyconcept.records.concepts import KMeansClusters

Engine: TypeAlias = Literal["torch", "scikit-learn"]

_TOGETHER = 10
"""Starts that are drawn together: of base-size models they take a tenth of a layer's memory."""

_EQUAL = 1e-12
"""Share of the sums by which rounding may part equal inertias."""

_log = logging.getLogger(__name__)


def cluster_vectors(
    vectors: Vectors,
    *,
    n_clusters: int,
    seed: int,
    **options: Any,  # noqa: ANN401 - the options of `cluster_seeds`
) -> KMeansClusters:
    """Cluster words with one seed, as `cluster_seeds` does."""
    return next(cluster_seeds(vectors, [seed], n_clusters=n_clusters, **options))


def cluster_seeds(
    vectors: Vectors,
    seeds: Sequence[int],
    *,
    n_clusters: int,
    n_restarts: int = 2,
    engine: Engine = "torch",
    max_iterations: int = 300,
    tolerance: float = 1e-4,
    device: str = "cpu",
    start: Float[np.ndarray, "cluster dim"] | None = None,
    overwrite: bool = False,
) -> Iterator[KMeansClusters]:
    """Cluster words by k-means, once with each seed: the restart with the least inertia.

    From the same start the torch engine gives scikit-learn's labels, except where exact distances
    are equal and scikit-learn's rounding decides. On a CPU it gives the same bytes for any number
    of threads; while it runs there, torch itself is set to one thread. Starts and labels are the
    same on any processor (docs/DETERMINISM.md).

    Args:
        vectors: One finite vector per word.
        seeds: Seeds (>= 0), each of all restarts of a clustering. The numbers that restart i draws
            do not depend on how many follow it.
        n_clusters: Clusters to make, from 1 to the number of words.
        n_restarts: Starts drawn by greedy k-means++, each run to its end.
        engine: ``torch`` (float32 products, near ties in float64), or ``scikit-learn`` (float64,
            Elkan: the released study, which had n_restarts 10 and seed 212).
        max_iterations: Lloyd iterations of a restart at most.
        tolerance: A restart ends when the centers' summed squared shift is at most this share of
            the dims' mean variance (scikit-learn's ``tol``).
        device: Where the torch engine computes: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        start: First centers, in the space of the vectors; then there is one run and no draw.
        overwrite: Use the vectors' memory for the centred ones: no copy is held.

    Yields:
        Clusters of the words. Vectors with fewer distinct rows than clusters leave clusters empty
        (a warning is logged); an empty cluster has the center of the largest.

    Raises:
        ValueError: An argument is out of its range or does not fit another, there are more
            clusters than words, or a vector is not finite (the first such row is named).
    """
    _check_limits(n_restarts, max_iterations, tolerance)
    check_problem(vectors, n_clusters, seeds)
    if engine not in (known := get_args(Engine)):
        raise ValueError(f"unknown clustering engine {engine!r}; known are: {', '.join(known)}")
    if start is not None:
        _check_start(start, n_clusters, vectors.shape[1])
    limits: dict[str, Any] = {"max_iterations": max_iterations, "tolerance": tolerance}
    found: Iterator[KMeansClusters]
    if engine == "torch":
        points = centred_points(vectors, _checked_device(device), overwrite=overwrite)
        found = _torch_seeds(points, n_clusters, seeds, n_restarts, start, **limits)
    else:
        # Here, because the torch engine should not wait for scikit-learn's import.
        from polyconcept.clustering.released import sklearn_clusters

        options = {"n_restarts": n_restarts, "start": start, **limits}
        found = (
            sklearn_clusters(vectors, n_clusters=n_clusters, seed=seed, **options) for seed in seeds
        )
    for clusters in found:
        _settle_empty(clusters)
        yield clusters


def check_memory(_n_words: int) -> None:
    """Refuse nothing: k-means needs hardly more memory than the vectors."""


def _torch_seeds(
    points: Points,
    n_clusters: int,
    seeds: Sequence[int],
    n_restarts: int,
    start: Float[np.ndarray, "cluster dim"] | None,
    **limits: Any,  # noqa: ANN401 - those of `lloyd`
) -> Iterator[KMeansClusters]:
    if start is None:
        starts = _drawn_starts(points, n_clusters, seeds, n_restarts)
    else:
        starts, n_restarts = repeat(_given_start(points, start)), 1
    for _ in seeds:
        yield _torch_clusters(points, islice(starts, n_restarts), **limits)


def _drawn_starts(
    points: Points, n_clusters: int, seeds: Sequence[int], n_restarts: int
) -> Iterator[torch.Tensor]:
    """Yield the first centers of each restart of each seed."""
    # Spawned, so that what restart i draws does not depend on how many follow it.
    sequences = [
        sequence for seed in seeds for sequence in np.random.SeedSequence(seed).spawn(n_restarts)
    ]
    # Some are drawn together, of whatever seeds: a step of greedy k-means++ is bound by reading the
    # words.
    for first in range(0, len(sequences), _TOGETHER):
        with Team(points.device) as team:
            some = sequences[first : first + _TOGETHER]
            rows = greedy_starts(points, n_clusters, some, team)
        for row in rows:
            yield points.rows[torch.from_numpy(row).to(points.device)].to(points.wide)


def _given_start(points: Points, start: Float[np.ndarray, "cluster dim"]) -> torch.Tensor:
    """Return first centers in the centred space."""
    return torch.from_numpy(start - points.mean).to(points.wide).to(points.device)


def _torch_clusters(
    points: Points, starts: Iterable[torch.Tensor], *, max_iterations: int, tolerance: float
) -> KMeansClusters:
    """Return the best of the restarts: the first of equals, whatever rounding made of them."""
    # Restarts often find the same clusters under other numbers.
    inertias: list[float] = []
    best: Fit | None = None
    for first in starts:
        with Team(points.device) as team:
            fit = lloyd(points, first, team, max_iterations=max_iterations, tolerance=tolerance)
        if best is None or _is_less(points, fit.inertia, best.inertia):
            best = fit
        inertias.append(fit.inertia)
    assert best is not None
    centers = best.centers.cpu().numpy() + points.mean
    return KMeansClusters(
        cluster=best.labels.cpu().numpy().astype(np.int32),
        n_clusters=len(centers),
        centers=centers.astype(np.float32),
        inertia=best.inertia,
        restart_inertias=np.array(inertias),
        n_iterations=best.n_iterations,
    )


def _is_less(points: Points, inertia: float, than: float) -> bool:
    """Return whether an inertia is less by more than rounding."""
    # A center is off by a share of its length, which counts by the distances to it: the error goes
    # with the mean, the geometric one, of inertia and sum of squares.
    total = points.variance * points.rows.numel()
    return inertia < than - _EQUAL * float(np.sqrt(than * total))


def _settle_empty(clusters: KMeansClusters) -> None:
    """Warn of empty clusters and put their centers on the largest cluster's."""
    counts = np.bincount(clusters.cluster, minlength=clusters.n_clusters)
    empty = counts == 0
    if empty.any():
        clusters.centers[empty] = clusters.centers[counts.argmax()]
        _log.warning(
            "%d of %d clusters are empty: the %d vectors have too few distinct rows",
            empty.sum(),
            clusters.n_clusters,
            len(clusters.cluster),
        )


def _check_limits(n_restarts: int, max_iterations: int, tolerance: float) -> None:
    """Refuse numbers out of range."""
    for name, count in {"n_restarts": n_restarts, "max_iterations": max_iterations}.items():
        if count < 1:
            raise ValueError(f"{name} is {count}, must be at least 1")
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance is {tolerance}, must be a number of at least 0")


def _check_start(start: Float[np.ndarray, "cluster dim"], n_clusters: int, n_dims: int) -> None:
    """Refuse a start of another shape, or one that is not finite."""
    if start.shape != (n_clusters, n_dims):
        raise ValueError(
            f"start has shape {start.shape}, needed is (n_clusters, n_dims) = "
            f"({n_clusters}, {n_dims})"
        )
    if not np.isfinite(start).all():
        row = int(np.flatnonzero(~np.isfinite(start).all(axis=1))[0])
        raise ValueError(f"start center {row} (0-based) is not finite")


def _checked_device(name: str) -> torch.device:
    """Return the torch device, or refuse it with the reason where this machine has none."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"cannot compute on device {name!r}: {error}") from error
    return device
