"""Claims and rank correlations: what follows from the score table."""

import dataclasses
import json
import logging
import math
import re
from html import escape
from html.parser import HTMLParser
from itertools import permutations
from pathlib import Path
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
import scipy.stats
from claim_tables import (
    LANGUAGES,
    changed,
    claim,
    deeper,
    layers,
    learnt,
    score,
    state_claims,
    task,
)

from polyconcept.claims.intervals import judge, mean_interval, spearman, spearman_interval
from polyconcept.claims.rivals import rank_correlations
from polyconcept.report.claims import claims_page
from polyconcept.store.json import write_json


def student(values):
    """The interval by the tables of Student's t: 97.5 % at 2 and at 4 degrees of freedom."""
    t = {3: 4.302653, 5: 2.776445}[len(values)]
    half = t * stdev(values) / math.sqrt(len(values))
    return pytest.approx((fmean(values) - half, fmean(values) + half), abs=1e-6)


# --- claim 1


def test_claim_1_holds_with_the_effect_and_interval_worked_out_by_hand():
    found = claim(deeper([0.18, 0.2, 0.22]), 1)

    assert found.verdict == "holds"
    assert found.effect == pytest.approx(0.2)
    # Standard deviation 0.02; 4.302653 * 0.02 / sqrt(3) = 0.0496828.
    assert (found.low, found.high) == pytest.approx((0.1503172, 0.2496828), abs=1e-6)


def test_claim_1_names_models_pairs_and_layers():
    found = claim(deeper([0.18, 0.2, 0.22]), 1)

    assert found.models == ("m0", "m1", "m2")
    assert found.languages == ("en-de",)
    assert found.layers == (1, 2, 4, 5)
    assert found.n_points == 3


def test_a_model_is_one_point_whatever_its_runs_and_pairs():
    """Pairs are averaged within a run, and runs within a model: by hand .35, .3 and .1."""
    rows = deeper([0.1], model="a") + deeper([0.3], model="a", target="fr")
    rows += deeper([0.5], model="a", variant="ner")
    rows += deeper([0.3], model="b") + deeper([0.1], model="c")

    found = claim(rows, 1)

    assert found.effect == pytest.approx(0.25)
    assert (found.low, found.high) == student([0.35, 0.3, 0.1])
    assert found.n_points == 3
    assert found.languages == ("en-de", "en-fr")
    assert "over 3 models" in found.sentence


def test_repeats_of_a_fine_tuning_are_one_run_of_its_model():
    rows = deeper([0.1]) + deeper([0.3], variant="ner") + deeper([0.5], variant="ner_2")
    rows += deeper([0.9], variant="ner+ner_2")

    # The mean of .1 and of (.3 + .5) / 2.
    assert claim(rows, 1).effect == pytest.approx(0.25)


@pytest.mark.parametrize("rises", [[-0.18, -0.2, -0.22], [0.0, 0.0, 0.0]])
def test_claim_1_does_not_hold(rises):
    found = claim(deeper(rises), 1)

    assert found.verdict == "does not hold"
    assert found.sentence.startswith(
        "Does not hold by CALIGN (published): on average the upper half of the layers differs"
    )


@pytest.mark.parametrize(
    ("least", "verdict"),
    # The interval is .1503 to .2497.
    [
        *[(0.0, "holds"), (0.1503, "holds"), (0.1504, "undecided")],
        *[(0.2, "undecided"), (0.2496, "undecided"), (0.2497, "does not hold")],
    ],
)
def test_the_whole_interval_must_lie_above_the_least_effect(least, verdict):
    rows = deeper([0.18, 0.2, 0.22]) + changed([0.18, 0.2, 0.22], target="fr")

    found = state_claims(deeper([0.18, 0.2, 0.22]), least_effect=least)

    assert found.claims[0].verdict == verdict
    assert found.least_effect == least
    assert claim(rows, 2, least_effect=least).verdict == verdict


def test_an_interval_that_only_touches_the_least_effect_is_not_above_it():
    assert claim(deeper([0.02] * 3), 1, least_effect=0.02).verdict == "does not hold"
    assert claim(deeper([0.02] * 3), 1, least_effect=0.019).verdict == "holds"


