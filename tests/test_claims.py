"""Claims and rank correlations: what follows from the score table."""

import dataclasses
import json
import logging
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
import scipy.stats

from polyconcept.claims.evidence import judge
from polyconcept.claims.intervals import correlation_p, mean_interval, spearman, spearman_interval
from polyconcept.claims.page import claims_page
from polyconcept.claims.rivals import rank_correlations
from polyconcept.claims.state import state_claims
from polyconcept.records.scores import Score
from polyconcept.store.json import write_json

LANGUAGES = ("de", "fr", "es", "it", "ar")


def score(metric="calign", *, source="en", target="de", layer=1, value=0.0, **fields):
    columns = {
        "metric": metric,
        "definition": "published",
        "over": "all",
        "model": "bert",
        "variant": "base",
        "side": "encoder",
        "corpus": "opus",
        "seed": None,
        "n_hit": None,
        "n_total": None,
    }
    place = {"source": source, "target": target, "layer": layer, "value": float(value)}
    return Score(**columns | place | fields)


def task(target, value, *, metric="entity_f1", variant="ner", source="en", **fields):
    place = {"target": target, "layer": None, "value": value, "variant": variant}
    kind = {"definition": "", "over": "", "corpus": "task", "seed": 212, "zero_shot": True}
    return score(metric, source=source, **place | kind | fields)


def layers(values, **fields):
    return [score(layer=n, value=value, **fields) for n, value in enumerate(values)]


def claim(rows, number, metric="calign", definition="published"):
    [found] = [
        found
        for found in state_claims(rows).claims
        if (found.claim, found.metric, found.definition) == (number, metric, definition)
    ]
    return found


def student(values):
    """The interval by the tables of Student's t: 97.5 % at 2 and at 4 degrees of freedom."""
    t = {3: 4.302653, 5: 2.776445}[len(values)]
    half = t * stdev(values) / math.sqrt(len(values))
    return pytest.approx((fmean(values) - half, fmean(values) + half), abs=1e-6)


# --- claim 1


def deeper(rises, **fields):
    """Six layers: 0 and the middle one above it (3 of 1 to 5) say nothing."""
    rows = []
    for target, rise in zip(LANGUAGES, rises, strict=False):
        values = (0.9, 0.1, 0.3, 0.99, 0.2 + rise, 0.2 + rise)
        rows += layers(values, target=target, **fields)
    return rows


def test_claim_1_holds_with_the_effect_and_interval_worked_out_by_hand():
    found = claim(deeper([0.18, 0.2, 0.22]), 1)

    assert found.verdict == "holds"
    assert found.effect == pytest.approx(0.2)
    # Standard deviation 0.02; 4.302653 * 0.02 / sqrt(3) = 0.0496828.
    assert (found.low, found.high) == pytest.approx((0.1503172, 0.2496828), abs=1e-6)


def test_claim_1_names_models_pairs_and_layers():
    found = claim(deeper([0.18, 0.2, 0.22]), 1)

    assert found.models == ("bert",)
    assert found.languages == ("en-de", "en-fr", "en-es")
    assert found.layers == (1, 2, 4, 5)
    assert found.n_points == 3


@pytest.mark.parametrize("rises", [[-0.18, -0.2, -0.22], [0.0, 0.0, 0.0]])
def test_claim_1_does_not_hold(rises):
    found = claim(deeper(rises), 1)

    assert found.verdict == "does not hold"
    assert found.sentence.startswith("Does not hold: in the upper half of the layers CALIGN")


def test_an_interval_with_0_inside_leaves_the_claim_undecided():
    found = claim(deeper([-0.2, 0.2, 0.1]), 1)

    assert found.low < 0 < found.high
    assert found.verdict == "undecided"


