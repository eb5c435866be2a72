"""Scores as they pass between rooms: the row of the score table, rules, aligned concepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyconcept.records.arrays import Bool, Float64, Int32, Int64
from polyconcept.records.text import Definition


@dataclass(frozen=True, kw_only=True)
class Score:
    """One row of the score table; the fields are its columns (docs/FORMAT.md)."""

    metric: str
    """``calign``, ``colap``, a twin or rival of theirs (docs/STATISTICS.md), or a task's metric."""
    definition: str
    """``published`` or ``corrected``; empty for task scores and rivals."""
    over: str
    """Clusters that count: ``all``, or ``large`` (more than min_types types); else empty."""
    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, ``random`` (its weights drawn anew), or the task the model was fine-tuned on.

    Repeated fine-tunings are joined by ``+``; empty in rank correlations."""
    against: str = ""
    """The variant whose score is subtracted, or empty: then the value is a difference."""
    side: str
    """``encoder`` or ``decoder``; of two sides ``encoder-decoder`` (source's, then target's)."""
    corpus: str
    """Corpus whose words were clustered, or the task's test set."""
    source: str
    """Source language; for tasks the languages fine-tuned on, joined by ``+``.

    For a translation the language translated from, whatever the model was fine-tuned on."""
    target: str
    """Target language; for tasks the language scored, or translated into.

    Of all languages of a study together all but the first, joined by ``+``."""
    layer: int | None
    """0 = embedding output, n = after block n; none for tasks."""
    control: str = ""
    """What was done to words or vectors, such as ``centred`` or ``words:digits``; else empty.

    Of a rank correlation the rival."""
    parameter: str = ""
    """The one setting that differs from the study's, such as ``match`` or ``n_clusters``."""
    at: float | None = None
    """Its value in this row; none where `parameter` is empty."""
    seed: int | None
    """Seed of the clustering, or of the fine-tuning; none for the mean over all seeds."""
    n_hit: int | None
    """Clusters that align or overlap (tasks: correct items); none where it is no share."""
    n_total: int | None
    """Clusters or items that count; of a translation its sentences, of a correlation its points."""
    value: float
    """The score, from 0 to 1; ``bleu`` and ``chrf`` (chrF++) from 0 to 100, sacrebleu's scale.

    Differences and correlations run from -1 to 1; ``cka`` may be a little below 0, ``mix_entropy``
    and ``calign_of_ceiling`` above 1."""
    low: float | None = None
    """Lower end of the 95 % interval of `value`, over seeds and sentences."""
    high: float | None = None
    """Upper end."""
    var_seed: float | None = None
    """Variance of a score between seeds of the clustering."""
    var_sample: float | None = None
    """Variance of a score between samples of sentences."""
    var_finetuning: float | None = None
    """Variance of a score between seeds of the fine-tuning, where a study has several."""
    null_mean: float | None = None
    """Mean score of permuted input."""
    null_low: float | None = None
    """Lower end of the range that holds 95 % of the permuted inputs' scores."""
    null_high: float | None = None
    """Upper end."""
    p: float | None = None
    """Share of permuted inputs at least as far from `null_mean` as `value`; two-sided."""
    ceiling: float | None = None
    """Highest score that can be expected: docs/STATISTICS.md."""
    normalised: float | None = None
    """CALIGN: 0 at `null_mean`, 1 at `ceiling`; COLAP: 0 where nothing is shared, 1 at chance."""
    zero_shot: bool | None = None
    """Whether a model never met a task's language: `seen` is empty; none for other metrics."""
    seen: str = ""
    """Where the model met a task's language (learnt to translate into it): ``fine-tuning``, or
    ``pre-training`` on translation; empty where it did not, and for other metrics."""
    signature: str = ""
    """sacrebleu's signature (version, tokenizer, settings); empty for other metrics."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a score at the study's settings: no control, sweep or difference."""
        return not (self.control or self.parameter or self.against)

    @property
    def pair(self) -> tuple[str, str]:
        """Source and target language."""
        return self.source, self.target

    @property
    def languages(self) -> frozenset[str]:
        """The pair's languages, whatever the direction."""
        return frozenset(self.pair)


@dataclass(frozen=True)
class Run:
    """Which model's words of which corpus: the columns that all rows of a run share."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task the model was fine-tuned on."""
    side: str
    """``encoder``, ``decoder`` or ``encoder-decoder``."""
    corpus: str
    """Corpus whose words were clustered."""

    def key(self, source: str, target: str, layer: int) -> ScoreKey:
        """Return whose score that of a pair and layer is; of all seeds together."""
        run = self.model, self.variant, self.side, self.corpus
        return ScoreKey(*run, source, target, layer, seed=None)


