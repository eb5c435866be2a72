from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hand_concepts import Concepts, row_of, rows_of, table

from polyconcept.records.scores import Run
from polyconcept.records.text import Selection
from polyconcept.records.variance import interval
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.scoring.statistics import Options, draw_sentences, thresholds

RUN = Run("mbert", "base", "encoder", "pud")
ENGLISH = table("en", "a b", "c d", "e f", "a c")
GERMAN = table("de", "A B", "C D", "E F", "A C")
# Clusters of the eight English words, then the eight German ones.
SHARED = [0, 0, 1, 1, 2, 2, 0, 1] * 2
APART = [0, 0, 1, 1, 1, 1, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2]
# One shared cluster, and one of each language.
HALF = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2]
CONCEPTS = Concepts(
    ENGLISH, GERMAN, {(3, 11, "pooled"): SHARED, (3, 12, "pooled"): HALF}, n_clusters=4
)
CLASSES = {
    # a and c; A and C
    "names": {
        "en": np.array([1, 0, 1, 0, 0, 0], dtype=bool),
        "de": np.array([1, 0, 1, 0, 0, 0], dtype=bool),
    },
    "digits": {"en": np.zeros(6, dtype=bool), "de": np.ones(6, dtype=bool)},
}
PUBLISHED = {"definition": "published"}


def wanted(*, seed=1, n_permutations=100, n_resamples=40, n_sentences=4):
    options = Options(n_permutations, n_resamples, seed)
    return Statistics(options, draw_sentences(n_sentences, options), CLASSES)


def report_of(concepts=CONCEPTS, *, share=0.3, controls=(), **options):
    measure = partial(ColapMeasure, RUN, wanted(**options), share=share)
    return score_metric(measure, "colap", concepts, controls)


@pytest.fixture(scope="module")
def report():
    return report_of()


def test_a_row_of_each_seed_and_their_mean(report):
    by_seed = [row_of(report.scores, metric="colap", seed=seed, **PUBLISHED) for seed in (11, 12)]
    summary = row_of(report.scores, metric="colap", **PUBLISHED)

    assert [(row.n_hit, row.n_total) for row in by_seed] == [(3, 3), (1, 3)]
    assert summary.value == pytest.approx(2 / 3)
    assert summary.var_seed == pytest.approx((2 / 3) ** 2 / 2)
    assert (summary.layer, summary.source, summary.target, summary.over) == (3, "en", "de", "all")
    assert (summary.n_hit, summary.n_total) == (None, None)


def test_every_row_stands_once(report):
    places = Counter(
        (row.metric, row.definition, row.seed, row.control, row.parameter, row.at)
        for row in report.scores
    )

    assert set(places.values()) == {1}
    assert {(row.metric, row.control, row.parameter) for row in report.scores} == {
        ("colap", "", ""),
        ("mutual_information", "", ""),
        ("mix_entropy", "", ""),
        ("colap", "", "share"),
        ("colap_auc", "", ""),
        ("colap", "words:names", ""),
    }
    assert len(report.concepts) == 2 * 2
    assert [one.metric for one in report.resamples] == ["colap", "colap_auc"] * 2


def test_nulls_by_hand():
    # Two clusters of two words: of the 6 ways to label them 4 give each cluster one of each.
    concepts = Concepts(
        table("en", "a b"), table("de", "A B"), {(0, 1, "pooled"): [0, 1, 0, 1]}, n_clusters=2
    )
    report = report_of(concepts, n_permutations=3000, n_sentences=1)
    row = row_of(report.scores, metric="colap", **PUBLISHED)

    assert row.null_mean == pytest.approx(2 / 3, abs=0.03)
    assert (row.null_low, row.null_high, row.p) == (0, 1, pytest.approx(1))
    assert row.normalised == pytest.approx(1.5, abs=0.1)
    twin = row_of(report.scores, metric="mutual_information", **PUBLISHED)
    assert (twin.value, twin.null_mean) == (0, pytest.approx(1 / 3, abs=0.03))


