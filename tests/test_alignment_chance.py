from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.records.text import Dictionary
from polyconcept.records.variance import interval, within_variance
from polyconcept.scoring.calign import align_clusters, translation_table
from polyconcept.scoring.calign_chance import permuted_counts, resampled_counts
from polyconcept.scoring.statistics import (
    Options,
    draw_sentences,
    frequency_bands,
    null_of,
    thresholds,
)

RULE = CalignRule("corrected", n=5, match=0.5, size_ratio=0.5, min_types=1)
RULES = (RULE, replace(RULE, definition="published"))


def words_of(language, *clusters):
    """Clusters as lists of words with their sentences, such as ``dog1``."""
    words = [(word, i) for i, cluster in enumerate(clusters) for word in cluster.split()]
    spellings = [word.rstrip("0123456789") for word, _ in words]
    types = tuple(dict.fromkeys(spellings))
    return ClusteredWords(
        language,
        types,
        np.array([types.index(spelling) for spelling in spellings], dtype=np.int32),
        np.array([cluster for _, cluster in words], dtype=np.int32),
        len(clusters),
        np.array([int(word[len(word.rstrip("0123456789")) :]) for word, _ in words], np.int32),
    )


def random_words(random, language="en", *, n_words=120, n_types=40, n_clusters=8, n_sentences=15):
    # A few types are frequent, as in a text; some never stand there.
    weights = 1 / np.arange(4, n_types + 4)
    return ClusteredWords(
        language,
        tuple(f"{language}{i}" for i in range(n_types)),
        random.choice(n_types, size=n_words, p=weights / weights.sum()).astype(np.int32),
        random.integers(n_clusters, size=n_words).astype(np.int32),
        n_clusters,
        random.integers(n_sentences, size=n_words).astype(np.int32),
    )


def random_table(random, source, target, density=0.04):
    ones = random.random((len(source.types), len(target.types))) < density
    return csr_array(ones.astype(np.int32))


def identity(words):
    return csr_array(eye_array(len(words.types), dtype=np.int32))


def plain(source, target, table, rule):
    found = align_clusters(source, target, table, rule)
    return [found.n_aligned, found.n_clusters, found.n_large]


def generator(seed):
    return np.random.default_rng(seed)


def permuted(source, target, table, rule, *, n=200, seed=1):
    random = np.random.default_rng(seed)
    options = {"bands": frequency_bands(target), "n_permutations": n, "rng": random}
    return permuted_counts(source, target, table, rule, **options)


# --- samples of sentences


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(5))
def test_all_sentences_drawn_once_give_the_plain_counts(rule, seed):
    random = np.random.default_rng(seed)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)

    # As many samples as fill more than one block of them.
    counts = resampled_counts(source, target, table, rule, np.ones((20, 15), dtype=np.int64))

    assert counts.tolist() == [plain(source, target, table, rule)] * 20


@pytest.mark.parametrize("rule", RULES)
def test_a_sample_counts_as_its_words_alone(rule):
    random = np.random.default_rng(3)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)
    draws = np.stack([np.bincount(random.integers(15, size=15), minlength=15) for _ in range(40)])

    counts = resampled_counts(source, target, table, rule, draws)

    for drawn, found in zip(draws, counts.tolist(), strict=True):
        kept = [
            replace(words, **{name: getattr(words, name)[drawn[words.sentence] > 0] for name in c})
            for words in (source, target)
            for c in [("word_type", "cluster", "sentence")]
        ]
        assert found == plain(*kept, table, rule)
    assert len(set(counts[:, 0].tolist())) > 1


def test_a_sample_that_loses_types_by_hand():
    source = words_of("en", "dog0 cat1 cow1", "red0 blue2")
    target = words_of("de", "hund0 katze1 kuh1", "rot0 blau2")
    table = identity(source)
    assert plain(source, target, table, RULE) == [2, 2, 2]

    draws = np.array([[3, 0, 0], [0, 2, 1], [0, 3, 0], [1, 1, 1]])
    counts = resampled_counts(source, target, table, RULE, draws)

    # Of sentence 0 alone each cluster has one type left: it has words and is not large. Without
    # it the colours have only blue; of sentence 1 alone they have no word.
    assert counts.tolist() == [[0, 2, 0], [1, 2, 1], [1, 1, 1], [2, 2, 2]]


