import json
import logging
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconcept.interop.clusters import read_clusters
from polyconcept.interop.dictionary import read_dictionary
from polyconcept.records.concepts import AlignedConcepts, ClusteredWords, ConceptExample
from polyconcept.records.examples import OverlapExample
from polyconcept.records.scores import CalignRule, ClusterAlignment, Score, ScoreKey
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import align_clusters, aligned_at, calign, translation_table
from polyconcept.scoring.calign_measure import calign_scores
from polyconcept.scoring.colap import colap
from polyconcept.scoring.examples import aligned_examples, overlap_examples

GOLDEN = Path(__file__).parents[1] / ".." / "shared" / "golden" / "alignment"
RULE = CalignRule("published", n=10, match=0.5, size_ratio=0.6, min_types=2)
KEY = ScoreKey("mbert", "base", "encoder", "pud", "en", "de", layer=12, seed=212)


def clustered(language: str, *clusters: str) -> ClusteredWords:
    """Clusters as lists of words; two words make a sentence."""
    words = [(word, i) for i, cluster in enumerate(clusters) for word in cluster.split()]
    types = tuple(dict.fromkeys(word for word, _ in words))
    return ClusteredWords(
        language,
        types,
        np.array([types.index(word) for word, _ in words], dtype=np.int32),
        np.array([i for _, i in words], dtype=np.int32),
        len(clusters),
        np.arange(len(words), dtype=np.int32) // 2,
    )


def dictionary(*entries: tuple[str, str]) -> Dictionary:
    return Dictionary(
        "en",
        "de",
        tuple(word for word, _ in entries),
        tuple(translation for _, translation in entries),
        np.ones(len(entries)),
        np.ones(len(entries), dtype=np.int64),
    )


def upper(words: str) -> Dictionary:
    """Each word translates into itself in capitals."""
    return dictionary(*((word, word.upper()) for word in words.split()))


def pairs(alignment: ClusterAlignment) -> list[tuple[int, int, int]]:
    columns = (alignment.pair_source, alignment.pair_target, alignment.pair_matched)
    return list(zip(*(column.tolist() for column in columns), strict=True))


# A small example worked out by hand.
SOURCE = clustered("en", "king queen prince crown king", "red green blue", "run walk")
TARGET = clustered("de", "KÖNIG KÖNIGIN PRINZ", "ROT GRÜN KRONE HUT HAUS", "LAUFEN GEHEN")
EXAMPLE = dictionary(
    ("king", "MONARCH"),
    ("king", "KÖNIG"),
    ("queen", "KÖNIGIN"),
    ("prince", "PRINZ"),
    ("crown", "KRONE"),
    ("red", "ROT"),
    ("green", "GRÜN"),
    ("blue", "BLAU"),
    ("run", "LAUFEN"),
    ("walk", "GEHEN"),
)


def test_worked_example_published():
    alignment = calign(SOURCE, TARGET, EXAMPLE, RULE)

    # Royalty: 3 of 4 > 0.5, 4 > 2 types, 4/3 > 0.6. Colours: 2 of 3, but 3/5 > 0.6 is false.
    # Motion: 2 of 2, but 2 > 2 is false; so it counts among all clusters and not the large ones.
    assert pairs(alignment) == [(0, 0, 3)]
    assert alignment.n_types.tolist() == [4, 3, 2]
    assert alignment.n_target_types.tolist() == [3, 5, 2]
    assert alignment.best_target.tolist() == [0, -1, 2]
    assert alignment.n_matched.tolist() == [3, 0, 2]
    assert alignment.n_targets.tolist() == [1, 0, 0]
    assert (alignment.n_aligned, alignment.n_clusters, alignment.n_large) == (1, 3, 2)
    assert (alignment.source, alignment.target, alignment.rule) == ("en", "de", RULE)


