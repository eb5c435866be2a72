"""COLAP: the share of clusters that hold words of both languages.

Mousi et al. 2024 (arXiv 2405.14535); both definitions: docs/METRICS.md.
"""

from polyconcept.overlap._languages import mix_languages
from polyconcept.overlap._mixing import (
    attainable,
    colap_of_counts,
    mutual_information,
    permuted_counts,
    remaining_entropy,
    resampled_counts,
)
from polyconcept.overlap._overlap import colap, colap_scores, overlaps_at
from polyconcept.overlap._statistics import Report, Statistics, control_rows, score_layers

__all__ = [
    "Report",
    "Statistics",
    "attainable",
    "colap",
    "colap_of_counts",
    "colap_scores",
    "control_rows",
    "mix_languages",
    "mutual_information",
    "overlaps_at",
    "permuted_counts",
    "remaining_entropy",
    "resampled_counts",
    "score_layers",
]
