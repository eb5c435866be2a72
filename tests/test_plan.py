"""What a study would cost: by hand from rates of our own, and from the project's rates."""

import json
import subprocess
import sys
from pathlib import Path

import plan
import pytest
import yaml
from plan_costs import STAGES, Cost, Estimate

from polyconcept.provenance.why import Planned
from polyconcept.settings import _stages, parse_study

ROOT = Path(__file__).parents[1]
RATES = {
    "model_operations_per_second": 1e6,
    "kmeans_seconds_per_unit": 1e-6,
    "align_seconds_per_pair": 0.5,
    "score_seconds": 3.0,
    "draw_seconds": 0.01,
    "packed_share": 0.5,
    "job_overhead_seconds": 2.0,
    "gpu_over_core": 10.0,
    "words_per_sentence": 4.0,
    "subwords_per_word": 2.0,
    "model_bytes": 1000.0,
    "rows_where_not_said": 7.0,
    "writing_over_reading": 5.0,
}


def study_of(**changes):
    recipe = {
        "corpora": ["text"],
        "languages": ["en", "de"],
        "tokenizer": {"kind": "wordpiece", "vocab_size": 100},
        "model": {
            "architecture": "bert",
            "hidden_size": 8,
            "n_layers": 2,
            "n_heads": 2,
            "intermediate_size": 16,
        },
        "training": {"n_steps": 10},
        "mixture": {"batch_tokens": 50},
    }
    task = {
        "kind": "sentiment",
        "train": {"builtin": {"n_sentences": 30}, "languages": ["en"]},
        "test": {"builtin": {"n_sentences": 20}, "languages": ["en", "de"]},
        "finetuning": {"epochs": 2},
    }
    study = {
        "name": "s",
        "corpus": "text",
        "corpora": {"text": {"builtin": {"n_sentences": 100}}},
        "pairs": ["en-de"],
        "layers": [0, 2],
        "tasks": {"mood": task},
        "models": {"tiny": {"pretrain": recipe, "tasks": ["mood"]}},
        "clustering": {"n_clusters": 5, "n_restarts": 3, "seeds": [1, 2]},
    }
    return parse_study(study | changes)


BLOCKS = 2 * (4 * 8**2 + 2 * 8 * 16)  # layers x (attention + feed-forward)
FILE = 4 * (BLOCKS + 100 * 8)
RUN = {"model": "tiny", "variant": "mood", "side": "encoder"}


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        ("align_words", {"pair": "en-de"}, Cost(100 * 0.5, 100 * 5 * 7)),
        ("pretrain", {"model": "tiny"}, Cost(6 * BLOCKS * 10 * 50 / 1e6, FILE)),
        (
            "extract_vectors",
            RUN | {"language": "en", "part": ""},
            Cost(2 * BLOCKS * 100 * 4 * 2 / 1e6, 4 * 0.5 * 100 * 4 * 2 * 8),
        ),
        (
            "cluster_words",
            RUN | {"pair": "en-de"},
            # words x dims x K x restarts x (layers x seeds) x times
            Cost(
                800 * 8 * 5 * 3 * 4 * 4 * 1e-6,
                4 * 4 * (6 * 5 * 8 + 4 * 800),
            ),
        ),
        (
            "cluster_controls",
            RUN | {"pair": "en-de"},
            # Three changes of vectors, half and twice the clusters: one of 2 seeds, one of 2
            # definitions.
            Cost(
                800 * 8 * 5 * 3 * 4 * 4 * 1e-6 * 5.5 / 4,
                4 * 4 * (6 * 5 * 8 + 4 * 800) * 5.5 / 4,
            ),
        ),
        # Two definitions of each layer and seed; 400 draws of each layer, corrected both ways.
        ("score_calign", RUN | {"pair": "en-de"}, Cost(2 * 4 * 3.0 + 2 * 3 * 400 * 0.01)),
        ("finetune_sentiment", RUN, Cost(6 * BLOCKS * 30 * 4 * 2 * 2 / 1e6, FILE)),
        ("score_sentiment", RUN, Cost(2 * BLOCKS * 2 * 20 * 4 * 2 / 1e6)),
        ("merge_scores", {}, Cost()),
    ],
)
def test_costs_follow_from_sizes_and_rates(rule, names, expected):
    found = Estimate(study_of(), RATES, ROOT).cost(rule, names)

    assert found.seconds == pytest.approx(expected.seconds)
    assert found.disk_bytes == pytest.approx(expected.disk_bytes)


