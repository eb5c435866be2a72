"""Finding a sentence's translation among all sentences, by their mean vectors."""

from __future__ import annotations

import numpy as np

from polyconcept.records.arrays import Bool, Float32, Float64, Int32, Vectors

_BLOCK = 512
# The same two vectors give cosines that differ by rounding, depending on where they stand.
_ROUNDING = 1e-12


def sentence_means(
    vectors: Vectors, sentence: Int32[np.ndarray, " word"], *, n_sentences: int
) -> Float32[np.ndarray, "sentence dim"]:
    """Give the mean vector of each sentence's words.

    Args:
        vectors: Vector of each word.
        sentence: Sentence of each word, from 0 to below `n_sentences`.
        n_sentences: Number of sentences.

    Raises:
        ValueError: A sentence has no word: it has no mean.
    """
    counts = np.bincount(sentence, minlength=n_sentences)
    if not counts.all():
        raise ValueError(f"sentence {int(np.argmin(counts))} has no word: no mean vector")
    places = np.split(np.argsort(sentence, kind="stable"), np.cumsum(counts[:-1]))
    means = np.empty((n_sentences, vectors.shape[1]), dtype=np.float32)
    for mean, own in zip(means, places, strict=True):
        mean[:] = vectors[own].mean(axis=0, dtype=np.float64)
    return means


def retrieval_accuracy(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> tuple[float, float]:
    """Give the share of sentences whose nearest sentence by cosine is their translation.

    Args:
        source: Vector of each sentence.
        target: Vector of its translation, in the same order.

    Returns:
        From source to target, and back; each from 0 to 1. A tie with a wrong sentence is a miss.

    Raises:
        ValueError: Shapes that differ, fewer than 2 sentences, vectors that are not finite, or a
            vector of zeros: it has no direction.
    """
    forward, back = _hits(source, target)
    return float(forward.mean()), float(back.mean())


def mutual_retrieval(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> float:
    """Give the share of sentences that are each other's nearest by cosine, in both directions.

    The alignment score of MEXA (Kargaran et al. 2025, arXiv 2410.05873) of one layer.

    Args:
        source: Vector of each sentence.
        target: Vector of its translation, in the same order.

    Returns:
        From 0 to 1. A tie with a wrong sentence is a miss.

    Raises:
        ValueError: As `retrieval_accuracy`.
    """
    return mutual_hits(source, target) / len(source)


def mutual_hits(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> int:
    """Give the number of sentences that `mutual_retrieval` gives the share of."""
    forward, back = _hits(source, target)
    return int(np.count_nonzero(forward & back))


def _hits(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> tuple[Bool[np.ndarray, " sentence"], Bool[np.ndarray, " sentence"]]:
    """Whether each source sentence finds its translation, and each target sentence its own."""
    _check_sentences(source, target)
    left, right = _normed(source), _normed(target)
    n_sentences = len(left)
    own = np.empty(n_sentences)
    # The most like a wrong sentence, seen from the source and from the target.
    others = np.empty(n_sentences), np.full(n_sentences, -np.inf)
    for first in range(0, n_sentences, _BLOCK):
        cosine = left[first : first + _BLOCK] @ right.T
        row = np.arange(len(cosine))
        own[first + row] = cosine[row, first + row]
        cosine[row, first + row] = -np.inf
        others[0][first + row] = cosine.max(axis=1)
        np.maximum(others[1], cosine.max(axis=0), out=others[1])
    return own > others[0] + _ROUNDING, own > others[1] + _ROUNDING


def _check_sentences(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> None:
    if source.shape != target.shape or len(source) < 2:
        raise ValueError(
            f"found source vectors of shape {source.shape}, target vectors of {target.shape}: "
            "retrieval needs the same shape, and at least 2 sentences"
        )
    for name, vectors in (("source", source), ("target", target)):
        odd = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(odd):
            raise ValueError(f"{name} sentence {odd[0]} has a vector that is not finite: no cosine")
        empty = np.flatnonzero(~vectors.any(axis=1))
        if len(empty):
            raise ValueError(f"{name} sentence {empty[0]} has a vector of zeros: no cosine")


def _normed(
    vectors: Float32[np.ndarray, "sentence dim"],
) -> Float64[np.ndarray, "sentence dim"]:
    wide = vectors.astype(np.float64)
    lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    normed: Float64[np.ndarray, "sentence dim"] = wide / lengths
    return normed
