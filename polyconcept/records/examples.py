"""Concepts to look at, by both metrics."""

from __future__ import annotations

from dataclasses import dataclass

from polyconcept.records.concepts import AlignedConcepts


@dataclass(frozen=True)
class OverlapExample:
    """A cluster of both languages together that holds enough words of each."""

    source_types: tuple[str, ...]
    """All word types of the source language in it, most frequent first."""
    target_types: tuple[str, ...]
    """Likewise of the target language."""
    n_source: int
    """Words of the source language in it."""
    n_target: int
    """Words of the target language in it."""


@dataclass(frozen=True)
class OverlappingConcepts:
    """How many concepts of both languages together overlap in a layer, and some that do."""

    source: str
    """Code of the source language."""
    target: str
    """Code of the target language."""
    layer: int
    """0 = embedding output, n = after block n."""
    n_overlapping: int
    """Concepts that hold enough words of each language."""
    n_concepts: int
    """Concepts of both languages clustered together."""
    examples: tuple[OverlapExample, ...]
    """The most even of those that overlap, best first."""


@dataclass(frozen=True)
class PairExamples:
    """What the concepts of a language pair look like, by both metrics."""

    aligned: AlignedConcepts
    """What CALIGN counts."""
    overlapping: OverlappingConcepts
    """What COLAP counts."""