def test_worked_example_corrected_lets_the_exact_size_ratio_pass():
    alignment = calign(SOURCE, TARGET, EXAMPLE, replace(RULE, definition="corrected"))

    assert pairs(alignment) == [(0, 0, 3), (1, 1, 2)]
    assert alignment.best_target.tolist() == [0, 1, 2]
    assert (alignment.n_aligned, alignment.n_clusters, alignment.n_large) == (2, 3, 2)


def test_worked_example_with_the_best_translation_only():
    alignment = calign(SOURCE, TARGET, EXAMPLE, replace(RULE, n=1))

    # "king" is left with MONARCH, which no cluster holds: 2 of 4 > 0.5 is false.
    assert pairs(alignment) == []
    assert alignment.n_matched.tolist() == [2, 0, 2]


def test_worked_example_as_rows_of_the_score_table():
    rows = calign_scores(calign(SOURCE, TARGET, EXAMPLE, RULE), KEY)

    common = {"metric": "calign", "definition": "published", **asdict(KEY)}
    assert rows == [
        Score(over="all", n_hit=1, n_total=3, value=1 / 3, **common),
        Score(over="large", n_hit=1, n_total=2, value=1 / 2, **common),
    ]


def test_no_large_cluster_gives_no_row_over_large_ones_and_a_warning(caplog):
    alignment = calign(SOURCE, TARGET, EXAMPLE, replace(RULE, min_types=4))

    with caplog.at_level(logging.WARNING):
        rows = calign_scores(alignment, KEY)

    assert [(row.over, row.value) for row in rows] == [("all", 0.0)]
    assert "no cluster has more than 4 types" in caplog.text


def test_scores_refuse_a_key_of_other_languages():
    alignment = calign(SOURCE, TARGET, EXAMPLE, RULE)

    with pytest.raises(ValueError, match="key says de->en: expected en->de"):
        calign_scores(alignment, replace(KEY, source="de", target="en"))


def test_examples_are_the_best_pairs_whole_by_frequency_with_matches_of_both_sides():
    found = aligned_examples(
        calign(SOURCE, TARGET, EXAMPLE, replace(RULE, definition="corrected")),
        SOURCE,
        TARGET,
        EXAMPLE,
        layer=12,
        n_examples=5,
    )

    # By hand: MONARCH is in another cluster, blue's BLAU in none.
    assert found == AlignedConcepts(
        source="en",
        target="de",
        layer=12,
        n_aligned=2,
        n_concepts=3,
        examples=(
            ConceptExample(
                source_types=("king", "queen", "prince", "crown"),
                target_types=("KÖNIG", "KÖNIGIN", "PRINZ"),
                source_matched=(True, True, True, False),
                target_matched=(True, True, True),
                sentence_share=2 / 5,
            ),
            ConceptExample(
                source_types=("red", "green", "blue"),
                target_types=("ROT", "GRÜN", "KRONE", "HUT", "HAUS"),
                source_matched=(True, True, False),
                target_matched=(True, True, False, False, False),
                sentence_share=2 / 3,
            ),
        ),
    )


def test_examples_repeat_no_cluster_and_stop_at_the_number_asked_for():
    source = clustered("en", "a b c d", "a b c", "x y z")
    target = clustered("de", "A B C D", "A B C", "X Y Z")
    words = upper("a b c d x y z")
    alignment = calign(source, target, words, RULE)

    def heads(n_examples: int) -> list[tuple[str, str]]:
        found = aligned_examples(alignment, source, target, words, layer=0, n_examples=n_examples)
        return [(" ".join(x.source_types), " ".join(x.target_types)) for x in found.examples]

    assert len(alignment.pair_source) == 5
    assert heads(9) == [("a b c d", "A B C D"), ("a b c", "A B C"), ("x y z", "X Y Z")]
    assert heads(1) == [("a b c d", "A B C D")]


