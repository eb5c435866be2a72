"""A mini study through every rule: generated text, pre-training, fine-tuning, figures, report."""

import json
from pathlib import Path

import pytest
import yaml
from snakemake_runs import AFTER_SCORES, planned, snakemake, verified

from polyconcept.records.metrics import MAIN_METRICS, METRICS
from polyconcept.store.scores import read_scores

STUDY = Path(__file__).parent / "studies/mini.yaml"
RUNS = [
    *(("tiny_bert", variant) for variant in ("base", "random", "ner")),
    *(("tiny_xlmr", variant) for variant in ("base", "mood")),
]
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mini")
    (folder / "study.yaml").write_text(STUDY.read_text())
    run = snakemake(folder)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


@pytest.fixture
def scores(finished):
    return read_scores([finished / "results/mini/scores.parquet"])


def changed(folder, path, value):
    # Through JSON: the YAML shares settings between tasks by reference.
    study = json.loads(json.dumps(yaml.safe_load(STUDY.read_text())))
    *parents, last = path.split(".")
    place = study
    for part in parents:
        place = place[part]
    place[last] = value
    (folder / "study.yaml").write_text(yaml.safe_dump(study))


def test_every_run_pair_layer_and_seed_is_scored_under_both_definitions(scores):
    expected = {
        (metric, definition, *run, *pair, layer, seed)
        for run in RUNS
        for definition in ("published", "corrected")
        for metric in ("calign", "calign_auc", "colap", "colap_auc")
        for pair in [("en", "de"), ("en", "ar"), ("de", "en"), ("ar", "en")]
        for layer in (0, 2)
        for seed in (212, 213)
        # Only corrected CALIGN is scored both ways.
        if pair[0] == "en" or (metric[:6], definition) == ("calign", "corrected")
    }
    found = [
        (s.metric, s.definition, s.model, s.variant, s.source, s.target, s.layer, s.seed)
        for s in scores
        if s.over == "all" and s.seed is not None
    ]

    assert set(found) == expected
    assert len(found) == len(expected)
    shares = [s for s in scores if s.metric in ("calign", "colap") and s.seed]
    assert all(s.value == s.n_hit / s.n_total for s in shares)


def test_every_score_says_what_it_means(scores):
    summaries = [s for s in scores if s.metric in ("calign", "colap") and s.is_plain and not s.seed]
    by_seed = {}
    for s in scores:
        if s.metric in ("calign", "colap") and s.seed is not None:
            by_seed.setdefault(key_of(s), []).append(s.value)

    assert {key_of(s) for s in summaries} == by_seed.keys()
    for s in summaries:
        assert s.value == pytest.approx(sum(by_seed[key_of(s)]) / 2)
        assert s.low <= s.value <= s.high
        assert s.null_low <= s.null_mean <= s.null_high
        assert 1 / 21 <= s.p <= 1
        assert s.var_sample >= 0
        assert s.var_seed >= 0


def key_of(s):
    place = s.metric, s.definition, s.over, s.model, s.variant
    return (*place, s.source, s.target, s.layer)


def test_changes_are_fine_tuned_minus_base(scores):
    values = {key_of(s): s.value for s in scores if s.is_plain and s.seed is None}
    changes = {key_of(s): s for s in scores if s.against}

    assert {s.variant for s in changes.values()} == {"ner", "mood"}
    for key, s in changes.items():
        base = (*key[:4], "base", *key[5:])
        assert s.value == pytest.approx(values[key] - values[base])
        assert s.low <= s.value <= s.high


def test_controls_are_scored_of_the_models_that_have_them(scores):
    found = {(s.metric, s.model, s.control, s.parameter, s.at) for s in scores}
    models = {s.model for s in scores if s.control == "centred"}

    assert models == {"tiny_bert"}
    assert ("colap", "tiny_bert", "centred", "", None) in found
    assert ("calign", "tiny_bert", "centred", "", None) not in found
    assert ("calign", "tiny_bert", "", "n_clusters", 6.0) in found
    assert {s.target for s in scores if s.metric == "mix_entropy" and "+" in s.target} == {"de+ar"}
    assert {s.control for s in scores if s.metric == "rank_correlation"} == {"cka", "retrieval"}


def test_the_claims_are_stated(finished):
    claims = json.loads((finished / "results/mini/claims.json").read_text())["claims"]

    assert {(claim["claim"], claim["metric"]) for claim in claims} == {
        (number, metric) for number in (1, 2, 3) for metric in METRICS
    }
    assert {claim["verdict"] for claim in claims} <= {"holds", "does not hold", "undecided"}
    assert all(
        claim["precision_low"] <= claim["effect"] <= claim["precision_high"]
        for claim in claims
        if claim["claim"] == 1 and claim["metric"] in MAIN_METRICS and claim["effect"] is not None
    )
    assert "Fine-tuning raises alignment" in (finished / "results/mini/claims.html").read_text()


def test_languages_never_trained_on_are_marked(scores):
    tasks = {(s.metric, s.model, s.target): s.zero_shot for s in scores if s.zero_shot is not None}

    assert tasks == {
        ("entity_f1", "tiny_bert", "en"): False,
        ("entity_f1", "tiny_bert", "de"): True,
        ("accuracy", "tiny_xlmr", "en"): False,
        ("accuracy", "tiny_xlmr", "ar"): True,
        ("macro_f1", "tiny_xlmr", "en"): False,
        ("macro_f1", "tiny_xlmr", "ar"): True,
    }


def test_figures_and_report(finished):
    kinds = ("", "_change", "_curves", "_controls")
    names = {f"{metric}{kind}" for metric in ("calign", "colap") for kind in kinds}
    names |= {"calign_auc", "matched_fraction", "rivals", "tasks", "examples"}
    figures = finished / "results/mini/figures"
    run = snakemake(finished, "--report", "report.html")

    found = {path.name for path in figures.iterdir() if not path.name.endswith(".run.json")}
    assert found == {f"{name}.{suffix}" for name in names for suffix in ("pdf", "png", "svg")}
    assert run.returncode == 0, run.stderr[-2000:]
    report = (finished / "report.html").read_text()
    assert all(
        category in report for category in ("Alignment by layer", "Tasks", "Examples", "Claims")
    )


def test_a_finished_fine_tuning_leaves_no_checkpoint(finished):
    assert not list(finished.glob("results/mini/checkpoints/**/*.safetensors"))


def test_nothing_runs_twice(finished):
    assert planned(finished) == {}


def test_the_study_is_verified(finished):
    assert verified(finished) == 0


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "tasks.ner.finetuning.learning_rate",
            5e-4,
            {"finetune": 1, "score_task": 1, "extract_vectors": 1, "cluster_words": 2}
            | {"cluster_controls": 2, "mix_languages": 1, "score_concepts": 2}
            | AFTER_SCORES
            | {"plot_figure": 12, "explore_pair": 2},
        ),
        (
            "tasks.mood.test.builtin.n_sentences",
            31,
            {"fetch_labels": 2, "score_task": 1}
            | {rule: n for rule, n in AFTER_SCORES.items() if rule != "explore_pair"}
            | {"plot_figure": 12},
        ),
        # COLAP knows no large clusters.
        (
            "figures.over",
            "large",
            {"plot_figure": 6, "build_report": 1},
        ),
    ],
)
def test_a_setting_reruns_what_depends_on_it(finished, path, value, expected):
    changed(finished, path, value)
    try:
        assert planned(finished) == expected
    finally:
        (finished / "study.yaml").write_text(STUDY.read_text())
