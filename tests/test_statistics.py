from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from polyconcept.records.scores import ScoreKey
from polyconcept.records.text import Words
from polyconcept.records.variance import interval, spread, within_variance
from polyconcept.scoring.statistics import (
    Measured,
    Options,
    adjusted,
    curve_area,
    draw_sentences,
    n_sentences,
    newcombe,
    null_of,
    seed_of_draw,
    thresholds,
    under_control,
    wilson,
)

OPTIONS = Options(n_permutations=10, n_resamples=50, seed=3)
KEY = ScoreKey("mbert", "base", "encoder", "pud", "en", "de", layer=12, seed=None)


def draws_of(*values):
    return np.array(values, dtype=float)


def words_in(*sentences):
    column = np.array(sentences, dtype=np.int32)
    zeros = np.zeros_like(column)
    return Words("en", column, zeros, zeros, ("a",))


def summary(by_seed, **options):
    return Measured(by_seed, **options).row("calign", "published", "all", KEY)


# --- nulls


def test_p_counts_ties_on_both_sides_and_the_score_itself():
    null = null_of(0.75, draws_of(0.25, 0.5, 0.5, 0.75))

    # The mean is 0.5: 0.25 and 0.75 are as far from it as the score.
    assert null.mean == 0.5
    assert null.p == (1 + 2) / (1 + 4)
    assert null_of(0.25, draws_of(0.25, 0.5, 0.5, 0.75)).p == null.p
    assert null_of(0.5, draws_of(0.25, 0.5, 0.5, 0.75)).p == 1
    assert null_of(0.8, draws_of(0.25, 0.5, 0.5, 0.75)).p == 1 / 5


def test_a_tie_is_a_tie_whatever_the_last_bit():
    assert null_of(0.1 + 0.2, draws_of(0.3, 0.0, 0.3, 0.0)).p == 1


def test_the_range_of_a_null_holds_its_middle_95_percent():
    null = null_of(7.0, np.arange(101) / 100)

    assert (null.low, null.high) == pytest.approx((0.025, 0.975))
    assert null.p == 1 / 102


def test_a_null_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no permuted scores: a null needs at least one"):
        null_of(0.5, draws_of())


def test_p_of_a_score_that_is_one_of_its_null_is_uniform():
    random = np.random.default_rng(1)
    p = np.array([null_of(random.normal(), random.normal(size=99)).p for _ in range(2000)])

    for level in (0.05, 0.25, 0.5, 0.9):
        assert np.mean(p <= level) == pytest.approx(level, abs=0.03)


# --- draws


def test_every_sample_has_as_many_sentences_as_there_are():
    drawn = draw_sentences(40, OPTIONS)

    assert drawn.shape == (50, 40)
    assert (drawn.sum(axis=1) == 40).all()
    # With replacement: about a share of 1/e is not drawn.
    assert np.mean(drawn == 0) == pytest.approx(np.exp(-1), abs=0.03)


def test_the_same_seed_draws_the_same_sentences_and_another_others():
    same = draw_sentences(40, OPTIONS)
    other = draw_sentences(40, Options(n_permutations=10, n_resamples=50, seed=4))

    np.testing.assert_array_equal(same, draw_sentences(40, OPTIONS))
    # How many permutations there are says nothing about the sentences.
    more = Options(n_permutations=99, n_resamples=60, seed=3)
    np.testing.assert_array_equal(same, draw_sentences(40, more)[:50])
    assert (same != other).any()


def test_no_sentence_to_draw_is_refused():
    with pytest.raises(ValueError, match="0 sentences to draw from: at least one is needed"):
        draw_sentences(0, OPTIONS)


def test_draws_go_round_the_seeds():
    assert seed_of_draw(7, 3).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert seed_of_draw(2, 3).tolist() == [0, 1]


def test_sentences_end_with_the_last_that_either_language_uses():
    assert n_sentences(words_in(0, 0, 3), words_in(1, 5)) == 6
    assert n_sentences(words_in(7), words_in(1, 5)) == 8


def test_sentences_of_an_empty_table_are_refused():
    with pytest.raises(ValueError, match="no words in en: nothing to draw"):
        n_sentences(words_in(0), words_in())


# --- variances and intervals


def test_variance_within_seeds_by_hand():
    # Seed 0: 1, 3 around 2; seed 1: 10, 14, 12 around 12. Sums of squares: 2 and 8.
    found = within_variance(draws_of(1, 10, 3, 14, 12), np.array([0, 1, 0, 1, 1]))

    assert found == ((2 + 8) / (5 - 2), 3)


def test_variance_within_seeds_lets_a_seed_have_one_value():
    assert within_variance(draws_of(1, 3, 50), np.array([0, 0, 2])) == (2, 1)