@dataclass(frozen=True)
class ScoreKey(Run):
    """Whose score it is: the columns that all rows of one clustering share."""

    source: str
    """Source language."""
    target: str
    """Target language."""
    layer: int
    """0 = embedding output, n = after block n."""
    seed: int | None
    """Seed of the clustering; none for all seeds together."""


@dataclass(frozen=True)
class CalignRule:
    """When a source cluster aligns to a target cluster (docs/METRICS.md)."""

    definition: Definition
    """Which comparisons hold: strict ones, or exact ones with a two-sided size ratio."""
    n: int
    """Translations of a word that count, best first; 0 counts as 1, as in the released code."""
    match: float
    """Share of the source cluster's types to be matched, from 0 to 1."""
    size_ratio: float
    """Bound on the ratio of the two numbers of types; `corrected`: from 0 to 1."""
    min_types: int
    """A source cluster must have more types than this."""

    def __post_init__(self) -> None:
        if self.definition not in ("published", "corrected"):
            message = f"definition {self.definition!r}: expected 'published' or 'corrected'"
            raise ValueError(message)
        highest = 1.0 if self.definition == "corrected" else float("inf")
        for name, value, limit in (
            ("n", self.n, float("inf")),
            ("match", self.match, 1.0),
            ("size_ratio", self.size_ratio, highest),
            ("min_types", self.min_types, float("inf")),
        ):
            if not 0 <= value <= limit:
                message = f"{name} {value} ({self.definition}): expected from 0 to {limit}"
                raise ValueError(message)


@dataclass(frozen=True)
class ClusterAlignment:
    """How the source clusters of a pair align to the target clusters, one layer (CALIGN).

    The score at any other `match` follows from `n_types` and `n_matched` (`calign.aligned_at`);
    neither depends on `match` or `min_types`.
    """

    rule: CalignRule
    """The thresholds that `pair_*` were found with."""
    source: str
    """Code of the source language."""
    target: str
    """Code of the target language."""
    n_types: Int32[np.ndarray, " cluster"]
    """Word types of each source cluster; 0 where it has no word."""
    n_target_types: Int32[np.ndarray, " target"]
    """Word types of each target cluster; 0 where it has no word."""
    best_target: Int32[np.ndarray, " cluster"]
    """Target cluster that matches most types, among those whose size fits; -1 where none does."""
    n_matched: Int32[np.ndarray, " cluster"]
    """Types of each source cluster with a translation in `best_target`; 0 where that is -1."""
    pair_source: Int32[np.ndarray, " pair"]
    """Source cluster of each aligned pair; ordered by source, then target."""
    pair_target: Int32[np.ndarray, " pair"]
    """Target cluster of each aligned pair."""
    pair_matched: Int32[np.ndarray, " pair"]
    """Types of the source cluster with a translation in the target cluster."""

    @property
    def n_clusters(self) -> int:
        """Source clusters that have words."""
        return int(np.count_nonzero(self.n_types))

    @property
    def n_large(self) -> int:
        """Source clusters with more than `rule.min_types` types."""
        return int(np.count_nonzero(self.n_types > self.rule.min_types))

    @property
    def n_aligned(self) -> int:
        """Source clusters that align to at least one target cluster; all of them are large."""
        return len(np.unique(self.pair_source))

    @property
    def n_targets(self) -> Int64[np.ndarray, " cluster"]:
        """Target clusters that each source cluster aligns to."""
        return np.bincount(self.pair_source, minlength=len(self.n_types))


@dataclass(frozen=True)
class ClusterOverlap:
    """How the words of two languages share the clusters of one layer (COLAP).

    The score at any other `share` follows from the two counts.
    """

    definition: Definition
    """How `overlaps` was decided."""
    share: float
    """Share of a cluster's words that each language must hold."""
    n_source: Int64[np.ndarray, " cluster"]
    """Words of the source language in each cluster."""
    n_target: Int64[np.ndarray, " cluster"]
    """Words of the target language in each cluster."""
    overlaps: Bool[np.ndarray, " cluster"]
    """Whether both languages hold enough of the cluster; never where it has no word."""

    @property
    def n_clusters(self) -> int:
        """Clusters that have words."""
        return int(np.count_nonzero(self.n_source + self.n_target))

    @property
    def n_overlapping(self) -> int:
        """Clusters that overlap."""
        return int(np.count_nonzero(self.overlaps))


@dataclass(frozen=True)
class Resamples:
    """Scores of samples of the sentences: what intervals and paired differences come from."""

    metric: str
    """Name of the metric."""
    definition: Definition
    """Its definition."""
    over: str
    """Clusters that count."""
    key: ScoreKey
    """Whose scores; its seed is none."""
    seed: Int64[np.ndarray, " resample"]
    """Index, among the seeds, of the clustering that each resample is scored under."""
    value: Float64[np.ndarray, " resample"]
    """Score of each resample; resample b has the same sentences in every run."""
