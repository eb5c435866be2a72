from dataclasses import asdict

import numpy as np
import pytest

from polyconcept.records.scores import Resamples, Score, ScoreKey
from polyconcept.records.variance import interval
from polyconcept.scoring.comparison import compare_variants
from polyconcept.scoring.statistics import newcombe, seed_of_draw, wilson

N = 40


def key_of(variant, seed=None, layer=3):
    return ScoreKey("mbert", variant, "encoder", "pud", "en", "de", layer, seed)


def score(variant, value, seed=None, **fields):
    columns = {"metric": "calign", "definition": "published", "over": "all"}
    columns |= asdict(key_of(variant, seed)) | {"n_hit": None, "n_total": seed and 60} | fields
    return Score(value=value, **columns)


def table_of(**by_seed):
    """Rows of single seeds, 11, 12, ..., and their mean."""
    rows = [
        score(variant, value, seed)
        for variant, values in by_seed.items()
        for seed, value in enumerate(values, start=11)
    ]
    means = [score(variant, float(np.mean(values))) for variant, values in by_seed.items()]
    return rows + means


def drawn(variant, values, n_seeds=2, **fields):
    values = np.asarray(values, dtype=float)
    columns = {"metric": "calign", "definition": "published", "over": "all"} | fields
    return Resamples(
        **columns,
        key=key_of(variant),
        seed=seed_of_draw(len(values), n_seeds),
        value=values,
    )


def noise(seed, scale=0.01):
    return np.random.default_rng(seed).normal(0, scale, size=N)


def within(values, n_seeds=2):
    """Variance around the mean of each seed, and its degrees of freedom."""
    squares = sum(
        np.square(values[seed::n_seeds] - values[seed::n_seeds].mean()).sum()
        for seed in range(n_seeds)
    )
    return squares / (len(values) - n_seeds), float(len(values) - n_seeds)


def test_a_change_from_nothing_to_nothing_is_not_known_exactly():
    scores = table_of(base=[0.0, 0.0], ner=[0.0, 0.0], ner_2=[0.0, 0.0])
    resamples = [drawn(name, np.zeros(N)) for name in ("base", "ner", "ner_2")]

    found = rows(scores, resamples, repeats=[["ner", "ner_2"]])

    for row in found:
        least = newcombe((0.0, 60.0), (0.0, 60.0)) if row.against else wilson(0.0, 60.0)
        assert (row.value, row.var_sample) == (0, 0)
        assert (row.low, row.high) == pytest.approx(least, abs=1e-12)
    assert [row.against for row in found] == ["base", "base", "", "base"]


def rows(scores, resamples, **options):
    return list(compare_variants(scores, resamples, **options))


def test_a_change_by_hand():
    scores = table_of(base=(0.3, 0.5), ner=(0.6, 0.7))
    draws = [drawn("base", 0.4 + noise(1)), drawn("ner", 0.6 + noise(2))]

    (row,) = rows(scores, draws)

    assert (row.variant, row.against, row.seed) == ("ner", "base", None)
    assert (row.metric, row.layer, row.model) == ("calign", 3, "mbert")
    assert row.value == pytest.approx(0.65 - 0.4)
    # Seeds: 0.1^2 / 2 and 0.2^2 / 2.
    assert row.var_seed == pytest.approx(0.005 + 0.02)
    variance, freedom = within(noise(2) - noise(1))
    assert row.var_sample == pytest.approx(variance)
    parts = [(variance, freedom), (0.005 / 2, 1.0), (0.02 / 2, 1.0)]
    assert (row.low, row.high) == pytest.approx(interval(row.value, parts, bounds=(-1.0, 1.0)))
    assert row.var_finetuning is None
    assert (row.null_mean, row.p, row.ceiling, row.normalised, row.n_hit) == (None,) * 5


def test_what_both_share_falls_out():
    shared = noise(1, scale=0.1)
    scores = table_of(base=(0.4, 0.4), ner=(0.5, 0.5))

    paired = [drawn("base", 0.4 + shared), drawn("ner", 0.5 + shared)]
    (row,) = rows(scores, paired)
    (apart,) = rows(scores, [paired[0], drawn("ner", 0.5 + noise(2, scale=0.1))])

    assert row.var_sample == pytest.approx(0, abs=1e-20)
    assert (row.low, row.high) == pytest.approx((0.1, 0.1))
    # Without the pairing the two variances add up.
    assert apart.var_sample == pytest.approx(0.02, rel=0.5)


def test_one_seed_has_the_interval_of_the_sample():
    scores = table_of(base=(0.4,), ner=(0.6,))
    draws = [drawn("base", 0.4 + noise(1), 1), drawn("ner", 0.6 + noise(2), 1)]

    (row,) = rows(scores, draws)

    assert row.var_seed is None
    expected = interval(0.2, [within(noise(2) - noise(1), 1)], bounds=(-1.0, 1.0))
    assert (row.low, row.high) == pytest.approx(expected)


def test_a_fall_may_reach_minus_1():
    scores = table_of(base=(0.9, 1.0), ner=(0.1, 0.0))
    draws = [drawn("base", noise(1, 0.3)), drawn("ner", noise(2, 0.3))]

    (row,) = rows(scores, draws)

    assert row.value == pytest.approx(-0.9)
    assert row.low == -1
    assert row.high > -0.9


