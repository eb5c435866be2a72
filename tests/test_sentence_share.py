"""How far clusters are clusters of sentences."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hand_concepts import rows_of
from test_alignment_statistics import CONCEPTS, LIMITS, PAIR, RUN, report_of, wanted

from polyconcept.records.concepts import ClusteredWords
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.describe import score_metric
from polyconcept.scoring.sentences import sentence_shares
from polyconcept.store.concept_scores import write_alignments
from polyconcept.store.tables import read_table


def words(cluster, sentence, n_clusters=3):
    columns = np.zeros(len(cluster)), cluster, sentence
    types, cluster, sentence = (np.array(column, dtype=np.int32) for column in columns)
    return ClusteredWords("en", ("a",), types, cluster, n_clusters, sentence)


def test_shares_by_hand():
    # Three of four words, one of one; a cluster without words; noise counts nowhere.
    found = sentence_shares(words([0, 0, 0, 0, 2, -1, -1], [5, 1, 5, 5, 0, 1, 1]))

    np.testing.assert_array_equal(found, [0.75, np.nan, 1.0])


def test_words_without_sentences_are_refused():
    with pytest.raises(ValueError, match="en: words without sentences have no commonest one"):
        sentence_shares(replace(words([0], [0]), sentence=None))


def test_means_over_all_clusters_and_over_those_that_align():
    scores = report_of().scores

    # "king red", "queen green", "king queen", "red green": clusters by meaning have 2 of 4 words
    # in one sentence, as the mixed ones do; under the second seed none aligns as published.
    for definition in ("published", "corrected"):
        of_one = {"metric": "sentence_share", "definition": definition, "source": "en"}
        assert [(row.over, row.value, row.layer) for row in rows_of(scores, **of_one)] == [
            ("all", 0.5, 3),
            ("aligned", 0.5, 3),
        ]
    none = report_of(CONCEPTS.of_seeds(12)).scores
    of_one = {"metric": "sentence_share", "definition": "published"}
    assert [row.over for row in rows_of(none, **of_one)] == ["all"]


def test_a_control_has_them_too():
    changed = replace(CONCEPTS, control="words_per_cluster=25")
    measure = partial(CalignMeasure, RUN, wanted(), dictionaries=PAIR, thresholds=LIMITS, sweeps={})

    scores = score_metric(measure, "calign", CONCEPTS, [changed]).scores

    found = [row for row in scores if row.metric == "sentence_share" and row.parameter]
    assert {(row.parameter, row.at) for row in found} == {("words_per_cluster", 25)}
    assert {row.over for row in found} == {"all", "aligned"}


def test_every_cluster_has_its_share_in_the_file(tmp_path):
    write_alignments(report_of().concepts, tmp_path / "a.parquet")

    table, _ = read_table(tmp_path / "a.parquet", "calign_concepts")

    # Of three clusters the third has no words.
    assert table["sentence_share"].to_pylist()[:3] == [0.5, 0.5, None]