def test_examples_of_overlap_are_the_most_even_of_the_large():
    # Words of each language in five clusters: 2 + 2, 4 + 2, 3 + 1, 3 + 3, and 1 + 1 of two types.
    source = clustered("en", "a b", "c c d e", "f g h", "i j k", "l")
    target = clustered("de", "A B", "C C", "F", "I J K", "L")
    overlap = colap(source.cluster, target.cluster, n_clusters=5, share=0.3, definition="published")

    found = overlap_examples(overlap, source, target, layer=3, n_examples=3, min_types=3)

    # By hand: a quarter of the third is German. Of the even ones the fourth has more types; the
    # fifth is even too, but small.
    assert (found.source, found.target, found.layer) == ("en", "de", 3)
    assert (found.n_overlapping, found.n_concepts) == (4, 5)
    assert found.examples == (
        OverlapExample(("i", "j", "k"), ("I", "J", "K"), 3, 3),
        OverlapExample(("a", "b"), ("A", "B"), 2, 2),
        OverlapExample(("c", "d", "e"), ("C",), 4, 2),
    )


def test_nothing_that_overlaps_is_no_example():
    source, target = clustered("en", "a", ""), clustered("de", "", "A")
    overlap = colap(source.cluster, target.cluster, n_clusters=2, share=0.3, definition="corrected")

    found = overlap_examples(overlap, source, target, layer=0, n_examples=3, min_types=0)

    assert (found.n_overlapping, found.n_concepts, found.examples) == (0, 2, ())


# Exact ties: published comparisons are strict, corrected ones let a tie pass.


@pytest.mark.parametrize(
    ("n_matched", "n_types", "match"),
    [
        (4, 5, 0.8),
        (7, 10, 0.7),
        (3, 10, 0.3),
        (3, 10, 0.1 + 0.2),
        (29, 100, 0.29),
        (7, 100, 0.07),
        (2, 3, 2 / 3),
        (1, 3, 1 / 3),
        (6, 6, 1.0),
    ],
)
def test_a_tie_in_the_matched_share(n_matched, n_types, match):
    words = [f"w{i}" for i in range(n_types)]
    source = clustered("en", " ".join(words))
    target = clustered("de", " ".join(word.upper() for word in words))
    translations = translation_table(
        upper(" ".join(words[:n_matched])), source.types, target.types, n=1
    )

    def aligns(definition: str, match: float) -> bool:
        rule = replace(RULE, definition=definition, match=match, min_types=0)
        return align_clusters(source, target, translations, rule).n_aligned == 1

    assert aligns("corrected", match)
    assert not aligns("published", match)
    assert aligns("published", match - 1e-6)
    if match < 1:
        assert not aligns("corrected", match + 1e-6)


@pytest.mark.parametrize(("n_source", "n_target"), [(3, 5), (5, 3)])
def test_size_ratio_ties_and_sides(n_source, n_target):
    source = clustered("en", " ".join("abcde"[:n_source]))
    target = clustered("de", " ".join("ABCDE"[:n_target]))
    words = upper("a b c d e")

    def aligns(definition: str, size_ratio: float) -> bool:
        rule = replace(RULE, definition=definition, size_ratio=size_ratio)
        return calign(source, target, words, rule).n_aligned == 1

    # The corrected ratio is 3/5 both ways, the published one 3/5 or 5/3.
    assert aligns("corrected", 0.6)
    assert not aligns("corrected", 0.600001)
    assert aligns("published", 0.6) == (n_source > n_target)
    assert aligns("published", 0.599999)
    assert aligns("published", 1.6) == (n_source > n_target)


@pytest.mark.parametrize("definition", ["published", "corrected"])
def test_min_types_is_a_strict_bound_in_both_definitions(definition):
    source, target = clustered("en", "a b c"), clustered("de", "A B C")

    def n_aligned(min_types: int) -> int:
        rule = replace(RULE, definition=definition, min_types=min_types)
        return calign(source, target, upper("a b c"), rule).n_aligned

    assert (n_aligned(2), n_aligned(3)) == (1, 0)


