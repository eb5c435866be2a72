"""What chance gives and how far a score would move: draws, p-values, intervals.

Definitions and their reasons: docs/STATISTICS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import numpy as np
from scipy.special import ndtri

from polyconcept.records.arrays import Float64, Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Score, ScoreKey
from polyconcept.records.text import Words
from polyconcept.records.variance import interval, spread, within_variance

_Clustering = TypeVar("_Clustering")
"""What a metric counts in, of one seed."""
_ROUNDING = 1e-12
"""Sums in another order may differ in their last bits: less than this is a tie."""


@dataclass(frozen=True)
class Options:
    """How much is drawn for nulls and intervals."""

    n_permutations: int
    """Permutations behind each null."""
    n_resamples: int
    """Samples of sentences behind each interval."""
    seed: int
    """Seed of both; the sentences drawn are the same for every run of a study."""


@dataclass(frozen=True)
class Null:
    """Scores of permuted input, in short."""

    mean: float
    low: float
    """2.5th percentile."""
    high: float
    """97.5th percentile."""
    p: float
    """Share at least as far from the mean as the score; the score counts as one of them."""


def null_of(value: float, permuted: Float64[np.ndarray, " permutation"]) -> Null:
    """Compare a score with those of permuted input.

    Raises:
        ValueError: There is no permuted score.
    """
    if not len(permuted):
        raise ValueError("no permuted scores: a null needs at least one")
    mean = float(permuted.mean())
    # Two-sided. The score counts as one of the permutations, so that p is never 0: Phipson & Smyth
    # 2010, "Permutation P-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9.
    as_far = np.abs(permuted - mean) >= abs(value - mean) - _ROUNDING
    low, high = np.quantile(permuted, [0.025, 0.975])
    p = (1 + int(as_far.sum())) / (1 + len(permuted))
    return Null(mean, float(low), float(high), p)


def draw_sentences(n_sentences: int, options: Options) -> Int64[np.ndarray, "resample sentence"]:
    """Return how often each sentence is drawn in each resample, with replacement.

    Raises:
        ValueError: There is no sentence.
    """
    if n_sentences < 1:
        raise ValueError(f"{n_sentences} sentences to draw from: at least one is needed")
    # From the study's seed alone: every run has the same sentences, so that what fine-tuning
    # changes can be taken sample by sample.
    rng = np.random.default_rng(options.seed)
    return np.stack(
        [
            np.bincount(rng.integers(n_sentences, size=n_sentences), minlength=n_sentences)
            for _ in range(options.n_resamples)
        ]
    )


def seed_of_draw(n_draws: int, n_seeds: int) -> Int64[np.ndarray, " draw"]:
    """Return the clustering seed (its index) that each permutation or resample is scored under."""
    return np.arange(n_draws) % n_seeds


def frequency_bands(words: ClusteredWords) -> Int64[np.ndarray, " type"]:
    """Return the band of each word type: floor(log2) of its count among the words; -1 for none."""
    counts = np.bincount(words.word_type, minlength=len(words.types))
    bands = np.full(len(counts), -1, dtype=np.int64)
    present = counts > 0
    # The exponent and not a logarithm, which some processors give as 2.9999999999999996 for 8.
    bands[present] = np.frexp(counts[present])[1] - 1
    return bands


def permute_each(
    permute: Callable[[_Clustering, int, np.random.Generator], np.ndarray],
    clusterings: Sequence[_Clustering],
    options: Options,
) -> np.ndarray:
    """Return what permuted input gives, spread over the seeds; that of one seed comes together."""
    rng = np.random.default_rng(options.seed)
    seeds = seed_of_draw(options.n_permutations, len(clusterings))
    n_draws = np.bincount(seeds, minlength=len(clusterings)).tolist()
    return np.concatenate(
        [permute(one, n, rng) for one, n in zip(clusterings, n_draws, strict=True)]
    )


def resample_each(
    resample: Callable[[_Clustering, Int64[np.ndarray, "draw sentence"]], Int64[np.ndarray, "..."]],
    clusterings: Sequence[_Clustering],
    draws: Int64[np.ndarray, "resample sentence"],
) -> Int64[np.ndarray, "..."]:
    """Return counts of drawn sentences, each under the clusterings of one seed (`seed_of_draw`)."""
    seeds = seed_of_draw(len(draws), len(clusterings))
    found = [resample(one, draws[seeds == seed]) for seed, one in enumerate(clusterings)]
    order = np.argsort(np.argsort(seeds, kind="stable"), kind="stable")
    return np.concatenate(found)[order]


def wilson(share: float, n_total: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of so many items.

    Wilson 1927, "Probable inference", J. Am. Stat. Assoc. 22. A number that is a mean need not be
    whole.
    """
    per_item = float(ndtri(0.975)) ** 2 / n_total
    middle = share + per_item / 2
    reach = (per_item * share * (1 - share) + per_item**2 / 4) ** 0.5
    return (middle - reach) / (1 + per_item), (middle + reach) / (1 + per_item)


