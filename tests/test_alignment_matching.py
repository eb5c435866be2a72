from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.sparse import csr_array

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.scoring.calign import align_clusters
from polyconcept.scoring.matching import match_one_to_one, two_way

RULE = CalignRule("corrected", n=5, match=0.5, size_ratio=0.5, min_types=1)
RULES = (RULE, replace(RULE, definition="published"))


def clustered(language, *clusters):
    """Clusters as lists of words."""
    words = [(word, i) for i, cluster in enumerate(clusters) for word in cluster.split()]
    types = tuple(dict.fromkeys(word for word, _ in words))
    return ClusteredWords(
        language,
        types,
        np.array([types.index(word) for word, _ in words], dtype=np.int32),
        np.array([i for _, i in words], dtype=np.int32),
        len(clusters),
    )


def upper(source, target):
    """Each word translates into itself in capitals."""
    cells = [[word.upper() == other for other in target.types] for word in source.types]
    return csr_array(np.array(cells, dtype=np.int32))


def random_words(random, language, *, n_clusters, n_words=24, n_types=12):
    return ClusteredWords(
        language,
        tuple(f"{language}{i}" for i in range(n_types)),
        random.integers(n_types, size=n_words).astype(np.int32),
        random.integers(n_clusters, size=n_words).astype(np.int32),
        n_clusters,
    )


def random_pair(seed):
    random = np.random.default_rng(seed)
    n_source, n_target = random.integers(2, 6, size=2)
    source = random_words(random, "en", n_clusters=int(n_source))
    target = random_words(random, "de", n_clusters=int(n_target))
    ones = random.random((12, 12)) < random.choice([0.03, 0.1, 0.3])
    return source, target, csr_array(ones.astype(np.int32))


def types_in(words, cluster):
    return set(words.word_type[words.cluster == cluster].tolist())


def fraction_by_sets(source, target, table, rule, one, other):
    """Matched fraction of two clusters, as docs/METRICS.md has it; 0 where sizes do not fit."""
    here, there = types_in(source, one), types_in(target, other)
    if not (here and there):
        return 0.0
    ratio = len(here) / len(there)
    fits = ratio > rule.size_ratio
    if rule.definition == "corrected":
        fits = min(ratio, 1 / ratio) >= rule.size_ratio
    dense = table.toarray()
    matched = sum(any(dense[i, j] for j in there) for i in here)
    return matched / len(here) if fits else 0.0


def best_sum(fractions):
    """The greatest sum of a matching, by trying all."""
    n_source, n_target = fractions.shape
    if n_source > n_target:
        return best_sum(fractions.T)
    return max(
        sum(fractions[i, j] for i, j in enumerate(order))
        for order in permutations(range(n_target), n_source)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.definition)
def test_the_matching_is_the_best_of_all(rule):
    found_any = 0
    for seed in range(60):
        source, target, table = random_pair(seed)
        fractions = np.array(
            [
                [
                    fraction_by_sets(source, target, table, rule, i, j)
                    for j in range(target.n_clusters)
                ]
                for i in range(source.n_clusters)
            ]
        )

        found = match_one_to_one(source, target, table, rule)

        assert found.fraction.sum() == pytest.approx(best_sum(fractions))
        # Each has a partner of its own with just that fraction.
        for i, fraction in enumerate(found.fraction):
            assert fraction == 0 or fraction in fractions[i]
        found_any += found.aligned.any()
    assert found_any > 20


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.definition)
def test_one_to_one_and_two_way_never_align_more_than_many_to_many(rule):
    fewer = 0
    for seed in range(100):
        source, target, table = random_pair(seed)
        plain = align_clusters(source, target, table, rule)
        aligned = np.isin(np.arange(source.n_clusters), plain.pair_source)
        back = align_clusters(target, source, csr_array(table.T), rule)

        matched = match_one_to_one(source, target, table, rule).aligned
        both = two_way(plain, back)

        assert not (matched & ~aligned).any()
        assert not (both & ~aligned).any()
        fewer += matched.sum() < aligned.sum()
    assert fewer > 5


def test_two_source_clusters_share_one_target_cluster_by_hand():
    source = clustered("en", "a b c", "d e f", "g h")
    target = clustered("de", "A B C D E", "G X")
    loose = replace(RULE, match=0.6, size_ratio=0.4)
    table = upper(source, target)
    assert align_clusters(source, target, table, loose).n_aligned == 2

    found = match_one_to_one(source, target, table, loose)

    # 3 of 3 beats 2 of 3 for the first target; G is 1 of 2, below 0.6 and yet a partner.
    assert found.fraction.tolist() == [1, 0, 0.5]
    assert found.aligned.tolist() == [True, False, False]


