from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.variance import interval, within_variance
from polyconcept.scoring.colap import attainable, colap, colap_of_counts
from polyconcept.scoring.mixing import (
    mutual_information,
    permuted_counts,
    permuted_types,
    remaining_entropy,
    resampled_counts,
)
from polyconcept.scoring.statistics import Options, draw_sentences, frequency_bands, null_of

DEFINITIONS = ["published", "corrected"]


def generator(seed=1):
    return np.random.default_rng(seed)


def counts_of(language, cluster, *, n_languages=2, n_clusters=None):
    """Words of each language in each cluster, counted one by one."""
    n_clusters = n_clusters or int(max(cluster)) + 1
    counts = np.zeros((n_languages, n_clusters), dtype=np.int64)
    np.add.at(counts, (language, cluster), 1)
    return counts


def shuffled(counts, n, random):
    """Counts of labels that are shuffled one word at a time."""
    language = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    cluster = np.repeat(np.arange(counts.shape[1]), counts.sum(axis=0))
    found = [
        counts_of(random.permutation(language), cluster, n_languages=len(counts)) for _ in range(n)
    ]
    return np.stack(found)


def random_counts(random, *, n_words=200, n_clusters=12, n_languages=2):
    cluster = random.integers(n_clusters, size=n_words)
    # Languages lean to clusters of their own.
    anyhow = random.integers(n_languages, size=n_words)
    language = np.where(random.random(n_words) < 0.5, cluster % n_languages, anyhow)
    return counts_of(language, cluster, n_languages=n_languages, n_clusters=n_clusters)


# --- permuted labels


@pytest.mark.parametrize("n_languages", [2, 3])
def test_permuted_labels_keep_both_margins(n_languages):
    counts = random_counts(generator(2), n_languages=n_languages)

    found = permuted_counts(counts, 50, generator())

    assert found.shape == (50, *counts.shape)
    assert (found >= 0).all()
    np.testing.assert_array_equal(found.sum(axis=1), np.tile(counts.sum(axis=0), (50, 1)))
    np.testing.assert_array_equal(found.sum(axis=2), np.tile(counts.sum(axis=1), (50, 1)))
    assert len({draw.tobytes() for draw in found}) == 50


@pytest.mark.parametrize("n_languages", [2, 3])
def test_permuted_labels_are_those_of_shuffled_words(n_languages):
    counts = random_counts(generator(3), n_words=60, n_clusters=6, n_languages=n_languages)

    found = permuted_counts(counts, 4000, generator(4))
    other = shuffled(counts, 4000, generator(5))

    np.testing.assert_allclose(found.mean(axis=0), other.mean(axis=0), atol=0.12)
    np.testing.assert_allclose(found.var(axis=0), other.var(axis=0), rtol=0.15)
    # The first language's words in one cluster are hypergeometric.
    law = stats.hypergeom(counts.sum(), counts[:, 0].sum(), counts[0].sum())
    assert found[:, 0, 0].mean() == pytest.approx(law.mean(), abs=0.12)
    assert found[:, 0, 0].var() == pytest.approx(law.var(), rel=0.15)


def test_the_same_seed_permutes_alike():
    counts = random_counts(generator(2))

    np.testing.assert_array_equal(
        permuted_counts(counts, 5, generator(7)), permuted_counts(counts, 5, generator(7))
    )
    other = permuted_counts(counts, 5, generator(8))
    assert (permuted_counts(counts, 5, generator(7)) != other).any()


def test_two_words_by_hand():
    # One word of each language in a cluster of two and an empty one: nothing can change. In
    # clusters of one word each they may change places.
    together = np.array([[1, 0], [1, 0]])
    apart = np.array([[1, 0], [0, 1]])

    assert (permuted_counts(together, 20, generator()) == together).all()
    found = permuted_counts(apart, 400, generator())
    same = (found == apart).all(axis=(1, 2))
    assert ((found == apart[::-1]).all(axis=(1, 2)) | same).all()
    assert same.mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("measure", ["colap", "mutual_information", "mix_entropy"])
