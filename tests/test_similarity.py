"""Finding translations by sentence vectors."""

import numpy as np
import pytest

from polyconcept.similarity import retrieval_accuracy, sentence_means


def test_means_by_hand():
    vectors = np.array([[1, 0], [3, 2], [5, 5]], dtype=np.float32)
    sentence = np.array([1, 1, 0], dtype=np.int32)

    means = sentence_means(vectors, sentence, n_sentences=2)

    assert means.tolist() == [[5, 5], [2, 1]]


def test_a_sentence_without_words_has_no_mean():
    with pytest.raises(ValueError, match="sentence 1 has no word"):
        sentence_means(np.ones((2, 3), np.float32), np.array([0, 2], np.int32), n_sentences=3)


def test_retrieval_by_hand():
    # Directions in degrees: source 0, 90, 180; target 10, 60, 80.
    source = np.array([0, 90, 180])
    target = np.array([10, 60, 80])

    # Forward: 0 -> 10 (hit), 90 -> 80 (miss), 180 -> 80 (hit).
    # Back: 10 -> 0 (hit), 60 -> 90 (hit), 80 -> 90 (miss).
    assert retrieval_accuracy(at(source), at(target)) == pytest.approx((2 / 3, 2 / 3))


def at(degrees):
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def test_length_of_vectors_does_not_matter_and_back_is_forward_swapped():
    random = np.random.default_rng(0)
    source = random.normal(size=(40, 8)).astype(np.float32)
    target = (source + random.normal(size=(40, 8))).astype(np.float32)
    lengths = random.uniform(0.1, 10, size=(40, 1)).astype(np.float32)

    forward, back = retrieval_accuracy(source, target)

    assert 0.1 < forward < 1
    assert retrieval_accuracy(source * lengths, target) == pytest.approx((forward, back))
    assert retrieval_accuracy(target, source) == pytest.approx((back, forward))
    assert retrieval_accuracy(source, source) == (1.0, 1.0)


def test_vectors_that_are_all_alike_find_nothing():
    alike = np.ones((5, 3), dtype=np.float32)

    assert retrieval_accuracy(alike, alike) == (0.0, 0.0)


def test_a_vector_of_zeros_is_refused():
    vectors = np.array([[1, 0], [0, 0]], dtype=np.float32)

    with pytest.raises(ValueError, match="target sentence 1 has a vector of zeros"):
        retrieval_accuracy(vectors[[0, 0]], vectors)