def test_the_greatest_sum_may_take_a_cluster_s_second_best():
    source = clustered("en", "a b c d", "e f g h")
    # "a b c d" matches 3 here and 2 there; "e f g h" matches 2 here and none there.
    target = clustered("de", "A B C E F", "A B X Y")
    table = upper(source, target)

    found = match_one_to_one(source, target, table, RULE)

    # 2 + 2 beats 3 + 0.
    assert found.fraction.tolist() == [0.5, 0.5]
    assert found.aligned.tolist() == [True, True]


def test_sizes_that_do_not_fit_take_no_part():
    source, target = clustered("en", "a b"), clustered("de", "A B C D E")
    table = upper(source, target)

    assert match_one_to_one(source, target, table, RULE).fraction.tolist() == [0]
    assert match_one_to_one(
        source, target, table, replace(RULE, size_ratio=0.4)
    ).fraction.tolist() == [1]


def test_a_cluster_without_words_has_no_partner():
    source = clustered("en", "a b", "", "c d")
    target = clustered("de", "", "C D", "A B", "")

    found = match_one_to_one(source, target, upper(source, target), RULE)

    assert found.fraction.tolist() == [1, 0, 1]
    assert found.aligned.tolist() == [True, False, True]


def test_a_match_of_0_needs_a_matched_type():
    source, target = clustered("en", "a b"), clustered("de", "C D")

    found = match_one_to_one(source, target, upper(source, target), replace(RULE, match=0.0))

    assert found.aligned.tolist() == [False]


def test_a_small_cluster_is_matched_and_not_aligned():
    source, target = clustered("en", "a"), clustered("de", "A")

    found = match_one_to_one(source, target, upper(source, target), RULE)

    assert (found.fraction.tolist(), found.aligned.tolist()) == ([1], [False])


def test_the_same_clusters_match_themselves_whatever_their_numbers():
    random = np.random.default_rng(3)
    source = random_words(random, "en", n_clusters=5)
    renumbered = replace(
        source, language="de", cluster=random.permutation(5).astype(np.int32)[source.cluster]
    )
    table = csr_array(np.eye(12, dtype=np.int32))

    assert match_one_to_one(source, renumbered, table, RULE).fraction.tolist() == [1] * 5


def test_two_way_by_hand():
    source = clustered("en", "a b c d", "e f", "g h")
    target = clustered("de", "A B X Y Z W", "E F", "P Q")
    there = csr_array(upper(source, target))
    rule = replace(RULE, size_ratio=0.1)

    # Forward: "a b c d" reaches 2 of 4, "e f" 2 of 2. Back: of six only A and B are known.
    forward = align_clusters(source, target, there, rule)
    backward = align_clusters(target, source, csr_array(there.T), rule)

    assert np.unique(forward.pair_source).tolist() == [0, 1]
    assert two_way(forward, backward).tolist() == [False, True, False]
    assert two_way(backward, forward).tolist() == [False, True, False]


def test_both_must_align_to_each_other_not_to_anyone():
    source = clustered("en", "a b", "c d")
    target = clustered("de", "A B", "C D")
    back_to_front = csr_array(upper(source, target).toarray()[::-1, :].T)

    forward = align_clusters(source, target, upper(source, target), RULE)
    backward = align_clusters(target, source, back_to_front, RULE)

    # Each target cluster aligns, but to the other source cluster.
    assert (forward.n_aligned, backward.n_aligned) == (2, 2)
    assert two_way(forward, backward).tolist() == [False, False]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.definition)
def test_two_way_is_symmetric(rule):
    for seed in range(50):
        source, target, table = random_pair(seed)
        forward = align_clusters(source, target, table, rule)
        backward = align_clusters(target, source, csr_array(table.T), rule)
        there = set(zip(forward.pair_source.tolist(), forward.pair_target.tolist(), strict=True))
        back = set(zip(backward.pair_target.tolist(), backward.pair_source.tolist(), strict=True))

        assert set(np.flatnonzero(two_way(forward, backward))) == {i for i, _ in there & back}
        assert set(np.flatnonzero(two_way(backward, forward))) == {j for _, j in there & back}


def test_two_way_of_other_languages_is_refused():
    source, target = clustered("en", "a b"), clustered("de", "A B")
    forward = align_clusters(source, target, upper(source, target), RULE)

    with pytest.raises(
        ValueError, match="alignments en->de and en->de: expected the second to be the way back"
    ):
        two_way(forward, forward)
