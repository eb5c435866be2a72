"""Greedy k-means++: the words a run starts from, for all restarts at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from polyconcept.clustering.points import SEGMENT, Points, Team, true_cells
from polyconcept.records.arrays import Float32, Float64, Int64

_NEAR = 1e-3
"""Squared distances under this share of ||x||^2 + ||c||^2 lose three digits in float32."""
_MANY = 2**17
"""Numbers of which one pass costs more than a few small steps."""


def greedy_starts(
    points: Points, n_clusters: int, seeds: Sequence[np.random.SeedSequence], team: Team
) -> Int64[np.ndarray, "restart cluster"]:
    """Words chosen as the first centers of each restart.

    Each center is the best of 2 + log(k) words drawn with probability proportional to the squared
    distance to the nearest center so far: the one that leaves the least sum of them (Arthur and
    Vassilvitskii 2007, section 6; scikit-learn's ``_kmeans_plusplus``). All restarts go through
    the words together: the step is bound by reading them, so ten cost little more than one. The
    numbers are drawn on the CPU, restart by restart, so that neither the device nor the number
    of restarts changes them.
    """
    n_trials = 2 + int(np.log(n_clusters))
    generators = [np.random.default_rng(seed) for seed in seeds]
    chosen = np.empty((len(seeds), n_clusters), dtype=np.int64)
    chosen[:, 0] = [generator.integers(points.n_words) for generator in generators]
    draws = np.stack([generator.random((n_clusters - 1, n_trials)) for generator in generators])
    closest = _Closest(points, len(seeds), n_trials, team)
    closest.add_best(chosen[:, :1])
    for step in range(1, n_clusters):
        trials = closest.draw(draws[:, step - 1])
        best = closest.add_best(trials)
        chosen[:, step] = trials[np.arange(len(seeds)), best]
    return chosen


class _Closest:
    """Squared distance of every word to the nearest center chosen so far, in each restart.

    Words are held in segments of `SEGMENT` rows, whose sums make a draw quick: first the segment,
    then the word in it.
    """

    def __init__(self, points: Points, n_restarts: int, n_trials: int, team: Team) -> None:
        self._points, self._team = points, team
        self._full = points.n_words // SEGMENT
        n_segments = -(-points.n_words // SEGMENT)
        n_padding = n_segments * SEGMENT - points.n_words
        rest = points.rows[self._full * SEGMENT :]
        self._last = torch.nn.functional.pad(rest, (0, 0, 0, n_padding if len(rest) else 0))
        self._square = torch.nn.functional.pad(points.norm.square(), (0, n_padding))
        self._square = self._square.view(-1, SEGMENT)
        self._distance = points.rows.new_full((n_segments, n_restarts, SEGMENT), torch.inf)
        self._distance[-1, :, points.n_words - (n_segments - 1) * SEGMENT :] = 0  # padding
        self._sums = points.rows.new_zeros(n_segments, n_restarts)
        self._trial = points.rows.new_empty(n_segments, n_restarts, n_trials, SEGMENT)
        self._trial_sums = points.rows.new_empty(n_segments, n_restarts, n_trials)

    def draw(
        self, uniform: Float64[np.ndarray, "restart trial"]
    ) -> Int64[np.ndarray, "restart trial"]:
        """Words drawn with probability proportional to their squared distance."""
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
        """Adds to each restart the trial word that leaves the least sum; gives its place."""
        n_restarts, n_trials = trials.shape
        trial, trial_sums = self._trial[:, :, :n_trials], self._trial_sums[..., :n_trials]
        words = torch.from_numpy(trials.ravel()).to(self._points.device)
        near = self._measure(words, trial, trial_sums)
        sums = trial_sums.cpu().numpy().sum(axis=0, dtype=np.float64)
        best: Int64[np.ndarray, " restart"] = sums.argmin(axis=-1)
        place = torch.from_numpy(best).to(words.device)
        restart = torch.arange(n_restarts, device=words.device)
        segment, of, _, at = near[:, near[2] == place[near[1]]]
        before = self._distance[segment, of, at]
        for i, chosen in enumerate(best.tolist()):
            self._distance[:, i] = trial[:, i, chosen]  # in place: a tenth of the memory
        self._sums = trial_sums[:, restart, place]
        self._refine(before, words[restart * n_trials + place], torch.stack((segment, of, at)))
        return best

    def _parts(self, n_candidates: int) -> list[slice]:
        """Segments to measure at a time; the last, which padding fills, apart."""
        size = self._points.block_rows(max(n_candidates, self._points.n_dims // 8)) // SEGMENT
        size = max(1, size)
        bounds = [*range(0, self._full, size), self._full]
        parts = [slice(*pair) for pair in pairwise(bounds)]
        return [*parts, slice(self._full, self._full + 1)] if len(self._last) else parts

    def _segments(self, part: slice) -> Float32[torch.Tensor, "segment place dim"]:
        """The rows of a part, by segment; the words' memory itself except for the last segment."""
        full = part.start < self._full
        rows = self._points.rows[part.start * SEGMENT : part.stop * SEGMENT] if full else self._last
        return rows.view(-1, SEGMENT, self._points.n_dims)

    def _measure(
        self,
        words: Int64[torch.Tensor, " candidate"],
        trial: Float32[torch.Tensor, "segment restart trial place"],
        trial_sums: Float32[torch.Tensor, "segment restart trial"],
    ) -> Int64[torch.Tensor, "4 near"]:
        """Writes each trial's distances (no farther than before) and their sums by segment.

        Gives the cells of `trial` whose word is very near the trial word.
        """
        centers = self._points.rows[words]
        square = self._square.flatten()[words][:, None]
        limit = 2 * _NEAR * square  # words that near are about as long: the trial's length will do
        parts = self._parts(len(words))
        near: list[torch.Tensor] = [words[:0]] * len(parts)

        def task(units: range) -> None:
            for unit in units:
                part = parts[unit]
                rows = self._segments(part).transpose(1, 2)
                distance = torch.baddbmm(
                    self._square[part, None], centers.expand(len(rows), -1, -1), rows, alpha=-2
                ).add_(square)
                near[unit] = _cells_below(distance, limit) + part.start * trial[0].numel()
                distance = distance.view(trial[part].shape)
                torch.minimum(distance, self._distance[part, :, None], out=trial[part])
                torch.sum(trial[part], -1, out=trial_sums[part])

        self._team.share(task, len(parts))
        return _coordinates(torch.cat(near), trial.shape)

    def _refine(
        self,
        before: Float32[torch.Tensor, " near"],
        words: Int64[torch.Tensor, " restart"],
        near: Int64[torch.Tensor, "3 near"],
    ) -> None:
        """Computes distances of words very near their new center again, from differences.

        The difference of two large squares has no digits left there; a copy of the center must
        get 0, or it could be drawn as a center again.
        """
        step = self._points.block_rows(4 * self._points.n_dims)
        for i in range(0, near.shape[1], step):
            segment, restart, place = near[:, i : i + step]
            difference = self._points.rows[segment * SEGMENT + place].to(self._points.wide)
            difference -= self._points.rows[words[restart]]
            exact = difference.square_().sum(1).float()
            self._distance[segment, restart, place] = before[i : i + step].minimum(exact)
        torch.sum(self._distance, -1, out=self._sums)


def _cells_below(
    values: Float32[torch.Tensor, "segment candidate place"],
    limit: Float32[torch.Tensor, "candidate 1"],
) -> Int64[torch.Tensor, " cell"]:
    """Flat indices of the values below their candidate's limit, ascending.

    There are hardly any: where the values are many, a look at each row's least spares most of the
    comparisons.
    """
    if values.numel() < _MANY:
        return true_cells(values < limit)
    row = true_cells(values.amin(2) < limit[:, 0])
    cells = true_cells(values.view(-1, SEGMENT)[row] < limit[row % len(limit)])
    return row[cells // SEGMENT] * SEGMENT + cells % SEGMENT


def _coordinates(
    cells: Int64[torch.Tensor, " cell"], shape: tuple[int, ...]
) -> Int64[torch.Tensor, "axis cell"]:
    """Coordinates of cells by their number; torch's own takes seconds here, mostly to be loaded."""
    axes = []
    for size in reversed(shape):
        axes.append(cells % size)
        cells = cells // size
    return torch.stack(axes[::-1])