def test_two_models_are_too_few_however_clear_and_many_their_pairs():
    rows = [row for target in LANGUAGES for row in deeper([0.5, 0.5], target=target)]

    found = claim(rows, 1)

    assert (found.verdict, found.n_points) == ("undecided", 2)
    assert (found.effect, found.low, found.high) == (pytest.approx(0.5), None, None)
    assert "(2 models, no interval). A verdict needs at least 3 models." in found.sentence


def test_one_layer_above_0_says_nothing_of_depth():
    found = claim(layers((0.1, 0.9)), 1)

    assert (found.verdict, found.effect, found.n_points) == ("undecided", None, 0)
    assert "no run has scores of two layers above layer 0" in found.sentence


def test_both_directions_of_a_pair_are_one_point():
    forth = layers((0, 0.1, 0.3), definition="corrected")
    back = layers((0, 0.1, 0.5), definition="corrected", source="de", target="en")

    found = claim(forth + back, 1, definition="corrected")

    assert found.n_points == 1
    assert found.effect == pytest.approx(0.3)
    assert found.languages == ("en-de",)


def test_random_weights_controls_other_seeds_and_large_clusters_take_no_part():
    rows = deeper([0.18, 0.2, 0.22])
    falling = (0.9, 0.9, 0.9, 0.0, 0.0, 0.0)
    others = [
        *layers(falling, variant="random"),
        *layers(falling, control="centred"),
        *layers(falling, seed=1),
        *layers(falling, over="large"),
        *layers(falling, metric="coverage"),
    ]

    assert claim(rows + others, 1) == claim(rows, 1)


def test_of_two_sides_the_released_one_is_judged():
    rows = deeper([0.18, 0.2, 0.22], side="encoder-decoder")
    encoder = deeper([-0.18, -0.2, -0.22], side="encoder")

    assert claim(encoder + rows, 1).verdict == "holds"
    assert claim(encoder, 1).verdict == "does not hold"


def test_two_rows_of_one_score_are_refused():
    rows = layers((0.1, 0.2, 0.3))

    with pytest.raises(ValueError, match=r"two summary rows of calign \(published\) for bert"):
        state_claims([*rows, rows[1]])


# --- claim 2


def test_claim_2_holds_with_the_effect_and_interval_of_student():
    changes = [0.05, 0.06, 0.07, 0.05, 0.06]

    found = claim(changed(changes), 2)

    assert found.verdict == "holds"
    assert found.effect == pytest.approx(0.058)
    assert (found.low, found.high) == student(changes)
    assert found.layers == (0, 1)


def test_claim_2_does_not_hold_where_fine_tuning_drives_languages_apart():
    found = claim(changed([-0.05, -0.06, -0.07]), 2)

    assert found.verdict == "does not hold"
    assert "CALIGN (published): on average fine-tuning changes it by −0.060" in found.sentence


def test_fine_tunings_of_a_model_are_one_point():
    """By hand: (.1 + .3) / 2 of two tasks, of which the first is the mean of two pairs."""
    rows = changed([0.05], model="a") + changed([0.15], model="a", target="fr")
    rows += layers((0.61, 0.79), model="a", variant="sst2")
    rows += changed([0.4], model="b") + changed([0.6], model="c")

    found = claim(rows, 2)

    assert (found.low, found.high) == student([0.2, 0.4, 0.6])
    assert found.n_points == 3


def test_layers_without_a_base_score_have_no_change():
    rows = changed([0.05, 0.06, 0.07])
    more = [score(layer=9, value=0.9, model="m0", variant="ner")]

    assert claim(rows + more, 2) == claim(rows, 2)


def test_claim_2_is_undecided_without_a_fine_tuned_model():
    found = claim(deeper([0.1, 0.2, 0.3]), 2)

    assert (found.verdict, found.n_points, found.effect) == ("undecided", 0, None)
    assert found.sentence == ("Undecided by CALIGN (published): the study has no fine-tuned model.")


def test_repeated_fine_tunings_count_once():
    rows = changed([0.05, 0.06, 0.07])
    again = changed([0.07, 0.08, 0.09], variant="ner_2")
    means = changed([0.9, 0.9, 0.9], variant="ner+ner_2")

    found = claim(rows + again[2:4] + again[6:8] + again[10:] + means[2:4], 2)

    assert found.effect == pytest.approx(0.07)
    assert found.n_points == 3


