"""What the explorer is made from: a pair's text, and the concepts of each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from polyconcept.records.concepts import ConceptReader
from polyconcept.records.text import Definition, Dictionary, Masks, Selection, Sentences, Words

ScoredConcepts: TypeAlias = Mapping[tuple[Definition, str, str, int, int], Mapping[str, np.ndarray]]
"""Definition, source, target, layer, seed -> columns with a place for each cluster."""


@dataclass(frozen=True)
class PairText:
    """Text of a pair, and which of its words are clustered."""

    words: tuple[Words, Words]
    """Word tables of source and target."""
    sentences: tuple[Sentences, Sentences]
    """What they are words of."""
    dictionaries: tuple[Dictionary, Dictionary]
    """From source to target, and back."""
    selections: Mapping[tuple[str, Definition], Selection]
    """Metric and definition -> rows of the word tables that are clustered."""
    classes: Mapping[str, Masks]
    """Class of words -> which types of each word table are of it."""


@dataclass(frozen=True)
class ExploredRun:
    """Concepts of one run and pair."""

    model: str
    """Name of the model in the study."""
    variant: str
    """``base``, ``random``, or the task it was fine-tuned on."""
    side: str
    """``encoder``, ``decoder`` or ``encoder-decoder``."""
    concepts: ConceptReader
    """Its clusterings."""
    alignments: ScoredConcepts
    """Of CALIGN: docs/FORMAT.md, "Scores of single concepts"."""
    overlaps: ScoredConcepts
    """Of COLAP."""

    @property
    def name(self) -> str:
        """How folders and addresses of the explorer call it."""
        return f"{self.model}/{self.variant}/{self.side}"
