"""Nearest centers from one iteration to the next: bounds spare most of the products."""

from __future__ import annotations

import torch

from polyconcept.clustering.assign import (
    CenterSet,
    Nearest,
    block_of,
    find_nearest,
    lower_bound,
    upper_bound,
)
from polyconcept.clustering.points import Points, Team, true_cells
from polyconcept.records.arrays import Bool, Float, Int64

_READING = 40
"""Reading a word's vector costs about as much as this many centers more in the product."""
_PICKING = 60
"""And picking it from among the others as much as this many."""
_WORTHWHILE = 2**14
"""Numbers of all centers from which on looking at bounds costs less than a search."""


class Tracker:
    """The nearest center of every word while the centers move.

    A word keeps its center as long as that is provably nearest: centers have moved by known
    distances, so the bounds of the last look still say something (Hamerly 2010). Where a few
    centers moved far they are measured again, and only the others' largest step is taken off the
    lower bound. What the bounds leave open is searched among all centers; labels are those of
    `nearest_centers`, whatever is spared.
    """

    def __init__(self, points: Points, n_clusters: int, team: Team) -> None:
        self._points, self._team = points, team
        self._nearest = Nearest.unknown(points)
        self._centers: Float[torch.Tensor, "cluster dim"] | None = None
        self._place = torch.empty(n_clusters, dtype=torch.int64, device=points.device)

    def update(self, centers: Float[torch.Tensor, "cluster dim"]) -> Int64[torch.Tensor, " word"]:
        """Return the index of each word's nearest center; the lower index of two equally near."""
        before, self._centers = self._centers, centers
        prepared = CenterSet.of(centers)
        if before is None or centers.numel() < _WORTHWHILE:
            words = None
        else:
            step = (centers - before).square_().sum(1).sqrt_() * (1 + self._points.slack)
            words = self._open_words(prepared, step)
        if words is None or len(words):
            find_nearest(self._points, prepared, self._nearest, words, self._team)
        return self._nearest.labels.clone()

    def _open_words(
        self, centers: CenterSet, step: Float[torch.Tensor, " cluster"]
    ) -> Int64[torch.Tensor, " some"] | None:
        """Return the words to search among all centers (None: all), after the far-moved ones."""
        nearest = self._nearest
        nearest.upper.add_(step[nearest.labels])
        room = nearest.lower * (1 - self._points.slack) - nearest.upper * (1 + self._points.slack)
        ordered = step.sort(descending=True)
        n_far = _cheapest(room, ordered.values)
        if n_far is None:
            return None
        longest, rest = torch.cat((ordered.values, step.new_zeros(1)))[[0, n_far]]
        unsafe, beyond = room <= longest, room <= rest
        some = (unsafe & ~beyond).nonzero()[:, 0]
        if all_words := len(some) * (n_far + _READING + _PICKING) > len(room) * (n_far + _READING):
            unsafe.fill_(True)
        nearest.lower.sub_(torch.where(unsafe, rest, longest))
        if n_far:
            far = ordered.indices[:n_far].sort().values
            self._measure_far(CenterSet.of(centers.wide[far]), far, None if all_words else some)
            beyond |= self._doubtful(unsafe)
        words: Int64[torch.Tensor, " some"] = beyond.nonzero()[:, 0]
        return words

    def _doubtful(self, among: Bool[torch.Tensor, " word"]) -> Bool[torch.Tensor, " word"]:
        """Return which of the words another center may be nearest to."""
        nearest = self._nearest
        return among & (
            nearest.lower * (1 - self._points.slack) <= nearest.upper * (1 + self._points.slack)
        )

    def _measure_far(
        self,
        far: CenterSet,
        clusters: Int64[torch.Tensor, " far"],
        words: Int64[torch.Tensor, " some"] | None,
    ) -> None:
        """Bring the words' bounds up to date with some centers where these are now."""
        points, nearest = self._points, self._nearest
        self._place.fill_(-1)
        self._place[clusters] = torch.arange(len(clusters), device=points.device)
        n_words = points.n_words if words is None else len(words)
        block_rows = points.block_rows(max(512, len(clusters)))  # fewer, or small steps add up

        def task(blocks: range) -> None:
            for block in blocks:
                at, rows, norm = block_of(points, words, block, block_rows)
                value = far.values(rows)
                place = self._place[nearest.labels[at]]
                own = true_cells(place >= 0)
                place = place[own]
                upper = nearest.upper[at]
                upper[own] = upper[own].minimum(
                    upper_bound(points, norm[own], far.length[place], value[own, place])
                )
                nearest.upper[at] = upper
                value[own, place] = torch.inf
                lower = lower_bound(points, far, norm, value.amin(1))
                nearest.lower[at] = lower.minimum(nearest.lower[at])

        self._team.share(task, -(-n_words // block_rows))


def _cheapest(
    room: Float[torch.Tensor, " word"], step: Float[torch.Tensor, " cluster"]
) -> int | None:
    """Return how many centers, those of the longest steps, to measure again for least work.

    None where searching for all words among all is least work. `room` is how far other centers may
    move until they could be nearest, `step` how far they moved, the longest first.
    """
    rest = torch.cat((step, step.new_zeros(1)))  # the longest step of those not measured again
    n_open = torch.searchsorted(room.sort().values, rest, right=True).float()
    n_far = torch.arange(len(rest), device=step.device)
    n_measured = torch.where(n_far > 0, n_open[0] - n_open, 0)
    picked = n_measured * (n_far + _READING + _PICKING)
    measuring = picked.minimum(len(room) * (n_far + _READING))
    cost = measuring + n_open * (len(step) + _READING + _PICKING)
    best = int(cost.argmin())
    return best if float(cost[best]) < len(room) * (len(step) + _READING) else None