# --- fine-tunings that learnt nothing


def test_what_learnt_nothing_counts_in_claim_1():
    rows = deeper([0.1, 0.1, 0.1]) + deeper([0.3], variant="ner")

    assert claim([*rows, learnt(0.0, model="m0")], 1) == claim(rows, 1)


def test_what_learnt_nothing_is_left_out_of_claim_2():
    rows = [*changed([0.05, 0.06, 0.07, 0.5]), learnt(0.0, model="m3")]
    rows += [learnt(1.0, model=f"m{number}") for number in range(3)]

    found = claim(rows, 2)

    assert found.models == ("m0", "m1", "m2")
    assert found.effect == pytest.approx(0.06)
    assert "Left out, since nothing was learnt: m3 fine-tuned on ner." in found.sentence
    assert "Learnt nothing, and left out of claims 2 and 3: m3 fine-tuned on ner." in (
        state_claims(rows).notes
    )


def test_what_learnt_nothing_counts_where_the_study_asks_for_it():
    rows = [*changed([0.05, 0.06, 0.07, 0.5]), learnt(0.0, model="m3")]

    found = claim(rows, 2, untrained=True)

    assert found.models == ("m0", "m1", "m2", "m3")
    assert "Counted, though nothing was learnt: m3 fine-tuned on ner." in found.sentence
    assert "Learnt nothing, but counted in claims 2 and 3: m3 fine-tuned on ner." in (
        state_claims(rows, untrained=True).notes
    )


def test_without_rows_of_what_was_learnt_every_fine_tuning_counts():
    found = claim(changed([0.05, 0.06, 0.07, 0.5]), 2)

    assert found.n_points == 4
    assert "learnt" not in found.sentence


def test_what_learnt_nothing_explains_no_transfer():
    rows = study_of_transfer(1)

    found = claim([*rows, learnt(0.0, model="mt5", variant="mt")], 3)

    assert found.models == ("bert",)
    assert found.effect == pytest.approx(0.9)
    assert "Zero-shot scores left out: 5 of fine-tunings that learnt nothing." in found.sentence
    nothing = [learnt(0.0), learnt(0.0, model="mt5", variant="mt")]
    assert "no fine-tuning with zero-shot scores has learnt anything" in (
        claim([*rows, *nothing], 3).sentence
    )
    assert claim([*rows, *nothing], 3, untrained=True).effect == claim(rows, 3).effect


# --- claim 3


def transferred(alignment, scores, *, model="bert", variant="ner", metric="entity_f1"):
    rows = []
    run = {"model": model, "variant": variant}
    for target, aligned, value in zip(LANGUAGES, alignment, scores, strict=False):
        rows += layers((aligned - 0.1, aligned + 0.1), target=target, **run)
        rows.append(task(target, value, metric=metric, **run))
    return rows


def study_of_transfer(sign):
    """Ten points of two models whose ranks agree, but for one neighbouring pair in each."""
    rows = transferred([0.1, 0.2, 0.3, 0.4, 0.5], [sign * v for v in (1, 2, 3, 5, 4)])
    second = [sign * v for v in (10, 30, 20, 40, 50)]
    aligned = [0.15, 0.25, 0.35, 0.45, 0.55]
    return rows + transferred(aligned, second, model="mt5", variant="mt", metric="chrf")


def test_claim_3_is_over_languages_and_worked_out_by_hand():
    found = claim(study_of_transfer(1), 3)
    # Both runs align the languages in their order. Their scores, in standard deviations, are those
    # of 1 2 3 5 4 and 1 3 2 4 5, whose means have the ranks 1, 2.5, 2.5, 4.5, 4.5.
    rho = 9 / math.sqrt(10 * 9)
    half = NormalDist().inv_cdf(0.975) * math.sqrt((1 + rho**2 / 2) / 2)

    assert found.verdict == "holds"
    assert found.effect == pytest.approx(rho)
    assert math.atanh(found.low) == pytest.approx(math.atanh(rho) - half)
    assert math.atanh(found.high) == pytest.approx(math.atanh(rho) + half)
    assert found.n_points == 5
    assert found.models == ("bert", "mt5")
    assert found.languages == LANGUAGES


