"""Cluster files of ConceptX: ``word|||occurrence|||sentence|||position|||cluster`` a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.arrays import Int32, Int64, Rows
from polyconcept.records.concepts import NO_CLUSTER, ClusteredWords
from polyconcept.records.text import Words

_Item = TypeVar("_Item", str, int)
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_FIELDS = "word|||occurrence|||sentence|||position|||cluster"


@dataclass(frozen=True)
class ClusterFile:
    """The words of a cluster file, in the order of its lines."""

    words: ClusteredWords
    """Words with clusters counted from 0 in order of first appearance; -1 stays `NO_CLUSTER`."""
    cluster_ids: Int64[np.ndarray, " cluster"]
    """The file's own number of each cluster."""
    occurrence: Int64[np.ndarray, " word"]
    """Which occurrence of its word type each word is, as the file counts."""
    sentence: Int64[np.ndarray, " word"]
    """Sentence of each word, as the file counts."""
    position: Int64[np.ndarray, " word"]
    """Place of each word in its sentence, as the file counts."""


def read_clusters(path: Path, *, language: str) -> ClusterFile:
    r"""Read a cluster file as the released code does, but words may contain ``|||``.

    Lines end at "\n" only; words lose white space at both ends, U+00A0 and U+2028 included, and
    are otherwise as written: no Unicode normalisation, a byte order mark stays. A word of nothing
    but white space is kept, as the empty word. Cluster -1 means in no cluster, as scikit-learn
    has it; the released code knows no such word.

    Raises:
        ValueError: No line, bytes that are not UTF-8, or a line that lacks a field or has one that
            is no whole number; the message names file and line.
    """
    words: list[str] = []
    numbers: list[tuple[int, ...]] = []
    for place, line in text_lines(path):
        word, *fields = line.rsplit("|||", 4)
        fields = [field.strip() for field in fields]
        if len(fields) != 4 or not all(map(_NUMBER.fullmatch, fields)):
            raise ValueError(f"{place}: found {line!r}: expected {_FIELDS}, the last four numbers")
        words.append(word.strip())
        numbers.append(tuple(map(int, fields)))
    if not words:
        raise ValueError(f"{path}: found no line: expected at least one {_FIELDS}")
    occurrence, sentence, position, cluster_id = np.array(numbers, dtype=np.int64).T
    types, word_type = _in_order_of_appearance(words)
    cluster = np.full(len(words), NO_CLUSTER, dtype=np.int32)
    inside = cluster_id != NO_CLUSTER
    cluster_ids, cluster[inside] = _in_order_of_appearance(cluster_id[inside].tolist())
    return ClusterFile(
        words=ClusteredWords(language, types, word_type, cluster, len(cluster_ids)),
        cluster_ids=np.array(cluster_ids, dtype=np.int64),
        occurrence=occurrence,
        sentence=sentence,
        position=position,
    )


def write_clusters(file: ClusterFile, path: Path) -> None:
    """Write a cluster file that `read_clusters` and the released code read; whole or not at all.

    Raises:
        ValueError: A word contains a line end, or white space at an end, which readers remove.
    """
    words = [file.words.types[i] for i in file.words.word_type]
    for word in file.words.types:
        if "\n" in word or word != word.strip():
            raise ValueError(
                f"{path}: word {word!r} has a line end, or white space at an end: "
                "it would not be read back"
            )
    # NO_CLUSTER, as an index, is the last.
    cluster_id = np.append(file.cluster_ids, NO_CLUSTER)[file.words.cluster]
    columns = (file.occurrence, file.sentence, file.position, cluster_id)
    rows = zip(words, *(column.tolist() for column in columns), strict=True)
    write_text_atomic(path, "".join("|||".join(map(str, row)) + "\n" for row in rows))


def cluster_file(words: Words, rows: Rows, clustered: ClusteredWords) -> ClusterFile:
    """Return clustered rows of a word table as a cluster file holds them."""
    return ClusterFile(
        words=clustered,
        cluster_ids=np.arange(clustered.n_clusters),
        occurrence=_occurrences(clustered.word_type),
        sentence=words.sentence[rows].astype(np.int64),
        position=words.position[rows].astype(np.int64),
    )


def pool(source: ClusterFile, target: ClusterFile, *, n_sentences: int) -> ClusterFile:
    """Join two languages clustered together into one file, the source's words first.

    Sentence i of the target becomes sentence `n_sentences` + i of the concatenated text, so that
    `sides(pooled, last_source_sentence=n_sentences - 1)` parts the languages again.

    Raises:
        ValueError: The clusters differ in number or names, or a source sentence is not below
            `n_sentences`.
    """
    if not np.array_equal(source.cluster_ids, target.cluster_ids):
        raise ValueError(
            f"clusters of {source.words.language} and {target.words.language} differ: expected "
            "those of one clustering"
        )
    if source.sentence.max(initial=-1) >= n_sentences:
        raise ValueError(
            f"{source.words.language}: found sentence {source.sentence.max()}: expected all below "
            f"{n_sentences}"
        )
    spellings = [side.words.types[i] for side in (source, target) for i in side.words.word_type]
    types, word_type = _in_order_of_appearance(spellings)
    return ClusterFile(
        words=ClusteredWords(
            language=f"{source.words.language}+{target.words.language}",
            types=types,
            word_type=word_type,
            cluster=np.concatenate([source.words.cluster, target.words.cluster]),
            n_clusters=source.words.n_clusters,
        ),
        cluster_ids=source.cluster_ids,
        occurrence=_occurrences(word_type),
        sentence=np.concatenate([source.sentence, target.sentence + n_sentences]),
        position=np.concatenate([source.position, target.position]),
    )


def sides(
    file: ClusterFile, *, last_source_sentence: int
) -> tuple[Int32[np.ndarray, " source_word"], Int32[np.ndarray, " target_word"]]:
    """Return the clusters of each language's words in a pooled file, as COLAP takes them.

    Sentences of the source language come first; `last_source_sentence` is the number of its last.
    """
    of_source = file.sentence <= last_source_sentence
    return file.words.cluster[of_source], file.words.cluster[~of_source]


def text_lines(path: Path) -> Iterator[tuple[str, str]]:
    r"""Yield the place ("file, line 3") and text of each line; only "\n" ends a line.

    Raises:
        ValueError: A line is not UTF-8.
    """
    lines = path.read_bytes().split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            yield f"{path}, line {number}", line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}, line {number}: found bytes that are not UTF-8 ({error.reason} at byte "
                f"{error.start}): expected UTF-8 text"
            ) from error


def _in_order_of_appearance(
    items: list[_Item],
) -> tuple[tuple[_Item, ...], Int32[np.ndarray, " item"]]:
    """Return distinct items as they first appear, and the index of each item among them."""
    index: dict[_Item, int] = {}
    places = [index.setdefault(item, len(index)) for item in items]
    return tuple(index), np.array(places, dtype=np.int32)


def _occurrences(word_type: Int32[np.ndarray, " word"]) -> Int64[np.ndarray, " word"]:
    """Return how many earlier words have the type of each word: 0 for its first."""
    order = np.argsort(word_type, kind="stable")
    ordered = word_type[order]
    occurrence = np.empty(len(word_type), dtype=np.int64)
    occurrence[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return occurrence
