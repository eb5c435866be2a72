"""How far clusters are clusters of sentences."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from polyconcept.records.arrays import Float64
from polyconcept.records.concepts import ClusteredWords


def sentence_shares(words: ClusteredWords) -> Float64[np.ndarray, " cluster"]:
    """Return the share of each cluster's words that its commonest sentence has; NaN without words.

    Raises:
        ValueError: It is not known which sentences the words stand in.
    """
    inside = words.in_clusters()
    if inside.sentence is None:
        raise ValueError(f"{words.language}: words without sentences have no commonest one")
    n_sentences = int(inside.sentence.max(initial=-1)) + 1
    counts = coo_array(
        (np.ones(len(inside.cluster), dtype=np.int64), (inside.cluster, inside.sentence)),
        shape=(words.n_clusters, n_sentences),
    ).tocsr()
    n_words = np.bincount(inside.cluster, minlength=words.n_clusters)
    most = counts.max(axis=1).toarray()
    shares: Float64[np.ndarray, " cluster"] = np.full(words.n_clusters, np.nan)
    np.divide(most, n_words, out=shares, where=n_words > 0)
    return shares