def test_variance_within_one_seed_is_numpys():
    values = np.random.default_rng(2).normal(size=30)

    variance, freedom = within_variance(values, np.zeros(30, dtype=np.int64))

    assert variance == pytest.approx(np.var(values, ddof=1))
    assert freedom == 29


def test_one_value_of_each_seed_has_no_variance():
    with pytest.raises(ValueError, match="2 resamples for 2 seeds: a variance needs two of a seed"):
        within_variance(draws_of(1, 2), np.array([0, 1]))


def test_spread_of_one_score_is_unknown():
    assert spread([0.5]) is None
    assert spread([0.25, 0.75]) == 0.125


@pytest.mark.parametrize("sizes", [(8, 5), (200, 2), (3, 40)])
def test_interval_is_welchs(sizes):
    random = np.random.default_rng(sizes[0])
    one = random.normal(0.5, 0.01, size=sizes[0])
    other = random.normal(0.2, 0.03, size=sizes[1])
    parts = [(float(np.var(part, ddof=1)) / len(part), len(part) - 1.0) for part in (one, other)]

    found = interval(float(one.mean() - other.mean()), parts, bounds=(-9.0, 9.0))

    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert found == pytest.approx(expected)


def test_interval_of_one_part_is_students_by_hand():
    # 2 degrees of freedom: t = 4.302653.
    low, high = interval(0.5, [(0.0001, 2.0)])

    assert low == pytest.approx(0.5 - 0.04302653)
    assert high == pytest.approx(0.5 + 0.04302653)


def test_interval_is_cut_where_the_score_ends():
    assert interval(0.9, [(1.0, 5.0)]) == (0.0, 1.0)
    assert interval(0.1, [(0.01, 5.0)])[0] == 0
    assert interval(-0.5, [(1.0, 5.0)], bounds=(-1.0, 1.0)) == (-1.0, 1.0)


def test_interval_without_variance_is_a_point():
    assert interval(0.4, [(0.0, 3.0), (0.0, 9.0)]) == (0.4, 0.4)
    assert interval(0.4, [(0.0, 0.0)]) == (0.4, 0.4)


def test_a_part_without_variance_changes_nothing():
    assert interval(0.4, [(0.001, 3.0), (0.0, 9.0)]) == interval(0.4, [(0.001, 3.0)])


@pytest.mark.parametrize(("n_hit", "n_total"), [(0, 60), (60, 60), (1, 7), (30, 60), (0, 1)])
def test_the_interval_of_a_share_is_scipys(n_hit, n_total):
    theirs = stats.binomtest(n_hit, n_total).proportion_ci(method="wilson")

    assert wilson(n_hit / n_total, float(n_total)) == pytest.approx(tuple(theirs), abs=1e-12)


