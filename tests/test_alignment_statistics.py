from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hand_concepts import Concepts, entries, row_of, rows_of, table

from polyconcept.records.concepts import ConceptReader, ControlReader
from polyconcept.records.scores import Run
from polyconcept.records.text import Coverage, Selection
from polyconcept.records.variance import interval
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.scoring.statistics import Options, curve_area, draw_sentences, thresholds

RUN = Run("mbert", "base", "encoder", "pud")
LIMITS = {"n": 1, "match": 0.5, "size_ratio": 0.5, "min_types": 1}
ENGLISH = table("en", "king red", "queen green", "king queen", "red green")
GERMAN = table("de", "KÖNIG ROT", "KÖNIGIN GRÜN", "KÖNIG KÖNIGIN", "ROT GRÜN")
FORWARD = entries("en", "de", "king KÖNIG", "queen KÖNIGIN", "red ROT", "green GRÜN")
BACKWARD = entries("de", "en", "KÖNIG king", "KÖNIGIN queen", "ROT red", "GRÜN green")
PAIR = (FORWARD, BACKWARD)
# Of each sentence's words. Royalty and colours; and, under another seed, two mixed clusters.
MEANING = [0, 1, 0, 1, 0, 0, 1, 1]
MIXED = [0, 0, 1, 1, 0, 1, 0, 1]
CONCEPTS = Concepts(
    ENGLISH,
    GERMAN,
    {
        (3, 11, "source"): MEANING,
        (3, 11, "target"): MEANING,
        (3, 12, "source"): MIXED,
        (3, 12, "target"): MEANING,
    },
    n_clusters=3,
)
CLASSES = {
    "names": {"en": np.array([1, 0, 1, 0], dtype=bool), "de": np.array([1, 0, 1, 0], dtype=bool)},
    "digits": {"en": np.zeros(4, dtype=bool), "de": np.ones(4, dtype=bool)},
}
PUBLISHED = {"definition": "published", "source": "en"}
CORRECTED = {"definition": "corrected", "source": "en"}


def wanted(*, seed=1, n_permutations=40, n_resamples=40, classes=CLASSES, n=4):
    options = Options(n_permutations, n_resamples, seed)
    return Statistics(options, draw_sentences(n, options), classes)


def report_of(concepts=CONCEPTS, pair=PAIR, limits=LIMITS, sweeps=None, controls=(), **options):
    of_pair = {"dictionaries": pair, "thresholds": limits, "sweeps": sweeps or {}}
    measure = partial(CalignMeasure, RUN, wanted(**options), **of_pair)
    return score_metric(measure, "calign", concepts, controls)


@pytest.fixture(scope="module")
def report():
    return report_of(sweeps={"n": (1, 2), "size_ratio": (0.9,), "min_types": (0, 2)})


def test_the_reader_is_one():
    assert isinstance(CONCEPTS, ConceptReader)
    assert isinstance(CONCEPTS, ControlReader)


def test_a_row_of_each_seed_and_their_mean(report):
    by_seed = [rows_of(report.scores, metric="calign", over="all", seed=seed) for seed in (11, 12)]

    # published from source to target, corrected both ways
    directions = [("published", "en"), ("corrected", "en"), ("corrected", "de")]
    assert [(row.definition, row.source) for row in by_seed[0]] == directions
    # Half of the words of a mixed cluster are in one target cluster: a tie at match 0.5.
    assert [row.value for row in by_seed[0]] == [1, 1, 1]
    assert [row.value for row in by_seed[1]] == [0, 1, 1]
    summary = row_of(report.scores, metric="calign", over="all", **PUBLISHED)
    assert (summary.value, summary.var_seed) == (0.5, 0.5)
    assert (summary.layer, summary.model, summary.target) == (3, "mbert", "de")
    assert (summary.n_hit, summary.n_total) == (None, None)