def test_two_points_are_too_few_however_clear():
    found = claim(deeper([0.5, 0.5]), 1)

    assert (found.verdict, found.n_points) == ("undecided", 2)
    assert "A verdict needs at least 3 runs and pairs." in found.sentence


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
    model = {"model": "mt5"}
    rows = deeper([0.18, 0.2, 0.22], **model, side="encoder-decoder")
    encoder = deeper([-0.18, -0.2, -0.22], **model, side="encoder")

    assert claim(encoder + rows, 1).verdict == "holds"
    assert claim(encoder, 1).verdict == "does not hold"


def test_two_rows_of_one_score_are_refused():
    rows = layers((0.1, 0.2, 0.3))

    with pytest.raises(ValueError, match=r"two summary rows of calign \(published\) for bert"):
        state_claims([*rows, rows[1]])


# --- claim 2


def changed(changes, **fields):
    """A change of each pair, the same in two layers after a larger and a smaller one."""
    rows = []
    for target, change in zip(LANGUAGES, changes, strict=False):
        given = {"variant": "ner", "against": "base", "target": target} | fields
        rows += layers((change + 0.01, change - 0.01), **given)
    return rows


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
    assert "fine-tuning changes CALIGN (published) by −0.060 on average" in found.sentence


def test_claim_2_is_undecided_without_a_fine_tuned_model():
    found = claim(deeper([0.1, 0.2, 0.3]), 2)

    assert (found.verdict, found.n_points, found.effect) == ("undecided", 0, None)
    assert found.sentence == ("Undecided by CALIGN (published): the study has no fine-tuned model.")


def test_the_only_row_of_change_lends_its_interval_but_not_a_verdict():
    rows = [score(variant="ner", against="base", value=0.2, low=0.1, high=0.3)]

    found = claim(rows, 2)

    assert (found.low, found.high) == (0.1, 0.3)
    assert (found.verdict, found.n_points) == ("undecided", 1)


def test_repeated_fine_tunings_count_once():
    rows = changed([0.05, 0.06, 0.07])
    again = changed([0.5, 0.6, 0.7], variant="ner+ner_2")

    assert claim(rows + again, 2) == claim(rows, 2)


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


def test_claim_3_holds_and_agrees_with_scipy():
    found = claim(study_of_transfer(1), 3)
    aligned = [0.1, 0.2, 0.3, 0.4, 0.5, 0.15, 0.25, 0.35, 0.45, 0.55]
    # Both tasks' scores are the ranks 1 to 5: standardised they are the same numbers.
    scores = [1, 2, 3, 5, 4, 1, 3, 2, 4, 5]
    rho = scipy.stats.spearmanr(aligned, scores).statistic
    half = NormalDist().inv_cdf(0.975) * math.sqrt((1 + rho**2 / 2) / 7)

    assert found.verdict == "holds"
    assert found.effect == pytest.approx(rho)
    assert math.atanh(found.low) == pytest.approx(math.atanh(rho) - half)
    assert math.atanh(found.high) == pytest.approx(math.atanh(rho) + half)
    assert found.n_points == 10
    assert found.models == ("bert", "mt5")
    assert found.languages == LANGUAGES


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
    assert "A verdict needs at least 4 zero-shot scores." in found.sentence


def test_a_language_without_a_pair_is_left_out_and_said_so():
    rows = study_of_transfer(1)

    found = claim([*rows, task("zh", 3.0)], 3)

    assert found.n_points == 10
    assert "Left out of all 11 zero-shot scores: 1, whose language no pair" in found.sentence