def test_the_interval_of_no_hit_among_60_by_hand():
    # z^2 = 3.8415; 3.8415 / (60 + 3.8415)
    assert wilson(0.0, 60.0) == pytest.approx((0, 0.0602), abs=5e-5)


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II, examples (a) and (h), method 10.
    assert newcombe((56 / 70, 70.0), (48 / 80, 80.0)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe((1.0, 10.0), (0.0, 10.0)) == pytest.approx((0.6075, 1), abs=5e-5)


def test_samples_that_score_the_same_have_at_least_the_interval_of_so_many_clusters():
    hits = summary([0.0, 0.0], drawn=np.zeros(20), totals=[60, 60])
    few = summary([0.0, 0.0], drawn=draws_of(*[0.0] * 19, 1 / 60), totals=[60, 60])
    half = summary([0.5], drawn=np.full(20, 0.5), totals=[60])

    assert (hits.low, hits.high, hits.var_sample) == (0, pytest.approx(0.0602, abs=5e-5), 0)
    # A lone hit of a sample tells no more than none.
    assert (few.low, few.high) == pytest.approx((0, hits.high))
    assert (half.low, half.high) == pytest.approx(wilson(0.5, 60.0))
    # What is no share of clusters has no such interval, nor has what samples tell something of.
    twin = summary([0.0], drawn=np.zeros(20))
    assert (twin.low, twin.high) == (0, 0)
    told = summary([0.5], drawn=draws_of(0.49, 0.51, 0.5), totals=[60])
    assert (told.low, told.high) == interval(0.5, [(told.var_sample, 2.0)])


def test_seeds_apart_keep_their_interval_where_it_is_the_wider():
    row = summary([0.2, 0.8], drawn=draws_of(0.2, 0.8, 0.2, 0.8), totals=[1000, 1000])

    assert row.var_sample == 0
    assert (row.low, row.high) == (0, 1)


@pytest.mark.parametrize("deviations", [(0.05, 0.02), (0.02, 0.05), (0.04, 0.04)])
def test_intervals_cover_the_truth_at_their_rate(deviations):
    # A sample of sentences moves the scores of all seeds alike; the bootstrap shows how far.
    random = np.random.default_rng(5)
    n_seeds, n_draws, truth, of_sample, of_seed = 5, 200, 0.5, *deviations
    seed = seed_of_draw(n_draws, n_seeds)
    covered = []
    for _ in range(3000):
        shift = random.normal(0, of_sample)
        by_seed = truth + shift + random.normal(0, of_seed, size=n_seeds)
        drawn = by_seed[seed] + random.normal(0, of_sample, size=n_draws)
        row = summary(by_seed.tolist(), drawn=drawn)
        covered.append(row.low <= truth <= row.high)

    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


# --- curves


def test_thresholds_go_from_0_to_1_in_steps_of_5_percent():
    assert len(thresholds()) == 21
    assert thresholds()[:3] == (0.0, 0.05, 0.1)
    assert thresholds()[6] == 0.3
    assert thresholds()[-1] == 1


def test_area_under_a_curve_by_hand():
    falling = 1 - np.array(thresholds())
    step = np.array([1.0] * 11 + [0.0] * 10)

    area = curve_area(np.stack([np.ones(21), falling, step], axis=1))

    # The step ends in a slope from 0.5 to 0.55: a trapezoid.
    np.testing.assert_allclose(area, [1, 0.5, 0.525])


# --- rows


def test_a_summary_by_hand():
    row = summary(
        [0.25, 0.75],
        permuted=draws_of(0.1, 0.3),
        drawn=draws_of(0.24, 0.74, 0.26, 0.76),
        ceiling=0.8,
    )

    assert (row.value, row.var_seed) == (0.5, 0.125)
    assert row.var_sample == pytest.approx(4 * 0.01**2 / 2)
    assert (row.null_mean, row.p, row.ceiling) == (0.2, 1 / 3, 0.8)
    assert row.normalised == pytest.approx((0.5 - 0.2) / (0.8 - 0.2))
    assert (row.low, row.high) == interval(0.5, [(row.var_sample, 2.0), (0.125 / 2, 1.0)])
    assert (row.n_hit, row.n_total, row.seed) == (None, None, None)


def test_one_seed_has_the_interval_of_the_sample_alone():
    row = summary([0.5], drawn=draws_of(0.5, 0.6, 0.7), hits=[3], totals=[6])

    assert row.var_seed is None
    assert (row.low, row.high) == pytest.approx(interval(0.5, [(0.01, 2.0)]))
    assert (row.n_hit, row.n_total) == (3, 6)
    assert (row.null_mean, row.p, row.ceiling, row.normalised) == (None, None, None, None)


def test_a_mean_that_is_a_bit_too_small_is_the_ceiling_all_the_same():
    permuted = np.full(20, 1 / 3)

    assert permuted.mean() < 1 / 3  # the control
    assert summary([0.2], permuted=permuted, ceiling=1 / 3).normalised is None


def test_a_score_is_normalised_only_where_the_ceiling_is_above_chance():
    permuted = draws_of(0.5, 0.5)

    assert summary([0.4], permuted=permuted, ceiling=0.5).normalised is None
    assert summary([0.4], permuted=permuted, ceiling=0.9).normalised == pytest.approx(-0.25)
    assert summary([0.4], permuted=permuted).normalised is None
    assert summary([0.4], permuted=permuted, best_is_null=True).normalised == pytest.approx(0.8)
    nothing = draws_of(0.0, 0.0)
    assert summary([0.0], permuted=nothing, best_is_null=True).normalised is None


def test_a_number_of_clusters_is_a_sweep_and_all_else_a_control():
    row = summary([0.5])

    swept, centred = under_control(row, "n_clusters=300"), under_control(row, "centred")
    assert (swept.control, swept.parameter, swept.at) == ("", "n_clusters", 300)
    assert (centred.control, centred.parameter, centred.at) == ("centred", "", None)
    assert swept.value == centred.value == 0.5


def scores_with(*p_values):
    row = Measured([0.5]).row("calign", "published", "all", KEY)
    return [replace(row, p=p) for p in p_values]


def test_p_values_are_adjusted_for_their_number_by_hand():
    # Four of them: .01 * 4 / 1, .03 * 4 / 2, .04 * 4 / 3, and .2; none is above a later one.
    rows = adjusted(scores_with(0.2, None, 0.01, 0.04, 0.03))

    found = [row.p_adjusted for row in rows]
    assert found == pytest.approx([0.2, None, 0.04, 0.16 / 3, 0.16 / 3])
    assert [row.p for row in rows] == [0.2, None, 0.01, 0.04, 0.03]


def test_a_table_without_p_values_has_none_to_adjust():
    rows = scores_with(None, None)

    assert adjusted(rows) == rows
