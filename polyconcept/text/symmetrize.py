"""One set of links from the links of both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from polyconcept.records.arrays import Bool, Int32, Int64
from polyconcept.records.text import Links

# Whether each link of the union is kept, each source word has one, each target word has one.
_State: TypeAlias = tuple[bytearray, bytearray, bytearray]

# As Koehn, Och & Marcu (2003) list them; (source, target) steps.
_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True)
class _Union:
    """Links of either direction, sorted by sentence, source, target."""

    key: Int64[np.ndarray, " point"]
    """Place of each link in one grid of all sentences; sentences are a free row apart."""
    width: int
    """Cells in a row of that grid."""
    source_word: Int64[np.ndarray, " point"]
    """Number of the source word of each link."""
    target_word: Int64[np.ndarray, " point"]
    """Number of the target word of each link."""
    in_forward: Bool[np.ndarray, " point"]
    """Whether the forward links have it."""
    in_backward: Bool[np.ndarray, " point"]
    """Whether the backward links have it."""


def grow_diag_final_and(forward: Links, backward: Links) -> Links:
    """Symmetrise two directions (Koehn, Och & Marcu, NAACL 2003, section 4; Moses' pseudo-code).

    Starts from the links of both. Grow: going through the links by source, then target position,
    the eight neighbours of each link (left and right before diagonal) are added if they are links
    of one direction and one of their words has no link yet, new links counting at once; again
    until nothing is added. Final-and: links of the forward, then of the backward direction are
    added if both words have none.

    Args:
        forward: links where each target word has at most one source word.
        backward: links where each source word has at most one target word.

    Raises:
        ValueError: the links are of different language pairs.
    """
    if (forward.source, forward.target) != (backward.source, backward.target):
        raise ValueError(
            f"forward links are of {forward.source}-{forward.target}, "
            f"backward links of {backward.source}-{backward.target}; both must be of one pair"
        )
    union, sentence, source, target = _unite(forward, backward)
    linked = _grow(union)
    return Links(
        source=forward.source,
        target=forward.target,
        sentence=sentence[linked],
        source_position=source[linked],
        target_position=target[linked],
    )


def _unite(
    forward: Links, backward: Links
) -> tuple[
    _Union,
    Int32[np.ndarray, " point"],
    Int32[np.ndarray, " point"],
    Int32[np.ndarray, " point"],
]:
    """Return all links of either direction; also their sentence, source and target position."""
    both = (forward, backward)
    # A free row and column around each sentence: a neighbour is never one of the next sentence.
    # Positions become one number, so that neighbours are found by sums.
    height = max(int(links.source_position.max(initial=0)) for links in both) + 3
    width = max(int(links.target_position.max(initial=0)) for links in both) + 3
    keys = [
        (links.sentence.astype(np.int64) * height + links.source_position + 1) * width
        + links.target_position
        + 1
        for links in both
    ]
    key = np.sort(np.concatenate(keys))
    key = key[np.diff(key, prepend=-1) != 0]
    row, column = key // width, key % width
    sentence = row // height
    union = _Union(
        key=key,
        width=width,
        source_word=np.cumsum(np.diff(row, prepend=-1) != 0) - 1,
        target_word=np.unique(sentence * width + column, return_inverse=True)[1],
        in_forward=_contains(key, keys[0]),
        in_backward=_contains(key, keys[1]),
    )
    return (
        union,
        sentence.astype(np.int32),
        (row % height - 1).astype(np.int32),
        (column - 1).astype(np.int32),
    )


def _contains(
    key: Int64[np.ndarray, " point"], some: Int64[np.ndarray, " link"]
) -> Bool[np.ndarray, " point"]:
    found: Bool[np.ndarray, " point"] = np.zeros(len(key), dtype=bool)
    found[np.searchsorted(key, some)] = True
    return found


def _grow(union: _Union) -> Bool[np.ndarray, " point"]:
    """Return which links of the union are kept."""
    linked = union.in_forward & union.in_backward
    source_done = np.zeros(union.source_word.max(initial=-1) + 1, dtype=np.uint8)
    target_done = np.zeros(union.target_word.max(initial=-1) + 1, dtype=np.uint8)
    source_done[union.source_word[linked]] = 1
    target_done[union.target_word[linked]] = 1
    free = source_done[union.source_word] & target_done[union.target_word] == 0
    # Only links that could be added and their neighbours are visited. Sentences do not touch each
    # other, so all of them grow in the same sweep.
    visits = _visits(union, np.flatnonzero(free))
    # Byte arrays answer single look-ups faster than arrays.
    state = bytearray(linked), bytearray(source_done), bytearray(target_done)
    _grow_diag(state, visits)
    for direction in (union.in_forward, union.in_backward):
        _final_and(state, union, np.flatnonzero(direction))
    return np.frombuffer(state[0], dtype=bool)


def _grow_diag(state: _State, visits: list[tuple[int, int, int, int]]) -> None:
    """Sweep over the visits until none adds a link."""
    linked, source_done, target_done = state
    n_before = -1
    while n_before != len(visits):
        n_before = len(visits)
        for old, new, source, target in visits:
            if linked[old] and not (source_done[source] and target_done[target]):
                linked[new] = source_done[source] = target_done[target] = 1
        visits = [
            visit for visit in visits if not (source_done[visit[2]] and target_done[visit[3]])
        ]


def _final_and(state: _State, union: _Union, points: Int64[np.ndarray, " some"]) -> None:
    """Add, in order, the links among `points` of which neither word has a link."""
    linked, source_done, target_done = state
    source, target = union.source_word[points], union.target_word[points]
    done = [np.frombuffer(flags, dtype=np.uint8) for flags in (source_done, target_done)]
    free = done[0][source] | done[1][target] == 0
    for point, i, j in zip(
        points[free].tolist(), source[free].tolist(), target[free].tolist(), strict=True
    ):
        if not (source_done[i] or target_done[j]):
            linked[point] = source_done[i] = target_done[j] = 1


def _visits(union: _Union, free: Int64[np.ndarray, " free"]) -> list[tuple[int, int, int, int]]:
    """Return (link, neighbour that may be added, its two words), in the order of a sweep."""
    olds, news, steps = [], [], []
    for number, (down, right) in enumerate(_NEIGHBOURS):
        wanted = union.key[free] - (down * union.width + right)
        place = np.searchsorted(union.key, wanted)
        place[place == len(union.key)] = 0
        hit = union.key[place] == wanted
        olds.append(place[hit])
        news.append(free[hit])
        steps.append(np.full(int(hit.sum()), number))
    old, new = np.concatenate(olds), np.concatenate(news)
    order = np.lexsort((np.concatenate(steps), old))
    old, new = old[order], new[order]
    source, target = union.source_word[new], union.target_word[new]
    return list(zip(old.tolist(), new.tolist(), source.tolist(), target.tolist(), strict=True))