def test_a_model_with_many_tasks_weighs_as_one_with_one():
    """Two tasks say that scores fall with alignment, one of the other model that they rise."""
    rows = transferred([0.1, 0.2, 0.3, 0.4, 0.5], [5, 4, 3, 2, 1])
    rows += transferred([0.1, 0.2, 0.3, 0.4, 0.5], [5, 4, 3, 2, 1], variant="ner_fr")
    rows += transferred([0.1, 0.2, 0.3, 0.4, 0.5], [1, 2, 3, 4, 9], model="mt5")

    # 1 2 3 4 9 has the mean 3.8 and the standard deviation 2.79; added to the other's
    # 1.41 .71 0 -.71 -1.41 that is .41 .06 -.29 -.64 .45, of the ranks 4 3 2 1 5.
    assert claim(rows, 3).effect == pytest.approx(0.0)


def test_more_models_are_no_more_languages():
    one = transferred([0.1, 0.2, 0.3, 0.4], [1, 2, 4, 3])
    many = [dataclasses.replace(row, model=f"m{number}") for number in range(20) for row in one]

    found = claim(many, 3)

    assert (found.n_points, found.verdict) == (4, "undecided")
    assert (found.low, found.high) == (claim(one, 3).low, claim(one, 3).high)


def test_claim_3_does_not_hold_where_better_aligned_languages_score_lower():
    found = claim(study_of_transfer(-1), 3)

    assert found.verdict == "does not hold"
    assert found.effect < 0


def test_claim_3_gives_the_correlation_inside_each_run():
    first, second = claim(study_of_transfer(1), 3).of_runs

    # One neighbouring pair swapped: 1 - 6 * 2 / (5 * 24)
    assert (first.model, first.variant, first.task_metric) == ("bert", "ner", "entity_f1")
    assert first.effect == pytest.approx(0.9)
    assert second.effect == pytest.approx(0.9)
    assert (first.n_points, second.n_points) == (5, 5)


def test_tasks_of_different_scales_are_not_mixed_up():
    """Alignment says nothing of the score inside a task; chrF is higher, and mT5 better aligned."""
    rows = transferred([0.1, 0.1, 0.2, 0.2], [0.3, 0.4, 0.3, 0.4])
    other = {"model": "mt5", "variant": "mt", "metric": "chrf"}
    rows += transferred([0.7, 0.7, 0.8, 0.8], [30.0, 40.0, 30.0, 40.0], **other)

    found = claim(rows, 3)

    assert found.effect == pytest.approx(0.0)
    assert found.verdict == "undecided"


def test_three_points_are_too_few_for_a_correlation():
    found = claim(transferred([0.1, 0.2, 0.3], [0.3, 0.4, 0.5]), 3)

    assert (found.verdict, found.n_points, found.low) == ("undecided", 3, None)
    assert found.effect == pytest.approx(1.0)
    assert "A verdict needs at least 4 languages." in found.sentence


def test_two_languages_have_no_correlation_worth_the_name():
    found = claim(transferred([0.1, 0.2], [0.3, 0.4]), 3)

    assert (found.verdict, found.effect, found.n_points) == ("undecided", None, 0)
    assert "of two languages a rank correlation is 1 or −1" in found.sentence


def test_a_language_without_a_pair_is_left_out_and_said_so():
    rows = study_of_transfer(1)

    found = claim([*rows, task("zh", 3.0)], 3)

    assert found.n_points == 5
    assert "Zero-shot scores left out: 1 whose language no pair joins" in found.sentence


def test_languages_met_in_pre_training_are_left_out_and_said_so():
    rows = study_of_transfer(1)
    place = {"model": "mt5", "variant": "mt", "metric": "chrf"}
    seen = {"zero_shot": False, "seen": "pre-training"}

    found = claim([*rows, task("zh", 3.0, **place, **seen)], 3)

    assert found.effect == claim(rows, 3).effect
    assert (
        "Zero-shot scores left out: 1 of languages met in pre-training, which are not zero-shot."
    ) in found.sentence


def test_a_run_whose_languages_score_the_same_is_left_out_and_said_so():
    rows = study_of_transfer(1)
    same = transferred([0.1, 0.2, 0.3, 0.4], [0.5] * 4, model="xlmr")

    found = claim(rows + same, 3)

    assert found.effect == claim(rows, 3).effect
    assert "4 of runs whose languages score, or are aligned, all the same." in found.sentence