def test_types_move_as_a_whole_and_words_one_by_one():
    # Cluster 0 holds "a a" and "A A", cluster 1 "b b" and "B B". Of the 6 ways in which two of
    # four types can be English, 4 give each cluster a type of each language; of the 70 ways in
    # which four of eight words can be, 36 give each cluster two words of each and 32 one and three.
    concepts = Concepts(
        table("en", "a a b b"), table("de", "A A B B"),
        {(0, 1, "pooled"): [0, 0, 1, 1] * 2}, n_clusters=2,
    )  # fmt: skip
    report = report_of(concepts, n_permutations=3000, n_sentences=1)
    row = row_of(report.scores, metric="colap", **PUBLISHED)

    assert row.null_mean == pytest.approx(2 / 3, abs=0.03)
    assert row.null_tokens == pytest.approx(36 / 70, abs=0.03)
    assert row.normalised == pytest.approx(1 / row.null_mean)
    assert row.n_words == 4


def test_ceilings_by_hand(report):
    assert row_of(report.scores, metric="colap", **PUBLISHED).ceiling == 1

    # One German word and clusters of four words, that need two: none can be shared; and a
    # cluster of two, that needs one.
    lonely = Concepts(
        table("en", "a b c d e"), table("de", "A"), {(0, 1, "pooled"): [0] * 4 + [1] * 2}, 2
    )
    row = row_of(report_of(lonely, n_sentences=1).scores, metric="colap", **PUBLISHED)
    assert (row.value, row.ceiling) == (0.5, 0.5)


def test_twins_by_hand(report):
    apart = replace(CONCEPTS, by_key={(3, 1, "pooled"): APART})
    half = row_of(report.scores, metric="mutual_information", **PUBLISHED)
    scores = report_of(apart).scores

    # Even everywhere: 0. Half of the words where languages are even: 1 - 1/2.
    assert half.value == pytest.approx((0 + 0.5) / 2)
    assert row_of(scores, metric="mutual_information", **PUBLISHED).value == pytest.approx(1)
    assert row_of(scores, metric="mix_entropy", **PUBLISHED).value == 0


def test_permuted_words_have_a_mix_entropy_of_exactly_1(report):
    row = row_of(report.scores, metric="mix_entropy", **PUBLISHED)

    assert row.null_tokens == pytest.approx(1)
    # Types that move as a whole mix less evenly.
    assert row.null_low < row.null_mean < 1
    # Seed 11 is mixed as evenly as can be, seed 12 half so: their mean is their twins'.
    twin = row_of(report.scores, metric="mutual_information", **PUBLISHED)
    assert row.value / (1 - twin.value) == pytest.approx(1 / (1 - twin.null_tokens))


def test_mixing_more_evenly_than_chance_lies_inside_its_interval():
    even = replace(CONCEPTS, by_key={(3, 11, "pooled"): SHARED, (3, 12, "pooled"): SHARED})

    row = row_of(report_of(even).scores, metric="mix_entropy", **PUBLISHED)

    assert row.value > 1
    assert row.low <= row.value <= row.high


def test_clusters_of_one_word_have_no_mix_entropy():
    lone = replace(CONCEPTS, by_key={(3, 1, "pooled"): list(range(16))}, n_clusters=16)

    scores = report_of(lone).scores

    assert not rows_of(scores, metric="mix_entropy")
    assert row_of(scores, metric="mutual_information", **PUBLISHED).value == 1


def test_the_interval_is_that_of_the_resamples(report):
    row = row_of(report.scores, metric="colap", **PUBLISHED)
    drawn = next(one for one in report.resamples if one.definition == "published")

    assert drawn.seed.tolist() == [0, 1] * 20
    by_seed = [drawn.value[drawn.seed == seed] for seed in (0, 1)]
    # Pairs of equal sentences: whatever is drawn, seed 11 shares all clusters.
    assert set(by_seed[0]) == {1}
    variance = 20 * np.var(by_seed[1]) / 38
    assert row.var_sample == pytest.approx(variance)
    assert variance > 0
    assert (row.low, row.high) == pytest.approx(
        interval(2 / 3, [(variance, 38.0), (row.var_seed / 2, 1.0)])
    )


