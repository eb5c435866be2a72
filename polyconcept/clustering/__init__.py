"""K-means: word vectors to clusters, the latent concepts (Mousi et al. 2024, section 3)."""

from polyconcept.clustering._cluster import Engine, cluster_vectors
from polyconcept.clustering._controls import cluster_controls
from polyconcept.clustering._languages import cluster_languages
from polyconcept.clustering._pair import cluster_pair, with_vectors

__all__ = [
    "Engine",
    "cluster_controls",
    "cluster_languages",
    "cluster_pair",
    "cluster_vectors",
    "with_vectors",
]