@pytest.mark.parametrize("definition", ["published", "corrected"])
def test_a_pair_without_a_matched_type_never_aligns(definition):
    rule = CalignRule(definition, n=1, match=0.0, size_ratio=0.0, min_types=0)

    alignment = calign(clustered("en", "a", "b"), clustered("de", "A", "C"), upper("a b"), rule)

    assert pairs(alignment) == [(0, 0, 1)]
    assert alignment.best_target.tolist() == [0, -1]
    assert aligned_at(alignment, 0.0).tolist() == [True, False]


def test_clusters_without_words_count_nowhere():
    source = replace(clustered("en", "a b c"), n_clusters=4)
    target = replace(clustered("de", "A B C"), n_clusters=2)

    alignment = calign(source, target, upper("a b c"), RULE)

    assert alignment.n_types.tolist() == [3, 0, 0, 0]
    assert (alignment.n_aligned, alignment.n_clusters, alignment.n_large) == (1, 1, 1)
    assert not aligned_at(alignment, 0.0)[1:].any()


def test_of_equal_targets_the_smaller_is_best_then_the_first():
    source = clustered("en", "a b c")
    target = clustered("de", "A B C D", "A B C", "A B C", "A B")

    alignment = calign(source, target, upper("a b c"), RULE)

    assert alignment.best_target.tolist() == [1]
    assert alignment.n_matched.tolist() == [3]


def test_first_entries_count_in_file_order_and_repeats_use_up_places():
    words = dictionary(
        ("a", "X"), ("b", "Y"), ("a", "X"), ("a", "Y"), ("a", "not a type"), ("a", "Z")
    )

    def reached(n: int) -> list[list[int]]:
        return translation_table(words, ("a", "b", "c"), ("X", "Y", "Z"), n=n).toarray().tolist()

    assert reached(0) == reached(1) == reached(2) == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert reached(3) == reached(4) == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert reached(5) == [[1, 1, 1], [0, 1, 0], [0, 0, 0]]


# Bad input.


def test_the_wrong_direction_of_the_dictionary_is_refused():
    with pytest.raises(ValueError, match="dictionary translates en->de: expected de->en"):
        calign(TARGET, SOURCE, EXAMPLE, RULE)


def test_clusters_that_do_not_fit_are_refused():
    columns = ("word_type", "cluster", "sentence")
    nobody = replace(SOURCE, **{name: getattr(SOURCE, name)[:0] for name in columns})

    with pytest.raises(ValueError, match="en: no words"):
        calign(nobody, TARGET, EXAMPLE, RULE)
    with pytest.raises(ValueError, match="en: cluster runs from 0 to 2: expected 0 to 1"):
        calign(replace(SOURCE, n_clusters=2), TARGET, EXAMPLE, RULE)
    with pytest.raises(ValueError, match="de: word_type runs from 0 to 9: expected 0 to 8"):
        calign(SOURCE, replace(TARGET, types=TARGET.types[:9]), EXAMPLE, RULE)
    with pytest.raises(ValueError, match=r"translations are \(1, 1\): expected \(9, 10\)"):
        align_clusters(SOURCE, TARGET, translation_table(EXAMPLE, ("a",), ("A",), n=1), RULE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"match": 1.5}, "match 1.5"),
        ({"match": -0.1}, "match -0.1"),
        ({"n": -1}, "n -1"),
        ({"min_types": -1}, "min_types -1"),
        ({"size_ratio": 1.2, "definition": "corrected"}, "size_ratio 1.2 .corrected.: expected"),
    ],
)
def test_thresholds_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(RULE, **change)


# Laws, on random clusters.

N_TYPES, N_CLUSTERS = 8, 4


ROWS = st.lists(
    st.tuples(st.integers(0, N_TYPES - 1), st.integers(0, N_CLUSTERS - 1)), min_size=1, max_size=40
)
# 9 is no type of either side.
ENTRIES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.3, 1 / 3, 0.4, 0.5, 0.6, 2 / 3, 0.75, 0.8, 1.0])
THRESHOLDS = st.fixed_dictionaries(
    {
        "definition": st.sampled_from(["published", "corrected"]),
        "n": st.integers(0, 4),
        "match": SHARES,
        "size_ratio": SHARES,
        "min_types": st.integers(0, 3),
    }
)


