"""Rows of the score table: CKA and retrieval of a pair's linked words in every layer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from polyconcept.machine.logs import progress
from polyconcept.records.arrays import Int32, Int64, Rows
from polyconcept.records.concepts import VectorReader
from polyconcept.records.scores import Run, Score
from polyconcept.records.text import Selection, Words
from polyconcept.scoring.cka import linear_cka
from polyconcept.scoring.retrieval import retrieval_hits, sentence_means
from polyconcept.scoring.statistics import Measured

_log = logging.getLogger(__name__)

_NORMAL = 1.959963984540054  # 97.5 % of the standard normal distribution lie below


@dataclass(frozen=True)
class _Side:
    """The linked words of one language that have vectors on both sides."""

    reader: VectorReader
    """Where their vectors are read from."""
    rows: Rows
    """Row of the word of each link."""
    places: Int64[np.ndarray, " chosen"]
    """Links of the words whose means are taken: a word once, of the drawn sentences only."""
    sentence: Int32[np.ndarray, " chosen"]
    """Sentence of each of them, 0-based among the drawn ones."""


def similarity_layers(
    source: VectorReader,
    target: VectorReader,
    pairs: Selection,
    source_words: Words,
    target_words: Words,
    run: Run,
    *,
    layers: Sequence[int],
    max_sentences: int,
    seed: int,
) -> Iterator[Score]:
    """Yield CKA of linked words and retrieval of their sentences, in every layer.

    Definitions: docs/STATISTICS.md, "Rivals". `pairs` are the words of each link, row i of the
    source with row i of the target: the selection ``calign``, ``published``. Those of which a word
    has no vector are left out. A sentence's vector is the mean of its words in these pairs, each
    word once; of more than `max_sentences` so many are drawn, the same for all layers. Where hidden
    sizes differ there is no cosine: rows of `retrieval` are left out.

    Raises:
        ValueError: The words are no pairs, `max_sentences` is below 2, or a layer's vectors are too
            few or have no CKA or cosine (with a note of the layer).
    """
    languages = f"{source_words.language}-{target_words.language}"
    sentence = _sentence_of_pairs(pairs, source_words, target_words)
    has = source.has(pairs.source_rows) & target.has(pairs.target_rows)
    if not has.all():
        n_lost = np.count_nonzero(~has)
        _log.warning(
            "%s: %d of %d linked pairs lack a vector and are left out", languages, n_lost, len(has)
        )
    drawn = _drawn(sentence[has], max_sentences, seed)
    sides = (
        _side(source, pairs.source_rows[has], sentence[has], drawn),
        _side(target, pairs.target_rows[has], sentence[has], drawn),
    )
    for layer in progress(layers, total=len(layers), description="comparing"):
        try:
            yield from _scores_of(sides, layer, len(drawn), run)
        except ValueError as error:
            error.add_note(f"layer {layer}, linked words of {languages}")
            raise


def _sentence_of_pairs(
    pairs: Selection, source: Words, target: Words
) -> Int32[np.ndarray, " link"]:
    """Return the sentence of each pair; both words must stand in it."""
    languages = f"{source.language}-{target.language}"
    lengths = len(pairs.source_rows), len(pairs.target_rows)
    if lengths[0] != lengths[1]:
        raise ValueError(
            f"{languages}: {lengths[0]} source words and {lengths[1]} target words are no pairs; "
            "needed is a selection that holds both words of every link (calign, published)"
        )
    sentence: Int32[np.ndarray, " link"] = source.sentence[pairs.source_rows]
    other = target.sentence[pairs.target_rows]
    apart = np.flatnonzero(sentence != other)
    if len(apart):
        first = apart[0]
        raise ValueError(
            f"{languages}: pair {first} joins a word of sentence {sentence[first]} with one of "
            f"sentence {other[first]}; linked words stand in the same sentence "
            "(selection: calign, published)"
        )
    return sentence


def _drawn(
    sentence: Int32[np.ndarray, " link"], max_sentences: int, seed: int
) -> Int32[np.ndarray, " drawn"]:
    """Return the sentences that retrieval is scored on, ascending."""
    if max_sentences < 2:
        raise ValueError(f"max_sentences {max_sentences}: retrieval needs at least 2 sentences")
    found = np.unique(sentence)
    if len(found) <= max_sentences:
        return found
    _log.info("retrieval: %d of %d sentences drawn with seed %d", max_sentences, len(found), seed)
    return np.sort(np.random.default_rng(seed).choice(found, max_sentences, replace=False))


def _side(
    reader: VectorReader,
    rows: Rows,
    sentence: Int32[np.ndarray, " word"],
    drawn: Int32[np.ndarray, " drawn"],
) -> _Side:
    among = np.flatnonzero(np.isin(sentence, drawn))
    _, first = np.unique(rows[among], return_index=True)
    places = among[first]
    return _Side(reader, rows, places, np.searchsorted(drawn, sentence[places]).astype(np.int32))


def _scores_of(
    sides: tuple[_Side, _Side], layer: int, n_sentences: int, run: Run
) -> Iterator[Score]:
    source, target = (side.reader.read(layer, side.rows) for side in sides)
    key = run.key(sides[0].reader.language, sides[1].reader.language, layer)
    cka = Measured([linear_cka(source, target)]).row("cka", "", "", key)
    yield replace(cka, n_total=len(source))
    if source.shape[1] != target.shape[1]:
        _log.warning(
            "layer %d: hidden sizes %d and %d, no cosine between them: no row of retrieval",
            *(layer, source.shape[1], target.shape[1]),
        )
        return
    means = (
        sentence_means(vectors[side.places], side.sentence, n_sentences=n_sentences)
        for vectors, side in zip((source, target), sides, strict=True)
    )
    forward, back = retrieval_hits(*means)
    n_hit = int(np.count_nonzero(forward & back))
    low, high = _wilson(n_hit, n_sentences)
    share = Measured([n_hit / n_sentences], [n_hit], [n_sentences])
    yield replace(share.row("retrieval", "", "", key), low=low, high=high)


def _wilson(n_hit: int, n_total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson 1927 (JASA 22)."""
    # The formula and not scipy.stats, whose import alone takes longer than a layer.
    share, spread = n_hit / n_total, _NORMAL**2 / n_total
    half = (share * (1 - share) * spread + spread**2 / 4) ** 0.5
    low, high = ((share + spread / 2 + side * half) / (1 + spread) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)