def test_every_row_stands_once(report):
    places = Counter(
        (
            *(row.metric, row.definition, row.over, row.source, row.layer, row.seed),
            *(row.control, row.parameter, row.at),
        )
        for row in report.scores
    )

    assert set(places.values()) == {1}
    assert len(report.concepts) == 2 * 3
    # Over all and over large clusters, of the score and of the area.
    assert Counter(one.metric for one in report.resamples) == {"calign": 2 * 3, "calign_auc": 2 * 3}


def test_metrics_controls_and_parameters(report):
    found = {
        (row.metric, row.control, row.parameter, row.at if row.parameter != "match" else None)
        for row in rows_of(report.scores, **CORRECTED)
        + [row for row in report.scores if row.control or row.parameter]
    }

    plain = ("calign", "calign_of_ceiling", "calign_auc", "calign_one_to_one", "calign_two_way")
    assert found == {
        *(
            (name, "", "", None)
            for name in (*plain, "matched_fraction", "coverage", "sentence_share")
        ),
        ("calign", "words:names", "", None),
        ("calign", "", "match", None),
        ("calign", "", "n", 1.0),
        ("calign", "", "n", 2.0),
        ("calign", "", "size_ratio", 0.9),
        ("calign", "", "min_types", 0.0),
        ("calign", "", "min_types", 2.0),
    }


def test_ceilings_by_hand(report):
    published = row_of(report.scores, metric="calign", over="all", **PUBLISHED)
    corrected = row_of(report.scores, metric="calign", over="all", **CORRECTED)
    back = row_of(report.scores, metric="calign", over="all", definition="corrected", source="de")

    # The two seeds' English clusters share half of their words; German ones are the same.
    assert (published.ceiling, corrected.ceiling, back.ceiling) == (0, 1, 1)
    assert published.normalised is None
    assert not rows_of(report.scores, metric="calign_of_ceiling", **PUBLISHED)
    assert row_of(report.scores, metric="calign_of_ceiling", over="all", **CORRECTED).value == 1


def test_the_ceiling_of_identical_clusterings_is_1():
    again = dict.fromkeys(CONCEPTS.by_key, MEANING)
    scores = report_of(replace(CONCEPTS, by_key=again)).scores

    for row in rows_of(scores, metric="calign"):
        assert (row.value, row.ceiling) == (1, 1)
    assert {row.value for row in rows_of(scores, metric="calign_of_ceiling")} == {1}


def test_a_language_that_is_the_source_itself_scores_the_ceiling():
    # The target's clusters are the source's under the next seed, the dictionary the identity: what
    # the ceiling is of. Clusters are drawn at random, in favour of one for each type.
    random = np.random.default_rng(0)
    types = [f"w{number}" for number in range(60)]
    lines = [" ".join(random.choice(types, size=10)) for _ in range(40)]
    english, twin = table("en", *lines), table("xx", *lines)
    own = random.integers(8, size=len(english.types))[english.word_type]
    clusters = [
        np.where(random.random(len(own)) < 0.01, random.integers(8, size=len(own)), own)
        for _ in range(3)
    ]
    by_key = {}
    for seed in range(3):
        by_key[0, seed, "source"] = clusters[seed]
        by_key[0, seed, "target"] = clusters[(seed + 1) % 3]
    concepts = Concepts(english, twin, by_key, n_clusters=8)
    pair = (
        entries("en", "xx", *(f"{word} {word}" for word in english.types)),
        entries("xx", "en", *(f"{word} {word}" for word in twin.types)),
    )
    scores = report_of(concepts, pair, classes={}, n=40).scores

    for definition in (PUBLISHED, CORRECTED):
        row = row_of(scores, metric="calign", over="all", **definition)
        assert 0 < row.value == row.ceiling
        assert row.normalised == pytest.approx(1)
    assert {row.value for row in rows_of(scores, metric="coverage")} == {1}


def test_the_ceiling_takes_each_seed_with_the_next():
    # Seeds 1 and 2 agree, 3 does not: 1-2 aligns, 2-3 and 3-1 do not.
    by_key = {
        (3, seed, part): MIXED if (seed, part) == (3, "source") else MEANING
        for seed in (1, 2, 3)
        for part in ("source", "target")
    }
    scores = report_of(replace(CONCEPTS, by_key=by_key)).scores

    row = row_of(scores, metric="calign", over="all", **PUBLISHED)
    assert row.ceiling == pytest.approx(1 / 3)
    assert row.value == pytest.approx(2 / 3)
    assert row_of(
        scores, metric="calign_of_ceiling", over="all", **PUBLISHED
    ).value == pytest.approx(2)


