"""Greedy k-means++: the words a run starts from, for all restarts at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch

from polyconcept.clustering.assign import rounding, square_error
from polyconcept.clustering.coarse import CoarseWords, has_bfloat16, lost_length
from polyconcept.clustering.points import SEGMENT, Points, Team, true_cells
from polyconcept.records.arrays import Bool, Float, Float32, Float64, Int64

_EQUAL = 1e-12
"""Sums that differ by this share of what is left to gain are equal but for float64's rounding."""

_FEW = 1 / 128
"""Share of the words, for each trial, up to which measuring them one by one costs less than a
product in float32."""


def greedy_starts(
    points: Points, n_clusters: int, seeds: Sequence[np.random.SeedSequence], team: Team
) -> Int64[np.ndarray, "restart cluster"]:
    """Return the words chosen as the first centers of each restart.

    Each center is the best of 2 + log(k) words drawn with probability proportional to the squared
    distance to the nearest center so far: the one that leaves the least sum of them (Arthur and
    Vassilvitskii 2007, section 6; scikit-learn's ``_kmeans_plusplus``).
    """
    # All restarts go through the words together: the step is bound by reading them, so ten cost
    # little more than one. The numbers are drawn on the CPU, restart by restart, so that neither
    # the device nor the number of restarts changes them; nor does it change what is done with them
    # (`_Closest`).
    n_trials = 2 + int(np.log(n_clusters))
    generators = [np.random.default_rng(seed) for seed in seeds]
    chosen = np.empty((len(seeds), n_clusters), dtype=np.int64)
    chosen[:, 0] = [generator.integers(points.n_words) for generator in generators]
    draws = np.stack([generator.random((n_clusters - 1, n_trials)) for generator in generators])
    closest = _Closest(points, chosen[:, 0], n_trials, team)
    for step in range(1, n_clusters):
        chosen[:, step] = closest.add_best(closest.draw(draws[:, step - 1]))
    return chosen


