"""CALIGN: the share of source clusters whose words translate into one target cluster.

Mousi et al. 2024 (arXiv 2405.14535); both definitions: docs/METRICS.md.
"""

from polyconcept.alignment._align import align_clusters, aligned_at, calign, translation_table
from polyconcept.alignment._layers import align_layers, examples_of_layer
from polyconcept.alignment._report import aligned_examples, calign_scores

__all__ = [
    "align_clusters",
    "align_layers",
    "aligned_at",
    "aligned_examples",
    "calign",
    "calign_scores",
    "examples_of_layer",
    "translation_table",
]
