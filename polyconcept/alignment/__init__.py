"""CALIGN: the share of source clusters whose words translate into one target cluster.

Mousi et al. 2024 (arXiv 2405.14535); both definitions: docs/METRICS.md.
"""

from polyconcept.alignment._align import align_clusters, aligned_at, calign, translation_table
from polyconcept.alignment._chance import permuted_counts, resampled_counts
from polyconcept.alignment._layers import (
    Report,
    Thresholds,
    control_rows,
    examples_of_layer,
    group_layers,
    score_layers,
)
from polyconcept.alignment._matching import match_one_to_one, two_way
from polyconcept.alignment._report import aligned_examples, calign_scores
from polyconcept.alignment._statistics import Statistics

__all__ = [
    "Report",
    "Statistics",
    "Thresholds",
    "align_clusters",
    "aligned_at",
    "aligned_examples",
    "calign",
    "calign_scores",
    "control_rows",
    "examples_of_layer",
    "group_layers",
    "match_one_to_one",
    "permuted_counts",
    "resampled_counts",
    "score_layers",
    "translation_table",
    "two_way",
]
