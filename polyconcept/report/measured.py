"""What a study has measured, read off its score table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polyconcept.records.metrics import MAIN_METRICS, METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known


@dataclass(frozen=True)
class MeasuredModel:
    """A model whose words were clustered."""

    name: str
    variants: tuple[str, ...]
    """In words."""
    sides: tuple[str, ...]
    layers: str
    """Such as ``0 to 12``."""


@dataclass(frozen=True)
class Measured:
    """What the scores rest on; ranges are texts such as ``58 to 60``."""

    models: tuple[MeasuredModel, ...]
    pairs: tuple[str, ...]
    corpora: tuple[str, ...]
    seeds: tuple[int, ...]
    """Of the clustering."""
    clusters: tuple[str, ...]
    """How many have words, whose they are, and the metric whose scores are a share of them."""
    words: str
    """Clustered words that a score rests on, of the language with fewer; empty if unknown."""


def measured(scores: Iterable[Score], definition: str) -> Measured:
    """Return what the plain CALIGN and COLAP scores of a definition were measured on.

    Raises:
        ValueError: There are none.
    """
    rows = ScoreTable(scores).where(
        is_plain=True, metric=MAIN_METRICS, definition=definition, over="all"
    )
    if not rows:
        raise ValueError(f"the score table has no plain {definition} scores of CALIGN or COLAP")
    of_metric = rows.where(n_total=known, seed=known).by("metric")
    return Measured(
        models=tuple(_model(name, of_model) for name, of_model in rows.by("model").items()),
        # CALIGN goes both ways under the corrected definition.
        pairs=tuple("-".join(pair) for pair in rows.where(metric=rows.first.metric).unique("pair")),
        corpora=rows.unique("corpus"),
        seeds=rows.where(seed=known).unique("seed"),
        clusters=tuple(_clusters(name, of) for name, of in of_metric.items()),
        words=_range(rows.where(n_words=known).values("n_words")),
    )


def _model(name: str, rows: ScoreTable) -> MeasuredModel:
    # Means of repeated fine-tunings are none of their own.
    variants = [variant for variant in rows.unique("variant") if "+" not in variant]
    layers = sorted(rows.where(layer=known).unique("layer"))
    return MeasuredModel(
        name=name,
        variants=tuple(_VARIANTS.get(variant, f"fine-tuned: {variant}") for variant in variants),
        sides=rows.unique("side"),
        layers=_listed(layers),
    )


_VARIANTS = {"base": "base", "random": "random weights"}


def _clusters(metric: str, rows: ScoreTable) -> str:
    of = "the source language" if METRICS[metric].directed else "both languages together"
    return f"{_range(rows.values('n_total'))} of {of} ({METRICS[metric].title})"


def _listed(numbers: Sequence[int]) -> str:
    """Return increasing numbers, those that follow each other as a range."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and list(numbers) == list(range(first, last + 1)):
        return f"{first} to {last}"
    return ", ".join(map(str, numbers))


def _range(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