def test_nulls_by_hand(report):
    # All words are alike frequent, so every permutation has an equal chance. Seed 11: of 24
    # permutations 8 keep the two pairs together; corrected lets halves pass, which the other 16
    # are. Seed 12 is a mirror image: a cluster aligns where its two words share a target cluster.
    row = row_of(report_of(n_permutations=3000).scores, metric="calign", over="all", **PUBLISHED)

    assert row.null_mean == pytest.approx(1 / 3, abs=0.04)
    assert (row.null_low, row.null_high) == (0, 1)
    assert row_of(report.scores, metric="calign", over="all", **CORRECTED).null_mean == 1


def test_the_interval_is_that_of_the_resamples(report):
    row = row_of(report.scores, metric="calign", over="all", **PUBLISHED)
    (drawn,) = (
        one
        for one in report.resamples
        if (one.metric, one.definition, one.key.source) == ("calign", "published", "en")
        and one.over == "all"
    )

    assert drawn.key.seed is None
    assert drawn.seed.tolist() == [0, 1] * 20
    by_seed = [drawn.value[drawn.seed == seed] for seed in (0, 1)]
    variance = sum(20 * np.var(values) for values in by_seed) / 38
    assert row.var_sample == pytest.approx(variance)
    assert (row.low, row.high) == pytest.approx(interval(0.5, [(variance, 38.0), (0.5 / 2, 1.0)]))


def test_one_seed_has_neither_ceiling_nor_variance_of_seeds():
    scores = report_of(CONCEPTS.of_seeds(11)).scores

    row = row_of(scores, metric="calign", over="all", **PUBLISHED)
    assert (row.value, row.ceiling, row.normalised, row.var_seed) == (1, None, None, None)
    assert (row.n_hit, row.n_total) == (2, 2)
    assert row.low is not None
    assert not rows_of(scores, metric="calign_of_ceiling")


@pytest.mark.parametrize("over", ["all", "large"])
def test_the_curve_is_the_score_at_the_study_s_match_and_never_rises(report, over):
    for direction in (PUBLISHED, CORRECTED, {"definition": "corrected", "source": "de"}):
        curve = rows_of(report.scores, parameter="match", over=over, **direction)
        plain = row_of(report.scores, metric="calign", over=over, **direction)

        assert [row.at for row in curve] == list(thresholds())
        values = [row.value for row in curve]
        assert values == sorted(values, reverse=True)
        assert values[10] == plain.value
        at_match = curve[10]
        assert (at_match.null_mean, at_match.low) == (plain.null_mean, plain.low)


def test_areas_by_hand(report):
    # published: more than the match. Seed 11 has 1 up to 0.95 and then a slope to 0, seed 12 has
    # 1 up to 0.45 and then the slope. corrected: 1, and 1 up to 0.5 with a slope.
    published = row_of(report.scores, metric="calign_auc", over="all", **PUBLISHED)
    corrected = row_of(report.scores, metric="calign_auc", over="all", **CORRECTED)

    assert published.value == pytest.approx((0.975 + 0.475) / 2)
    assert published.var_seed == pytest.approx(0.5**2 / 2)
    assert corrected.value == pytest.approx((1 + 0.525) / 2)


def test_matchings_by_hand(report):
    # Under seed 12 each cluster gets half of a partner.
    assert row_of(report.scores, metric="matched_fraction", **PUBLISHED).value == 0.75
    one_to_one = row_of(report.scores, metric="calign_one_to_one", over="all", **PUBLISHED)
    assert one_to_one.value == 0.5
    assert row_of(report.scores, metric="calign_two_way", over="all", **PUBLISHED).value == 0.5
    assert row_of(report.scores, metric="calign_one_to_one", over="all", **CORRECTED).value == 1