def on_random_clusters(**more):
    """Run a test on random clusters, dictionaries and rules, and on what `more` draws."""

    def side(language: str, rows: list[tuple[int, int]]) -> ClusteredWords:
        word_type, cluster = np.array(rows, dtype=np.int32).T
        types = tuple(f"{language}{i}" for i in range(N_TYPES))
        return ClusteredWords(language, types, word_type, cluster, N_CLUSTERS)

    def decorate(test):
        # The records are made here and not while drawing: the run-time checks of their types use
        # random numbers, which hypothesis forbids there.
        def run(source, target, entries, thresholds, **drawn):
            words = dictionary(*((f"en{i}", f"de{j}") for i, j in entries))
            rule = CalignRule(**thresholds)
            test(side("en", source), side("de", target), words, rule, **drawn)

        run.__name__ = test.__name__
        drawing = given(source=ROWS, target=ROWS, entries=ENTRIES, thresholds=THRESHOLDS, **more)
        return settings(max_examples=200)(drawing(run))

    return decorate


def plain_loop(
    source: ClusteredWords, target: ClusteredWords, words: Dictionary, rule: CalignRule
) -> list[tuple[int, int, int]]:
    """The definitions of docs/METRICS.md as loops over sets."""

    def clusters(side: ClusteredWords) -> list[set[str]]:
        found: list[set[str]] = [set() for _ in range(side.n_clusters)]
        for word_type, cluster in zip(side.word_type, side.cluster, strict=True):
            found[cluster].add(side.types[word_type])
        return found

    best: dict[str, list[str]] = {}
    for word, translation in zip(words.word, words.translation, strict=True):
        entries = best.setdefault(word, [])
        if len(entries) < max(rule.n, 1):
            entries.append(translation)

    def corrected(s: int, t: int, matched: int) -> bool:
        epsilon = 1e-9
        return (
            matched >= rule.match * s - epsilon
            and min(s, t) >= rule.size_ratio * max(s, t) - epsilon
        )

    found = []
    for i, s in enumerate(clusters(source)):
        for j, t in enumerate(clusters(target)):
            matched = sum(any(x in t for x in best.get(word, [])) for word in s)
            if not matched or len(s) <= rule.min_types:
                continue
            if rule.definition == "corrected":
                aligns = corrected(len(s), len(t), matched)
            else:
                aligns = matched / len(s) > rule.match and len(s) / len(t) > rule.size_ratio
            if aligns:
                found.append((i, j, matched))
    return found


@on_random_clusters()
def test_agrees_with_a_plain_loop(source, target, words, rule):
    expected = plain_loop(source, target, words, rule)

    alignment = calign(source, target, words, rule)

    assert pairs(alignment) == expected
    assert alignment.n_aligned == len({i for i, _, _ in expected})


