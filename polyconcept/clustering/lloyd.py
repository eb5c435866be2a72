"""Lloyd's iterations from a given start, as scikit-learn does them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from polyconcept.clustering.assign import squared_distances
from polyconcept.clustering.points import Points, Team
from polyconcept.clustering.track import Tracker
from polyconcept.records.arrays import Float, Int64


@dataclass(frozen=True)
class Fit:
    """One run of Lloyd's algorithm."""

    labels: Int64[torch.Tensor, " word"]
    """Index of the center nearest to each word."""
    centers: Float[torch.Tensor, "cluster dim"]
    """Centers in the centred space."""
    inertia: float
    """Sum of squared distances of the words to their centers."""
    n_iterations: int
    """Center updates done."""


def lloyd(
    points: Points,
    start: Float[torch.Tensor, "cluster dim"],
    team: Team,
    *,
    max_iterations: int,
    tolerance: float,
) -> Fit:
    """Move centers to the means of their words until labels stay, or centers hardly move.

    The labels are those of the last centers.
    """
    # As scikit-learn's `_kmeans_single_lloyd`: it stops when no label changes, or when the centers'
    # summed squared shift is at most `tolerance` times the mean variance of the dims; then the
    # labels are brought up to date with the last centers.
    centers = start
    tracker = Tracker(points, len(start), team)
    labels = torch.full((points.n_words,), -1, device=points.device)
    sums = torch.zeros_like(start)
    for iteration in range(1, max_iterations + 1):
        labels, labels_before = tracker.update(centers), labels
        counts = torch.bincount(labels, minlength=len(start))
        _move_words(points, sums, labels_before, labels, team)
        sums[counts == 0] = 0  # nothing is left of words that came and went, not even rounding
        moved = _means(*_fill_empty(points, centers, sums, counts, labels, team))
        shift = float((moved - centers).square_().sum(1).sum())
        centers = moved
        if torch.equal(labels, labels_before):
            break
        if shift <= tolerance * points.variance or iteration == max_iterations:
            labels = tracker.update(centers)
            break
    inertia = float(squared_distances(points, centers, labels, team).sum())
    return Fit(labels, centers, inertia, iteration)


def _move_words(
    points: Points,
    sums: Float[torch.Tensor, "cluster dim"],
    before: Int64[torch.Tensor, " word"],
    after: Int64[torch.Tensor, " word"],
    team: Team,
) -> None:
    """Bring the clusters' sums up to date: words that changed (before: -1 = none) move over."""
    # After the first iterations few words change. Sums are float64, where adding and taking away
    # float32 values is exact or nearly so. Threads take column ranges: each number is added up by
    # one thread in the order of the words.
    changed = (before != after).nonzero()[:, 0]
    before, after = before[changed], after[changed]
    bounds = np.linspace(0, points.n_dims, min(team.size, points.n_dims) + 1).astype(int).tolist()
    step = points.block_rows(4 * points.n_dims)
    first_time = len(before) > 0 and int(before[0]) < 0

    def task(ranges: range) -> None:
        for part in ranges:
            columns = slice(bounds[part], bounds[part + 1])
            for i in range(0, len(changed), step):
                chunk = slice(i, i + step)
                moved = points.rows[:, columns].index_select(0, changed[chunk]).to(sums.dtype)
                _add_rows(sums[:, columns], after[chunk], moved)
                if not first_time:
                    _add_rows(sums[:, columns], before[chunk], moved.neg_())

    team.share(task, len(bounds) - 1)


def _add_rows(
    sums: Float[torch.Tensor, "cluster dim"],
    cluster: Int64[torch.Tensor, " word"],
    rows: Float[torch.Tensor, "word dim"],
) -> None:
    """Add each row to its cluster's sum, in the same order in every run."""
    if sums.device.type == "cuda":
        # Here index_add_ adds in the order threads happen to come; index_put_ sorts first.
        sums.index_put_((cluster,), rows, accumulate=True)
    else:
        sums.index_add_(0, cluster, rows)


def _fill_empty(
    points: Points,
    centers: Float[torch.Tensor, "cluster dim"],
    sums: Float[torch.Tensor, "cluster dim"],
    counts: Int64[torch.Tensor, " cluster"],
    labels: Int64[torch.Tensor, " word"],
    team: Team,
) -> tuple[Float[torch.Tensor, "cluster dim"], Int64[torch.Tensor, " cluster"]]:
    """Return sums and counts after each empty cluster took a word farthest from its center."""
    # scikit-learn's ``_relocate_empty_clusters_dense``, the order of several farthest words
    # (numpy's ``argpartition``) included. Nothing moves where every word lies on its center.
    empty = (counts == 0).nonzero()[:, 0].tolist()
    if not empty:
        return sums, counts
    distance = squared_distances(points, centers, labels, team).cpu().numpy()
    if distance.max() == 0:
        return sums, counts
    farthest = np.argpartition(distance, -len(empty))[: -len(empty) - 1 : -1]
    sums, counts = sums.clone(), counts.clone()
    for cluster, word in zip(empty, farthest.tolist(), strict=True):
        row, donor = points.rows[word].to(sums.dtype), labels[word]
        sums[donor] -= row
        counts[donor] -= 1
        sums[cluster] = row
        counts[cluster] = 1
    return sums, counts


def _means(
    sums: Float[torch.Tensor, "cluster dim"], counts: Int64[torch.Tensor, " cluster"]
) -> Float[torch.Tensor, "cluster dim"]:
    """Return the mean of each cluster; one still empty is put where scikit-learn puts it."""
    # That is at the largest cluster: at its mean, or for clusters before it at its sum, because
    # ``_average_centers`` divides one cluster after the other. Later labels depend on it.
    means = sums / counts.clamp(min=1)[:, None]
    empty = counts == 0
    if bool(empty.any()):
        largest = int(counts.argmax())
        means[empty] = means[largest].clone()
        means[:largest][empty[:largest]] = sums[largest]
    return means
