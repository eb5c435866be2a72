"""How well a study knows its own models' effects, and what a reader is told before the verdicts."""

import dataclasses
import logging

import numpy as np
import pytest
import scipy.stats
from claim_tables import claim, deeper, layers, score, state_claims

from polyconcept.records.scores import Resamples, ScoreKey

SEED = (0, 1, 0, 1)
"""Seed of each sample."""


def resampled(values, seed=SEED, **fields):
    """Scores of samples, of the place of a row."""
    row = score(**fields)
    names = ("model", "variant", "side", "corpus", "source", "target", "layer")
    key = ScoreKey(**{name: getattr(row, name) for name in names}, seed=None)
    return Resamples(row.metric, row.definition, row.over, key, np.array(seed), np.array(values))


def rising(*, drawn=(0.11, 0.12, 0.13, 0.16), seeds=(0.12, 0.14), seed=SEED, **fields):
    """Layer 1 at .1 always, layer 2 at .13: rows, and resampled scores."""
    of_seeds = [
        row for n, value in enumerate(seeds) for row in layers((0.9, 0.1, value), **fields, seed=n)
    ]
    rows = layers((0.9, 0.1, float(np.mean(seeds))), **fields) + of_seeds
    draws = [
        resampled([0.9] * len(seed), seed, layer=0, **fields),
        resampled([0.1] * len(seed), seed, layer=1, **fields),
        resampled(drawn, seed, layer=2, **fields),
    ]
    return rows, draws


def reach(parts):
    """Half an interval, by Welch and Satterthwaite, of (variance, degrees of freedom)."""
    total = sum(variance for variance, _ in parts)
    freedom = total**2 / sum(variance**2 / freedom for variance, freedom in parts)
    return scipy.stats.t.ppf(0.975, freedom) * total**0.5


def joined(*tables):
    return [row for rows, _ in tables for row in rows], [one for _, some in tables for one in some]


# --- precision


def test_precision_of_one_model_worked_out_by_hand():
    rows, draws = rising()

    found = claim(rows, 1, resamples=draws)
    # Effects of the samples .01 .02 .03 .06, around .02 and .04: squares .0001 twice, .0004 twice,
    # over 4 - 2. Effects under the seeds .02 and .04: variance .0002, of their mean half of it.
    half = reach([(0.001 / 2, 2), (0.0002 / 2, 1)])

    assert found.effect == pytest.approx(0.03)
    assert (found.precision_low, found.precision_high) == pytest.approx((0.03 - half, 0.03 + half))
    assert (found.verdict, found.n_points, found.low) == ("undecided", 1, None)
    assert (
        "(1 model, no interval; for these models, on other sentences and under other seeds of the "
        "clustering, "
    ) in found.sentence


def test_what_runs_share_is_in_the_precision_and_what_cancels_is_not():
    """Sentences that raise one model's effect lower the other's: the mean is known exactly."""
    up = rising(model="a", drawn=(0.11, 0.15, 0.11, 0.15), seeds=(0.13,), seed=(0,) * 4)
    down = rising(model="b", drawn=(0.15, 0.11, 0.15, 0.11), seeds=(0.13,), seed=(0,) * 4)
    together = rising(model="b", drawn=(0.11, 0.15, 0.11, 0.15), seeds=(0.13,), seed=(0,) * 4)

    cancelled, shared, alone = (
        claim(rows, 1, resamples=draws)
        for rows, draws in (joined(up, down), joined(up, together), up)
    )

    assert (cancelled.precision_low, cancelled.precision_high) == pytest.approx((0.03, 0.03))
    # Were the models independent, the variance of their mean would be half that of one.
    assert shared.precision_low == pytest.approx(alone.precision_low)
    assert alone.precision_high == pytest.approx(0.03 + reach([(4 * 0.0004 / 3, 3)]))


