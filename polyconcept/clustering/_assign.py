"""Nearest center of every word: float32 matrix products, near ties decided in float64."""

from __future__ import annotations

import torch

from polyconcept.clustering._points import Points, Team, true_cells
from polyconcept.records import Bool, Float, Float32, Int64

_MANY_TIES = 2**17
"""Numbers at which candidates of near ties are decided before the last block (memory)."""


def nearest_centers(
    points: Points, centers: Float[torch.Tensor, "cluster dim"], team: Team
) -> Int64[torch.Tensor, " word"]:
    """Index of the center nearest to each word; the lower index where two are equally near.

    The product gives ||c||^2 - 2 x.c, which orders the centers of a word as their distances do.
    Centers that rounding may have put behind a word's least value are compared again in float64:
    the result is that of exact distances, whatever order of additions the product uses (CPU, GPU,
    any block size). Such near ties are a few words in a thousand.
    """
    narrow, square = centers.float(), centers.square().sum(1)
    length, square = square.sqrt().float(), square.float()
    block_rows = points.block_rows(len(centers))
    labels = torch.empty(points.n_words, dtype=torch.int64, device=points.device)

    def task(blocks: range) -> None:
        buffer = torch.empty(min(block_rows, points.n_words), len(centers), device=points.device)
        ties = []
        for block in blocks:
            begin, end = block * block_rows, min((block + 1) * block_rows, points.n_words)
            value = torch.addmm(
                square, points.rows[begin:end], narrow.T, alpha=-2, out=buffer[: end - begin]
            )
            nearest = _least_column(value)
            labels[begin:end] = nearest
            least = value.gather(1, nearest[:, None])[:, 0]
            limit = least + _margin(points.norm[begin:end], length[nearest], least, points.n_dims)
            candidates = true_cells(_up_to(value, limit))
            if len(candidates) > end - begin:
                ties.append(_ties(candidates, len(centers), begin))
            if sum(map(torch.numel, ties)) > _MANY_TIES or (ties and block == blocks[-1]):
                _decide_ties(points, centers, torch.cat(ties, dim=1), labels)
                ties.clear()

    team.share(task, -(-points.n_words // block_rows))
    return labels


def squared_distances(
    points: Points,
    centers: Float[torch.Tensor, "cluster dim"],
    labels: Int64[torch.Tensor, " word"],
    team: Team,
) -> Float[torch.Tensor, " word"]:
    """Squared distance of each word to the center of its label, from differences in float64."""
    block_rows = points.block_rows(points.n_dims)
    distance = torch.empty(points.n_words, dtype=points.wide, device=points.device)

    def task(blocks: range) -> None:
        for block in blocks:
            begin, end = block * block_rows, min((block + 1) * block_rows, points.n_words)
            difference = points.rows[begin:end] - centers[labels[begin:end]]
            distance[begin:end] = difference.square_().sum(1)

    team.share(task, -(-points.n_words // block_rows))
    return distance


def _margin(
    norm: Float32[torch.Tensor, " word"],
    length: Float32[torch.Tensor, " word"],
    least: Float32[torch.Tensor, " word"],
    n_dims: int,
) -> Float32[torch.Tensor, " word"]:
    """How far above a word's least value that of its true nearest center may have come out.

    Off by rounding are the least value, of a center `length` long, and that of the nearest
    center. The latter is at most as far from the word as the former, so at most `reach` long:
    long centers elsewhere, of outlier words, do not widen the margin.
    """
    error = _rounding(norm, length, n_dims)
    reach = norm + (norm.square() + least + error).clamp_(min=0).sqrt_()
    return error + _rounding(norm, reach, n_dims)


def _rounding(
    norm: Float32[torch.Tensor, " word"], length: Float32[torch.Tensor, " word"], n_dims: int
) -> Float32[torch.Tensor, " word"]:
    """Bound on the error of ||c||^2 - 2 x.c for any order of additions; ||x||, ||c|| given.

    An inner product of d terms is off by at most d u |x||c| (Higham, Accuracy and Stability of
    Numerical Algorithms, 2nd ed., section 3.1); the 8 covers the rounding of c, ||c||^2, the last
    addition and this bound itself.
    """
    unit = torch.finfo(torch.float32).eps / 2
    return (n_dims + 8) * unit * length * (2 * norm + length)


def _least_column(value: Float32[torch.Tensor, "word cluster"]) -> Int64[torch.Tensor, " word"]:
    """Column of each row's least value."""
    if value.device.type == "cpu":
        return torch.from_numpy(value.numpy().argmin(1))  # eight times as fast as torch's
    return value.argmin(1)


def _up_to(
    value: Float32[torch.Tensor, "word cluster"], limit: Float32[torch.Tensor, " word"]
) -> Bool[torch.Tensor, "word cluster"]:
    """Where values are at most their row's limit."""
    if value.device.type == "cpu":
        # Twice as fast as torch's comparison.
        return torch.from_numpy(value.numpy() <= limit.numpy()[:, None])
    return value <= limit[:, None]


def _ties(
    candidates: Int64[torch.Tensor, " candidate"], n_clusters: int, first_word: int
) -> Int64[torch.Tensor, "2 tie"]:
    """Word and cluster of the candidates (flat, ascending) of words that have more than one."""
    word = candidates // n_clusters
    same = word[1:] == word[:-1]
    tied = torch.zeros(len(word), dtype=torch.bool, device=word.device)
    tied[1:] = same
    tied[:-1] |= same
    return torch.stack((word[tied] + first_word, candidates[tied] % n_clusters))


def _decide_ties(
    points: Points,
    centers: Float[torch.Tensor, "cluster dim"],
    ties: Int64[torch.Tensor, "2 tie"],
    labels: Int64[torch.Tensor, " word"],
) -> None:
    """Writes the nearest candidate of each tied word into the labels."""
    word, cluster = ties
    distance = torch.empty(len(word), dtype=points.wide, device=points.device)
    step = points.block_rows(points.n_dims)
    for i in range(0, len(word), step):
        difference = points.rows[word[i : i + step]] - centers[cluster[i : i + step]]
        distance[i : i + step] = difference.square_().sum(1)
    tied, place = torch.unique_consecutive(word, return_inverse=True)
    least = distance.new_full((len(tied),), torch.inf).scatter_reduce(0, place, distance, "amin")
    cluster = torch.where(distance == least[place], cluster, len(centers))
    first = cluster.new_full((len(tied),), len(centers))
    labels[tied] = first.scatter_reduce(0, place, cluster, "amin")