def test_languages_fine_tuned_on_and_further_metrics_give_no_point():
    rows = study_of_transfer(1)
    others = [
        task("en", 9.0, zero_shot=False, seen="fine-tuning"),
        task("de", 9.0, metric="accuracy"),
        task("de", 9.0, metric="bleu"),
        task("de", 9.0, variant="random"),
    ]

    assert claim(rows + others, 3) == claim(rows, 3)


def test_of_several_languages_fine_tuned_on_every_pair_counts():
    run = {"variant": "ner", "model": "bert"}
    rows = []
    for target, aligned in (("fr", 0.1), ("es", 0.2), ("it", 0.3), ("ar", 0.4)):
        rows += layers((aligned,), source="en", target=target, **run)
        rows += layers((1 - 3 * aligned,), source="de", target=target, **run)
        rows.append(task(target, aligned, source="en+de"))

    # The mean of the two falls, though the alignment with English rises.
    assert claim(rows, 3).effect == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([score()], "the study has no fine-tuned model"),
        ([score(variant="ner")], "the study has no zero-shot score"),
        ([score(variant="ner"), task("zh", 0.4)], "no pair with such scores joins a language"),
        (transferred([0.1, 0.2, 0.3, 0.4], [0.5] * 4), "no two zero-shot scores differ"),
        (transferred([0.2] * 4, [0.1, 0.2, 0.3, 0.4]), "no two zero-shot scores differ"),
    ],
)
def test_claim_3_says_what_is_lacking(rows, reason):
    found = claim(rows, 3)

    assert (found.verdict, found.effect, found.n_points) == ("undecided", None, 0)
    assert found.models == ()
    assert reason in found.sentence


def test_two_zero_shot_scores_of_one_language_are_refused():
    with pytest.raises(ValueError, match="two zero-shot scores entity_f1 of de for bert, ner"):
        state_claims([task("de", 0.1), task("de", 0.2, seed=None)])


# --- the agreement table


def swept(rises, at, **fields):
    return deeper(rises, parameter="match", at=at, **fields)


def test_the_agreement_table_gives_the_verdict_at_every_setting():
    up, down = [0.18, 0.2, 0.22], [-0.18, -0.2, -0.22]
    rows = deeper(up) + swept([0.19, 0.2, 0.21], 0.5) + swept([0.2, 0.2, 0.2], 0.6)
    # The study's own setting is no other one.
    rows += swept(up, 0.8) + swept(down, 1.0)

    found = state_claims(rows)
    table = [
        (row.parameter, row.at, row.verdict)
        for row in found.settings
        if (row.metric, row.definition, row.claim) == ("calign", "published", 1)
    ]

    assert table == [
        ("", None, "holds"),
        ("match", 0.5, "holds"),
        ("match", 0.6, "holds"),
        ("match", 1.0, "does not hold"),
    ]
    first = found.claims[0]
    assert (first.n_same, first.n_settings) == (2, 3)
    assert "The verdict is the same at 2 of 3 swept settings." in first.sentence


def test_at_a_swept_setting_the_change_is_taken_from_the_scores_there():
    rows = []
    for model, change in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        at = {"model": model, "parameter": "n_clusters", "at": 300.0}
        rows += layers((0.2, 0.4), **at)
        rows += layers((0.2 + change, 0.4 + change), variant="ner", **at)
        rows += layers((0.9,), variant="random", **at)

    [found] = [
        row
        for row in state_claims(rows).settings
        if (row.metric, row.definition, row.claim, row.at) == ("calign", "published", 2, 300)
    ]

    assert (found.effect, found.n_points) == (pytest.approx(0.2), 3)
    assert (found.low, found.high) == student([0.1, 0.2, 0.3])


def test_a_swept_setting_correlates_its_own_scores_with_transfer():
    rows = study_of_transfer(1)
    mirrored = [
        dataclasses.replace(row, parameter="match", at=0.5, value=1 - row.value)
        for row in rows
        if row.metric == "calign"
    ]
    at_setting = {
        row.at: row.effect
        for row in state_claims(rows + mirrored).settings
        if (row.metric, row.definition, row.claim) == ("calign", "published", 3)
    }

    assert at_setting[0.5] == pytest.approx(-at_setting[None])