def test_each_run_and_pair_has_an_interval_of_its_own():
    """Of two models whose mean is known exactly, neither is."""
    up = rising(model="a", drawn=(0.11, 0.15, 0.11, 0.15), seeds=(0.13,), seed=(0,) * 4)
    down = rising(model="b", drawn=(0.15, 0.11, 0.15, 0.11), seeds=(0.13,), seed=(0,) * 4)
    rows, draws = joined(up, down)
    half = reach([(4 * 0.0004 / 3, 3)])

    found = claim(rows, 1, resamples=draws).of_pairs

    assert [(one.model, one.variant, one.pair) for one in found] == [
        ("a", "base", "en-de"), ("b", "base", "en-de"),
    ]  # fmt: skip
    for one in found:
        assert (one.low, one.effect, one.high) == pytest.approx((0.03 - half, 0.03, 0.03 + half))


def test_without_resampled_scores_runs_and_pairs_have_no_interval():
    rows, draws = joined(rising(), rising(variant="ner"))

    [of_pair] = claim(rows, 2).of_pairs

    assert (of_pair.variant, of_pair.low, of_pair.high) == ("ner", None, None)
    assert of_pair.effect == pytest.approx(0)
    assert claim(rows, 3, resamples=draws).of_pairs == ()


def test_of_claim_2_the_change_is_taken_sample_by_sample():
    base = rising(seeds=(0.13,), seed=(0,) * 4)
    tuned = rising(variant="ner", drawn=(0.14, 0.15, 0.16, 0.19), seeds=(0.16,), seed=(0,) * 4)
    rows, draws = joined(base, tuned)

    found = claim(rows, 2, resamples=draws)

    # Layer 2 rises by .03 of three layers in every sample.
    assert found.effect == pytest.approx(0.01)
    assert (found.precision_low, found.precision_high) == pytest.approx((0.01, 0.01))
    assert "for these models, on other sentences, +0.010" in found.sentence


def test_repeats_of_a_fine_tuning_widen_the_precision():
    """Changes of layer 2 by .06 and .12, of three layers: .02 and .04, of variance .0002."""
    one = {"seeds": (0.13,), "seed": (0, 0), "drawn": (0.13, 0.13)}
    rows, draws = joined(
        rising(**one),
        rising(variant="ner", **one | {"seeds": (0.19,)}),
        rising(variant="ner_2", **one | {"seeds": (0.25,)}),
    )
    rows += layers((0.9, 0.1, 0.22), variant="ner+ner_2")

    found = claim(rows, 2, resamples=draws)
    half = 12.7062 * (0.0002 / 2) ** 0.5

    assert found.effect == pytest.approx(0.03)
    assert found.precision_high == pytest.approx(0.03 + half, abs=1e-6)
    assert "and under other seeds of the fine-tuning" in found.sentence


def test_two_models_share_what_repeats_of_one_add():
    """The repeated fine-tuning is one of two models: a quarter of its variance counts."""
    one = {"seeds": (0.13,), "seed": (0, 0), "drawn": (0.13, 0.13)}
    tables = [rising(model=model, **one) for model in "ab"]
    tables += [rising(model="a", variant=f"ner{n}", **one | {"seeds": (0.19 + n * 0.06,)})
               for n in (0, 1)]  # fmt: skip
    tables += [rising(model="b", variant="ner0", **one)]
    rows, draws = joined(*tables)
    rows += layers((0.9, 0.1, 0.22), model="a", variant="ner0+ner1")

    found = claim(rows, 2, resamples=draws)

    assert found.effect == pytest.approx(0.015)
    assert found.precision_high == pytest.approx(0.015 + 12.7062 * (0.0001 / 4) ** 0.5, abs=1e-6)


def test_a_metric_without_resampled_scores_and_claim_3_have_no_precision():
    rows, draws = rising()
    area = layers((0.9, 0.1, 0.2), metric="calign_auc")

    found = state_claims(rows + area, draws).claims

    assert [(one.claim, one.metric) for one in found if one.precision_low is not None] == [
        (1, "calign")
    ]
    assert claim(rows, 1).precision_low is None
    assert "for these models" not in claim(rows + area, 1, metric="calign_auc").sentence


def test_without_an_effect_there_is_no_precision():
    rows, draws = rising()
    zero = [dataclasses.replace(row, value=0.0) for row in rows]

    found = claim(zero, 1, resamples=draws)

    assert (found.effect, found.precision_low) == (None, None)