def test_languages_fine_tuned_on_and_further_metrics_give_no_point():
    rows = study_of_transfer(1)
    others = [
        task("en", 9.0, zero_shot=False),
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
    for target, change in (("de", 0.1), ("fr", 0.2), ("es", 0.3)):
        at = {"target": target, "parameter": "n_clusters", "at": 300.0}
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
    assert len(found.claims) == len(found.settings) == 12


# --- intervals


def test_mean_interval_covers_the_mean_in_95_of_100_samples():
    draws = np.random.default_rng(5).normal(0.1, 0.3, size=(2000, 6))
    intervals = [mean_interval(list(map(float, draw))) for draw in draws]
    covered = np.mean([low <= 0.1 <= high for low, high in intervals])

    assert covered == pytest.approx(0.95, abs=0.02)


def test_one_value_has_no_interval():
    assert mean_interval([0.3]) is None


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


def test_p_is_exact_for_few_points_and_scipys_for_many():
    ordered = [float(n) for n in range(20)]
    shuffled = [ordered[i] for i in np.random.default_rng(3).permutation(20)]

    # Of 24 orders of four, one rises and one falls throughout.
    assert correlation_p(ordered[:4], ordered[:4]) == pytest.approx(2 / 24)
    assert correlation_p(ordered, shuffled) == pytest.approx(
        scipy.stats.spearmanr(ordered, shuffled).pvalue
    )


def test_rounding_does_not_lift_an_effect_above_0():
    assert judge(5e-17, (5e-17, 5e-17), 3, least=3).verdict == "does not hold"
    assert judge(-5e-17, (-5e-17, 1e-9), 3, least=3).verdict == "undecided"


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
    assert (row.low, row.high) == pytest.approx(spearman_interval(rho, 5))
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


def test_repeated_fine_tunings_are_one_run_with_their_mean():
    rows = [*layers((0.1, 0.2)), *layers((0.1, 0.2), target="fr")]
    for variant, change in (("ner", 0.1), ("ner_2", 0.3)):
        for target in ("de", "fr"):
            changed = layers((change, change), variant=variant, target=target)
            rows += [dataclasses.replace(row, against="base") for row in changed]
    mean = [dataclasses.replace(row, variant="ner+ner_2") for row in rows if row.against]

    [found] = [
        claim
        for claim in state_claims(rows + mean[:4]).claims
        if (claim.metric, claim.definition, claim.claim) == ("calign", "published", 2)
    ]

    assert found.n_points == 2
    assert found.verdict == "undecided"


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
    rows = [dataclasses.replace(row, model=name) for row in study_of_transfer(1)[:15]]
    rows += deeper([0.18, 0.2, 0.22], model=name)
    rows += changed([-0.05, -0.06, -0.07], model=name)
    rows += swept([0.18, 0.2, 0.22], 0.5, model=name)
    rows += with_rivals((0.1, 0.2, 0.3, 0.5), (0.1, 0.2, 0.4, 0.3), model=name, target="zh")
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
    assert "Holds: in the upper half of the layers CALIGN (published) differs" in page
    for name, verdict in (("holds", "holds"), ("fails", "does not hold"), ("open", "undecided")):
        told = sum(row.verdict == verdict for row in (*stated.claims, *stated.settings))
        # Once more in the explanation on top.
        assert page.count(f'<span class="verdict {name}">{verdict}</span>') == told + 1
    assert "match = 0.5" in page
    assert "the study&#39;s own" in page
    assert "<td>CKA</td>" in page


def test_the_page_of_an_empty_study_stands_too():
    page = claims_page(state_claims([]))

    assert "The score table has no rank correlations." in page
    assert "the study has no fine-tuned model" in page


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

    assert list(content) == ["claims", "settings", "rivals"]
    assert [row["claim"] for row in content["claims"]] == [1] * 4 + [2] * 4 + [3] * 4
    assert (first["metric"], first["definition"]) == ("calign", "published")
    assert first["effect"] == stated.claims[0].effect
    assert first["layers"] == list(stated.claims[0].layers)
    assert content["rivals"][0]["rival"] == "cka"
    assert len(content["settings"]) == len(stated.settings)


def test_the_format_document_names_every_field(stated):
    text = (Path(__file__).parents[1] / "docs/FORMAT.md").read_text()
    section = text.split("## `claims.json`")[1].split("\n## ")[0]
    kinds = (stated.claims[0], stated.settings[0], stated.rivals[0])
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}

    assert {name for name in names if not re.search(rf"\b{name}\b", section)} == set()
