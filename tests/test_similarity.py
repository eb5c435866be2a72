"""Linear CKA of linked words, finding translations by sentence vectors, and their rows."""

import logging
import tracemalloc

import numpy as np
import pytest
from scipy.stats import binomtest

from polyconcept.records.scores import Run
from polyconcept.records.text import Selection, Words
from polyconcept.scoring.cka import linear_cka
from polyconcept.scoring.retrieval import retrieval_hits, sentence_means
from polyconcept.scoring.similarity import _wilson, similarity_layers


def test_means_by_hand():
    vectors = np.array([[1, 0], [3, 2], [5, 5]], dtype=np.float32)
    sentence = np.array([1, 1, 0], dtype=np.int32)

    means = sentence_means(vectors, sentence, n_sentences=2)

    assert means.tolist() == [[5, 5], [2, 1]]


def retrieval_accuracy(source, target):
    """The share of sentences that find their translation, from either side."""
    forward, back = retrieval_hits(source, target)
    return forward.mean(), back.mean()


def mutual_retrieval(source, target):
    """The share of sentences that find each other."""
    forward, back = retrieval_hits(source, target)
    return (forward & back).mean()


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
    # Both: only the first.
    assert mutual_retrieval(at(source), at(target)) == pytest.approx(1 / 3)


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
    assert mutual_retrieval(source * lengths, target) == mutual_retrieval(target, source)
    assert mutual_retrieval(source, target) <= min(forward, back)
    assert mutual_retrieval(source, source) == 1


def test_vectors_that_are_all_alike_find_nothing():
    alike = np.ones((5, 3), dtype=np.float32)

    assert retrieval_accuracy(alike, alike) == (0.0, 0.0)
    assert mutual_retrieval(alike, alike) == 0


def test_equal_vectors_tie_wherever_they_stand():
    # 255 sentences, each twice: none is nearer to its own than to the other's. The odd number makes
    # the product of matrices round some of the equal cosines differently.
    once = np.random.default_rng(1).normal(size=(255, 768)).astype(np.float32)

    for twice in (np.concatenate([once, once]), np.repeat(once, 2, axis=0)):
        assert retrieval_accuracy(twice, twice) == (0.0, 0.0)
        assert mutual_retrieval(twice, twice) == 0
    assert mutual_retrieval(once, once) == 1


def test_retrieval_in_blocks_is_that_of_all_cosines_at_once():
    random = np.random.default_rng(2)
    source = random.normal(size=(1100, 6)).astype(np.float32)
    target = (source + random.normal(size=source.shape)).astype(np.float32)

    cosine = unit(source) @ unit(target).T
    forward = cosine.argmax(axis=1) == np.arange(1100)
    back = cosine.argmax(axis=0) == np.arange(1100)
    assert retrieval_accuracy(source, target) == (forward.mean(), back.mean())
    assert 0 < mutual_retrieval(source, target) == (forward & back).mean() < 1


def unit(vectors):
    wide = vectors.astype(float)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def test_a_vector_of_zeros_is_refused():
    vectors = np.array([[1, 0], [0, 0]], dtype=np.float32)

    with pytest.raises(ValueError, match="target sentence 1 has a vector of zeros"):
        retrieval_accuracy(vectors[[0, 0]], vectors)
    with pytest.raises(ValueError, match="source sentence 1 has a vector of zeros"):
        mutual_retrieval(vectors, vectors[[0, 0]])


def test_retrieval_says_what_it_needs():
    two, three = np.ones((2, 3), np.float32), np.ones((3, 3), np.float32)
    broken = np.array([[1, 2, 3], [1, np.nan, 3]], dtype=np.float32)

    with pytest.raises(ValueError, match=r"shape \(2, 3\), target vectors of \(3, 3\)"):
        mutual_retrieval(two, three)
    with pytest.raises(ValueError, match="at least 2 sentences"):
        mutual_retrieval(two[:1], two[:1])
    with pytest.raises(ValueError, match="target sentence 1 has a vector that is not finite"):
        retrieval_accuracy(two, broken)


