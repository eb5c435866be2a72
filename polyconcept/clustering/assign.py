"""Nearest center of words: float32 matrix products, near ties decided in float64."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from polyconcept.clustering.points import Points, Team, true_cells
from polyconcept.records.arrays import Float, Float32, Int64

_MANY_TIES = 2**17
"""Numbers at which candidates of near ties are decided before the last block (memory)."""


@dataclass(frozen=True)
class Nearest:
    """What is known of each word's nearest center."""

    labels: Int64[torch.Tensor, " word"]
    """Index of the nearest center."""
    upper: Float[torch.Tensor, " word"]
    """The nearest center is at most this far."""
    lower: Float[torch.Tensor, " word"]
    """Every other center is at least this far."""

    @classmethod
    def unknown(cls, points: Points) -> Nearest:
        """Return that nothing is known: no label, no bound."""
        bound = torch.full((points.n_words,), torch.inf, dtype=points.wide, device=points.device)
        return cls(torch.full_like(bound, -1, dtype=torch.int64), bound, torch.zeros_like(bound))


@dataclass(frozen=True)
class CenterSet:
    """Centers as the product needs them."""

    wide: Float[torch.Tensor, "cluster dim"]
    """As given."""
    narrow: Float32[torch.Tensor, "cluster dim"]
    """Rounded to float32."""
    square: Float32[torch.Tensor, " cluster"]
    """Squared lengths."""
    length: Float32[torch.Tensor, " cluster"]
    """Lengths."""

    @classmethod
    def of(cls, centers: Float[torch.Tensor, "cluster dim"]) -> CenterSet:
        """Round the centers and measure them."""
        square = centers.square().sum(1)
        return cls(centers, centers.float(), square.float(), square.sqrt().float())

    def values(
        self,
        rows: Float32[torch.Tensor, "word dim"],
        out: Float32[torch.Tensor, "word cluster"] | None = None,
    ) -> Float32[torch.Tensor, "word cluster"]:
        """Return ||c||^2 - 2 x.c, which orders the centers of a word as their distances do."""
        return torch.addmm(self.square, rows, self.narrow.T, alpha=-2, out=out)


def nearest_centers(
    points: Points, centers: Float[torch.Tensor, "cluster dim"], team: Team
) -> Int64[torch.Tensor, " word"]:
    """Return the index of each word's nearest center; the lower index of two equally near."""
    nearest = Nearest.unknown(points)
    find_nearest(points, CenterSet.of(centers), nearest, None, team)
    return nearest.labels