def test_a_sample_loses_the_translation_with_its_word():
    source = words_of("en", "dog0 cat0")
    target = words_of("de", "hund0 katze1")
    strict = replace(RULE, match=1.0, size_ratio=0.0)

    counts = resampled_counts(source, target, identity(source), strict, np.array([[2, 0], [1, 1]]))

    assert counts.tolist() == [[0, 1, 1], [1, 1, 1]]


def test_how_often_a_sentence_is_drawn_does_not_matter():
    random = np.random.default_rng(8)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)
    draws = random.integers(3, size=(10, 15))

    found = resampled_counts(source, target, table, RULE, draws)

    np.testing.assert_array_equal(
        found, resampled_counts(source, target, table, RULE, np.minimum(draws, 1))
    )


def test_words_that_cannot_be_drawn_are_refused():
    source, target = words_of("en", "dog0 cat3"), words_of("de", "hund0 katze0")
    bare = replace(target, sentence=None)
    draws = np.ones((2, 3), dtype=np.int64)

    with pytest.raises(ValueError, match=r"en: a word stands in sentence 3, .* sentences 0 to 2"):
        resampled_counts(source, target, identity(source), RULE, draws)
    with pytest.raises(ValueError, match="de: words without sentences cannot be resampled"):
        resampled_counts(target, bare, identity(target), RULE, draws)


def test_intervals_cover_the_truth_on_simulated_clusters():
    random, n_types, n_clusters, n_sentences, n_draws = np.random.default_rng(1), 240, 30, 50, 100
    # Types keep their clusters; of the translations' clusters a quarter are any.
    cluster = random.integers(n_clusters, size=n_types)
    others = random.integers(n_clusters, size=n_types)
    clusters = cluster, np.where(random.random(n_types) < 0.75, cluster, others)
    weights = random.permutation(1 / np.arange(5, n_types + 5))
    sentence = np.repeat(np.arange(n_sentences, dtype=np.int32), 8)
    rule = CalignRule("corrected", n=5, match=0.6, size_ratio=0.5, min_types=2)
    found = []
    for study in range(150):
        drawn = random.choice(n_types, p=weights / weights.sum(), size=(2, len(sentence)))
        # Most words of a translated sentence are translations.
        translated = np.where(random.random(len(sentence)) < 0.7, drawn[0], drawn[1])
        source, target = (
            ClusteredWords(
                language,
                tuple(f"{language}{i}" for i in range(n_types)),
                types.astype(np.int32),
                of_type[types].astype(np.int32),
                n_clusters,
                sentence,
            )
            for language, types, of_type in zip(
                ("en", "de"), (drawn[0], translated), clusters, strict=True
            )
        )
        hit, total, _ = plain(source, target, identity(source), rule)
        draws = draw_sentences(n_sentences, Options(1, n_draws, study))
        counts = resampled_counts(source, target, identity(source), rule, draws)
        seeds = np.zeros(n_draws, dtype=np.int64)
        variance, freedom = within_variance(counts[:, 0] / counts[:, 1], seeds)
        found.append((hit / total, *interval(hit / total, [(variance, float(freedom))])))

    values, low, high = np.array(found).T
    # The truth is what samples of sentences score on average.
    assert 0.88 < np.mean((low <= values.mean()) & (values.mean() <= high)) <= 1
    assert 0.5 < np.mean(high - low) / (2 * 1.98 * values.std()) < 1.5


# --- many thresholds at once


