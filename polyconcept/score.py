"""The row of the score table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Score"]


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
    """Whether a task's language was never fine-tuned on; none for other metrics.

    For a translation: whether the model was never fine-tuned to translate into `target`."""
    signature: str = ""
    """sacrebleu's signature (version, tokenizer, settings); empty for other metrics."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a score at the study's settings: no control, sweep or difference."""
        return not (self.control or self.parameter or self.against)
