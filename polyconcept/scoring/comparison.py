"""What fine-tuning changes, with an interval: sample by sample from the same sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np

from polyconcept.records.arrays import Float64
from polyconcept.records.scores import Resamples, Score
from polyconcept.records.table import ScoreTable, known
from polyconcept.records.variance import interval, spread, within_variance
from polyconcept.scoring.statistics import newcombe, samples_say_nothing, widened, wilson

_log = logging.getLogger(__name__)

_PLACE = ("metric", "definition", "over", "model", "side", "corpus", "source", "target", "layer")
"""Columns that the variants of a model share."""
_OF_ONE = (
    *("n_hit", "n_total", "n_words", "null_mean", "null_low", "null_high", "null_tokens", "p"),
    *("p_adjusted", "ceiling", "normalised"),
)
"""Columns that are of one variant."""


@dataclass(frozen=True)
class _Measured:
    """One variant's score in one place."""

    summary: Score
    by_seed: tuple[float, ...]
    n_clusters: float
    """Clusters that it is a share of, mean over the seeds."""
    resamples: Resamples


def compare_variants(
    scores: Iterable[Score],
    resamples: Iterable[Resamples],
    *,
    repeats: Sequence[Sequence[str]] = (),
) -> Iterator[Score]:
    """Yield rows of fine-tuned minus base, and of fine-tunings repeated under other seeds.

    Args:
        scores: The score table: scores of single seeds and summaries.
        resamples: Scores of samples of the sentences, of the same runs.
        repeats: Groups of variants that differ in the seed of their fine-tuning only.

    Raises:
        ValueError: A resampled score has no row in the table, or a fine-tuned one no base score to
            compare with; two variants have other samples.
    """
    for place, variants in _by_place(scores, resamples).items():
        base = variants.pop("base", None)
        tuned = {name: one for name, one in variants.items() if name != "random"}
        # A base model always has a score over all clusters, but maybe no large ones.
        if base is None and tuned and place[2] == "large":
            _log.warning("%s: the base model has no score over large clusters: no change", place)
            continue
        if base is None and tuned:
            raise ValueError(
                f"{', '.join(sorted(tuned))} of {place}: no score of the base model to compare with"
            )
        groups = [[name] for name in tuned]
        groups += [list(group) for group in repeats if set(group) <= tuned.keys()]
        for group in groups:
            measured = [tuned[name] for name in group]
            name = "+".join(group)
            if len(group) > 1:
                yield _row(measured, name)
            yield _row(measured, name, base)


def _by_place(
    scores: Iterable[Score], resamples: Iterable[Resamples]
) -> dict[tuple[Any, ...], dict[str, _Measured]]:
    """Return the variants of each place (`_PLACE`)."""
    plain = ScoreTable(scores).where(is_plain=True).by(*_PLACE, "variant")
    found: dict[tuple[Any, ...], dict[str, _Measured]] = {}
    for one in resamples:
        columns = asdict(one.key) | vars(one)
        place, variant = tuple(columns[name] for name in _PLACE), one.key.variant
        rows = plain.get((*place, variant), ScoreTable())
        summary, by_seed = rows.where(seed=None), rows.where(seed=known).one_by("seed")
        if not summary or not by_seed:
            raise ValueError(
                f"resampled scores of {(*place, variant)} have no rows in the score table"
            )
        seeds = tuple(by_seed[seed].value for seed in sorted(by_seed))
        n_clusters = fmean(rows.where(n_total=known).values("n_total"))
        variants = found.setdefault(place, {})
        variants[variant] = _Measured(summary.first, seeds, n_clusters, one)
        _check_paired(place, next(iter(variants.values())).resamples, one)
    return found


def _check_paired(place: tuple[Any, ...], first: Resamples, other: Resamples) -> None:
    if not np.array_equal(first.seed, other.seed):
        names = " and ".join(
            f"{one.key.variant} ({len(one.seed)} resamples, {len(set(one.seed.tolist()))} seeds)"
            for one in (first, other)
        )
        raise ValueError(f"{names} of {place}: expected the same samples under the same seeds")


def _row(measured: Sequence[_Measured], name: str, base: _Measured | None = None) -> Score:
    """Return the mean of repeated fine-tunings, or of one; minus the base, where it is given."""
    means, by_seed = [one.summary.value for one in measured], measured[0].by_seed
    value = float(np.mean(means)) - (base.summary.value if base else 0.0)
    var_sample, freedom = _sample(measured, base)
    # The variance between repeats holds what the seeds of the clustering add to each mean.
    compared = [means if len(means) > 1 else by_seed, base.by_seed if base else ()]
    parts = [
        (float(np.var(values, ddof=1)) / len(values), len(values) - 1.0)
        for values in compared
        if len(values) > 1
    ]
    bounds = (-1.0 if base else 0.0, 1.0)
    low, high = interval(value, [(var_sample, freedom), *parts], bounds=bounds)
    variants = [measured, *([[base]] if base else [])]
    if all(samples_say_nothing(_share(one)[0], _sample(one)[0]) for one in variants):
        shares = [_share(one) for one in variants]
        low, high = widened((low, high), newcombe(*shares) if base else wilson(*shares[0]))
    spreads = [_mean_spread(measured), *([spread(base.by_seed)] if base else [])]
    of_seeds = [variance for variance in spreads if variance is not None]
    emptied: dict[str, Any] = dict.fromkeys(_OF_ONE)
    return replace(
        measured[0].summary,
        **emptied,
        variant=name,
        against="base" if base else "",
        value=value,
        low=low,
        high=high,
        var_sample=var_sample,
        var_seed=sum(of_seeds) if len(of_seeds) == len(spreads) else None,
        var_finetuning=_finetuning_variance(measured) if len(measured) > 1 else None,
    )


def _share(measured: Sequence[_Measured]) -> tuple[float, float]:
    """Return the mean score, and the number of clusters that it is a share of."""
    score = float(np.mean([one.summary.value for one in measured]))
    return score, float(np.mean([one.n_clusters for one in measured]))


def _sample(measured: Sequence[_Measured], base: _Measured | None = None) -> tuple[float, float]:
    """Return the variance between samples of the mean score, or of its change from the base."""
    values: Float64[np.ndarray, " resample"] = np.mean(
        [one.resamples.value for one in measured], axis=0
    )
    if base is not None:
        # From the same sentences: what both share falls out of the variance.
        values = values - base.resamples.value
    variance, freedom = within_variance(values, measured[0].resamples.seed)
    return variance, float(freedom)


def _mean_spread(measured: Sequence[_Measured]) -> float | None:
    """Return the variance between seeds of the clustering, mean over the fine-tunings."""
    spreads = [spread(one.by_seed) for one in measured]
    given = [value for value in spreads if value is not None]
    return float(np.mean(given)) if given else None


def _finetuning_variance(measured: Sequence[_Measured]) -> float:
    """Return the variance between fine-tunings, without what the clustering's seeds add to it."""
    between = float(np.var([one.summary.value for one in measured], ddof=1))
    of_seeds = _mean_spread(measured)
    return max(0.0, between - (of_seeds or 0.0) / len(measured[0].by_seed))
