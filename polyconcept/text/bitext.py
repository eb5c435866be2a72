"""Parallel sentences as arrays: sentence pairs of one shape side by side, co-occurring types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from polyconcept.records.arrays import Bool, Int32, Int64

Side: TypeAlias = Literal["source", "target"]
WordLists: TypeAlias = Sequence[Sequence[str]]

# Cells sorted at once when the pairs are collected: 20 to 40 bytes each while that lasts.
_SORTED_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Group:
    """Sentence pairs of one shape; they are neighbouring rows of the bitext."""

    n_source: int
    """Words of each source sentence."""
    n_target: int
    """Words of each target sentence."""
    first_row: int
    """Row of the first of these sentence pairs."""
    n_rows: int
    """How many sentence pairs have this shape."""
    first_source: int
    """Place of their first source word in `Bitext.source_word`."""
    first_target: int
    """Place of their first target word in `Bitext.target_word`."""
    first_cell: int
    """Place of their first cell in `Bitext.pair`."""


@dataclass(frozen=True)
class Bitext:
    """Sentence pairs sorted by shape (shapes in order of first appearance).

    A cell is one source word and one target word of a sentence pair; cells go by row, source
    position, target position. A pair is a source type and a target type that share a cell.
    """

    order: Int64[np.ndarray, " row"]
    """Sentence pair (0-based, as given) of each row."""
    groups: tuple[Group, ...]
    """The shapes, in row order."""
    source_word: Int32[np.ndarray, " source_word"]
    """Type of each source word, in row order."""
    target_word: Int32[np.ndarray, " target_word"]
    """Type of each target word, in row order."""
    pair: Int32[np.ndarray, " cell"]
    """Pair of each cell."""
    pair_source: Int32[np.ndarray, " pair"]
    """Source type of each pair; pairs are sorted by source type, then target type."""
    pair_target: Int32[np.ndarray, " pair"]
    """Target type of each pair."""
    types: tuple[tuple[str, ...], tuple[str, ...]]
    """Source and target types; their places are their numbers."""

    @property
    def n_types(self) -> tuple[int, int]:
        """Number of source and of target types."""
        return len(self.types[0]), len(self.types[1])


@dataclass(frozen=True)
class Block:
    """Some sentence pairs of one shape, seen in one direction."""

    group: int
    """Index into `Bitext.groups`."""
    rows: slice
    """Rows of the bitext."""
    words: slice
    """Places of the generated words in the bitext's words of that side."""
    pair: Int64[np.ndarray, "row given generated"]
    """Pair of each cell."""
    word: Int32[np.ndarray, "row generated"]
    """Type of each generated word."""