def test_an_empty_table_leaves_everything_undecided():
    found = state_claims([])

    assert {row.verdict for row in (*found.claims, *found.settings)} == {"undecided"}
    assert len(found.claims) == len(found.settings) == 24
    assert found.notes == ()


# --- intervals


def test_mean_interval_covers_the_mean_in_95_of_100_samples():
    draws = np.random.default_rng(5).normal(0.1, 0.3, size=(2000, 6))
    intervals = [mean_interval(list(map(float, draw))) for draw in draws]
    covered = np.mean([low <= 0.1 <= high for low, high in intervals])

    assert covered == pytest.approx(0.95, abs=0.02)


def test_two_values_have_no_interval():
    assert mean_interval([0.3, 0.4]) is None


@pytest.mark.parametrize("r", [0.0, 0.5, 0.8])
def test_spearman_interval_covers_the_true_correlation_in_95_of_100_samples(r):
    generator = np.random.default_rng(6)
    # Of a normal distribution: Pearson (1907), 6 / pi * arcsin(r / 2)
    true = 6 / math.pi * math.asin(r / 2)
    covered = []
    for _ in range(800):
        x, noise = generator.normal(size=(2, 25))
        y = r * x + math.sqrt(1 - r**2) * noise
        low, high = spearman_interval(spearman(x.tolist(), y.tolist()), 25)
        covered.append(low <= true <= high)

    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(("n", "decided"), [(4, 0), (5, 2), (6, 24), (7, 172)])
def test_of_all_orders_of_few_languages_at_most_5_in_100_decide(n, decided):
    first = [float(place) for place in range(n)]
    found = [spearman_interval(spearman(first, list(order)), n) for order in permutations(first)]

    assert sum(low > 0 or high <= 0 for low, high in found) == decided
    assert decided <= 0.05 * math.factorial(n)


@pytest.mark.parametrize("n", [4, 10, 100])
def test_a_perfect_order_has_an_interval_too(n):
    low, high = spearman_interval(1.0, n)

    assert low < high == 1.0
    assert low > (-1.0 if n == 4 else 0.0)
    assert spearman_interval(-1.0, n) == (-1.0, -low)


def test_four_points_in_perfect_order_are_no_proof():
    found = claim(transferred([0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4]), 3)

    assert found.effect == pytest.approx(1.0)
    assert found.verdict == "undecided"


def test_spearman_interval_refuses_three_points_and_impossible_correlations():
    with pytest.raises(ValueError, match="3 points: an interval of a correlation needs 4"):
        spearman_interval(0.5, 3)
    with pytest.raises(ValueError, match=r"a correlation of 1\.5: expected from -1 to 1"):
        spearman_interval(1.5, 10)


def test_ranks_do_not_hang_on_rounding():
    # 0.1 + 0.2 is 0.30000000000000004.
    assert spearman([0.1 + 0.2, 0.3, 0.5], [1.0, 2.0, 3.0]) == pytest.approx(
        scipy.stats.spearmanr([1, 1, 2], [1, 2, 3]).statistic
    )
    with pytest.raises(ValueError, match="1 values against 2"):
        spearman([0.1], [0.1, 0.2])


def test_rounding_does_not_lift_an_effect_above_0():
    assert judge(5e-17, (5e-17, 5e-17), 3, above=0.0).verdict == "does not hold"
    assert judge(-5e-17, (-5e-17, 1e-9), 3, above=0.0).verdict == "undecided"


# --- rivals


def with_rivals(values, cka, **fields):
    rows = layers(values, **fields)
    other = fields | {"definition": "", "over": ""}
    return rows + layers(cka, metric="cka", **other)