def test_one_seed_has_no_variance_of_seeds():
    scores = report_of(CONCEPTS.of_seeds(12)).scores

    row = row_of(scores, metric="colap", **PUBLISHED)
    assert (row.value, row.var_seed, row.ceiling) == (pytest.approx(1 / 3), None, 1)
    assert 0 <= row.low <= row.value <= row.high


@pytest.mark.parametrize("definition", ["published", "corrected"])
def test_the_curve_is_the_score_at_the_study_s_share_and_never_rises(report, definition):
    curve = rows_of(report.scores, parameter="share", definition=definition)

    assert [row.at for row in curve] == list(thresholds())
    values = [row.value for row in curve]
    assert values == sorted(values, reverse=True)
    assert values[6] == row_of(report.scores, metric="colap", definition=definition).value
    # No cluster can hold more than half of each of two languages.
    assert values[11:] == [0] * 10


def test_areas_by_hand(report):
    # Every shared cluster is even. published: more than the share, up to 0.45 and then a slope to
    # 0.5; corrected: up to 0.5, then the slope.
    for definition, area in (("published", 0.475), ("corrected", 0.525)):
        row = row_of(report.scores, metric="colap_auc", definition=definition)
        assert row.value == pytest.approx(area * 2 / 3)
        assert row.var_seed == pytest.approx((area * 2 / 3) ** 2 / 2)


def test_word_classes_by_hand(report):
    # a and c of both languages: two even clusters under seed 11. Under seed 12 a, c, A, C of the
    # first three words are together, and those of the last sentence apart.
    row = row_of(report.scores, control="words:names", **PUBLISHED)

    assert row.value == pytest.approx((1 + 1 / 3) / 2)
    assert (row.n_words, row.null_mean is None, row.low) == (4, False, None)
    assert not rows_of(report.scores, control="words:digits")
    assert row_of(report.scores, metric="colap", **PUBLISHED).n_words == 8


def test_only_selected_words_count():
    # Without every second German word the shared cluster holds 4 and 2: 2/6 is not more than 0.4.
    chosen = Selection(np.arange(8), np.array([0, 2, 4, 6]))
    some = replace(
        CONCEPTS,
        by_key={(3, 12, "pooled"): HALF[:8] + HALF[8::2]},
        selections={("colap", name): chosen for name in ("published", "corrected")},
    )

    for concepts, value in ((CONCEPTS.of_seeds(12), 1 / 3), (some, 0)):
        scores = report_of(concepts, share=0.4).scores
        assert row_of(scores, metric="colap", **PUBLISHED).value == pytest.approx(value)


def test_the_same_seed_gives_the_same_rows_and_another_other_draws():
    one, same, other = report_of(), report_of(), report_of(seed=2)

    assert one.scores == same.scores
    np.testing.assert_array_equal(one.resamples[0].value, same.resamples[0].value)
    summary, elsewhere = (
        row_of(report.scores, metric="colap", **PUBLISHED) for report in (one, other)
    )
    assert summary.value == elsewhere.value
    assert summary.null_tokens != elsewhere.null_tokens
    assert summary.var_sample != elsewhere.var_sample


def test_words_without_sentences_in_the_draws_are_refused():
    with pytest.raises(
        ValueError, match="a word stands in sentence 3, the draws are of sentences 0 to 1"
    ):
        report_of(n_sentences=2)


def test_control_rows_are_means_over_seeds_and_alone():
    centred = replace(CONCEPTS, control="centred")
    fewer = replace(CONCEPTS.of_seeds(12), control="n_clusters=300")

    plain, every = (report_of(controls=controls).scores for controls in ((), (centred, fewer)))
    rows = every[len(plain) :]

    row = row_of(rows, control="centred", **PUBLISHED)
    assert (row.metric, row.value) == ("colap", pytest.approx(2 / 3))
    assert row.seed is None
    assert row.low <= row.value <= row.high
    assert row.null_low <= row.null_mean <= row.null_high
    swept = row_of(rows, parameter="n_clusters", **PUBLISHED)
    assert (swept.at, swept.value, swept.control) == (300, pytest.approx(1 / 3), "")
    assert len(rows) == 2 * 2
