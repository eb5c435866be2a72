"""What a study says of the paper's claims: values that pass between `claims` and `store`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["holds", "does not hold", "undecided"]

LEAST_FOR_MEAN = 3
"""Models below which claims 1 and 2 stay undecided: of two, Student's t says next to nothing."""
LEAST_FOR_CORRELATION = 4
"""Points below which a correlation has no interval: its variance has n - 3 below the line."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An effect with its interval, and what follows from it (docs/STATISTICS.md, "Claims")."""

    verdict: Verdict
    """``holds``: the interval lies above the least effect; ``does not hold``: not above it."""
    effect: float | None
    """Mean difference of scores, or correlation; none where there is nothing to take it from."""
    low: float | None
    """Lower end of the 95 % interval of `effect` for other models, or of claim 3 languages.

    None where there are too few of them."""
    high: float | None
    """Upper end."""
    n_points: int
    """Models, or of claim 3 languages, that `effect` is taken over."""


@dataclass(frozen=True, kw_only=True)
class OfRun:
    """Claim 3 inside one fine-tuned model: its languages alone, nothing standardised."""

    model: str
    """Name of the model in the study."""
    variant: str
    """Task that it was fine-tuned on."""
    task_metric: str
    """What its zero-shot score is, such as ``entity_f1``."""
    effect: float
    """Spearman's correlation over its languages."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end."""
    n_points: int
    """Its zero-shot languages."""


@dataclass(frozen=True, kw_only=True)
class OfPair:
    """Claim 1 or 2 in one run and pair. It has no verdict: a model's pairs are not independent."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, or the task it was fine-tuned on."""
    pair: str
    """Name of the pair."""
    effect: float
    """Difference of scores."""
    low: float | None
    """Lower end of the 95 % interval on other sentences and under other seeds of the clustering.

    None where the study has no resampled scores of the metric."""
    high: float | None
    """Upper end."""


@dataclass(frozen=True, kw_only=True)
class Claim(Finding):
    """One of the paper's claims, judged by one metric under one definition."""

    claim: int
    """1, 2 or 3, as in docs/STATISTICS.md."""
    title: str
    """The claim in a few words."""
    metric: str
    """``calign``, ``calign_auc``, ``matched_fraction`` or ``colap``."""
    definition: str
    """``published`` or ``corrected``."""
    precision_low: float | None
    """Lower end of the 95 % interval of `effect` for these models, on other sentences and seeds.

    None for claim 3, and where the study has no resampled scores of the metric."""
    precision_high: float | None
    """Upper end."""
    models: tuple[str, ...]
    """Models that count."""
    languages: tuple[str, ...]
    """Pairs that count; of claim 3 the languages scored zero-shot."""
    layers: tuple[int, ...]
    """Layers whose scores count, of any model."""
    of_runs: tuple[OfRun, ...]
    """Claim 3 inside each fine-tuned model with enough languages; of other claims empty."""
    of_pairs: tuple[OfPair, ...]
    """Claims 1 and 2 in each run and pair; of claim 3 empty."""
    n_settings: int
    """Swept settings at which the claim was judged again."""
    n_same: int
    """Those of them with the same verdict."""
    sentence: str
    """All of this in English."""


@dataclass(frozen=True, kw_only=True)
class AtSetting(Finding):
    """The verdict on a claim where one setting differs: a row of the agreement table."""

    metric: str
    """As in `Claim`."""
    definition: str
    """``published`` or ``corrected``."""
    parameter: str
    """The setting that differs, such as ``match``; empty in the row of the study's own settings."""
    at: float | None
    """Its value; none where `parameter` is empty."""
    claim: int
    """1, 2 or 3."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """How a simple rival ranks layers, pairs and variants as a metric does; a description."""

    model: str
    """Name of the model in the study."""
    side: str
    """Which side of it."""
    metric: str
    """``calign`` or ``colap``."""
    definition: str
    """``published`` or ``corrected``."""
    rival: str
    """``cka`` or ``retrieval``."""
    effect: float
    """Spearman's correlation."""
    n_points: int
    """Layers, pairs and variants that both have a score of."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a study says of the paper's claims, from its score table and resampled scores."""

    least_effect: float
    """Smallest difference that counts, of claims 1 and 2."""
    notes: tuple[str, ...]
    """What a reader must know before the verdicts, in English."""
    claims: tuple[Claim, ...]
    """Claim 1 by every metric and definition, then claims 2 and 3."""
    settings: tuple[AtSetting, ...]
    """The agreement table: per metric and definition the study's own settings, then the swept."""
    rivals: tuple[Rival, ...]
    """The rank correlations of the score table."""


def signed(value: float) -> str:
    """Return three decimals with a sign, as an effect is written; minus as wide as plus."""
    rounded = f"{value:+.3f}"
    return "0.000" if rounded in ("+0.000", "-0.000") else rounded.replace("-", "−")