def test_repeated_fine_tunings_are_pooled_by_hand():
    by_seed = {"base": (0.3, 0.5), "one": (0.5, 0.6), "two": (0.7, 0.7), "three": (0.9, 0.5)}
    scores = table_of(**by_seed)
    draws = [drawn(name, 0.5 + noise(i)) for i, name in enumerate(by_seed)]

    found = rows(scores, draws, repeats=[("one", "two", "three")])

    assert [(row.variant, row.against) for row in found] == [
        *((name, "base") for name in ("one", "two", "three")),
        ("one+two+three", ""),
        ("one+two+three", "base"),
    ]
    pooled, change = found[3:]
    # Means 0.55, 0.7 and 0.7 vary by 0.0075; seeds by 0.005, 0 and 0.08, of two each.
    of_seeds = (0.005 + 0 + 0.08) / 3
    assert pooled.value == pytest.approx(0.65)
    assert pooled.var_seed == pytest.approx(of_seeds)
    assert pooled.var_finetuning == pytest.approx(max(0, 0.0075 - of_seeds / 2)) == 0
    mean = np.mean([noise(i) for i in (1, 2, 3)], axis=0)
    variance, freedom = within(mean)
    assert pooled.var_sample == pytest.approx(variance)
    expected = interval(0.65, [(variance, freedom), (0.0075 / 3, 2.0)])
    assert (pooled.low, pooled.high) == pytest.approx(expected)

    assert change.value == pytest.approx(0.65 - 0.4)
    variance, freedom = within(mean - noise(0))
    assert change.var_sample == pytest.approx(variance)
    assert change.var_seed == pytest.approx(of_seeds + 0.02)
    parts = [(variance, freedom), (0.0075 / 3, 2.0), (0.02 / 2, 1.0)]
    assert (change.low, change.high) == pytest.approx(
        interval(change.value, parts, bounds=(-1.0, 1.0))
    )


def test_variance_of_fine_tunings_is_without_that_of_seeds():
    scores = table_of(base=(0.3, 0.5), one=(0.2, 0.4), two=(0.6, 0.8))
    draws = [drawn(name, noise(i)) for i, name in enumerate(("base", "one", "two"))]

    found = rows(scores, draws, repeats=[("one", "two")])

    # Means 0.3 and 0.7 vary by 0.08, of which 0.02 / 2 comes from the seeds.
    assert found[2].var_finetuning == pytest.approx(0.07)
    assert found[3].var_finetuning == pytest.approx(0.07)


def test_repeats_of_which_one_is_missing_are_left_alone():
    scores = table_of(base=(0.3, 0.5), one=(0.2, 0.4))
    draws = [drawn(name, noise(i)) for i, name in enumerate(("base", "one"))]

    assert len(rows(scores, draws, repeats=[("one", "two")])) == 1


def test_random_weights_are_not_fine_tuned():
    scores = table_of(base=(0.3, 0.5), random=(0.2, 0.4))

    assert not rows(scores, [drawn("base", noise(1)), drawn("random", noise(2))])
    assert not rows(scores, [drawn("random", noise(2))])


def test_only_plain_rows_are_compared():
    scores = table_of(base=(0.3, 0.5), ner=(0.6, 0.7))
    others = [
        score("ner", 0.9, control="centred"),
        score("ner", 0.9, parameter="match", at=0.1),
        score("ner", 0.9, against="base"),
        score("ner", 0.9, 11, control="centred"),
        score("ner", 0.9, metric="calign_auc"),
    ]
    draws = [drawn("base", noise(1)), drawn("ner", noise(2))]

    assert rows(others + scores + others, draws) == rows(scores, draws)


def test_places_are_compared_apart():
    scores = table_of(base=(0.3, 0.5), ner=(0.6, 0.7))
    large = [score(row.variant, row.value / 2, row.seed, over="large") for row in scores]
    draws = [
        drawn(name, noise(seed), over=over)
        for over in ("all", "large")
        for seed, name in enumerate(("base", "ner"))
    ]

    found = {row.over: row.value for row in rows(scores + large, draws)}

    assert found == {"all": pytest.approx(0.25), "large": pytest.approx(0.125)}


def test_a_fine_tuned_model_without_base_is_refused():
    scores = table_of(ner=(0.6, 0.7), sst=(0.6, 0.7))

    with pytest.raises(
        ValueError, match=r"ner, sst of \('calign', .*\): no score of the base model to compare"
    ):
        rows(scores, [drawn("ner", noise(1)), drawn("sst", noise(2))])


@pytest.mark.parametrize("kept", ["seeds", "mean"])
def test_resamples_without_rows_are_refused(kept):
    scores = [row for row in table_of(base=(0.3, 0.5)) if (row.seed is None) == (kept == "mean")]

    with pytest.raises(ValueError, match=r"'base'\) have no rows in the score table"):
        rows(scores, [drawn("base", noise(1))])


def test_samples_of_other_sentences_are_refused():
    scores = table_of(base=(0.3, 0.5), ner=(0.6, 0.7))

    one = drawn("base", noise(1))
    with pytest.raises(
        ValueError,
        match=r"base \(40 resamples, 2 seeds\) and ner \(39 resamples, 2 seeds\)",
    ):
        rows(scores, [one, drawn("ner", noise(2)[:-1])])
    with pytest.raises(ValueError, match=r"2 seeds\) and ner \(40 resamples, 1 seeds\)"):
        rows(scores, [one, drawn("ner", noise(2), n_seeds=1)])
