"""Words in no cluster: they count in no cluster, and stay words (docs/METRICS.md)."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hand_concepts import Concepts, entries, row_of, rows_of, table

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Run
from polyconcept.records.text import Selection
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.scoring.mixing import mix_languages
from polyconcept.scoring.statistics import Options, draw_sentences

RUN = Run("mbert", "base", "encoder", "pud")
OPTIONS = Options(n_permutations=30, n_resamples=30, seed=1)
DRAWS = draw_sentences(4, OPTIONS)
LIMITS = {"n": 1, "match": 0.5, "size_ratio": 0.5, "min_types": 1}
ENGLISH = table("en", "king red", "queen green", "king queen", "red green")
GERMAN = table("de", "KÖNIG ROT", "KÖNIGIN GRÜN", "KÖNIG KÖNIGIN", "ROT GRÜN")
PAIR = (
    entries("en", "de", "king KÖNIG", "queen KÖNIGIN", "red ROT", "green GRÜN"),
    entries("de", "en", "KÖNIG king", "KÖNIGIN queen", "ROT red", "GRÜN green"),
)
CLASSES = {"names": {code: np.array([1, 0, 0, 0], dtype=bool) for code in ("en", "de")}}
WANTED = Statistics(OPTIONS, DRAWS, CLASSES)
# Royalty and colours. Without king or KÖNIG, royalty is a cluster of one type.
MEANING = [0, 1, 0, 1, 0, 0, 1, 1]
NO_KING = [-1, 1, 0, 1, -1, 0, 1, 1]
KEPT = np.flatnonzero(np.array(NO_KING) >= 0)


def concepts_of(source, target, **fields):
    parts = {"source": source, "target": target, "pooled": source + target}
    found = {(3, 11, part): clusters for part, clusters in parts.items()}
    return Concepts(ENGLISH, GERMAN, found, 2, **fields)


def calign(concepts, limits=LIMITS):
    options = {"dictionaries": PAIR, "thresholds": limits, "sweeps": {}}
    return score_metric(partial(CalignMeasure, RUN, WANTED, **options), "calign", concepts)


def colap(concepts):
    return score_metric(partial(ColapMeasure, RUN, WANTED, share=0.3), "colap", concepts)


def test_calign_by_hand_of_sources_in_no_cluster():
    # Cluster 0 is queen alone: not large. Cluster 1, red and green, aligns.
    scores = calign(concepts_of(NO_KING, MEANING)).scores

    of_seed = {"metric": "calign", "definition": "published", "seed": 11}
    every, large = (row_of(scores, over=over, **of_seed) for over in ("all", "large"))
    assert (every.n_hit, every.n_total) == (1, 2)
    assert (large.n_hit, large.n_total) == (1, 1)
    # king stays a word with a translation.
    covered = row_of(scores, metric="coverage", definition="published")
    assert (covered.n_hit, covered.n_total) == (4, 4)


def test_calign_by_hand_of_targets_in_no_cluster():
    # Only KÖNIGIN is left for royalty: half of its types match, a tie.
    scores = calign(concepts_of(MEANING, NO_KING)).scores

    for definition, hits in (("published", 1), ("corrected", 2)):
        row = row_of(
            scores, metric="calign", definition=definition, source="en", over="all", seed=11
        )
        assert (row.n_hit, row.n_total) == (hits, 2)


def test_colap_by_hand():
    # Words of both languages: cluster 0 has (2, 4), cluster 1 (4, 4).
    report = colap(concepts_of(NO_KING, MEANING))

    overlap = report.concepts[0][1]
    assert (overlap.n_source.tolist(), overlap.n_target.tolist()) == ([2, 4], [4, 4])
    row = row_of(report.scores, metric="colap", definition="published", seed=11)
    assert (row.n_hit, row.n_total) == (2, 2)


@pytest.mark.parametrize("score", [calign, colap])
def test_scores_are_those_of_the_words_in_clusters(score):
    selection = Selection(KEPT, np.arange(8))
    chosen = {(m, d): selection for m in ("calign", "colap") for d in ("published", "corrected")}
    left = [cluster for cluster in NO_KING if cluster >= 0]

    found = score(concepts_of(NO_KING, MEANING))
    expected = score(concepts_of(left, MEANING, selections=chosen))

    for one, other in zip(found.resamples, expected.resamples, strict=True):
        np.testing.assert_array_equal(one.value, other.value)
    # Of CALIGN, a word in no cluster is still there to be covered, and permuted.
    rows = [
        [
            replace(row, null_mean=None, null_low=None, null_high=None, p=None, normalised=None)
            if score is calign
            else row
            for row in report.scores
            if row.metric != "coverage"
        ]
        for report in (found, expected)
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("score", [calign, colap])
def test_a_class_of_words_in_no_cluster_has_no_score(score):
    rows = rows_of(score(concepts_of(NO_KING, MEANING)).scores, control="words:names")

    # KÖNIG is in a cluster: from German to English there is no such cluster to align to.
    assert rows == []
    assert rows_of(score(concepts_of(MEANING, MEANING)).scores, control="words:names")


def test_words_all_in_no_cluster_are_refused():
    nothing = [-1] * 8

    with pytest.raises(ValueError, match="en: no words in clusters"):
        calign(concepts_of(nothing, MEANING))
    with pytest.raises(ValueError, match="no words in clusters"):
        colap(concepts_of(nothing, nothing))


def test_languages_mix_among_the_words_in_clusters():
    def rows(source):
        concepts = concepts_of(source, MEANING)
        sides = ClusteredWords.of_pair(concepts, "colap", "corrected", layer=3, seed=11)
        return mix_languages([(3, [sides])], RUN, OPTIONS, DRAWS)

    (mutual, _) = rows(NO_KING)

    # Clusters of (2, 4) and (4, 4) words: 6 source words and 8 of the target.
    def entropy(*counts):
        shares = np.array(counts) / sum(counts)
        return -(shares * np.log(shares)).sum()

    left = (6 * entropy(2, 4) + 8 * entropy(4, 4)) / 14
    assert mutual.value == pytest.approx(1 - left / entropy(6, 8))