def test_what_the_hub_holds_is_assumed_and_said():
    hub = {"hub": {"dataset": "a/b", "files": "{language}.txt"}}
    study = study_of(corpora={"text": hub}, models={"big": {"hub": {"model": "a/c"}}}, tasks={})
    estimate = Estimate(study, RATES, ROOT)

    assert estimate.cost("align_words", {"pair": "en-de"}).seconds == 7 * 0.5
    assert estimate.cost("fetch_hub_model", {"model": "big"}).disk_bytes == 1000
    assert estimate.unknown == {
        "corpora.text: its number of sentences is not said; taken: 7",
        "models.big: not at hand; taken as of base size (12 x 768)",
    }


def test_a_writing_model_costs_more_for_each_beam():
    models = {"m": {"builtin": "mt5"}}
    task = study_of().tasks["mood"].model_dump(exclude_defaults=True)
    one = task | {"generation": {"n_beams": 1}}
    studies = [study_of(models=models, tasks={"mood": kind}) for kind in (task, one)]

    four, single = (
        Estimate(study, RATES, ROOT).cost("score_sentiment_text", RUN | {"model": "m"}).seconds
        for study in studies
    )

    assert four / single == pytest.approx((1 + 4 * 5) / (1 + 5))


def test_lines_of_a_users_text_are_counted(tmp_path):
    (tmp_path / "en.txt").write_text("a b\nc\nd\n")
    study = study_of(corpora={"text": {"directory": str(tmp_path)}}, tasks={}, models={
        "m": {"builtin": "bert"}})  # fmt: skip

    assert Estimate(study, RATES, ROOT).cost("align_words", {"pair": "en-de"}).seconds == 1.5


def test_totals_of_jobs_with_and_without_a_gpu():
    jobs = [
        Planned("extract_vectors", RUN | {"language": "en", "part": ""}, ("a",), (), ()),
        Planned("score_calign", RUN | {"pair": "en-de"}, ("b",), (), ()),
        Planned("score_colap", RUN | {"pair": "en-de"}, ("c",), (), ()),
    ]
    estimate = Estimate(study_of(), RATES, ROOT)
    work = estimate.cost(jobs[0].rule, jobs[0].wildcards).seconds

    totals = plan.totals_of(jobs, estimate, RATES, plan.gpu_rules(ROOT))

    assert list(totals) == ["vectors", "scores"]
    vectors, scores = totals.values()
    assert (vectors.jobs, vectors.gpu_jobs) == (1, 1)
    assert vectors.gpu_seconds == pytest.approx(2 + work / 10)
    assert vectors.core_seconds == pytest.approx(2 + work)
    assert (scores.jobs, scores.gpu_jobs, scores.gpu_seconds) == (2, 0, 0)
    assert scores.cpu_seconds == pytest.approx(2 * 2 + 24 + 24)  # COLAP's own work is small


def test_every_rule_has_a_stage_and_jobs_with_a_gpu_a_cost():
    estimate = Estimate(study_of(), RATES, ROOT)

    assert set(STAGES) == set(_stages._STAGES)
    assert plan.gpu_rules(ROOT) <= set(estimate._costs)


def test_the_project_has_every_rate_and_says_which_are_assumed():
    rates = plan.read_rates(plan.RATES)
    about = json.loads(plan.RATES.read_text())

    notes = plan.notes_on(about, ["models.x: taken"])

    assert rates.keys() == RATES.keys()
    assert all(value > 0 for value in rates.values())
    assert any("never measured" in note and "50" in note for note in notes)
    assert notes[-1] == "models.x: taken"


def test_a_file_without_rates_is_refused(tmp_path):
    (tmp_path / "rates.json").write_text('{"measured": {}}')

    with pytest.raises(
        ValueError, match=r"rates.json: needed `measured` and `assumed` with values"
    ):
        plan.read_rates(tmp_path / "rates.json")


@pytest.mark.workflow
def test_the_plan_of_a_study_that_never_ran(tmp_path):
    study = yaml.safe_load((ROOT / "tests/studies/mini.yaml").read_text())
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    command = [sys.executable, ROOT / "tools/plan.py", tmp_path / "study.yaml"]

    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr[-3000:]
    first, _, heading, *rows = run.stdout.splitlines()
    assert first.startswith("mini: ")
    assert heading.split() == " ".join(plan.HEADING).split()
    stages = {row.split("  ")[0] for row in rows}
    assert {"text", "word links", "models", "vectors", "clusters", "scores", "in all"} <= stages
    total = next(row for row in rows if row.startswith("in all"))
    assert int(first.split()[1]) == int(total.split()[2])
    assert not (tmp_path / "results").exists()