def test_permuted_input_scores_inside_its_own_null(measure, definition):
    counts = random_counts(generator(6), n_words=400, n_clusters=50)
    scored = {
        "colap": lambda some: colap_of_counts(some, 0.3, definition),
        "mutual_information": mutual_information,
        "mix_entropy": remaining_entropy,
    }[measure]
    scores = scored(permuted_counts(counts, 500, generator(7)))

    p = np.array([null_of(float(x), scores).p for x in scored(shuffled(counts, 400, generator(8)))])

    # Scores tie, and ties count as at least as far: p is uniform or higher.
    assert np.mean(p <= 0.05) < 0.05 + 0.03
    assert np.mean(p <= 0.25) < 0.25 + 0.05
    assert 0.45 < p.mean() < 0.62
    assert null_of(float(scored(counts[None])[0]), scores).p < 0.01


def test_languages_apart_and_together_lie_on_both_sides_of_chance():
    apart = np.array([[10] * 20 + [0] * 20, [0] * 20 + [10] * 20])
    together = np.full((2, 40), 5)

    for counts, value in ((apart, 0.0), (together, 1.0)):
        scores = colap_of_counts(permuted_counts(counts, 200, generator()), 0.3, "published")
        assert colap_of_counts(counts[None], 0.3, "published").tolist() == [value]
        assert null_of(value, scores).p == 1 / 201


