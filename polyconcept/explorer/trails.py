"""Where each word type is in every run and layer, and whether its translations are with it."""

from __future__ import annotations

import numpy as np

from polyconcept.explorer.labels import TypeClusters
from polyconcept.explorer.links import TypeLinks
from polyconcept.records.arrays import Bool, Int, Int64

NOWHERE, ALONE, MATCHED = 0, 1, 2
"""In no cluster; in one, without a translation in its partner; with one."""
COUNTS = 4
"""Added where the concept aligns or overlaps."""


def partnered(
    clusters: tuple[TypeClusters, TypeClusters],
    links: TypeLinks,
    partner: Int[np.ndarray, " cluster"],
) -> tuple[Bool[np.ndarray, " type"], Bool[np.ndarray, " other_type"]]:
    """Return the types of source and target with a translation in the partner of their concept.

    Args:
        clusters: Clusters of the types of source and target.
        links: Translations from source to target.
        partner: Target cluster of each source cluster, -1 of one without.
    """
    source, target = clusters
    # One number for a type and a cluster, of which a partner may be one without words.
    base = int(max(target.cluster.max(initial=0), partner.max(initial=0))) + 1
    inside = target.cluster >= 0
    known = target.word_type[inside] * base + target.cluster[inside]

    of_source = source.commonest()
    expected = _partner_of(of_source[links.word], partner)
    there = (expected >= 0) & np.isin(links.translation * base + expected, known)
    matched = np.zeros(source.n_types, dtype=bool)
    matched[links.word[there]] = True

    # Of a target type any cluster of any of its source words counts whose partner it is in.
    cell, link = _cells_of(source, links.word)
    expected = _partner_of(source.cluster[cell], partner)
    reached = (expected >= 0) & (target.commonest()[links.translation[link]] == expected)
    other = np.zeros(target.n_types, dtype=bool)
    other[links.translation[link[reached]]] = True
    return matched, other


def states(
    commonest: Int64[np.ndarray, " type"],
    matched: Bool[np.ndarray, " type"],
    counts: Bool[np.ndarray, " cluster"],
) -> Int64[np.ndarray, " type"]:
    """Return the state of each type in its commonest cluster."""
    inside = commonest >= 0
    state = np.where(inside, np.where(matched, MATCHED, ALONE), NOWHERE)
    return state + np.where(inside & counts[np.maximum(commonest, 0)], COUNTS, 0)


def _partner_of(
    cluster: Int64[np.ndarray, " link"], partner: Int[np.ndarray, " cluster"]
) -> Int64[np.ndarray, " link"]:
    found: Int64[np.ndarray, " link"] = np.where(
        cluster >= 0, partner[np.maximum(cluster, 0)], -1
    ).astype(np.int64)
    return found


def _cells_of(
    clusters: TypeClusters, word_type: Int64[np.ndarray, " link"]
) -> tuple[Int64[np.ndarray, " found"], Int64[np.ndarray, " found"]]:
    """Return every cell of the type of each link, and the link that it is of."""
    n_cells = clusters.n_clusters
    begins = np.cumsum(n_cells) - n_cells
    lengths = n_cells[word_type]
    link = np.repeat(np.arange(len(word_type)), lengths)
    within = np.arange(len(link)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return begins[word_type[link]] + within, link
