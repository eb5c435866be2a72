"""The clusterings of one pair, layer, definition and direction under all seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array

from polyconcept.records.arrays import Bool, Float64, Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule, ClusterAlignment, Run, ScoreKey
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import align_clusters, aligned_at, translation_table
from polyconcept.scoring.calign_chance import permuted_counts, resampled_counts
from polyconcept.scoring.matching import match_one_to_one, two_way
from polyconcept.scoring.statistics import Options, draws_per_seed, seed_of_draw

__all__ = ["OVER", "Group", "Shares", "shares_of"]

OVER = ("all", "large")
"""Denominators of CALIGN."""


@dataclass(frozen=True)
class Shares:
    """One score under each seed, over all and over large clusters."""

    n_hit: tuple[int, ...]
    n_all: tuple[int, ...]
    n_large: tuple[int, ...]

    def over(self, name: str) -> list[float] | None:
        """The scores over ``all`` or ``large`` clusters; none where a seed has no such cluster."""
        totals = self.n_all if name == "all" else self.n_large
        if not all(totals):
            return None
        return [hit / total for hit, total in zip(self.n_hit, totals, strict=True)]

    def counts(self, name: str) -> tuple[int, int] | None:
        """Hits and total, where there is one seed."""
        totals = self.n_all if name == "all" else self.n_large
        return (self.n_hit[0], totals[0]) if len(totals) == 1 else None


@dataclass(frozen=True)
class Group:
    """What CALIGN is computed from; one place for all that is computed besides."""

    run: Run
    layer: int
    rule: CalignRule
    sides: tuple[tuple[ClusteredWords, ClusteredWords], ...]
    """Source and target words under each seed."""
    forward: Dictionary
    backward: Dictionary

    @property
    def key(self) -> ScoreKey:
        """Whose scores; no seed."""
        source, target = self.sides[0]
        return ScoreKey(
            **asdict(self.run),
            source=source.language,
            target=target.language,
            layer=self.layer,
            seed=None,
        )

    @cached_property
    def table(self) -> csr_array:
        """Translations from source to target."""
        return self._table(self.forward, self.rule.n)

    @cached_property
    def alignments(self) -> tuple[ClusterAlignment, ...]:
        """The plain alignment under each seed."""
        return tuple(align_clusters(*sides, self.table, self.rule) for sides in self.sides)

    @property
    def plain(self) -> Shares:
        """CALIGN."""
        return _shares(self.alignments)

    def at_match(self, match: float) -> Shares:
        """CALIGN at another `match`."""
        hits = tuple(int(aligned_at(found, match).sum()) for found in self.alignments)
        return replace(self.plain, n_hit=hits)

    def at(self, parameter: str, value: int | float) -> Shares:
        """CALIGN at another `n`, `size_ratio` or `min_types`."""
        changed: dict[str, Any] = {parameter: value if parameter == "size_ratio" else int(value)}
        rule = replace(self.rule, **changed)
        table = self._table(self.forward, rule.n) if parameter == "n" else self.table
        return _shares([align_clusters(*sides, table, rule) for sides in self.sides])

    def of_types(self, masks: Mapping[str, Bool[np.ndarray, " _"]]) -> Shares | None:
        """CALIGN of the words of some types alone; none where a side has no such word in a cluster.

        Args:
            masks: which types of each language's word table count.
        """
        kept = [
            tuple(
                words.only(masks[words.language][words.word_type]).in_clusters() for words in sides
            )
            for sides in self.sides
        ]
        if not all(len(words.cluster) for sides in kept for words in sides):
            return None
        return _shares(
            [align_clusters(source, target, self.table, self.rule) for source, target in kept]
        )

    def ceiling(self) -> Shares | None:
        """CALIGN of the source language with itself under the next seed; none of one seed."""
        if len(self.sides) == 1:
            return None
        sources = [source for source, _ in self.sides]
        identity = csr_array(eye_array(len(sources[0].types), dtype=np.int32))
        return _shares(
            [
                align_clusters(one, other, identity, self.rule)
                for one, other in zip(sources, [*sources[1:], sources[0]], strict=True)
            ]
        )

    def one_to_one(self) -> tuple[Shares, list[float]]:
        """CALIGN of the best matching, and its mean matched fraction, under each seed."""
        found = [match_one_to_one(*sides, self.table, self.rule) for sides in self.sides]
        shares = replace(self.plain, n_hit=tuple(int(one.aligned.sum()) for one in found))
        means = [float(one.fraction.sum() / n) for one, n in zip(found, shares.n_all, strict=True)]
        return shares, means

    def two_way(self) -> Shares:
        """Source clusters that align to one that aligns to them."""
        source, target = self.sides[0]
        table = translation_table(self.backward, target.types, source.types, n=self.rule.n)
        hits = [
            int(two_way(there, align_clusters(*sides[::-1], table, self.rule)).sum())
            for there, sides in zip(self.alignments, self.sides, strict=True)
        ]
        return replace(self.plain, n_hit=tuple(hits))

    def coverage(self) -> tuple[int, int]:
        """Source types with a translation among the target types, of all with words."""
        source, target = self.sides[0]
        here = np.unique(source.word_type)
        there = np.zeros(len(target.types), dtype=np.int32)
        there[target.word_type] = 1
        return int(np.count_nonzero((self.table @ there)[here])), len(here)

    def permuted(self, options: Options) -> Int64[np.ndarray, "permutation 3"]:
        """Counts with the dictionary's targets permuted, spread over the seeds."""
        rng = np.random.default_rng(options.seed)
        n_draws = draws_per_seed(options.n_permutations, len(self.sides))
        return np.concatenate(
            [
                permuted_counts(*sides, self.table, self.rule, n_permutations=n, rng=rng)
                for sides, n in zip(self.sides, n_draws, strict=True)
            ]
        )

    def resampled(
        self, draws: Int64[np.ndarray, "resample sentence"]
    ) -> Int64[np.ndarray, "resample 3"]:
        """Counts of drawn sentences, each under one of the seeds (`seed_of_draw`)."""
        counts = np.empty((len(draws), 3), dtype=np.int64)
        seeds = seed_of_draw(len(draws), len(self.sides))
        for seed, sides in enumerate(self.sides):
            own = seeds == seed
            counts[own] = resampled_counts(*sides, self.table, self.rule, draws[own])
        return counts

    def _table(self, dictionary: Dictionary, n: int) -> csr_array:
        source, target = self.sides[0]
        return translation_table(dictionary, source.types, target.types, n=n)


def shares_of(
    counts: Int64[np.ndarray, "draw 3"],
) -> Iterator[tuple[str, Float64[np.ndarray, " draw"]]]:
    """Scores over all and over large clusters; left out where a draw has none of these."""
    for place, over in enumerate(OVER, start=1):
        if counts[:, place].all():
            yield over, counts[:, 0] / counts[:, place]


def _shares(alignments: Sequence[ClusterAlignment]) -> Shares:
    return Shares(
        tuple(found.n_aligned for found in alignments),
        tuple(found.n_clusters for found in alignments),
        tuple(found.n_large for found in alignments),
    )