def newcombe(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Return the 95 % interval of the first share minus the second, each with its number of items.

    Newcombe 1998, "Interval estimation for the difference between independent proportions", Stat.
    Med. 17, method 10.
    """
    (one, other), (low, high) = (first[0], second[0]), wilson(*first)
    other_low, other_high = wilson(*second)
    below = ((one - low) ** 2 + (other_high - other) ** 2) ** 0.5
    above = ((high - one) ** 2 + (other - other_low) ** 2) ** 0.5
    return one - other - below, one - other + above


def samples_say_nothing(share: float, variance: float) -> bool:
    """Return whether samples, of this variance, cannot tell how far a share would move.

    All score the same, or none or all of the clusters count: what was never seen to happen has no
    spread in samples of what was.
    """
    return variance < _ROUNDING or share in (0.0, 1.0)


def widened(found: tuple[float, float], least: tuple[float, float]) -> tuple[float, float]:
    """Return the interval that holds both."""
    return min(found[0], least[0]), max(found[1], least[1])


def thresholds() -> tuple[float, ...]:
    """Return the thresholds of a curve: 0, 0.05, ..., 1."""
    return tuple(step / 20 for step in range(21))


def curve_area(curve: Float64[np.ndarray, "threshold seed"]) -> Float64[np.ndarray, " seed"]:
    """Return the area under a score over `thresholds`, by trapezoids; from 0 to 1."""
    area: Float64[np.ndarray, " seed"] = np.trapezoid(curve, thresholds(), axis=0)
    return area


@dataclass(frozen=True)
class Measured:
    """A score under every seed, and as much of what says what it means as is computed."""

    by_seed: Sequence[float]
    """The score of each seed's clustering."""
    hits: Sequence[int] | None = None
    """What counts of `totals` under each seed; none where it is a mean and no share."""
    totals: Sequence[int] | None = None
    """Clusters or items that the score is a share of, or a mean over, under each seed."""
    permuted: Float64[np.ndarray, " permutation"] | None = None
    """Scores of permuted input."""
    permuted_words: Float64[np.ndarray, " permutation"] | None = None
    """Scores where words are permuted one by one and not by word types."""
    drawn: Float64[np.ndarray, " resample"] | None = None
    """Scores of samples of the sentences, each under one of the seeds (`seed_of_draw`)."""
    ceiling: float | None = None
    """Highest score that can be expected; needed for `normalised`."""
    best_is_null: bool = False
    """Whether chance is the best there is, so that `normalised` is 1 there."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """Values that the score cannot leave; its interval is cut there."""

    def of_seed(self, place: int) -> Measured:
        """Return the plain score of one seed."""
        hits, totals = (part and [part[place]] for part in (self.hits, self.totals))
        return Measured([self.by_seed[place]], hits, totals)

    @property
    def seed(self) -> Int64[np.ndarray, " resample"]:
        """Index of the seed that each sample is scored under."""
        return seed_of_draw(0 if self.drawn is None else len(self.drawn), len(self.by_seed))

    def row(self, metric: str, definition: str, over: str, key: ScoreKey) -> Score:
        """Return the row of the score table: mean over the seeds, interval, null, ceiling."""
        value, var_seed = float(np.mean(self.by_seed)), spread(self.by_seed)
        # The mean over seeds beside scores of single seeds, which vary more: p is on the safe side.
        null = None if self.permuted is None else null_of(value, self.permuted)
        low = high = var_sample = None
        if self.drawn is not None:
            # A sample has fewer types than the sentences it is drawn from, so that its score
            # differs on average: only the spread of the samples is used, never their mean.
            var_sample, freedom = within_variance(self.drawn, self.seed)
            parts = [(var_sample, float(freedom))]
            # What other sentences and another seed do is taken as independent: checked against
            # clustering each sample anew (benchmarks/reclustering.py).
            if var_seed is not None:
                parts.append((var_seed / len(self.by_seed), len(self.by_seed) - 1.0))
            low, high = interval(value, parts, bounds=self.bounds)
            if self.totals is not None and samples_say_nothing(value, var_sample):
                low, high = widened((low, high), wilson(value, float(np.mean(self.totals))))
        of_one_seed = len(self.by_seed) == 1
        return Score(
            metric=metric,
            definition=definition,
            over=over,
            **asdict(key),
            n_hit=self.hits[0] if self.hits and of_one_seed else None,
            n_total=self.totals[0] if self.totals and of_one_seed else None,
            value=value,
            low=low,
            high=high,
            var_seed=var_seed,
            var_sample=var_sample,
            null_mean=null.mean if null else None,
            null_low=null.low if null else None,
            null_high=null.high if null else None,
            null_tokens=None if self.permuted_words is None else float(self.permuted_words.mean()),
            p=null.p if null else None,
            ceiling=self.ceiling,
            normalised=self._normalised(value, null.mean) if null else None,
        )

    def _normalised(self, value: float, null: float) -> float | None:
        if self.best_is_null:
            return value / null if null > 0 else None
        if self.ceiling is not None and self.ceiling > null + _ROUNDING:
            return (value - null) / (self.ceiling - null)
        return None


def adjusted(scores: Sequence[Score]) -> list[Score]:
    """Return the rows with their p-values adjusted for the number of these, in `p_adjusted`.

    Benjamini and Hochberg 1995, "Controlling the false discovery rate", J. R. Stat. Soc. B 57.
    """
    # Here: other scores of a script should not wait for the import of all of scipy.stats.
    from scipy.stats import false_discovery_control

    places = [place for place, score in enumerate(scores) if score.p is not None]
    rows = list(scores)
    by_all = false_discovery_control([scores[place].p for place in places]) if places else []
    for place, p in zip(places, by_all, strict=True):
        rows[place] = replace(rows[place], p_adjusted=float(p))
    return rows


def under_control(row: Score, control: str) -> Score:
    """Return the row of a control; of another number of clusters that of a sweep."""
    parameter, _, value = control.partition("=")
    if value:
        return replace(row, parameter=parameter, at=float(value))
    return replace(row, control=control)


def n_sentences(*tables: Words) -> int:
    """Return the number of sentences that words can stand in: lines up to the last used.

    Raises:
        ValueError: A table is empty.
    """
    for words in tables:
        if not words.n_words:
            raise ValueError(f"no words in {words.language}: nothing to draw")
    return int(max(words.sentence[-1] for words in tables)) + 1