@pytest.mark.parametrize("shuffle", [shuffled, permuted_counts], ids=["one by one", "at once"])
def test_small_clusters_of_two_equal_languages_reach_two_thirds_by_chance(shuffle):
    # More than 30 % of 10 words are 4 to 6: (210 + 252 + 210) of 1024; of 8 words 3 to 5:
    # (56 + 70 + 56) of 256. Of clusters of about 7 words, as they come, it is 0.666.
    ten, eight = np.full((2, 400), 5), np.full((2, 400), 4)
    sizes = generator(9).poisson(7, size=2000)
    about_7 = np.stack([sizes // 2, sizes - sizes // 2])
    about_7[:, ::2] = about_7[::-1, ::2]

    for counts, expected in ((ten, 672 / 1024), (eight, 182 / 256), (about_7, 0.666)):
        found = colap_of_counts(shuffle(counts, 200, generator(10)), 0.3, "published")
        assert found.mean() == pytest.approx(expected, abs=0.015)


# --- whole word types permuted


def words_of(language, word_type, cluster, *, n_clusters):
    types = tuple(f"{language}{i}" for i in range(max(word_type) + 1))
    columns = (np.array(column, dtype=np.int32) for column in (word_type, cluster))
    return ClusteredWords(language, types, *columns, n_clusters)


def random_sides(random, *, n_types=40, n_clusters=8):
    """Words of two languages; each type has a cluster that most of its words are in."""
    for language in ("en", "de"):
        word_type = np.repeat(np.arange(n_types), random.integers(1, 9, size=n_types))
        own = random.integers(n_clusters, size=n_types)[word_type]
        anywhere = random.integers(n_clusters, size=len(own))
        cluster = np.where(random.random(len(own)) < 0.8, own, anywhere)
        yield words_of(language, word_type, cluster, n_clusters=n_clusters)


def test_the_labels_of_types_take_all_their_places_by_hand():
    # One word of each of four types in clusters of their own: each of the 6 ways to call two of
    # them English is as likely. The type of two words is alone in its band and cannot move.
    english = words_of("en", [0, 1, 2, 2], [0, 1, 4, 4], n_clusters=5)
    german = words_of("de", [0, 1], [2, 3], n_clusters=5)

    found = permuted_types((english, german), 6000, generator(1))

    places, times = np.unique(found[:, 0, :4], axis=0, return_counts=True)
    expected = [places for places in product((0, 1), repeat=4) if sum(places) == 2]
    assert places.tolist() == [list(one) for one in expected]
    np.testing.assert_allclose(times / 6000, 1 / 6, atol=0.02)
    assert (found[:, 0, 4] == 2).all()
    np.testing.assert_array_equal(found.sum(axis=1), [[1, 1, 1, 1, 2]] * 6000)


def test_a_spelling_of_two_languages_is_two_types_and_noise_takes_no_part():
    english = ClusteredWords("en", ("taxi",), *np.array([[0, 0], [0, -1]], dtype=np.int32), 2)
    german = ClusteredWords("de", ("taxi",), *np.array([[0], [1]], dtype=np.int32), 2)

    found = permuted_types((english, german), 200, generator(2))

    # Of English one word is left in a cluster: the two change places.
    assert set(map(tuple, found.reshape(200, 4).tolist())) == {(1, 0, 0, 1), (0, 1, 1, 0)}


@pytest.mark.parametrize("seed", [3, 4])
def test_each_language_keeps_its_types_of_each_frequency(seed):
    sides = list(random_sides(generator(seed)))

    found = permuted_types(sides, 100, generator(5))

    counts = np.stack([np.bincount(side.cluster, minlength=8) for side in sides])
    np.testing.assert_array_equal(found.sum(axis=1), np.tile(counts.sum(axis=0), (100, 1)))
    # A type has from 1 to 8 words; within a band one has less than twice as many as another.
    n_words = found.sum(axis=2)
    assert (n_words < 2 * counts.sum(axis=1)).all()
    assert (2 * n_words > counts.sum(axis=1)).all()
    assert n_words[:, 0].std() > 0


def test_each_band_keeps_its_words():
    # Clusters are the bands, so that the words of a band are counted in its cluster.
    sides = [
        replace(side, cluster=frequency_bands(side)[side.word_type].astype(np.int32))
        for side in random_sides(generator(6))
    ]

    found = permuted_types(sides, 100, generator(7))

    before = np.stack([np.bincount(side.cluster, minlength=8) for side in sides])
    np.testing.assert_array_equal(found.sum(axis=1), np.tile(before.sum(axis=0), (100, 1)))
    # Of one word and of eight: each type as many as any other, so that languages keep theirs.
    np.testing.assert_array_equal(found[:, :, [0, 3]], np.tile(before[:, [0, 3]], (100, 1, 1)))


def test_languages_drawn_by_type_score_as_their_null_does_and_not_as_that_of_words():
    # Types of 8 words that lie together: what language a type is of says nothing.
    random, p_types, p_words, relative = generator(8), [], [], []
    for _ in range(200):
        cluster = np.repeat(random.integers(30, size=120), 8)
        sides = [
            words_of(language, np.repeat(np.arange(60), 8), part, n_clusters=30)
            for language, part in zip(("en", "de"), np.split(cluster, 2), strict=True)
        ]
        counts = np.stack([np.bincount(side.cluster, minlength=30) for side in sides])
        value = float(colap_of(counts[None])[0])
        of_types = null_of(value, colap_of(permuted_types(sides, 99, random)))
        p_types.append(of_types.p)
        p_words.append(null_of(value, colap_of(permuted_counts(counts, 99, random))).p)
        relative.append(value / of_types.mean)

    # Scores tie, and ties count as at least as far: p is uniform or higher.
    assert np.mean(np.array(p_types) <= 0.05) < 0.05 + 0.03
    assert 0.45 < np.mean(p_types) < 0.62
    assert np.mean(relative) == pytest.approx(1, abs=0.05)
    # By single words chance is refuted nearly always.
    assert np.mean(np.array(p_words) <= 0.05) > 0.95


# --- scores of counts


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_colap_of_counts_is_colap_of_words(definition):
    random = generator(11)
    draws = np.stack([random_counts(random, n_words=60, n_clusters=15) for _ in range(20)])

    found = colap_of_counts(draws, 0.3, definition)

    clusters = np.arange(15, dtype=np.int32)
    for counts, score in zip(draws, found, strict=True):
        sides = (np.repeat(clusters, counts[0]), np.repeat(clusters, counts[1]))
        plain = colap(*sides, n_clusters=15, share=0.3, definition=definition)
        assert score == plain.n_overlapping / plain.n_clusters


def test_a_draw_without_words_is_refused():
    draws = np.array([[[1, 0], [1, 0]], [[0, 0], [0, 0]]])

    with pytest.raises(ValueError, match="a draw has no words: COLAP needs clusters with words"):
        colap_of_counts(draws, 0.3, "published")


@pytest.mark.parametrize("n_languages", [2, 3, 5])
def test_mutual_information_is_scikit_learns(n_languages):
    random = generator(12)
    language, cluster = random.integers(n_languages, size=80), random.integers(9, size=80)
    counts = counts_of(language, cluster, n_languages=n_languages)

    found = mutual_information(counts[None])

    entropy = stats.entropy(np.bincount(language))
    assert found == pytest.approx([mutual_info_score(language, cluster) / entropy])


def test_mutual_information_by_hand():
    apart = [[4, 0, 2], [0, 3, 0]]
    even = [[4, 2, 0], [2, 1, 0]]
    half = [[2, 1, 1], [0, 1, 1]]

    found = mutual_information(np.array([apart, even]))

    assert found == pytest.approx([1, 0], abs=1e-12)
    assert (found >= 0).all()
    # 4 of 6 words stand where languages are even (1 bit), 2 where there is one.
    languages = stats.entropy([4, 2], base=2)
    assert mutual_information(np.array([half])) == pytest.approx([1 - 4 / 6 / languages])


def test_mutual_information_needs_two_languages():
    draws = np.array([[[1, 2], [3, 0]], [[1, 2], [0, 0]]])

    with pytest.raises(ValueError, match="a draw has words of one language only"):
        mutual_information(draws)


def test_remaining_entropy_by_hand():
    # Clusters: even of 4 words (1 bit), one language (0), 3 to 1 (0.8113 bits), no word.
    counts = np.array([[[2, 6, 3, 0], [2, 0, 1, 0]]])

    bits = remaining_entropy(counts) / np.log(2)

    assert bits == pytest.approx([(4 * 1 + 4 * 0.8112781) / 14])


def test_remaining_entropy_of_three_languages_by_hand():
    counts = np.array([[[1, 2], [1, 2], [1, 0]]])

    assert remaining_entropy(counts) == pytest.approx([(3 * np.log(3) + 4 * np.log(2)) / 7])


# --- what could be reached


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3, 1 / 3, 0.4, 0.5, 0.6])
def test_what_can_be_reached_is_the_best_of_all_labels(definition, share):
    random = generator(13)
    for _ in range(12):
        sizes = random.integers(0, 6, size=4)
        sizes[0] += 1
        n_source = int(random.integers(0, sizes.sum() + 1))
        splits = product(*(range(size + 1) for size in sizes))
        every = np.array([split for split in splits if sum(split) == n_source])
        counts = np.stack([every, sizes - every], axis=1)

        best = colap_of_counts(counts, share, definition).max()

        assert attainable(counts[0], share, definition) == best


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("share", [0.07, 0.28, 0.29, 0.3, 0.1 + 0.2])
def test_what_can_be_reached_is_exact_at_ties_of_large_clusters(definition, share):
    every = np.arange(1, 51)
    counts = np.stack([every, 100 - every])[:, None]
    least = next(
        int(few)
        for few in every
        if colap_of_counts(counts[None, :, :, few - 1], share, definition)[0]
    )

    # Just enough of the rarer language for two clusters of 100 words, and one word less.
    for spare, expected in ((0, 1.0), (1, 0.5)):
        rare = 2 * least - spare
        two = np.array([[rare, 0], [100 - rare, 100]])
        assert attainable(two, share, definition) == expected


