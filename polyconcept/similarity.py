"""How alike two sets of vectors are: finding the translation among all sentences."""

from __future__ import annotations

import numpy as np

from polyconcept.records import Float32, Float64, Int32, Vectors

__all__ = ["retrieval_accuracy", "sentence_means"]


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
    sums = np.zeros((n_sentences, vectors.shape[1]))
    np.add.at(sums, sentence, vectors)
    return (sums / counts[:, None]).astype(np.float32)


def retrieval_accuracy(
    source: Float32[np.ndarray, "sentence dim"], target: Float32[np.ndarray, "sentence dim"]
) -> tuple[float, float]:
    """Give the share of sentences whose nearest sentence by cosine is their translation.

    Args:
        source: Vector of each sentence.
        target: Vector of its translation, in the same order.

    Returns:
        From source to target, and back; each from 0 to 1. A tie with a wrong sentence is a miss.

    Raises:
        ValueError: A vector of zeros: it has no direction.
    """
    for name, vectors in (("source", source), ("target", target)):
        empty = np.flatnonzero(~vectors.any(axis=1))
        if len(empty):
            raise ValueError(f"{name} sentence {empty[0]} has a vector of zeros: no cosine")
    cosine = _normed(source) @ _normed(target).T
    own = np.diag(cosine).copy()
    np.fill_diagonal(cosine, -np.inf)
    forward = float(np.mean(own > cosine.max(axis=1)))
    return forward, float(np.mean(own > cosine.max(axis=0)))


def _normed(
    vectors: Float32[np.ndarray, "sentence dim"],
) -> Float64[np.ndarray, "sentence dim"]:
    wide = vectors.astype(np.float64)
    lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    normed: Float64[np.ndarray, "sentence dim"] = wide / lengths
    return normed
