"""CALIGN of one pair, layer, definition and direction, with what says what it means."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array, eye_array

from polyconcept.records.arrays import Float64, Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule, ClusterAlignment, Score, ScoreKey
from polyconcept.records.text import Coverage, Dictionary
from polyconcept.scoring.calign import align_clusters, aligned_at, translation_table
from polyconcept.scoring.calign_chance import (
    permuted_counts,
    permuted_tables,
    resampled_counts,
)
from polyconcept.scoring.describe import Measure, Values
from polyconcept.scoring.matching import Matching, match_each, match_one_to_one, two_way
from polyconcept.scoring.sentences import sentence_shares
from polyconcept.scoring.statistics import (
    Measured,
    frequency_bands,
    permute_each,
    resample_each,
    thresholds,
)

_log = logging.getLogger(__name__)

_MATCHINGS = 50
"""Permuted dictionaries behind the null of the matched fraction: enough for its mean and range."""


def calign_scores(alignment: ClusterAlignment, key: ScoreKey) -> list[Score]:
    """Return the rows of an alignment: over all clusters with words, and over the large ones.

    Where no cluster is large there is no such share: that row is left out and a warning logged.

    Raises:
        ValueError: The key names other languages than the alignment.
    """
    if (key.source, key.target) != (alignment.source, alignment.target):
        raise ValueError(
            f"key says {key.source}->{key.target}: "
            f"expected {alignment.source}->{alignment.target}, as aligned"
        )
    rule, shares = alignment.rule, _measured(_counts_of([alignment]))
    if "large" not in shares:
        _log.warning(
            "no cluster has more than %d types: no score over large ones for %s",
            rule.min_types,
            key,
        )
    return [share.row("calign", rule.definition, over, key) for over, share in shares.items()]


@dataclass(frozen=True)
class CalignMeasure(Measure[ClusterAlignment]):
    """CALIGN from source to target; corrected, it is scored both ways.

    Counts are those of aligned clusters, clusters with words and large clusters, of each seed or
    draw.
    """

    metric: ClassVar[str] = "calign"
    threshold: ClassVar[str] = "match"

    dictionaries: tuple[Dictionary, Dictionary]
    """From source to target, and back."""
    thresholds: Mapping[str, Any]
    """Those of `CalignRule`."""
    sweeps: Mapping[str, Sequence[int | float]]
    """Values of `n`, `size_ratio` and `min_types` that are tried, one at a time."""

    def __post_init__(self) -> None:
        pair = self.key.source, self.key.target
        found = [(dictionary.source, dictionary.target) for dictionary in self.dictionaries]
        if found != [pair, pair[::-1]]:
            raise ValueError(
                f"dictionaries translate {found}: expected {pair[0]}->{pair[1]} and back, as the "
                "clusters"
            )

    @cached_property
    def rule(self) -> CalignRule:
        """The thresholds under the definition."""
        return CalignRule(self.definition, **self.thresholds)

    def directions(self) -> Iterator[Measure[ClusterAlignment]]:
        """Yield CALIGN; corrected, also that from target to source."""
        yield self
        if self.definition == "corrected":
            yield self.reversed()

    def reversed(self) -> CalignMeasure:
        """Return CALIGN from target to source."""
        sides = [(target, source) for source, target in self.sides]
        return replace(self, sides=sides, dictionaries=self.dictionaries[::-1])

    @cached_property
    def found(self) -> Sequence[ClusterAlignment]:
        """Plain alignments, one for each seed."""
        return [
            replace(
                align_clusters(*sides, self._table, self.rule),
                sentence_share=sentence_shares(sides[0]),
            )
            for sides in self.sides
        ]

    def seed_rows(self, found: ClusterAlignment, key: ScoreKey) -> list[Score]:
        """Return the plain rows of an alignment."""
        return calign_scores(found, key)

    def plain(self) -> Values:
        """Return CALIGN with null, samples and ceiling: the source with itself, the next seed."""
        # Of one seed there is no other clustering of the source to agree with: no ceiling.
        highest = {} if len(self.sides) == 1 else _shares(self._with_itself())
        values = {}
        for over, measured in self.at(self.rule.match).items():
            if measured.drawn is None:
                _log.warning(
                    "%s: a sample of sentences has no large cluster: no interval", self.key
                )
            ceiling = float(np.mean(highest[over])) if over in highest else None
            values[over] = replace(measured, ceiling=ceiling)
        return values

    def at(self, threshold: float) -> Values:
        """Return CALIGN at the study's `match` or one of `thresholds`, with null and samples."""
        found = self._with_hits(aligned_at(one, threshold).sum() for one in self.found)
        columns = [self._matches.index(threshold), -2, -1]
        nulls, samples = _shares(self._permuted[:, columns]), _shares(self._drawn[:, columns])
        return {
            over: replace(measured, permuted=nulls.get(over), drawn=samples.get(over))
            for over, measured in found.items()
        }

    def of_class(self) -> Values:
        """Return CALIGN of the words of a class alone."""
        return _measured(self._counts)

    def control_rows(self) -> Iterator[Score]:
        """Yield the score, and what tells of it without a threshold, or of its clusters."""
        yield from super().control_rows()
        yield from self.rows(self.areas(self.curve()), "calign_auc")
        yield self._matched_fraction(self._matchings(), None)
        yield from self._sentence_shares()

    def beside(self, summary: Score) -> Iterator[Score]:
        """Yield CALIGN as a share of its ceiling."""
        if summary.ceiling:
            share = Measured([summary.value / summary.ceiling])
            yield self.row(share, summary.over, "calign_of_ceiling")

    def alternatives(self) -> Iterator[Score]:
        """Yield the sweeps, then one-to-one and two-way alignment."""
        for parameter, values in self.sweeps.items():
            for value in values:
                swept = _measured(_counts_of(self._swept(parameter, value)))
                yield from self.rows(swept, parameter=parameter, at=float(value))
        matched = self._matchings()
        one_to_one = self._with_hits(one.aligned.sum() for one in matched)
        yield from self.rows(one_to_one, "calign_one_to_one")
        # Each takes some .05 s for 600 clusters, and there are many layers and directions.
        options = self.statistics.options
        fewer = replace(options, n_permutations=min(_MATCHINGS, options.n_permutations))
        permuted = permute_each(self._permuted_fractions, self.sides, fewer)
        yield self._matched_fraction(matched, permuted)
        yield from self.rows(self._two_way(), "calign_two_way")

    def facts(self) -> Iterator[Score]:
        """Yield the coverage, and how far clusters are those of sentences.

        Coverage is of held-out sentences where the dictionary says so: one that was counted in the
        sentences whose words are clustered has an entry for nearly all of these by construction.
        """
        held_out = self.dictionaries[0].coverage
        yield self.coverage() if held_out is None else self._coverage_row(held_out)
        yield from self._sentence_shares()

    def coverage(self) -> Score:
        """Return the share of clustered source types with a translation among the target types."""
        source, target = self.sides[0]
        # Words in no cluster count too: they stay words (docs/METRICS.md).
        here = np.unique(source.word_type)
        there = np.zeros(len(target.types), dtype=np.int32)
        there[target.word_type] = 1
        n_hit = int(np.count_nonzero((self._table @ there)[here]))
        return self._coverage_row(Coverage(n_hit, len(here)))

    def _coverage_row(self, coverage: Coverage) -> Score:
        row = self.row(Measured([coverage.covered / coverage.n_types]), "", "coverage")
        return replace(row, n_hit=coverage.covered, n_total=coverage.n_types)

    def _sentence_shares(self) -> Iterator[Score]:
        """Yield the mean share of clusters' words in their commonest sentence, where any align."""
        means: dict[str, list[float]] = {"all": [], "aligned": []}
        for found in self.found:
            assert found.sentence_share is not None
            means["all"].append(float(np.nanmean(found.sentence_share)))
            aligned = np.unique(found.pair_source)
            if len(aligned):
                means["aligned"].append(float(found.sentence_share[aligned].mean()))
        for over, by_seed in means.items():
            if by_seed:
                yield self.row(Measured(by_seed), over, "sentence_share")

    def _matchings(self) -> list[Matching]:
        return [match_one_to_one(*sides, self._table, self.rule) for sides in self.sides]

    def _matched_fraction(
        self,
        matched: Sequence[Matching],
        permuted: Float64[np.ndarray, " permutation"] | None,
    ) -> Score:
        totals = self._counts[:, 1].tolist()
        fractions = [float(one.fraction.sum() / n) for one, n in zip(matched, totals, strict=True)]
        of_all = Measured(fractions, totals=totals, permuted=permuted)
        return self.row(of_all, "all", "matched_fraction")

    def _bands(self, target: ClusteredWords) -> Int64[np.ndarray, " type"]:
        """Return the band of each target type inside which the dictionary is permuted."""
        return frequency_bands(target)

    @cached_property
    def _table(self) -> csr_array:
        """Translations from source to target."""
        return self._translations(self.rule.n)

    def _translations(self, n: int) -> csr_array:
        source, target = self.sides[0]
        return translation_table(self.dictionaries[0], source.types, target.types, n=n)

    @cached_property
    def _matches(self) -> tuple[float, ...]:
        """Thresholds that draws are counted at: the study's, and those of the curve."""
        return (self.rule.match, *thresholds())

    @cached_property
    def _permuted(self) -> Int64[np.ndarray, "permutation count"]:
        return permute_each(
            lambda sides, n, rng: permuted_counts(
                *sides,
                self._table,
                self.rule,
                bands=self._bands(sides[1]),
                n_permutations=n,
                rng=rng,
                matches=self._matches,
            ),
            self.sides,
            self.statistics.options,
        )

    @cached_property
    def _drawn(self) -> Int64[np.ndarray, "resample count"]:
        return resample_each(
            lambda sides, draws: resampled_counts(
                *sides, self._table, self.rule, draws, self._matches
            ),
            self.sides,
            self.statistics.draws,
        )

    def _permuted_fractions(
        self,
        sides: tuple[ClusteredWords, ClusteredWords],
        n_permutations: int,
        rng: np.random.Generator,
    ) -> Float64[np.ndarray, " permutation"]:
        """Return the mean matched fraction under permuted dictionaries."""
        tables = permuted_tables(self._table, self._bands(sides[1]), rng)
        n_clusters = len(np.unique(sides[0].in_clusters().cluster))
        found = match_each(*sides, islice(tables, n_permutations), self.rule)
        return np.array([one.fraction.sum() / n_clusters for one in found])

    @cached_property
    def _counts(self) -> Int64[np.ndarray, "seed 3"]:
        return _counts_of(self.found)

    def _with_hits(self, hits: Iterator[np.int64]) -> Values:
        """Return the score where other clusters align, of the same clusters."""
        # Only what aligns differs: clusters with words and large ones are the same.
        counts = self._counts.copy()
        counts[:, 0] = list(hits)
        return _measured(counts)

    def _swept(self, parameter: str, value: int | float) -> list[ClusterAlignment]:
        changed: dict[str, Any] = {parameter: value if parameter == "size_ratio" else int(value)}
        rule = replace(self.rule, **changed)
        table = self._translations(rule.n) if parameter == "n" else self._table
        return [align_clusters(*sides, table, rule) for sides in self.sides]

    def _two_way(self) -> Values:
        """Return the share of source clusters that align to one that aligns to them."""
        back = self.reversed()
        return self._with_hits(
            two_way(there, align_clusters(*sides, back._table, self.rule)).sum()
            for there, sides in zip(self.found, back.sides, strict=True)
        )

    def _with_itself(self) -> Int64[np.ndarray, "seed 3"]:
        """Return the counts of the source language with itself under the next seed."""
        # No dictionary and no model can be expected to align two languages better than k-means
        # agrees with itself on one.
        sources = [source for source, _ in self.sides]
        same = csr_array(eye_array(len(sources[0].types), dtype=np.int32))
        others = [*sources[1:], sources[0]]
        return _counts_of(
            align_clusters(*pair, same, self.rule) for pair in zip(sources, others, strict=True)
        )


def _counts_of(alignments: Iterable[ClusterAlignment]) -> Int64[np.ndarray, "seed 3"]:
    counts = [(found.n_aligned, found.n_clusters, found.n_large) for found in alignments]
    return np.array(counts, dtype=np.int64)


def _shares(counts: Int64[np.ndarray, "draw 3"]) -> dict[str, Float64[np.ndarray, " draw"]]:
    """Return scores over all and over large clusters; none where a draw has none of these."""
    return {
        over: counts[:, 0] / counts[:, place]
        for place, over in enumerate(("all", "large"), start=1)
        if counts[:, place].all()
    }


def _measured(counts: Int64[np.ndarray, "seed 3"]) -> dict[str, Measured]:
    """Return the score under each seed, with its clusters."""
    hits, *totals = counts.T.tolist()
    of = dict(zip(("all", "large"), totals, strict=True))
    return {
        over: Measured(shares.tolist(), hits, of[over]) for over, shares in _shares(counts).items()
    }