@pytest.mark.parametrize("rule", RULES)
def test_draws_at_many_thresholds_are_those_at_each(rule):
    random = np.random.default_rng(5)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)
    draws = np.stack([np.bincount(random.integers(15, size=15), minlength=15) for _ in range(30)])

    of_nulls, of_samples = (
        permuted_counts(
            source,
            target,
            table,
            rule,
            bands=frequency_bands(target),
            n_permutations=30,
            rng=generator(1),
            matches=thresholds(),
        ),
        resampled_counts(source, target, table, rule, draws, thresholds()),
    )

    for place, match in enumerate(thresholds()):
        one = replace(rule, match=match)
        columns = [place, -2, -1]
        np.testing.assert_array_equal(
            of_nulls[:, columns], permuted(source, target, table, one, n=30)
        )
        np.testing.assert_array_equal(
            of_samples[:, columns], resampled_counts(source, target, table, one, draws)
        )
    # The control: the threshold matters.
    assert len(set(of_samples[:, :21].sum(axis=0).tolist())) > 3


# --- permuted dictionaries


def test_bands_double_their_counts():
    words = words_of("en", "a0 " + "b0 " * 2 + "c0 " * 3 + "d0 " * 4, "d0 " * 3 + "e0 " * 8)
    words = replace(words, types=(*words.types, "never"))

    assert frequency_bands(words).tolist() == [0, 1, 1, 2, 3, -1]


def test_no_logarithm_a_bit_too_small_moves_a_word_to_another_band(monkeypatch):
    words = words_of("en", "a0 " * 8, "b0 " * 7)
    log2 = np.log2
    monkeypatch.setattr(np, "log2", lambda x: np.nextafter(log2(x), 0))

    assert frequency_bands(words).tolist() == [3, 2]


def test_targets_move_only_inside_their_band():
    # One source cluster of one type, and target clusters of exactly one type fit it: C and D, of
    # 2 and 3 words, and one of the three types with one word.
    source = words_of("en", "a0")
    target = words_of("de", "A0", "E0 F0", "C0 C1", "D0 D1 D2")
    assert frequency_bands(target).tolist() == [0, 0, 0, 1, 1]
    rule = replace(RULE, min_types=0, size_ratio=1.0)

    shares = []
    for given in range(5):
        table = csr_array(np.eye(5, dtype=np.int32)[[given]])
        shares.append(permuted(source, target, table, rule, n=900)[:, 0].mean())

    np.testing.assert_allclose(shares[:3], 1 / 3, atol=0.05)
    assert shares[3:] == [1, 1]


def test_two_translations_of_a_word_stay_two():
    source, target = words_of("en", "a0"), words_of("de", "A0 B0", "C0")
    table = csr_array(np.array([[1, 1, 0]], dtype=np.int32))
    one_type = replace(RULE, min_types=0, size_ratio=1.0)

    # Aligned where one of the two is C, never where both would be the same.
    found = permuted(source, target, table, one_type, n=900)[:, 0].mean()

    assert found == pytest.approx(2 / 3, abs=0.05)


def shuffled_inside_bands(table, target, random):
    """A permuted dictionary, made the long way."""
    bands = frequency_bands(target)
    place = np.arange(len(bands))
    for band in np.unique(bands):
        here = np.flatnonzero(bands == band)
        place[here] = random.permutation(here)
    return csr_array(table.toarray()[:, place])


@pytest.mark.parametrize("rule", RULES)
def test_the_null_is_that_of_dictionaries_permuted_the_long_way(rule):
    random = np.random.default_rng(4)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)

    found = permuted(source, target, table, rule, n=600)[:, 0]
    other = np.array(
        [
            plain(source, target, shuffled_inside_bands(table, target, random), rule)[0]
            for _ in range(600)
        ]
    )

    error = np.sqrt((found.var() + other.var()) / 600)
    assert found.var() > 0
    assert abs(found.mean() - other.mean()) < 3.5 * error
    assert found.std() == pytest.approx(other.std(), rel=0.15)


