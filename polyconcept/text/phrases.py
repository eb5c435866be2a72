"""Links between words or phrases, filtered by how often their spellings are linked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64


@dataclass(frozen=True)
class PhraseLinks:
    """Links of a pair of texts; a link joins one or several words on each side.

    A *place* is the number of a word in its text, 0-based, counted through all sentences.
    """

    spelling_pair: Int64[np.ndarray, " link"]
    """Number of the spellings that each link joins; equal for equal spellings on both sides."""
    source_place: Int64[np.ndarray, " source_word"]
    """Places of the source words of all links, link after link."""
    source_link: Int64[np.ndarray, " source_word"]
    """Link (0-based) that each of them belongs to."""
    target_place: Int64[np.ndarray, " target_word"]
    """Places of the target words of all links, link after link."""
    target_link: Int64[np.ndarray, " target_word"]
    """Link (0-based) that each of them belongs to."""


def rank_among_equals(keys: Int64[np.ndarray, " item"]) -> Int64[np.ndarray, " item"]:
    """Return how many equal keys stand before each key: ``[7, 9, 7, 7]`` gives ``[0, 0, 1, 2]``."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = np.flatnonzero(new)
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys)) - np.repeat(first, np.diff(first, append=len(keys)))
    return rank


def filter_phrases(
    links: PhraseLinks, *, minimum: int = 0, maximum: int = 15, delete: int | None = None
) -> tuple[Int64[np.ndarray, " source_kept"], Int64[np.ndarray, " target_kept"]]:
    """Return the words of the links that remain, in link order, a word once for each of its links.

    This is the frequency filter over word pairs of the paper's released code.

    Args:
        links: links in the order in which they count.
        minimum: pairs of spellings with fewer links in all are left out.
        maximum: links kept of each pair of spellings, the first ones.
        delete: pairs of spellings with more links in all are left out; none by default.

    Returns:
        Places of the source words and places of the target words.
    """
    kept = _remaining(links.spelling_pair, minimum, maximum, delete)
    return links.source_place[kept[links.source_link]], links.target_place[kept[links.target_link]]


def _remaining(
    pair: Int64[np.ndarray, " link"], minimum: int, maximum: int, delete: int | None
) -> Bool[np.ndarray, " link"]:
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    count = counts[inverse]
    kept = (rank_among_equals(pair) < maximum) & (count >= minimum)
    return kept if delete is None else kept & (count <= delete)