def make_bitext(source: WordLists, target: WordLists) -> Bitext:
    """Sort sentence pairs by shape and number the pairs of types that co-occur."""
    lengths = [
        np.fromiter(map(len, side), dtype=np.int64, count=len(side)) for side in (source, target)
    ]
    order, groups = _group_by_shape(*lengths)
    source_word, source_types = _encode(source, lengths[0], order)
    target_word, target_types = _encode(target, lengths[1], order)
    n_target_types = len(target_types)
    pair, keys = _number_pairs(groups, source_word, target_word, n_target_types)
    return Bitext(
        order=order,
        groups=groups,
        source_word=source_word,
        target_word=target_word,
        pair=pair,
        pair_source=(keys // n_target_types).astype(np.int32),
        pair_target=(keys % n_target_types).astype(np.int32),
        types=(source_types, target_types),
    )


def blocks(bitext: Bitext, given: Side, block_cells: int) -> Iterator[Block]:
    """Cut each group into blocks of at most `block_cells` cells (at least one sentence pair).

    Words of the `given` side generate the words of the other side.
    """
    for number, group in enumerate(bitext.groups):
        m, n = group.n_source, group.n_target
        step = max(1, block_cells // (m * n))
        for first in range(0, group.n_rows, step):
            last = min(first + step, group.n_rows)
            cells = slice(group.first_cell + first * m * n, group.first_cell + last * m * n)
            pair = bitext.pair[cells].reshape(last - first, m, n)
            if given == "source":
                all_words, n_generated, offset = bitext.target_word, n, group.first_target
            else:
                all_words, n_generated, offset = bitext.source_word, m, group.first_source
                pair = pair.transpose(0, 2, 1)
            words = slice(offset + first * n_generated, offset + last * n_generated)
            yield Block(
                group=number,
                rows=slice(group.first_row + first, group.first_row + last),
                words=words,
                # Platform integers, or numpy would convert them at each use.
                pair=np.ascontiguousarray(pair, dtype=np.int64),
                word=all_words[words].reshape(last - first, n_generated),
            )


def _group_by_shape(
    n_source: Int64[np.ndarray, " row"], n_target: Int64[np.ndarray, " row"]
) -> tuple[Int64[np.ndarray, " row"], tuple[Group, ...]]:
    """Return rows by shape, shapes by first appearance: the same if the sides are swapped."""
    shape = n_source * (n_target.max(initial=0) + 1) + n_target
    _, first, inverse = np.unique(shape, return_index=True, return_inverse=True)
    order = np.argsort(first[inverse], kind="stable")
    # The rows of a shape are neighbours now.
    starts = np.flatnonzero(np.diff(shape[order], prepend=-1))
    ends = np.append(starts[1:], len(order))
    groups, first_source, first_target, first_cell = [], 0, 0, 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        m, n = int(n_source[order[start]]), int(n_target[order[start]])
        count = end - start
        groups.append(Group(m, n, start, count, first_source, first_target, first_cell))
        first_source += count * m
        first_target += count * n
        first_cell += count * m * n
    return order.astype(np.int64), tuple(groups)


def _encode(
    sentences: WordLists, lengths: Int64[np.ndarray, " row"], order: Int64[np.ndarray, " row"]
) -> tuple[Int32[np.ndarray, " word"], tuple[str, ...]]:
    """Return the type of each word in row order, and the types; the first seen is 0."""
    number: dict[str, int] = {}
    n_words = int(lengths.sum())
    flat = np.fromiter(
        (number.setdefault(word, len(number)) for words in sentences for word in words),
        dtype=np.int32,
        count=n_words,
    )
    starts = np.cumsum(lengths) - lengths
    sorted_lengths = lengths[order]
    sorted_starts = np.cumsum(sorted_lengths) - sorted_lengths
    moved = np.repeat(starts[order] - sorted_starts, sorted_lengths)
    return flat[moved + np.arange(n_words)], tuple(number)


def _number_pairs(
    groups: tuple[Group, ...],
    source_word: Int32[np.ndarray, " source_word"],
    target_word: Int32[np.ndarray, " target_word"],
    n_target_types: int,
) -> tuple[Int32[np.ndarray, " cell"], Int64[np.ndarray, " pair"]]:
    """Return each cell's pair, and each pair's key: source type * n_target_types + target type."""
    # To save memory, keys are sorted a few million cells at a time; then the distinct ones of all
    # chunks are merged, and the chunks' own numbers replaced.
    n_cells = sum(group.n_rows * group.n_source * group.n_target for group in groups)
    pair = np.empty(n_cells, dtype=np.int32)
    chunks: list[tuple[slice, Int64[np.ndarray, " key"]]] = []
    done = 0
    for keys in _key_chunks(groups, source_word, target_word, n_target_types):
        cells = slice(done, done + len(keys))
        distinct, pair[cells] = _rank(keys)
        chunks.append((cells, distinct))
        done = cells.stop
    merged = np.concatenate([distinct for _, distinct in chunks])
    merged.sort()
    merged = merged[_is_new(merged)]
    for cells, distinct in chunks:
        pair[cells] = np.searchsorted(merged, distinct).astype(np.int32)[pair[cells]]
    return pair, merged


def _key_chunks(
    groups: tuple[Group, ...],
    source_word: Int32[np.ndarray, " source_word"],
    target_word: Int32[np.ndarray, " target_word"],
    n_target_types: int,
) -> Iterator[Int64[np.ndarray, " cell"]]:
    """Yield the keys of all cells in order, a few million at a time."""
    waiting: list[Int64[np.ndarray, " cell"]] = []
    n_waiting = 0
    for group in groups:
        m, n = group.n_source, group.n_target
        step = max(1, _SORTED_AT_ONCE // (m * n))
        for first in range(0, group.n_rows, step):
            last = min(first + step, group.n_rows)
            rows = source_word[group.first_source + first * m : group.first_source + last * m]
            columns = target_word[group.first_target + first * n : group.first_target + last * n]
            high = rows.reshape(-1, m, 1).astype(np.int64) * n_target_types
            waiting.append((high + columns.reshape(-1, 1, n)).reshape(-1))
            n_waiting += len(waiting[-1])
            if n_waiting >= _SORTED_AT_ONCE:
                yield np.concatenate(waiting)
                waiting, n_waiting = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _rank(
    keys: Int64[np.ndarray, " cell"],
) -> tuple[Int64[np.ndarray, " key"], Int32[np.ndarray, " cell"]]:
    """Return the distinct keys, sorted, and the place of each key among them."""
    by_key = np.argsort(keys)
    ordered = keys[by_key]
    is_first = _is_new(ordered)
    place = np.empty(len(keys), dtype=np.int32)
    place[by_key] = np.cumsum(is_first) - 1
    return ordered[is_first], place


def _is_new(ordered: Int64[np.ndarray, " key"]) -> Bool[np.ndarray, " key"]:
    """Return whether each of the sorted keys differs from the one before it."""
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