def test_a_permuted_dictionary_scores_inside_its_own_null():
    random = np.random.default_rng(6)
    source = random_words(random, n_words=600, n_types=150, n_clusters=30)
    target = random_words(random, "de", n_words=600, n_types=150, n_clusters=30)
    table = random_table(random, source, target, density=0.02)
    counts = permuted(source, target, table, RULE, n=400)
    scores = counts[:, 0] / counts[:, 1]
    assert len(np.unique(scores)) > 5

    p = np.array(
        [
            null_of(
                plain(source, target, shuffled_inside_bands(table, target, random), RULE)[0] / 30,
                scores,
            ).p
            for _ in range(300)
        ]
    )

    # Scores tie, and ties count as at least as far: p is uniform or higher.
    assert np.mean(p <= 0.05) < 0.05 + 0.03
    assert np.mean(p <= 0.25) < 0.25 + 0.06
    assert 0.45 < p.mean() < 0.7


def test_a_perfect_dictionary_scores_1_and_far_above_its_null():
    random = np.random.default_rng(7)
    source = random_words(random, n_words=300, n_types=200, n_clusters=20)
    target = replace(source, language="de")

    counts = permuted(source, target, identity(source), RULE)

    assert plain(source, target, identity(source), RULE) == [20, 20, 20]
    assert (counts[:, 1:] == 20).all()
    null = null_of(1.0, counts[:, 0] / counts[:, 1])
    assert null.high < 0.5
    assert null.p == 1 / 201


def test_a_permutation_of_a_perfect_dictionary_keeps_the_frequent_words():
    # One type of each band: nothing can move.
    source = words_of("en", "a0 b0 b0", "c0 c0 c0 c0 " + "d0 " * 8)

    counts = permuted(source, replace(source, language="de"), identity(source), RULE, n=10)

    assert counts.tolist() == [[2, 2, 2]] * 10


def test_the_same_seed_permutes_alike_and_another_otherwise():
    random = np.random.default_rng(4)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)

    found = permuted(source, target, table, RULE)

    np.testing.assert_array_equal(found, permuted(source, target, table, RULE))
    assert (found != permuted(source, target, table, RULE, seed=2)).any()


def test_no_large_cluster_and_no_translation_score_nothing():
    source, target = words_of("en", "dog0", "cat1"), words_of("de", "hund0", "katze1")
    strict = replace(RULE, min_types=5)
    empty = csr_array((2, 2), dtype=np.int32)
    draws = np.ones((1, 2), dtype=np.int64)

    assert permuted(source, target, identity(source), strict, n=3).tolist() == [[0, 2, 0]] * 3
    assert resampled_counts(source, target, identity(source), strict, draws).tolist() == [[0, 2, 0]]
    loose = replace(RULE, min_types=0)
    assert permuted(source, target, empty, loose, n=3).tolist() == [[0, 2, 2]] * 3
    assert resampled_counts(source, target, empty, loose, draws).tolist() == [[0, 2, 2]]


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_words_does_not_matter(rule):
    random = np.random.default_rng(9)
    source, target = random_words(random), random_words(random, "de")
    table = random_table(random, source, target)
    draws = random.integers(2, size=(30, 15))

    def mixed(words):
        order = random.permutation(len(words.cluster))
        columns = ("word_type", "cluster", "sentence")
        return replace(words, **{name: getattr(words, name)[order] for name in columns})

    other = mixed(source), mixed(target)

    np.testing.assert_array_equal(
        permuted(source, target, table, rule), permuted(*other, table, rule)
    )
    np.testing.assert_array_equal(
        resampled_counts(source, target, table, rule, draws),
        resampled_counts(*other, table, rule, draws),
    )


def test_a_dictionary_s_table_can_be_permuted():
    source, target = words_of("en", "dog0 cat0"), words_of("de", "hund0 katze0")
    entries = Dictionary(
        "en", "de", ("dog", "cat"), ("hund", "katze"), np.ones(2), np.ones(2, dtype=np.int64)
    )
    table = translation_table(entries, source.types, target.types, n=1)

    # Both types of the one target cluster are alike frequent: they change places in it.
    assert permuted(source, target, table, RULE, n=4).tolist() == [[1, 1, 1]] * 4