def test_rank_correlations_of_a_model_join_layers_pairs_and_variants():
    rows = with_rivals((0.1, 0.2, 0.3), (0.5, 0.4, 0.9))
    rows += with_rivals((0.4, 0.7), (0.3, 0.95), target="fr", variant="ner")
    rows += with_rivals((0.4, 0.7), (0.3, 0.0), variant="random")
    rho = scipy.stats.spearmanr([0.1, 0.2, 0.3, 0.4, 0.7], [0.5, 0.4, 0.9, 0.3, 0.95]).statistic

    [row] = rank_correlations(rows)

    assert row.value == pytest.approx(rho)
    assert (row.metric, row.control, row.over) == ("rank_correlation", "cka", "calign")
    assert (row.definition, row.model, row.side) == ("published", "bert", "encoder")
    assert (row.variant, row.source, row.target, row.layer, row.seed) == ("", "", "", None, None)
    # Points that are not independent: a description.
    assert (row.low, row.high, row.p) == (None, None, None)
    assert (row.n_total, row.n_hit) == (5, None)
    assert not row.is_plain


def test_the_mean_of_both_directions_joins_the_rival_of_their_pair():
    corrected = {"definition": "corrected"}
    rows = with_rivals((0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.3, 0.4), **corrected)
    rows += layers((0.5, 0.2, 0.2, 0.4), source="de", target="en", **corrected)

    [row] = rank_correlations(rows)

    assert row.n_total == 4
    assert row.value == pytest.approx(
        scipy.stats.spearmanr([0.3, 0.2, 0.25, 0.4], [1, 2, 3, 4]).statistic
    )


def test_where_all_scores_are_the_same_nothing_is_decided():
    # Such as COLAP at a share that two languages cannot both hold: 0 everywhere.
    rows = deeper([0.18, 0.2, 0.22])
    zero = [dataclasses.replace(row, parameter="match", at=1.0, value=0.0) for row in rows]

    found = state_claims(rows + zero)
    [at_zero] = [row for row in found.settings if row.at == 1.0 and row.claim == 1]

    assert (at_zero.verdict, at_zero.effect, at_zero.n_points) == ("undecided", None, 0)
    assert (found.claims[0].verdict, found.claims[0].n_settings) == ("holds", 0)


def test_settings_of_fewer_runs_are_not_counted_as_agreeing_or_not():
    rows = deeper([0.18, 0.2, 0.22, 0.24])
    rows += [dataclasses.replace(row, target="fr") for row in rows]
    some = [
        dataclasses.replace(row, parameter="n_clusters", at=30.0, value=1 - row.value)
        for row in rows
        if row.target != rows[0].target
    ]

    found = state_claims(rows + some)

    assert [row.verdict for row in found.settings if row.at == 30.0 and row.claim == 1] == [
        "does not hold"
    ]
    assert found.claims[0].n_settings == 0


def test_models_and_sides_are_kept_apart():
    rows = [
        row
        for fields in ({}, {"model": "mt5"}, {"model": "mt5", "side": "encoder-decoder"})
        for row in with_rivals((0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.4, 0.3), **fields)
    ]

    found = rank_correlations(rows)

    assert [(row.model, row.side) for row in found] == [
        ("bert", "encoder"),
        ("mt5", "encoder"),
        ("mt5", "encoder-decoder"),
    ]


@pytest.mark.parametrize(
    ("values", "cka", "points"),
    [((0.1, 0.2, 0.3), (0.1, 0.2, 0.3), 3), ((0.1, 0.2, 0.3, 0.4), (0.7,) * 4, 4)],
)
def test_too_few_or_constant_points_give_a_warning_and_no_row(values, cka, points, caplog):
    with caplog.at_level(logging.WARNING):
        assert rank_correlations(with_rivals(values, cka)) == []

    assert f"with cka for bert, encoder: {points} points, 4 are needed" in caplog.text


def test_without_rivals_there_is_nothing_to_warn_of(caplog):
    assert rank_correlations(layers((0.1, 0.2, 0.3))) == []
    assert caplog.text == ""


def test_two_rows_of_a_rival_are_refused():
    rows = with_rivals((0.1, 0.2), (0.1, 0.2))

    with pytest.raises(ValueError, match="two summary rows of cka for bert, base, encoder, en-de"):
        rank_correlations([*rows, rows[-1]])


# --- files


@pytest.fixture(scope="module")
def stated():
    """All three verdicts, sweeps and rivals; the model's name is an attack."""
    name = "<script>alert(1)</script>"
    rows = [
        dataclasses.replace(row, model=name) if row.model == "bert" else row
        for row in study_of_transfer(1)
    ]
    rows += deeper([0.18, 0.2, 0.22], definition="corrected")
    rows += changed([-0.05, -0.06, -0.07, 0.5], metric="colap")
    rows += deeper([0.18, 0.2, 0.23], definition="corrected", parameter="match", at=0.5)
    rows += with_rivals((0.1, 0.2, 0.3, 0.5), (0.1, 0.2, 0.4, 0.3), model=name, target="zh")
    rows += [learnt(0.0, model="m3")]
    return state_claims(rows + rank_correlations(rows))