def find_nearest(
    points: Points,
    centers: CenterSet,
    nearest: Nearest,
    words: Int64[torch.Tensor, " some"] | None,
    team: Team,
) -> None:
    """Write the nearest center of the words (None: of all) and its bounds into `nearest`.

    The result is that of exact distances, whatever order of additions the product uses (CPU, GPU,
    any block size).
    """
    # Centers that rounding may have put behind a word's least value are compared again in float64.
    # Such near ties are a few words in a thousand; they get the bound 0.
    n_words = points.n_words if words is None else len(words)
    block_rows = points.block_rows(len(centers.narrow))

    def task(blocks: range) -> None:
        buffer = torch.empty(min(block_rows, n_words), len(centers.narrow), device=points.device)
        ties = []
        for block in blocks:
            at, rows, norm = block_of(points, words, block, block_rows)
            value = centers.values(rows, buffer[: len(rows)])
            column = _least_column(value)
            least = value.gather(1, column[:, None])[:, 0]
            second = _least_but(value, column)
            length = centers.length[column]
            limit = least + _margin(norm, length, least, points.n_dims)
            tied = true_cells(second <= limit)
            nearest.labels[at] = column
            nearest.upper[at] = upper_bound(points, norm, length, least)
            lower = lower_bound(points, centers, norm, second)
            if len(tied):
                lower[tied] = 0
                value = value[tied].scatter_(1, column[tied, None], least[tied, None])
                place = (value <= limit[tied, None]).nonzero().T
                word = tied + at.start if isinstance(at, slice) else at[tied]
                ties.append(torch.stack((word[place[0]], place[1])))
            nearest.lower[at] = lower
            if sum(map(torch.numel, ties)) > _MANY_TIES or (ties and block == blocks[-1]):
                _decide_ties(points, centers.wide, torch.cat(ties, dim=1), nearest.labels)
                ties.clear()

    team.share(task, -(-n_words // block_rows))


def squared_distances(
    points: Points,
    centers: Float[torch.Tensor, "cluster dim"],
    labels: Int64[torch.Tensor, " word"],
    team: Team,
) -> Float[torch.Tensor, " word"]:
    """Return each word's squared distance to its label's center, from differences in float64."""
    block_rows = points.block_rows(4 * points.n_dims)
    distance = torch.empty(points.n_words, dtype=points.wide, device=points.device)

    def task(blocks: range) -> None:
        for block in blocks:
            begin, end = block * block_rows, min((block + 1) * block_rows, points.n_words)
            difference = points.rows[begin:end] - centers[labels[begin:end]]
            distance[begin:end] = difference.square_().sum(1)

    team.share(task, -(-points.n_words // block_rows))
    return distance


def block_of(
    points: Points, words: Int64[torch.Tensor, " some"] | None, block: int, block_rows: int
) -> tuple[
    slice | Int64[torch.Tensor, " word"],
    Float32[torch.Tensor, "word dim"],
    Float32[torch.Tensor, " word"],
]:
    """Return where a block's words are, their vectors and lengths (None: all in order)."""
    begin = block * block_rows
    if words is None:
        at = slice(begin, min(begin + block_rows, points.n_words))
        return at, points.rows[at], points.norm[at]
    some = words[begin : begin + block_rows]
    return some, points.rows.index_select(0, some), points.norm[some]


def _least_but(
    value: Float32[torch.Tensor, "word cluster"], column: Int64[torch.Tensor, " word"]
) -> Float32[torch.Tensor, " word"]:
    """Return each row's least value outside one column, which is overwritten with infinity."""
    return value.scatter_(1, column[:, None], torch.inf).amin(1)


def upper_bound(
    points: Points,
    norm: Float32[torch.Tensor, " word"],
    length: Float32[torch.Tensor, " word"],
    value: Float32[torch.Tensor, " word"],
) -> Float[torch.Tensor, " word"]:
    """Return a word's distance at most, to a center `length` long that has this value."""
    return _distance(points, norm, value, rounding(norm, length, points.n_dims), 1)


def lower_bound(
    points: Points,
    centers: CenterSet,
    norm: Float32[torch.Tensor, " word"],
    value: Float32[torch.Tensor, " word"],
) -> Float[torch.Tensor, " word"]:
    """Return a word's distance at least, to all centers that have this value or more."""
    # Centers longer than `reach` are farther than the distance this value stands for without
    # rounding; that of shorter ones is bounded by `reach`.
    reach = norm + (norm.square() + value).clamp_(min=0).sqrt_()
    error = rounding(norm, reach.minimum(centers.length.max()), points.n_dims)
    return _distance(points, norm, value, error, -1)


def _distance(
    points: Points,
    norm: Float32[torch.Tensor, " word"],
    value: Float32[torch.Tensor, " word"],
    error: Float32[torch.Tensor, " word"],
    sign: int,
) -> Float[torch.Tensor, " word"]:
    """Return distances at most (sign 1) or at least (-1), from values that are off by `error`."""
    square = norm.to(points.wide).square_()
    error = error.to(points.wide) + square_error(square)
    return (square + value.to(points.wide) + sign * error).clamp_(min=0).sqrt_()


def square_error(square: Float[torch.Tensor, " word"]) -> Float[torch.Tensor, " word"]:
    """Return twice the bound on the error of ||x||^2 that lies in its float32 length."""
    return 2 * torch.finfo(torch.float32).eps * square


def _margin(
    norm: Float32[torch.Tensor, " word"],
    length: Float32[torch.Tensor, " word"],
    least: Float32[torch.Tensor, " word"],
    n_dims: int,
) -> Float32[torch.Tensor, " word"]:
    """Return how far above a word's least value that of its nearest center may have come out."""
    # Off by rounding are the least value, of a center `length` long, and that of the nearest
    # center. The latter is at most as far from the word as the former, so at most `reach` long:
    # long centers elsewhere, of outlier words, do not widen the margin.
    error = rounding(norm, length, n_dims)
    reach = norm + (norm.square() + least + error).clamp_(min=0).sqrt_()
    return error + rounding(norm, reach, n_dims)


def rounding(
    norm: Float[torch.Tensor, " word"], length: Float[torch.Tensor, " word"], n_dims: int
) -> Float[torch.Tensor, " word"]:
    """Return a bound on the error of ||c||^2 - 2 x.c for any order of additions."""
    # An inner product of d terms is off by at most d u |x||c| (Higham, Accuracy and Stability of
    # Numerical Algorithms, 2nd ed., section 3.1); the 8 covers the rounding of c, ||c||^2, the last
    # addition and this bound itself.
    unit = torch.finfo(torch.float32).eps / 2
    return (n_dims + 8) * unit * length * (2 * norm + length)


def _least_column(value: Float32[torch.Tensor, "word cluster"]) -> Int64[torch.Tensor, " word"]:
    """Return the column of each row's least value."""
    if value.device.type == "cpu":
        return torch.from_numpy(value.numpy().argmin(1))  # eight times as fast as torch's
    return value.argmin(1)


def _decide_ties(
    points: Points,
    centers: Float[torch.Tensor, "cluster dim"],
    ties: Int64[torch.Tensor, "2 tie"],
    labels: Int64[torch.Tensor, " word"],
) -> None:
    """Write the nearest candidate of each tied word into the labels."""
    word, cluster = ties
    distance = torch.empty(len(word), dtype=points.wide, device=points.device)
    step = points.block_rows(4 * points.n_dims)
    for i in range(0, len(word), step):
        difference = points.rows[word[i : i + step]] - centers[cluster[i : i + step]]
        distance[i : i + step] = difference.square_().sum(1)
    tied, place = torch.unique_consecutive(word, return_inverse=True)
    least = distance.new_full((len(tied),), torch.inf).scatter_reduce(0, place, distance, "amin")
    # Equal but for rounding is equal: its last bits are another processor's choice.
    least *= 1 + points.slack
    cluster = torch.where(distance <= least[place], cluster, len(centers))
    first = cluster.new_full((len(tied),), len(centers))
    labels[tied] = first.scatter_reduce(0, place, cluster, "amin")