@on_random_clusters(match=st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_the_score_at_any_match_follows_from_the_best_targets(source, target, words, rule, match):
    alignment = calign(source, target, words, rule)
    direct = calign(source, target, words, replace(rule, match=match))

    assert aligned_at(alignment, match).tolist() == (direct.n_targets > 0).tolist()
    assert alignment.best_target.tolist() == direct.best_target.tolist()
    assert alignment.n_matched.tolist() == direct.n_matched.tolist()


@on_random_clusters()
def test_raising_a_threshold_never_raises_the_score(source, target, words, rule):
    found = set(pairs(calign(source, target, words, rule)))

    for change in (
        {"match": min(rule.match + 0.2, 1.0)},
        {"size_ratio": min(rule.size_ratio + 0.2, 1.0)},
        {"min_types": rule.min_types + 1},
    ):
        assert set(pairs(calign(source, target, words, replace(rule, **change)))) <= found
    assert found <= set(pairs(calign(source, target, words, replace(rule, match=0.0))))


@on_random_clusters(names=st.permutations(range(N_CLUSTERS)))
def test_renaming_clusters_renames_pairs_and_nothing_else(source, target, words, rule, names):
    name = np.array(names, dtype=np.int32)
    renamed = calign(
        replace(source, cluster=name[source.cluster]),
        replace(target, cluster=name[target.cluster]),
        words,
        rule,
    )

    alignment = calign(source, target, words, rule)

    assert set(pairs(renamed)) == {(names[i], names[j], n) for i, j, n in pairs(alignment)}
    assert (renamed.n_aligned, renamed.n_clusters, renamed.n_large) == (
        alignment.n_aligned,
        alignment.n_clusters,
        alignment.n_large,
    )


@on_random_clusters()
def test_published_pairs_with_no_larger_source_are_corrected_pairs_too(source, target, words, rule):
    published = calign(source, target, words, replace(rule, definition="published"))
    corrected = calign(source, target, words, replace(rule, definition="corrected"))

    smaller = {
        pair
        for pair in pairs(published)
        if published.n_types[pair[0]] <= published.n_target_types[pair[1]]
    }
    assert smaller <= set(pairs(corrected))


@on_random_clusters()
def test_identical_clusters_and_the_identity_dictionary_align_all_large_ones(
    source, target, words, rule
):
    target = replace(source, language="de")
    words = dictionary(*((word, word) for word in source.types))
    rule = replace(rule, definition="corrected", match=1.0, size_ratio=1.0)

    alignment = calign(source, target, words, rule)

    assert alignment.n_aligned == alignment.n_large
    assert alignment.n_matched.tolist() == alignment.n_types.tolist()


@on_random_clusters()
def test_repeating_words_changes_nothing(source, target, words, rule):
    twice = replace(
        source, word_type=np.tile(source.word_type, 2), cluster=np.tile(source.cluster, 2)
    )

    assert pairs(calign(twice, target, words, rule)) == pairs(calign(source, target, words, rule))


# The released code.


def golden_runs() -> list:
    return [
        pytest.param(path.parent, i, id=f"{path.parent.name}-{i}")
        for path in sorted(GOLDEN.glob("*/expected.json"))
        for i in range(len(json.loads(path.read_text())["runs"]))
    ] or [pytest.param(None, 0, marks=pytest.mark.skip(f"{GOLDEN} is absent"))]


@pytest.mark.realtext
@pytest.mark.parametrize(("case", "run"), golden_runs())
def test_matches_the_released_code(case, run):
    expected = json.loads((case / "expected.json").read_text())["runs"][run]
    given_ = expected["params"]
    source = read_clusters(case / "clusters1.txt", language="en")
    target = read_clusters(case / "clusters2.txt", language="de")
    words = read_dictionary(case / "dictionary.txt", source="en", target="de")
    rule = CalignRule(
        "published",
        n=given_["top_n"],
        match=float(given_["match_percentage"]),
        size_ratio=float(given_["size_threshold"]),
        min_types=given_["no_types"],
    )

    alignment = calign(source.words, target.words, words, rule)

    assert expected["status"] == "ok"
    assert alignment.n_clusters == expected["n_source_clusters"]
    assert [
        {
            "source": source.cluster_ids[i],
            "target": target.cluster_ids[j],
            "source_types": alignment.n_types[i],
            "target_types": alignment.n_target_types[j],
            "matched": matched,
            "total": alignment.n_types[i],
        }
        for i, j, matched in pairs(alignment)
    ] == expected["pairs"]
    assert alignment.n_aligned == len(expected["aligned"])
    for i in np.unique(alignment.pair_source):
        targets = target.cluster_ids[alignment.pair_target[alignment.pair_source == i]]
        assert targets.tolist() == expected["aligned"][str(source.cluster_ids[i])]