def hsic(source, target):
    """HSIC_1 of Song et al. 2012 as Nguyen et al. 2021 write it, equation 3."""
    n = len(source)
    one, kernels = (
        np.ones(n),
        [side.astype(float) @ side.T.astype(float) for side in (source, target)],
    )
    for kernel in kernels:
        np.fill_diagonal(kernel, 0)
    k, l = kernels  # noqa: E741 - the paper's letters
    whole = np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
    return (whole - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def cka_as_defined(source, target):
    return hsic(source, target) / np.sqrt(hsic(source, source) * hsic(target, target))


def biased_cka(source, target):
    left, right = source - source.mean(axis=0), target - target.mean(axis=0)
    own = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return np.linalg.norm(left.T @ right) ** 2 / own


def test_cka_by_hand():
    # The kernels hold a 1 for words 3 and 4, and for words 2 and 4. With n = 4, HSIC n (n - 3) is
    # 0 + 2 2 / (3 2) - 1 = -1/3 across, and 2 + 2 2 / (3 2) - 2 = 2/3 of each with itself.
    source = np.array([[0], [0], [1], [1]], dtype=np.float32)
    target = np.array([[0], [1], [0], [1]], dtype=np.float32)

    assert linear_cka(source, target) == pytest.approx(-1 / 2)


@pytest.mark.parametrize("n_words", [4, 30, 1024, 1500])
def test_cka_in_feature_space_is_that_of_all_pairs_of_words(n_words):
    random = np.random.default_rng(n_words)
    source = (3 + random.normal(size=(n_words, 5))).astype(np.float32)
    target = (source @ random.normal(size=(5, 7)) + random.normal(size=(n_words, 7))) ** 3

    assert linear_cka(source, target) == pytest.approx(cka_as_defined(source, target), rel=1e-9)


def test_cka_stays_where_a_side_is_moved_rotated_or_scaled_and_is_symmetric():
    random = np.random.default_rng(3)
    source, target = random.normal(size=(40, 6)), random.normal(size=(40, 9))
    target[:, :6] += source
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))

    cka = linear_cka(source, target)
    changed = 1000 * source @ rotation - 500

    assert 0.1 < cka < 0.9
    assert linear_cka(changed, target) == pytest.approx(cka)
    assert linear_cka(target, source) == pytest.approx(cka)
    assert linear_cka(source, changed) == pytest.approx(1)
    assert linear_cka(source * [10, 1, 1, 1, 1, 1], target) != pytest.approx(cka, rel=0.01)


def test_cka_of_independent_vectors_is_0_on_average_where_the_biased_one_is_not():
    random = np.random.default_rng(4)
    draws = [random.normal(size=(2, 20, 50)) for _ in range(400)]

    found = np.array([linear_cka(*draw) for draw in draws])

    error = found.std() / np.sqrt(len(found))
    assert error < 0.02
    assert abs(found.mean()) < 3 * error
    assert np.mean([biased_cka(*draw) for draw in draws]) > 0.6


def test_cka_holds_no_array_of_all_pairs_of_words():
    vectors = np.random.default_rng(5).normal(size=(20_000, 8)).astype(np.float32)

    tracemalloc.start()
    linear_cka(vectors, vectors)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4 * vectors.nbytes


def test_cka_says_what_it_needs():
    vectors = np.random.default_rng(6).normal(size=(5, 3)).astype(np.float32)
    broken = np.where(np.arange(15).reshape(5, 3) == 7, np.inf, vectors).astype(np.float32)

    with pytest.raises(ValueError, match="found 5 source and 4 target vectors"):
        linear_cka(vectors, vectors[:4])
    with pytest.raises(ValueError, match="at least 4"):
        linear_cka(vectors[:3], vectors[:3])
    with pytest.raises(ValueError, match="target vectors hold values that are not finite"):
        linear_cka(vectors, broken)
    with pytest.raises(ValueError, match="all 5 source vectors are at the same distance"):
        linear_cka(np.full((5, 3), 0.1, np.float32), vectors)
    with pytest.raises(ValueError, match="all 5 target vectors are at the same distance"):
        linear_cka(vectors, np.eye(5, dtype=np.float32))


class Reader:
    """Vectors of a language held in memory: one array per layer, rows without one are NaN."""

    def __init__(self, language, *layers):
        self.language, self.layers = language, layers

    def has(self, rows):
        return np.isfinite(self.layers[0][rows]).all(axis=1)

    def read(self, layer, rows):
        assert self.has(rows).all()
        return self.layers[layer][rows].astype(np.float32)


RUN = Run("mbert", "base", "encoder", "news")


def table(language, sentence):
    n_words = len(sentence)
    position = np.zeros(n_words, np.int32)
    kinds = np.arange(n_words, dtype=np.int32)
    types = tuple(map(str, range(n_words)))
    return Words(language, np.array(sentence, np.int32), position, kinds, types)


def compare(source, target, pairs, tables, **options):
    settings = {"layers": [0], "max_sentences": 100, "seed": 1} | options
    links = Selection(*map(np.array, pairs))
    return list(similarity_layers(source, target, links, *tables, RUN, **settings))


def four_sentences():
    """Two words a sentence; the source's second of sentence 0 has two links."""
    random = np.random.default_rng(7)
    tables = table("en", [0, 0, 1, 1, 2, 2, 3, 3]), table("de", [0, 0, 1, 1, 2, 2, 3, 3])
    source = Reader("en", *random.normal(size=(2, 8, 3)))
    target = Reader("de", *random.normal(size=(2, 8, 3)))
    return source, target, ([0, 1, 1, 2, 3, 4, 5, 7], [0, 0, 1, 3, 2, 4, 5, 6]), tables


