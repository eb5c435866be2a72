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
    """Return the mean vector of each sentence's words.

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


def retrieval_hits(
    source: Float32[np.ndarray, "source_sentence source_dim"],
    target: Float32[np.ndarray, "target_sentence target_dim"],
) -> tuple[Bool[np.ndarray, " sentence"], Bool[np.ndarray, " sentence"]]:
    """Return which sentences are nearest by cosine to their translation, from either side.

    The share of those that are so from both is the alignment score of a layer in MEXA (Kargaran et
    al. 2025, arXiv 2410.05873).

    Args:
        source: Vector of each sentence.
        target: Vector of its translation, in the same order.

    Returns:
        From source to target, and back. A tie with a wrong sentence is a miss.

    Raises:
        ValueError: Shapes that differ, fewer than 2 sentences, vectors that are not finite, or a
            vector of zeros: it has no direction.
    """
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
