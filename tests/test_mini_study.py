"""A mini study through every rule: generated text, pre-training, fine-tuning, figures, report."""

import json
from pathlib import Path

import pytest
import verify
import yaml
from snakemake_runs import planned, snakemake

from polyconcept import store

STUDY = Path(__file__).parent / "studies/mini.yaml"
RUNS = [("tiny_bert", "base"), ("tiny_bert", "ner"), ("tiny_xlmr", "base"), ("tiny_xlmr", "mood")]
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
    return store.read_scores([finished / "results/mini/scores.parquet"])


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
        for metric in ("calign", "colap")
        for pair in [("en", "de"), ("en", "ar"), ("de", "en"), ("ar", "en")]
        for layer in (0, 2)
        for seed in (212, 213)
        # Only corrected CALIGN is scored both ways.
        if pair[0] == "en" or (metric, definition) == ("calign", "corrected")
    }
    found = [
        (s.metric, s.definition, s.model, s.variant, s.source, s.target, s.layer, s.seed)
        for s in scores
        if s.over == "all"
    ]

    assert set(found) == expected
    assert len(found) == len(expected)
    assert all(s.value == s.n_hit / s.n_total for s in scores if s.layer is not None)


def test_languages_never_trained_on_are_marked(scores):
    tasks = {(s.metric, s.model, s.target): s.zero_shot for s in scores if s.layer is None}

    assert tasks == {
        ("entity_f1", "tiny_bert", "en"): False,
        ("entity_f1", "tiny_bert", "de"): True,
        ("accuracy", "tiny_xlmr", "en"): False,
        ("accuracy", "tiny_xlmr", "ar"): True,
        ("macro_f1", "tiny_xlmr", "en"): False,
        ("macro_f1", "tiny_xlmr", "ar"): True,
    }


def test_figures_and_report(finished):
    names = {"calign", "colap", "calign_change", "colap_change", "tasks", "examples"}
    figures = finished / "results/mini/figures"
    run = snakemake(finished, "--report", "report.html")

    found = {path.name for path in figures.iterdir() if not path.name.endswith(".run.json")}
    assert found == {f"{name}.{suffix}" for name in names for suffix in ("pdf", "png")}
    assert run.returncode == 0, run.stderr[-2000:]
    report = (finished / "report.html").read_text()
    assert all(category in report for category in ("Alignment by layer", "Tasks", "Examples"))


def test_a_finished_fine_tuning_leaves_no_checkpoint(finished):
    assert not list(finished.glob("results/mini/checkpoints/**/*.safetensors"))


def test_nothing_runs_twice(finished):
    assert planned(finished) == {}


def test_the_study_is_verified(finished):
    assert verify.main([str(finished / "study.yaml"), "--folder", str(finished)]) == 0


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "tasks.ner.finetuning.learning_rate",
            5e-4,
            {"finetune_entities": 1, "score_entities": 1, "extract_vectors": 3, "cluster_words": 2}
            | {"score_calign": 2, "score_colap": 2, "merge_scores": 1}
            | {"plot_by_layer": 2, "plot_change": 2, "plot_tasks": 1},
        ),
        (
            "tasks.mood.test.builtin.n_sentences",
            31,
            {"generate_sentiment": 2, "check_task": 1, "score_sentiment": 1, "merge_scores": 1}
            | {"plot_by_layer": 2, "plot_change": 2, "plot_tasks": 1},
        ),
        # COLAP knows no large clusters.
        ("figures.over", "large", {"plot_by_layer": 1, "plot_change": 1}),
    ],
)
def test_a_setting_reruns_what_depends_on_it(finished, path, value, expected):
    changed(finished, path, value)
    try:
        assert planned(finished) == expected
    finally:
        (finished / "study.yaml").write_text(STUDY.read_text())
