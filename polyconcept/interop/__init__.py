"""Files of ConceptX and of the released code, in and out: clusters and dictionaries."""

from polyconcept.interop._clusters import (
    ClusterFile,
    cluster_file,
    pool,
    read_clusters,
    sides,
    write_clusters,
)
from polyconcept.interop._dictionary import read_dictionary, write_dictionary

__all__ = [
    "ClusterFile",
    "cluster_file",
    "pool",
    "read_clusters",
    "read_dictionary",
    "sides",
    "write_clusters",
    "write_dictionary",
]