def test_the_area_has_the_null_and_the_samples_of_the_whole_curve(report):
    area = row_of(report.scores, metric="calign_auc", over="all", **CORRECTED)
    curve = rows_of(report.scores, metric="calign", over="all", parameter="match", **CORRECTED)
    of_seeds = [
        row_of(report.scores, metric="calign_auc", over="all", seed=seed, **CORRECTED)
        for seed in (11, 12)
    ]
    by_metric = {
        one.metric: one
        for one in report.resamples
        if (one.definition, one.key.source, one.over) == ("corrected", "en", "all")
    }

    columns = np.array([(row.value, row.null_mean) for row in curve])
    assert (area.value, area.null_mean) == pytest.approx(curve_area(columns).tolist())
    assert area.value == pytest.approx(np.mean([row.value for row in of_seeds]))
    assert {(row.n_hit, row.n_total) for row in of_seeds} == {(None, 2)}
    assert area.low <= area.value <= area.high
    assert area.p is not None
    assert {row.p for row in curve} == {None}
    assert by_metric["calign_auc"].seed.tolist() == by_metric["calign"].seed.tolist()
    assert row_of(report.scores, metric="calign", over="all", **CORRECTED).p is not None


def test_the_null_of_the_matched_fraction_by_hand():
    # Four types in one band. A third of their permutations leave king and queen together, so that
    # both clusters find their whole in one other; the rest leaves each cluster a half.
    scores = report_of(CONCEPTS.of_seeds(11), n_permutations=3000).scores
    row = row_of(scores, metric="matched_fraction", **PUBLISHED)

    assert (row.value, row.null_low, row.null_high) == (1, 0.5, 1)
    # Of 50 permutations: three standard errors.
    assert row.null_mean == pytest.approx(2 / 3, abs=0.1)
    assert row.p == pytest.approx(1 / 3, abs=0.2)
    assert (row.n_hit, row.n_total) == (None, 2)


def test_coverage_by_hand():
    # "queen" has no entry, "red" only a word that is not there, "green" it as its second.
    forward = entries("en", "de", "king KÖNIG", "red RÖTE", "green RÖTE", "green GRÜN")

    one = report_of(pair=(forward, BACKWARD)).scores
    two = report_of(pair=(forward, BACKWARD), limits=LIMITS | {"n": 2}).scores

    row = row_of(one, metric="coverage", **PUBLISHED)
    assert (row.value, row.n_hit, row.n_total, row.over) == (0.25, 1, 4, "")
    assert row_of(two, metric="coverage", **PUBLISHED).value == 0.5
    assert row_of(one, metric="coverage", definition="corrected", source="de").value == 1


def test_coverage_is_that_of_held_out_sentences_where_it_was_counted():
    forward = replace(FORWARD, coverage=Coverage(3, 12))

    scores = report_of(pair=(forward, BACKWARD)).scores

    rows = rows_of(scores, metric="coverage")
    assert [(row.source, row.value, row.n_hit, row.n_total) for row in rows] == [
        ("en", 0.25, 3, 12),
        ("en", 0.25, 3, 12),
        ("de", 1, 4, 4),
    ]


def test_coverage_counts_the_types_that_were_clustered():
    # Without the German rows of KÖNIGIN and the English ones of green.
    chosen = Selection(np.array([0, 1, 2, 4, 5, 6]), np.array([0, 1, 3, 4, 6, 7]))
    by_key = {
        key: [value[row] for row in (0, 1, 2, 4, 5, 6)] for key, value in CONCEPTS.by_key.items()
    }
    concepts = replace(
        CONCEPTS,
        by_key=by_key,
        selections={("calign", name): chosen for name in ("published", "corrected")},
    )

    row = row_of(report_of(concepts).scores, metric="coverage", **PUBLISHED)
    assert (row.n_hit, row.n_total) == (2, 3)