def test_many_words_of_both_can_share_all_clusters():
    # The rarer language has 9 words, just the 3 that each cluster needs.
    assert attainable(np.array([[8, 0, 8], [0, 9, 0]]), 0.3, "published") == 1
    # One word of the rarer language: one cluster of two words can be shared, of three clusters.
    assert attainable(np.array([[1, 0, 0], [1, 6, 6]]), 0.3, "published") == 1 / 3


# --- samples of sentences


def test_sampled_words_by_hand():
    cluster = np.array([0, 2, 2, 1], dtype=np.int32)
    sentence = np.array([0, 0, 1, 3], dtype=np.int32)
    draws = np.array([[1, 1, 1, 1], [2, 0, 2, 0], [0, 3, 0, 1]])

    found = resampled_counts(cluster, sentence, draws, n_clusters=4)

    assert found.tolist() == [[1, 1, 2, 0], [2, 0, 2, 0], [0, 1, 3, 0]]


def test_sampled_words_are_those_of_the_sentences_copied_out():
    random = generator(14)
    cluster = random.integers(7, size=90).astype(np.int32)
    sentence = random.integers(12, size=90).astype(np.int32)
    draws = random.integers(4, size=(20, 12))

    found = resampled_counts(cluster, sentence, draws, n_clusters=7)

    for drawn, counts in zip(draws, found, strict=True):
        copied = np.repeat(cluster, drawn[sentence])
        np.testing.assert_array_equal(counts, np.bincount(copied, minlength=7))