def test_rows_of_a_layer():
    source, target, pairs, tables = four_sentences()

    rows = compare(source, target, pairs, tables, layers=[1, 0])

    assert [(row.layer, row.metric) for row in rows] == [
        *((1, "cka"), (1, "retrieval"), (0, "cka"), (0, "retrieval"))
    ]
    read = [source.read(1, np.array(pairs[0])), target.read(1, np.array(pairs[1]))]
    cka = rows[0]
    assert cka.value == linear_cka(*read)
    assert (cka.n_hit, cka.n_total, cka.low, cka.high) == (None, 8, None, None)
    assert {(row.definition, row.over, row.seed, row.control) for row in rows} == {
        ("", "", None, "")
    }
    assert {(row.source, row.target, row.model, row.side, row.corpus) for row in rows} == {
        ("en", "de", "mbert", "encoder", "news")
    }


def test_a_sentence_is_the_mean_of_its_words_each_once():
    source, target, pairs, tables = four_sentences()
    # Means at 0, 90, 180, 270 degrees; were word 1 to count once for each of its two links, the
    # first source sentence would turn to 90 degrees, where the second is.
    source.layers = (np.array([(4, -4), (-2, 4), *[(0, 1)] * 2, *[(-1, 0)] * 2, *[(0, -1)] * 2]),)
    target.layers = (np.array([*[(1, 0)] * 2, *[(0, 1)] * 2, *[(-1, 0)] * 2, *[(0, -1)] * 2]),)

    retrieval = compare(source, target, pairs, tables)[1]

    interval = binomtest(4, 4).proportion_ci(method="wilson")
    assert (retrieval.n_hit, retrieval.n_total, retrieval.value) == (4, 4, 1)
    assert (retrieval.low, retrieval.high) == pytest.approx((interval.low, interval.high))


def test_pairs_that_lack_a_vector_are_left_out_on_both_sides(caplog):
    source, target, pairs, tables = four_sentences()
    source.layers[0][7] = np.nan  # sentence 3 has no other pair
    target.layers[0][0] = np.nan

    cka, retrieval = compare(source, target, pairs, tables)

    kept = [1, 2, 3, 4, 5], [1, 3, 2, 4, 5]
    assert cka.value == linear_cka(
        *(r.read(0, np.array(k)) for r, k in zip((source, target), kept, strict=True))
    )
    assert (cka.n_total, retrieval.n_total) == (5, 3)
    assert "en-de: 3 of 8 linked pairs lack a vector" in caplog.text


def test_of_many_sentences_some_are_drawn_by_the_seed(caplog):
    caplog.set_level(logging.INFO)
    random = np.random.default_rng(8)
    tables = table("en", np.arange(50)), table("de", np.arange(50))
    found = random.normal(size=(2, 50, 4))
    source, target = Reader("en", found[0]), Reader("de", found[0] + found[1])
    everything, options = [np.arange(50)] * 2, {"max_sentences": 20}

    drawn = {
        seed: compare(source, target, everything, tables, seed=seed, **options)[1]
        for seed in range(5)
    }

    chosen = np.sort(np.random.default_rng(3).choice(50, 20, replace=False))
    expected = mutual_retrieval(source.read(0, chosen), target.read(0, chosen))
    assert drawn[3].value == pytest.approx(expected)
    assert {row.n_total for row in drawn.values()} == {20}
    assert len({row.n_hit for row in drawn.values()}) > 1
    assert "20 of 50 sentences drawn with seed 3" in caplog.text
    assert compare(source, target, everything, tables, max_sentences=50)[1].n_total == 50


def test_other_hidden_sizes_have_cka_but_no_retrieval(caplog):
    source, target, pairs, tables = four_sentences()
    target.layers = (np.random.default_rng(9).normal(size=(8, 5)),)

    [row] = compare(source, target, pairs, tables)

    assert row.metric == "cka"
    assert "layer 0: hidden sizes 3 and 5" in caplog.text
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_words_that_are_no_pairs_are_refused():
    source, target, pairs, tables = four_sentences()

    with pytest.raises(ValueError, match="en-de: 8 source words and 7 target words are no pairs"):
        compare(source, target, (pairs[0], pairs[1][:-1]), tables)
    with pytest.raises(
        ValueError, match="pair 2 joins a word of sentence 0 with one of sentence 3"
    ):
        compare(source, target, ([0, 1, 0, 2], [0, 1, 6, 3]), tables)
    with pytest.raises(ValueError, match="max_sentences 1: retrieval needs at least 2"):
        compare(source, target, pairs, tables, max_sentences=1)


def test_a_layer_without_cka_is_named():
    source, target, pairs, tables = four_sentences()
    source.layers = (source.layers[0], np.ones((8, 3)))

    with pytest.raises(ValueError, match="at the same distance") as caught:
        compare(source, target, pairs, tables, layers=[0, 1])

    assert caught.value.__notes__ == ["layer 1, linked words of en-de"]


@pytest.mark.parametrize(("n_hit", "n_total"), [(0, 5), (1, 2), (7, 9), (600, 600), (3, 2000)])
def test_the_interval_is_wilsons(n_hit, n_total):
    interval = binomtest(n_hit, n_total).proportion_ci(method="wilson")

    assert _wilson(n_hit, n_total) == pytest.approx((interval.low, interval.high), abs=1e-12)
