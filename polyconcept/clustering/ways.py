"""The ways of clustering: each has a module of this room and a line in `WAYS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from polyconcept.clustering import kmeans, ward
from polyconcept.records.concepts import Clusters


def _any_memory(_n_words: int) -> None:
    """Refuse nothing: the way needs hardly more memory than the vectors."""


@dataclass(frozen=True)
class Way:
    """One way of clustering."""

    cluster: Callable[..., Iterator[Clusters]]
    """``cluster(vectors, seeds, *, n_clusters, device, overwrite, ...)`` yields the clusters of the
    words under each seed; with ``overwrite`` it may use the memory of the vectors. What else it
    takes are keys of the study's ``clustering``."""
    check_memory: Callable[[int], None] = _any_memory
    """Raises a ValueError where so many words need more memory than there is."""


WAYS: Mapping[str, Way] = {
    "kmeans": Way(kmeans.cluster_seeds),
    "ward": Way(ward.ward_clusters, ward.check_memory),
}


def way_of(method: str) -> Way:
    """Return the way of clustering of this name.

    Raises:
        ValueError: There is none.
    """
    if method not in WAYS:
        raise ValueError(f"unknown way of clustering {method!r}; known are: {', '.join(WAYS)}")
    return WAYS[method]
