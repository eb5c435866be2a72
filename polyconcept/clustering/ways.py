"""The ways of clustering: each is a module of this room that offers what `Way` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from polyconcept.machine.kinds import load_kind
from polyconcept.records.arrays import Vectors
from polyconcept.records.concepts import Clusters

WAYS = ("kmeans", "ward")


@runtime_checkable
class Way(Protocol):
    """One way of clustering."""

    def cluster_seeds(
        self,
        vectors: Vectors,
        seeds: Sequence[int],
        *,
        n_clusters: int,
        device: str,
        overwrite: bool,
        **options: Any,  # noqa: ANN401 - other keys of the study's ``clustering``
    ) -> Iterator[Clusters]:
        """Yield the clusters of the words under each seed.

        With ``overwrite`` the memory of the vectors may be used.
        """

    def check_memory(self, n_words: int) -> None:
        """Raise a ValueError where so many words need more memory than there is."""


def way_of(method: str) -> Way:
    """Return the way of clustering of this name.

    Raises:
        ValueError: There is none.
    """
    # Loaded by name, so that an edit of one way clusters nothing again that another has clustered.
    if method not in WAYS:
        raise ValueError(f"unknown way of clustering {method!r}; known are: {', '.join(WAYS)}")
    return cast("Way", load_kind(f"polyconcept.clustering.{method}", "clustering"))