def test_sweeps_by_hand(report):
    def value(parameter, at, over="all"):
        return row_of(report.scores, parameter=parameter, at=at, over=over, **PUBLISHED).value

    assert value("n", 2.0) == 0.5
    assert value("size_ratio", 0.9) == 0.5
    assert value("min_types", 0.0) == 0.5
    # No cluster has more than 2 types: there is no score over large ones.
    assert value("min_types", 2.0) == 0
    assert not rows_of(report.scores, parameter="min_types", at=2.0, over="large")


def test_a_sweep_at_the_study_s_value_is_the_score():
    found = report_of(sweeps={"n": (1,), "size_ratio": (0.5,), "min_types": (1,)}).scores

    for direction in (PUBLISHED, CORRECTED):
        plain = row_of(found, metric="calign", over="all", **direction).value
        for parameter in ("n", "size_ratio", "min_types"):
            assert row_of(found, parameter=parameter, over="all", **direction).value == plain


def test_word_classes_by_hand(report):
    # Of "king" and "queen" alone: one cluster of two under seed 11, two of one under seed 12.
    row = row_of(report.scores, control="words:names", over="all", **CORRECTED)

    assert row.value == 0.5
    # A language without such words has no score, nor has what is not large.
    assert not rows_of(report.scores, control="words:digits")
    assert not rows_of(report.scores, control="words:names", over="large", **CORRECTED)


def test_the_same_seed_gives_the_same_rows_and_another_other_draws():
    one, same, other = report_of(), report_of(), report_of(seed=2)

    assert one.scores == same.scores
    for drawn, again in zip(one.resamples, same.resamples, strict=True):
        np.testing.assert_array_equal(drawn.value, again.value)
    plain = {row.value for row in rows_of(one.scores, metric="calign", **PUBLISHED)}
    assert plain == {row.value for row in rows_of(other.scores, metric="calign", **PUBLISHED)}
    summary, elsewhere = (
        row_of(report.scores, metric="calign", over="all", **PUBLISHED) for report in (one, other)
    )
    assert summary.null_mean != elsewhere.null_mean
    assert summary.var_sample != elsewhere.var_sample


def test_dictionaries_of_other_directions_are_refused():
    found = r"dictionaries translate \[\('de', 'en'\), \('en', 'de'\)\]"
    with pytest.raises(ValueError, match=f"{found}: expected en->de and back"):
        report_of(pair=PAIR[::-1])


def test_no_large_cluster_leaves_out_what_needs_one():
    scores = report_of(limits=LIMITS | {"min_types": 5}).scores

    assert {row.over for row in scores if row.metric != "coverage"} == {"all"}


def test_control_rows_are_means_over_seeds_and_alone():
    changed = replace(CONCEPTS, control="unit_length")
    fewer = replace(CONCEPTS.of_seeds(11), control="n_clusters=300")
    only_colap = replace(CONCEPTS, by_key={(3, 11, "pooled"): MEANING * 2}, control="centred")

    plain, every = (
        report_of(controls=controls).scores for controls in ((), (changed, fewer, only_colap))
    )
    rows = every[len(plain) :]

    assert {(row.control, row.parameter, row.at) for row in rows} == {
        ("unit_length", "", None),
        ("", "n_clusters", 300.0),
    }
    beside = {"calign_auc", "matched_fraction", "sentence_share"}
    assert {row.metric for row in rows} == {"calign", *beside}
    changed_auc, plain_auc = (
        row_of(table, metric="calign_auc", control=control, over="all", **PUBLISHED)
        for table, control in ((rows, "unit_length"), (plain, ""))
    )
    assert changed_auc.value == plain_auc.value
    row = row_of(rows, metric="calign", control="unit_length", over="all", **PUBLISHED)
    assert (row.value, row.var_seed) == (0.5, 0.5)
    assert row.low <= row.value <= row.high
    assert row.null_low <= row.null_mean <= row.null_high
    row = row_of(rows, metric="calign", parameter="n_clusters", over="all", **PUBLISHED)
    assert (row.value, row.n_hit, row.n_total) == (1, 2, 2)
    # Of two controls and three directions: score and area over all and large, the fraction, and the
    # sentences' share of all clusters and of those that align.
    assert len(rows) == 2 * 3 * 7