def test_the_page_escapes_names_and_has_no_script(stated):
    page = claims_page(stated)

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


def test_the_page_names_every_claim_verdict_setting_and_rival(stated):
    page = claims_page(stated)

    assert {found.verdict for found in stated.claims} == {"holds", "does not hold", "undecided"}
    assert all(found.title in page for found in stated.claims)
    # The verdict, with which a sentence begins, is marked up.
    words = re.sub(r"</?span[^>]*>", "", page)
    assert all(
        f"<li>{escape(found.sentence, quote=False)}</li>" in words for found in stated.claims
    )
    swept = {(row.metric, row.definition) for row in stated.settings if row.parameter}
    rows = [row for row in stated.settings if (row.metric, row.definition) in swept]
    for name, verdict in (("holds", "holds"), ("fails", "does not hold"), ("open", "undecided")):
        told = sum(row.verdict == verdict for row in (*stated.claims, *rows))
        # Once more in the explanation on top.
        assert page.count(f'<span class="verdict {name}">{verdict}</span>') == told + 1
    assert "match = 0.5" in page
    assert "the study&#39;s own" in page
    assert "<td>CKA</td>" in page
    assert "<li>Learnt nothing, and left out of claims 2 and 3: m3 fine-tuned on ner.</li>" in page


def folds(page):
    return re.findall("<details>.*?</details>", page, flags=re.DOTALL)


def test_what_stands_beside_calign_is_smaller_and_folded(stated):
    page = claims_page(stated)

    assert page.count('<tr class="beside">') == 3 * 4
    lists = [folded.split("<ul>")[1] for folded in folds(page) if "<ul>" in folded]
    assert len(lists) == 3
    for folded in lists:
        assert folded.count("<li>") == 4
        assert "by Area under CALIGN" in folded
        assert "by COLAP" not in folded


def test_sentences_are_seen_and_every_table_is_folded(stated):
    page = claims_page(stated)
    seen = page
    for folded in folds(page):
        seen = seen.replace(folded, "")

    assert "<table" not in seen
    assert page.count("<table") == 3 + 1 + 1 + len([c for c in stated.claims if c.of_runs])
    # CALIGN and COLAP, published and corrected, of each claim.
    assert [seen.count(f"</span> by {name} (") for name in ("CALIGN", "COLAP")] == [6, 6]
    assert seen.count("by Area under CALIGN") == 0


def test_the_page_of_an_empty_study_stands_too():
    page = claims_page(state_claims([]))

    assert "The score table has no rank correlations." in page
    assert "No setting was swept." in page
    assert "the score table has no such scores" in page


def test_the_page_is_well_formed(stated):
    open_tags = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, _attributes):
            if tag not in ("meta", "br"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Check().feed(claims_page(stated))

    assert open_tags == []


def test_claims_are_written_as_json(stated, tmp_path):
    write_json(stated, tmp_path / "claims.json")

    content = json.loads((tmp_path / "claims.json").read_text())
    first = content["claims"][0]

    assert list(content) == ["least_effect", "notes", "claims", "settings", "rivals"]
    assert [row["claim"] for row in content["claims"]] == [1] * 8 + [2] * 8 + [3] * 8
    assert (first["metric"], first["definition"]) == ("calign", "published")
    assert first["effect"] == stated.claims[0].effect
    assert first["layers"] == list(stated.claims[0].layers)
    assert content["rivals"][0]["rival"] == "cka"
    assert len(content["settings"]) == len(stated.settings)


def test_the_format_document_names_every_field(stated):
    text = (Path(__file__).parents[1] / "docs/FORMAT.md").read_text()
    section = text.split("## `claims.json`")[1].split("\n## ")[0]
    kinds = (stated, stated.claims[0], stated.settings[0], stated.rivals[0])
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}

    assert {name for name in names if not re.search(rf"\b{name}\b", section)} == set()
