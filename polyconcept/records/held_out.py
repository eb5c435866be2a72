"""Two parts of a text, and what is known of its words without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.text import Dictionary

PARTS = "parts"
"""Name of the control that clusters the words of the two parts apart."""


@dataclass(frozen=True)
class HeldOut:
    """Two parts of a text, and the dictionaries of a pair learnt from sentences of neither."""

    part: Int64[np.ndarray, " sentence"]
    """0 or 1 of the sentences of the two parts; 2 of others."""
    dictionaries: tuple[Dictionary, Dictionary]
    """From source to target, and back."""