class _Closest:
    """Squared distance of every word to the nearest center chosen so far, in each restart.

    The last bits of a float32 product depend on its shape, and so on how many restarts are drawn
    together, and on the machine. None of them decides anything: the product only rules out the
    words that a trial word is too far from to be their nearest center, by more than its error can
    be. The distances of the others, about one word in as many as there are centers, come from
    differences in float64, which are the same for each word whatever stands beside it. So are
    the distances kept here, the sums that words are drawn by, and which trial is the best.

    Words are held in segments of `SEGMENT` rows, whose sums make a draw quick: first the segment,
    then the word in it.
    """

    def __init__(
        self, points: Points, first: Int64[np.ndarray, " restart"], n_trials: int, team: Team
    ) -> None:
        self._points, self._team = points, team
        self._full = points.n_words // SEGMENT
        n_segments = -(-points.n_words // SEGMENT)
        n_padding = n_segments * SEGMENT - points.n_words
        rest = points.rows[self._full * SEGMENT :]
        self._last = torch.nn.functional.pad(rest, (0, 0, 0, n_padding if len(rest) else 0))
        self._square = points.norm.to(points.wide).square()
        shape = n_segments, len(first), SEGMENT
        self._distance = self._square.new_full(shape, torch.inf)
        self._distance[-1, :, SEGMENT - n_padding :] = 0
        self._limit = points.rows.new_full(shape, -torch.inf)  # no word of the padding is near
        self._near = torch.empty(
            n_segments, len(first), n_trials, SEGMENT, dtype=torch.bool, device=points.device
        )
        # Products in bfloat16 take a quarter of the time where the processor has them. They rule
        # out most words; those in doubt are measured again.
        self._coarse = points.device.type == "cpu" and has_bfloat16()
        if self._coarse:
            self._norm, self._lost = points.norm.new_zeros(2, n_segments, 1, SEGMENT)
            self._norm.view(-1)[: points.n_words] = points.norm
            for begin in range(0, points.n_words, SEGMENT):
                some = points.rows[begin : begin + SEGMENT]
                self._lost[begin // SEGMENT, 0, : len(some)] = lost_length(some)
        self._doubtful = 1.0
        self._add(true_cells(self._distance > 0), first)

    def draw(
        self, uniform: Float64[np.ndarray, "restart trial"]
    ) -> Int64[np.ndarray, "restart trial"]:
        """Return words drawn with probability proportional to their squared distance."""
        sums = self._sums.cpu().numpy().astype(np.float64)
        upto = sums.cumsum(axis=0)
        target = uniform * upto[-1][:, None]
        segment = (upto[:, :, None] <= target).sum(axis=0).clip(max=len(upto) - 1)
        restart = np.arange(sums.shape[1])[:, None]
        total = sums[segment, restart]
        share = (target - (upto[segment, restart] - total)) / np.where(total > 0, total, 1)
        inside = self._distance[torch.from_numpy(segment), torch.from_numpy(restart)]
        upto = inside.cpu().numpy().cumsum(axis=-1, dtype=np.float64)
        place = (upto <= (share * upto[..., -1])[..., None]).sum(axis=-1)
        words: Int64[np.ndarray, "restart trial"] = segment * SEGMENT + place
        return words.clip(max=self._points.n_words - 1)

    def add_best(self, trials: Int64[np.ndarray, "restart trial"]) -> Int64[np.ndarray, " restart"]:
        """Add to each restart the trial word that leaves the least sum (the first of equals)."""
        restart = np.arange(len(trials))
        gain, error = self._estimate(trials)
        open_ = gain + error >= (gain - error).max(axis=1, keepdims=True)
        best = open_.argmax(axis=1)
        differ = open_ & (trials != trials[restart, best][:, None])
        if differ.any():
            open_ &= differ.any(axis=1, keepdims=True)
            gain = np.full(trials.shape, -np.inf)
            gain[open_] = self._gains(trials, open_)
            rest = self._sums.sum(0).cpu().numpy()[:, None]
            first = (gain >= gain.max(axis=1, keepdims=True) - _EQUAL * rest).argmax(axis=1)
            best = np.where(open_.any(axis=1), first, best)
        words: Int64[np.ndarray, " restart"] = trials[restart, best]
        near = self._near[:, torch.from_numpy(restart), torch.from_numpy(best)]
        self._add(true_cells(near), words)
        return words

    def _parts(self, n_candidates: int) -> list[slice]:
        """Return the segments to measure at a time; the last, which padding fills, apart."""
        size = self._points.block_rows(max(n_candidates, self._points.n_dims // 8)) // SEGMENT
        size = max(1, size)
        bounds = [*range(0, self._full, size), self._full]
        parts = [slice(*pair) for pair in pairwise(bounds)]
        return [*parts, slice(self._full, self._full + 1)] if len(self._last) else parts

    def _segments(self, part: slice) -> Float32[torch.Tensor, "segment place dim"]:
        """Return the rows of a part, by segment; no copy, except of the last segment."""
        full = part.start < self._full
        rows = self._points.rows[part.start * SEGMENT : part.stop * SEGMENT] if full else self._last
        return rows.view(-1, SEGMENT, self._points.n_dims)

    def _estimate(
        self, trials: Int64[np.ndarray, "restart trial"]
    ) -> tuple[Float64[np.ndarray, "restart trial"], Float64[np.ndarray, "restart trial"]]:
        """Return by how much each trial lessens the sum, and how far off that may be."""
        # Marks in `_near` the words that may be nearer to the trial than to the centers so far.
        words = torch.from_numpy(trials.ravel()).to(self._points.device)
        centers, norm = self._points.rows[words], self._points.norm[words]
        square = norm.square()[:, None]
        parts = self._parts(len(words))
        found = np.empty((len(parts), 3, len(words)))
        coarse = CoarseWords.of(centers, norm) if self._coarse and self._doubtful < _FEW else None

        def task(units: range) -> None:
            for unit in units:
                part = parts[unit]
                rows = self._segments(part)
                cells = None if coarse is None else self._cells_in_doubt(part, rows, coarse)
                if cells is None:
                    value = torch.baddbmm(
                        square, centers.expand(len(rows), -1, -1), rows.transpose(1, 2), alpha=-2
                    ).view(self._near[part].shape)
                    torch.lt(value, self._limit[part, :, None], out=self._near[part])
                    cells = true_cells(self._near[part])
                    found[unit, 2], values = len(cells), value.flatten()[cells]
                else:
                    found[unit, 2] = len(cells)
                    cells, values = self._measure(part, rows, cells, centers, square[:, 0])
                found[unit, :2] = self._add_up(part, cells, values, norm)

        self._team.share(task, len(parts))
        *sums, doubtful = found.sum(axis=0)
        self._doubtful = float(doubtful[0]) / self._near.numel()
        gain, error = np.reshape(sums, (2, *trials.shape))
        return gain, error

    def _cells_in_doubt(
        self, part: slice, rows: Float32[torch.Tensor, "segment place dim"], coarse: CoarseWords
    ) -> Int64[torch.Tensor, " cell"] | None:
        """Return where a word may be nearer to a trial; None where that is no small share."""
        value = torch.bmm(coarse.centers.expand(len(rows), -1, -1), rows.bfloat16().transpose(1, 2))
        near = self._near[part]
        room = coarse.room(
            self._limit[part], self._norm[part], self._lost[part], self._points.n_dims
        )
        wide = value.float().sub_(coarse.half[:, None]).view(near.shape)
        torch.ge(wide, room[:, :, None], out=near)
        cells = true_cells(near)
        return cells if len(cells) <= 4 * _FEW * near.numel() else None

    def _measure(
        self,
        part: slice,
        rows: Float32[torch.Tensor, "segment place dim"],
        cells: Int64[torch.Tensor, " cell"],
        centers: Float32[torch.Tensor, "candidate dim"],
        square: Float32[torch.Tensor, " candidate"],
    ) -> tuple[Int64[torch.Tensor, " near"], Float32[torch.Tensor, " near"]]:
        """Return which of the cells are near, and their values; the others are no longer marked."""
        near = self._near[part]
        segment, candidate, place = _coordinates(cells, len(centers))
        values, flat = square[candidate], rows.reshape(-1, rows.shape[-1])
        word, step = segment * SEGMENT + place, self._points.block_rows(4 * self._points.n_dims)
        for i in range(0, len(cells), step):
            some = slice(i, i + step)
            product = flat.index_select(0, word[some])
            product *= centers.index_select(0, candidate[some])
            values[some] -= 2 * product.sum(1)
        limit = self._limit[part][segment, candidate // near.shape[2], place]
        is_near = values < limit
        near.view(-1)[cells] = is_near
        return cells[is_near], values[is_near]

    def _add_up(
        self,
        part: slice,
        cells: Int64[torch.Tensor, " cell"],
        values: Float32[torch.Tensor, " cell"],
        length: Float32[torch.Tensor, " candidate"],
    ) -> list[Float64[np.ndarray, " candidate"]]:
        """Return what the trials gain of a part's words, and how far off that may be."""
        segment, candidate, place = _coordinates(cells, len(length))
        before = self._distance[part][segment, candidate // self._near.shape[2], place]
        word = (segment + part.start) * SEGMENT + place
        square = self._square[word]
        gain = before - square - values
        error = rounding(self._points.norm[word], length[candidate], self._points.n_dims)
        error = error.to(before.dtype) + self._points.slack * before + square_error(square)
        weights = (gain.clamp_(min=0), error)
        return [_sums(candidate, weight, len(length)) for weight in weights]

    def _gains(
        self, trials: Int64[np.ndarray, "restart trial"], open_: Bool[np.ndarray, "restart trial"]
    ) -> Float64[np.ndarray, " open"]:
        """Return by how much trials lessen the sum, from differences in float64."""
        # Added up word by word: that words which gain nothing are among them changes no bit.
        restart, trial = (torch.from_numpy(axis) for axis in open_.nonzero())
        cells = true_cells(self._near[:, restart, trial])
        restart, centers = restart.to(cells.device), self._wide(trials[open_])
        gain = self._square.new_empty(len(cells))

        def task(some: slice) -> None:
            segment, pair, place = _coordinates(cells[some], len(centers))
            exact = self._apart(segment * SEGMENT + place, pair, centers)
            gain[some] = (self._distance[segment, restart[pair], place] - exact).clamp_(min=0)

        self._share_cells(task, len(cells))
        return _sums(_coordinates(cells, len(centers))[1], gain, len(centers))

    def _add(
        self, cells: Int64[torch.Tensor, " cell"], chosen: Int64[np.ndarray, " restart"]
    ) -> None:
        """Add a center to each restart, to which the words of these cells may be nearer."""
        centers = self._wide(chosen)
        distance, limit = self._distance.view(-1), self._limit.view(-1)

        def task(some: slice) -> None:
            at = cells[some]
            segment, restart, place = _coordinates(at, len(centers))
            word = segment * SEGMENT + place
            exact = self._apart(word, restart, centers).minimum(distance[at])
            distance[at], limit[at] = exact, self._limit_of(word, exact)

        self._share_cells(task, len(cells))
        self._sums = self._distance.sum(-1)

    def _wide(self, words: Int64[np.ndarray, " center"]) -> Float[torch.Tensor, "center dim"]:
        """Return words as centers."""
        return self._points.rows[torch.from_numpy(words)].to(self._points.wide)

    def _limit_of(
        self, word: Int64[torch.Tensor, " cell"], distance: Float[torch.Tensor, " cell"]
    ) -> Float32[torch.Tensor, " cell"]:
        """Return the least ||c||^2 - 2 x.c, as the product rounds it, of no nearer center."""
        # A nearer center is at most `reach` long, which bounds the error of the product.
        norm, square = self._points.norm[word].to(distance.dtype), self._square[word]
        reach = norm + distance.sqrt()
        error = rounding(norm, reach, self._points.n_dims + 8)  # more, for the last rounding here
        farthest = distance * (1 + self._points.slack) + square_error(square) + error
        return (farthest - square).float()

    def _apart(
        self,
        words: Int64[torch.Tensor, " cell"],
        place: Int64[torch.Tensor, " cell"],
        centers: Float[torch.Tensor, "center dim"],
    ) -> Float[torch.Tensor, " cell"]:
        """Return squared distances of words to centers, from differences: 0 of a copy."""
        step = min(len(words), self._points.block_rows(4 * self._points.n_dims))
        rows = self._points.rows.new_empty(step, self._points.n_dims)
        difference = centers.new_empty(rows.shape)
        apart = centers.new_empty(len(words))
        for i in range(0, len(words), max(step, 1)):
            some = slice(i, i + step)
            n = len(words[some])
            torch.index_select(centers, 0, place[some], out=difference[:n])
            difference[:n] -= torch.index_select(self._points.rows, 0, words[some], out=rows[:n])
            apart[some] = difference[:n].square_().sum(1)
        return apart

    def _share_cells(self, task: Callable[[slice], None], n_cells: int) -> None:
        """Call the task with all cells, some at a time."""
        step = self._points.block_rows(512)

        def blocks(units: range) -> None:
            for unit in units:
                task(slice(unit * step, (unit + 1) * step))

        self._team.share(blocks, -(-n_cells // step))


def _coordinates(
    cells: Int64[torch.Tensor, " cell"], n_middle: int
) -> tuple[
    Int64[torch.Tensor, " cell"], Int64[torch.Tensor, " cell"], Int64[torch.Tensor, " cell"]
]:
    """Return segment, restart or candidate, and place in the segment of cells."""
    row = cells // SEGMENT
    segment = row // n_middle
    return segment, row - segment * n_middle, cells - row * SEGMENT


def _sums(
    group: Int64[torch.Tensor, " cell"], values: Float[torch.Tensor, " cell"], n_groups: int
) -> Float64[np.ndarray, " group"]:
    """Sum of each group's values, added one after the other in float64."""
    sums = np.bincount(group.cpu().numpy(), values.cpu().numpy(), n_groups)
    return sums.astype(np.float64, copy=False)  # of no values numpy gives integers