def test_a_sentence_that_is_not_drawn_from_is_refused():
    words = np.array([0, 5], dtype=np.int32)

    with pytest.raises(
        ValueError, match="a word stands in sentence 5, the draws are of sentences 0 to 4"
    ):
        resampled_counts(words, words, np.ones((2, 5), dtype=np.int64), n_clusters=6)


def colap_of(counts):
    return colap_of_counts(counts, 0.3, "published")


def simulated_sentences(random, own, *, n_sentences, n_words=8):
    """Clusters of words: of a sentence's topic, in both languages, or of what a language likes."""
    topic = random.integers(own.shape[1], size=n_sentences)
    for liked in own:
        cluster = random.choice(len(liked), p=liked, size=(n_sentences, n_words))
        of_topic = random.random((n_sentences, n_words)) < 0.4
        yield np.where(of_topic, topic[:, None], cluster).ravel().astype(np.int32)


@pytest.mark.parametrize("measure", [colap_of, mutual_information], ids=["colap", "twin"])
def test_intervals_cover_the_truth_on_simulated_clusters(measure):
    random, n_clusters, n_sentences, n_draws = generator(15), 40, 150, 100
    own = random.dirichlet(np.ones(n_clusters), size=2)
    sentence = np.repeat(np.arange(n_sentences, dtype=np.int32), 8)
    found = []
    for study in range(200):
        sides = list(simulated_sentences(random, own, n_sentences=n_sentences))
        draws = draw_sentences(n_sentences, Options(1, n_draws, study))
        # The first is the sentences themselves.
        draws = np.concatenate([np.ones((1, n_sentences), dtype=np.int64), draws])
        counts = [resampled_counts(side, sentence, draws, n_clusters=n_clusters) for side in sides]
        value, *drawn = measure(np.stack(counts, axis=1)).tolist()
        variance, freedom = within_variance(np.array(drawn), np.zeros(n_draws, dtype=np.int64))
        found.append((value, *interval(value, [(variance, float(freedom))])))

    values, low, high = np.array(found).T
    # The truth is what samples of sentences score on average.
    assert 0.88 < np.mean((low <= values.mean()) & (values.mean() <= high)) < 0.99
