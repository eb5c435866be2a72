"""Two parts of the sentences: their dictionaries, their clusters and CALIGN between them."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hand_concepts import Concepts, entries, row_of, table
from test_clustering_controls import Reader

from polyconcept.clustering.controls import cluster_controls
from polyconcept.clustering.pair import cluster_pair
from polyconcept.clustering.parts import cluster_parts
from polyconcept.records.held_out import HeldOut
from polyconcept.records.scores import Run
from polyconcept.records.text import Selection, Sentences
from polyconcept.scoring.calign_parts import parts_measure
from polyconcept.scoring.describe import Statistics, score_control
from polyconcept.scoring.statistics import Options, draw_sentences
from polyconcept.text.held_out import deal_sentences, hold_out, read_held_out, write_held_out

RUN = Run("mbert", "base", "encoder", "pud")
RULE = {"n": 1, "match": 0.5, "size_ratio": 0.5, "min_types": 1}


# --- dealing, and the dictionaries


@pytest.mark.parametrize(("n_sentences", "n_parts"), [(10, 2), (11, 3), (3, 3)])
def test_every_sentence_is_in_one_part_and_parts_are_equal(n_sentences, n_parts):
    dealt = deal_sentences(n_sentences, n_parts=n_parts, seed=5)

    sizes = np.bincount(dealt, minlength=n_parts)
    assert sizes.sum() == n_sentences
    assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(dealt, deal_sentences(n_sentences, n_parts=n_parts, seed=5))


def test_another_seed_deals_otherwise():
    one, two = (deal_sentences(40, n_parts=2, seed=seed) for seed in (1, 2))

    assert (one != two).any()


def text(language, words):
    return Sentences(language, tuple((word,) for word in words))


def of_numbers(first, last):
    """Sentences of a word each, which no other sentence has."""
    numbers = range(first, last)
    return text("en", [f"e{i}" for i in numbers]), text("de", [f"d{i}" for i in numbers])


NOTHING = text("en", []), text("de", [])


def test_the_dictionary_is_of_the_third_part_alone():
    held = hold_out(of_numbers(0, 30), NOTHING, seed=3)

    others = {f"e{i}" for i in np.flatnonzero(held.part == 2)}
    assert len(others) == 10
    forward, backward = held.dictionaries
    assert set(forward.word) == set(backward.translation) == others
    assert (forward.source, backward.source) == ("en", "de")


def test_the_dictionary_is_of_further_text_alone_where_there_is_some():
    held = hold_out(of_numbers(0, 30), of_numbers(100, 110), seed=3)

    assert np.bincount(held.part).tolist() == [15, 15]
    assert set(held.dictionaries[0].word) == {f"e{i}" for i in range(100, 110)}


def test_too_few_sentences_name_the_setting():
    with pytest.raises(ValueError, match=r"2 sentences .* 3 parts.*controls.same_sentences: false"):
        hold_out(of_numbers(0, 2), NOTHING, seed=3)


def test_files_give_back_what_was_written(tmp_path):
    held = hold_out(of_numbers(0, 12), NOTHING, seed=3)
    paths = [tmp_path / name for name in ("forward.tsv", "backward.tsv", "parts.txt")]

    write_held_out(held, paths)
    found = read_held_out(paths, "en", "de")

    np.testing.assert_array_equal(found.part, held.part)
    assert [vars(one).keys() for one in found.dictionaries] == [
        vars(one).keys() for one in held.dictionaries
    ]
    assert [one.translation for one in found.dictionaries] == [
        one.translation for one in held.dictionaries
    ]
    assert read_held_out([], "en", "de") is None


def test_a_line_that_is_no_part_is_refused(tmp_path):
    paths = [tmp_path / name for name in ("forward.tsv", "backward.tsv", "parts.txt")]
    write_held_out(hold_out(of_numbers(0, 12), NOTHING, seed=3), paths)
    paths[2].write_text("0\n3\n")

    with pytest.raises(ValueError, match=r"parts.txt, line 2: '3' is no part"):
        read_held_out(paths, "en", "de")


# --- the clusterings


def test_parts_are_clustered_apart_and_keep_the_size_of_clusters():
    # Sentences of two words; the second part has two sentences of six, the third one.
    words = table("en", *["a b"] * 6), table("de", *["c d"] * 6)
    part = np.array([0, 1, 0, 2, 0, 1])
    random = np.random.default_rng(2)
    pair = (
        Reader("en", layer_1=random.normal(size=(12, 3))),
        Reader("de", layer_1=random.normal(size=(12, 3))),
    )
    # Not all words are clustered, nor in the order of the table.
    chosen = Selection(np.array([11, 0, 1, 2, 3, 4, 5, 6, 9]), np.arange(12))
    selections = {("calign", "published"): chosen, ("colap", "published"): chosen}
    options = {"layers": [1], "seeds": [7], "n_restarts": 1}

    found = dict(
        cluster_parts(
            selections, *pair, words=words, part_of_sentence=part, n_clusters=6, **options
        )
    )

    assert {(key.control, key.metric, key.part) for key in found} == {
        ("parts", "calign", "source"),
        ("parts", "calign", "target"),
    }
    in_part = {"source": part[words[0].sentence[chosen.source_rows]], "target": part.repeat(2)}
    # 21 words: 11 of the first part (3.1 of 6 clusters), 7 of the second (2).
    assert {side: np.bincount(of, minlength=3).tolist() for side, of in in_part.items()} == {
        "source": [5, 3, 1],
        "target": [6, 4, 2],
    }
    for key, clusters in found.items():
        of = in_part[key.part]
        assert clusters.n_clusters == 3 + 2
        assert set(clusters.cluster[of == 0]) <= {0, 1, 2}
        assert set(clusters.cluster[of == 1]) <= {3, 4}
        assert set(clusters.cluster[of == 2]) == {-1}
    # As if the first part were all there is.
    rows = chosen.source_rows[in_part["source"] == 0], np.flatnonzero(in_part["target"] == 0)
    alone = dict(
        cluster_pair({("calign", "published"): Selection(*rows)}, *pair, n_clusters=3, **options)
    )
    for key, clusters in alone.items():
        together = found[replace(key, control="parts")].cluster[in_part[key.part] == 0]
        np.testing.assert_array_equal(together, clusters.cluster)


def test_a_part_without_words_names_the_setting():
    words = table("en", "a b", "a"), table("de", "c d", "c")
    reader = Reader("en", layer_1=np.eye(3)), Reader("de", layer_1=np.eye(3))
    chosen = {("calign", "published"): Selection(np.arange(3), np.arange(2))}
    held = HeldOut(np.array([0, 1]), (entries("en", "de"), entries("de", "en")))

    with pytest.raises(ValueError, match=r"none of the 2 words of de .*same_sentences: false"):
        list(
            cluster_controls(
                chosen,
                *reader,
                layers=[1],
                last=None,
                seeds=[1],
                n_clusters=2,
                changes=[],
                other_counts={},
                definition="published",
                words=words,
                held_out=held,
            )
        )


# --- the scores


def rows_of_parts(concepts, pair, part, *, definition="published"):
    options = Options(n_permutations=60, n_resamples=40, seed=1)
    n_sentences = int(concepts.source.sentence[-1]) + 1
    measure = partial(
        parts_measure,
        run=RUN,
        statistics=Statistics(options, draw_sentences(n_sentences, options), {}),
        dictionaries=pair,
        part_of_sentence=np.array(part),
        thresholds=RULE,
        sweeps={},
    )
    return [
        row
        for name, crossed in (("disjoint", True), ("halved", False))
        for row in score_control(partial(measure, crossed=crossed), "calign", concepts, name)
        if row.definition == definition
    ]


def values(rows, control):
    of_one = {"control": control, "source": "en"}
    names = ("calign", "calign_auc", "matched_fraction")
    found = {name: row_of(rows, metric=name, over="all", **of_one).value for name in names}
    return found | {"coverage": row_of(rows, metric="coverage", **of_one).value}


# Six sentences of three words; the parts take turns.
TURNS = [0, 1, 0, 1, 0, 1]
ENGLISH = table("en", "a b c", "a b c", "d e f", "d e f", "g h i", "g h i")
GERMAN = table("de", "A B C", "A B C", "D E F", "D E F", "G H I", "G H I")
LETTERS = [f"{letter} {letter.upper()}" for letter in "abcdefghi"]
PAIR = (
    entries("en", "de", *LETTERS),
    entries("de", "en", *(" ".join(reversed(entry.split())) for entry in LETTERS)),
)


def clustered(source, target):
    by_key = {(3, 11, "source"): source, (3, 11, "target"): target}
    return Concepts(ENGLISH, GERMAN, by_key, n_clusters=6, control="parts")


def test_clusters_of_meaning_align_across_the_parts_as_inside_them():
    # The first part has clusters 0 to 2, the second 3 to 5.
    meaning = np.repeat([0, 3, 1, 4, 2, 5], 3)

    rows = rows_of_parts(clustered(meaning, meaning), PAIR, TURNS)

    perfect = {"calign": 1, "matched_fraction": 1, "coverage": 1}
    for control in ("disjoint", "halved"):
        found = values(rows, control)
        assert {name: found[name] for name in perfect} == perfect
        # At `match` 1 nothing is above it: a trapezoid of half a step is missing.
        assert found["calign_auc"] == pytest.approx(1 - 0.05 / 2)
        row = row_of(rows, metric="calign", control=control, over="all", source="en")
        assert (row.n_hit, row.n_total) == (6, 6)
        assert row.null_mean < 1


def test_a_cluster_of_one_sentence_aligns_inside_a_part_alone():
    # Sentences 0 and 2 are the first part, 1 and 3 the second; each sentence is a cluster, and its
    # words are elsewhere spread over both clusters of the other part.
    texts = table("en", "a c", "a d", "b d", "b c"), table("de", "A C", "A D", "B D", "B C")
    sentence = np.repeat([0, 2, 1, 3], 2)
    by_key = {(3, 11, "source"): sentence, (3, 11, "target"): sentence}
    concepts = Concepts(*texts, by_key, 4, control="parts")

    rows = rows_of_parts(concepts, PAIR, [0, 1, 0, 1])

    inside, across = (values(rows, control) for control in ("halved", "disjoint"))
    assert (inside["calign"], across["calign"]) == (1, 0)
    assert inside["coverage"] == across["coverage"] == 1


def test_counts_of_both_comparisons_are_added_and_coverage_is_equal():
    # i is in the second part's German alone: its entry is thinned out of both controls.
    german = table("de", "A B C", "A B C", "D E F", "D E F", "G H X", "G H I")
    meaning = np.repeat([0, 3, 1, 4, 2, 5], 3)
    # The first part's English mixes two of its three clusters, types a d g | b e h | c f i.
    source = np.array([0, 1, 2, 3, 3, 3, 0, 1, 2, 4, 4, 4, 0, 1, 2, 5, 5, 5])
    concepts = replace(clustered(source, meaning), target=german)

    rows = rows_of_parts(concepts, PAIR, TURNS)

    inside, across = (values(rows, control) for control in ("halved", "disjoint"))
    # 16 of the 18 types of the two parts: i is not covered in either.
    assert inside["coverage"] == across["coverage"] == 16 / 18
    # Of the first part none (a third of the types in a cluster), of the second all: 3/3, 3/3, 2/3.
    for control, found in (("halved", inside), ("disjoint", across)):
        row = row_of(rows, metric="calign", control=control, over="all", source="en")
        assert (row.n_hit, row.n_total, found["calign"]) == (3, 6, 0.5)
        # One to one: each mixed cluster has one of three types, matched clusters 3, 3 and 2 of 3.
        assert found["matched_fraction"] == pytest.approx((1 + 8 / 3) / 6)


def test_corrected_is_scored_both_ways():
    meaning = np.repeat([0, 3, 1, 4, 2, 5], 3)

    rows = rows_of_parts(clustered(meaning, meaning), PAIR, TURNS, definition="corrected")

    for source in ("en", "de"):
        for control in ("disjoint", "halved"):
            of_one = {"metric": "calign", "control": control, "over": "all", "source": source}
            assert row_of(rows, **of_one).value == 1


def test_words_of_a_third_part_play_no_part():
    meaning = np.repeat([0, 3, 1, 4, 2, 5], 3)
    left_out = np.array(meaning)
    left_out[15:] = -1

    rows = rows_of_parts(clustered(left_out, left_out), PAIR, [0, 1, 0, 1, 0, 2])

    row = row_of(rows, metric="calign", control="halved", over="all", source="en")
    # g, h and i of the first part have no translation in both: thinned, so that it does not align.
    assert (row.n_hit, row.n_total) == (4, 5)


def test_permuted_translations_stay_in_their_part():
    # Were they to leave it, a cluster's types would fall into both parts' clusters.
    meaning = np.repeat([0, 3], 9)[[*range(3), *range(9, 12)] * 3]

    rows = rows_of_parts(clustered(meaning, meaning), PAIR, TURNS)

    row = row_of(rows, metric="calign", control="halved", over="all", source="en")
    assert (row.value, row.null_mean) == (1, 1)