def test_resampled_scores_of_random_weights_and_other_sides_take_no_part():
    rows, draws = rising(side="encoder-decoder")
    others = [
        one
        for fields in ({"variant": "random"}, {"side": "encoder"}, {"over": "large"})
        for one in rising(drawn=(0.9, 0.1, 0.5, 0.3), **{"side": "encoder-decoder"} | fields)[1]
    ]
    more = layers((0.9, 0.1, 0.2), side="encoder")

    assert claim(rows + more, 1, resamples=draws + others) == claim(rows, 1, resamples=draws)


def test_both_directions_of_a_pair_are_one_in_the_samples_too():
    rows, draws = rising(definition="corrected", seeds=(0.13,), seed=(0,) * 4)
    back = rising(
        definition="corrected", source="de", target="en",
        drawn=(0.16, 0.15, 0.14, 0.11), seeds=(0.13,), seed=(0,) * 4,
    )  # fmt: skip

    found = claim(rows + back[0], 1, definition="corrected", resamples=draws + back[1])

    assert found.precision_low == pytest.approx(found.effect)


def test_missing_samples_and_seeds_are_refused():
    rows, draws = rising()

    with pytest.raises(ValueError, match=r"no resampled scores of calign \(published\) for bert, "
                                         r"base, de-en, layer 2"):  # fmt: skip
        state_claims(rows, draws[:-1])
    with pytest.raises(ValueError, match=r"no scores of single seeds of calign \(published\)"):
        state_claims([row for row in rows if row.seed is None], draws)


def test_other_samples_of_a_run_are_refused():
    rows, draws = rising()
    longer, of_longer = rising(model="b", drawn=(0.1,) * 6, seed=(0, 1) * 3)
    other, of_other = rising(model="b", seed=(0, 0, 1, 1))

    with pytest.raises(ValueError, match=r"resampled scores of calign \(published\): expected "
                                         r"equally many everywhere, found \[4, 6\]"):  # fmt: skip
        state_claims(rows + longer, draws + of_longer)
    with pytest.raises(ValueError, match="are under other seeds"):
        state_claims(rows + other, draws + of_other)


# --- what a reader is told first


def test_models_near_the_floor_are_named_with_their_numbers(caplog):
    low = {"model": "low", "ceiling": 0.3}
    rows = layers((0.9, 0.02, 0.03), **low) + layers((0.9, 0.2, 0.3), ceiling=0.6)
    for seed in (0, 1, 2):
        rows += layers((0.9, 0.02, 0.03), **low | {"seed": seed, "n_total": 120, "n_hit": 3})
        rows += layers((0.9, 0.2, 0.3), seed=seed, n_total=120, n_hit=30)

    with caplog.at_level(logging.WARNING):
        [note] = state_claims(rows).notes

    assert note == (
        "CALIGN (published) is near its floor in low (3.0 of 120 clusters align, ceiling 0.30): "
        "there the threshold and the number of clusters decide it; read calign_auc."
    )
    assert note in caplog.text


def seeded(n_seeds, **fields):
    return [row for n in range(n_seeds) for row in layers((0.1, 0.2), seed=n, **fields)]


@pytest.mark.parametrize(
    ("n_seeds", "told"), [(1, "under one seed:"), (2, "under 2 seeds: too few"), (3, None)]
)
def test_fewer_than_three_seeds_of_the_clustering_are_told(n_seeds, told):
    notes = state_claims(layers((0.1, 0.2)) + seeded(n_seeds)).notes

    assert len(notes) == (told is not None)
    assert all(f"Words were clustered {told}" in note for note in notes)


def test_seeds_of_the_fine_tuning_are_told():
    one = deeper([0.1]) + deeper([0.1], variant="ner")
    again = deeper([0.2], variant="ner_2")
    mean = deeper([0.15], variant="ner+ner_2")
    other = deeper([0.2], variant="sst2")

    assert state_claims(deeper([0.1])).notes == ()
    assert state_claims(one).notes == (
        "Models were fine-tuned under one seed: the ranges for these models hold nothing of what "
        "another would change.",
    )
    assert state_claims(one + again + mean).notes == (
        "Fine-tunings were repeated under 2 seeds, whose variance the ranges hold.",
    )
    [mixed] = state_claims(one + again + mean + other).notes
    assert "under 1 to 2 seeds" in mixed
