"""What a study would cost: by hand from rates of our own, and from the project's rates."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from polyconcept.audit.why import Planned
from polyconcept.cli import plan
from polyconcept.cli.main import app
from polyconcept.study.jobs.job import Job
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.parse import parse_study

ROOT = Path(__file__).parents[1]
RATES = {
    "model_operations_per_second": 1e6,
    "kmeans_start_seconds_together": 5e-6,
    "kmeans_start_seconds_each": 2e-6,
    "kmeans_iterations_seconds": 1e-6,
    "align_seconds_per_pair": 0.5,
    "score_seconds": 3.0,
    "calign_draw_seconds_per_word": 0.001,
    "colap_draw_seconds": 0.01,
    "rival_seconds_per_unit": 1e-4,
    "packed_share": 0.5,
    "write_bytes_per_second": 1e6,
    "hash_bytes_per_second": 1000.0,
    "plain_hash_bytes_per_second": 4000.0,
    "job_overhead_seconds": 2.0,
    "gpu_operations_per_second": 1e7,
    "gpu_bfloat16_operations_per_second": 1e8,
    "gpu_kmeans_operations_per_second": 1e5,
    "kmeans_iterations": 20.0,
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
PAIR = RUN | {"pair": "en-de"}
# 100 sentences of 4 words in each language, 2 layers, 8 dims.
RAW = 4 * 400 * 2 * 8
# Labels, 2 bytes and packed 1.4. 2 layers, 2 definitions, 2 seeds: a pair's 800 words twice.
CONCEPTS = 2 * 2 * 2 * 2 * 800
# 2 seeds, 2 layers: 2 changes of vectors, COLAP's part of `centred`, 2 and 10 clusters under
# both definitions, and parts of the sentences.
CONTROLS = 2 * 2 * 800 * (2 * 2 + 1 + 2 * 2 * 2 + 1)
# CKA and retrieval of 400 words of a language in 2 layers: a GPU waits for them.
RIVALS = 2 * 400 * 8**2 * 1e-4
# Starts drawn together once, and for each start its own work and its iterations.
SIX = (5 + 6 * (2 + 1)) * 1e-6


def cost_of(rule, names, study, rates=RATES):
    return JOBS[rule].cost(Work(study, rates, ROOT), names)


def tiny_cost(rule, names, **changes):
    return cost_of(rule, names, study_of(**changes))


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        ("align_words", {"pair": "en-de"}, Cost(100 * 0.5, 0, 0, 100 * 5 * 7)),
        ("align_held_out", {"pair": "en-de"}, Cost(100 / 3 * 0.5)),
        ("fetch_model", {"model": "tiny"}, Cost(0, 0, 2 * FILE / 4000, FILE)),
        ("check_model", {"model": "tiny"}, Cost(0, 0, FILE / 4000)),
        (
            "pretrain",
            {"model": "tiny"},
            Cost(6 * BLOCKS * 500 / 1e6, 6 * BLOCKS * 500 / 1e7, FILE / 4000, FILE),
        ),
        (
            "extract_vectors",
            RUN,
            # Both languages; the model is loaded once.
            Cost(
                2 * 2 * BLOCKS * 800 / 1e6,
                2 * 2 * BLOCKS * 800 / 1e7,
                (FILE + 2 * RAW + 2 * RAW / 2) / 4000,
                2 * RAW / 2,
            ),
        ),
        (
            "cluster_words",
            PAIR,
            # words x dims x K, in 2 layers under 2 definitions twice; 2 seeds of 3 restarts
            Cost(
                800 * 8 * 5 * 8 * SIX + RIVALS,
                2 * 800 * 8 * 5 * 8 * 6 * 20 / 1e5 + RIVALS,
                2 * CONCEPTS / 1000 + (2 * RAW + 1.4 * CONCEPTS) / 4000,
                1.4 * CONCEPTS,
            ),
        ),
        (
            "cluster_controls",
            PAIR,
            # Two seeds, one definition: 5 clusters 2 + 2 + 1 times, and two thirds of the words in
            # a third of 5; both definitions: 2 and 10 clusters twice.
            Cost(
                800 * 8 * (5 * 5 + 2 * 2 * 12 + 5 * 2 / 9) * 2 * SIX,
                2 * 800 * 8 * (5 * 5 + 2 * 2 * 12 + 5 * 2 / 9) * 2 * 6 * 20 / 1e5,
                2 * CONTROLS / 1000 + (2 * RAW + 1.4 * CONTROLS) / 4000,
                1.4 * CONTROLS,
            ),
        ),
        (
            "mix_languages",
            RUN,
            Cost(800 * 8 * 5 * 2 * SIX, 2 * 800 * 8 * 5 * 2 * 6 * 20 / 1e5, 2 * RAW / 4000),
        ),
        # Plain: 2 definitions of 2 layers and seeds. 400 draws of 400 words in 2 layers: as
        # published, corrected both ways, also in other numbers of clusters; of 2 controls with
        # CALIGN and the two of parts.
        (
            "score_concepts",
            PAIR,
            Cost(
                (8 * 3.0 + 2 * (3 * 3 + 2 + 2) * 400 * 400 * 0.001)  # CALIGN
                + 2 * (2 * 3 + 3) * 400 * 0.01,  # COLAP: two definitions, other K, and 3 controls
                0,
                2 * (CONCEPTS + CONTROLS) / 1000,
            ),
        ),
        (
            "finetune",
            RUN,
            Cost(
                6 * BLOCKS * 480 / 1e6, 6 * BLOCKS * 480 / 1e7, 2 * FILE / 4000, FILE
            ),
        ),
        (
            "score_task",
            RUN,
            Cost(2 * BLOCKS * 320 / 1e6, 2 * BLOCKS * 320 / 1e7, FILE / 4000),
        ),
        ("merge_scores", {}, Cost()),
    ],
)  # fmt: skip
def test_costs_follow_from_sizes_and_rates(rule, names, expected):
    found = tiny_cost(rule, names)

    assert vars(found) == pytest.approx(vars(expected))


def test_two_seeds_draw_their_starts_together():
    clustering = {"n_clusters": 5, "n_restarts": 1, "seeds": [1, 2]}
    one, two = (
        tiny_cost("cluster_words", PAIR, clustering=clustering | {"seeds": seeds}).seconds - RIVALS
        for seeds in ([1], [1, 2])
    )

    assert two / one == pytest.approx((5 + 2 * 3) / (5 + 3))


def test_auto_is_priced_as_the_number_that_the_words_will_give():
    # 400 words of a language: 8 clusters of 50, and 4 and 16 under the controls.
    common = {"n_restarts": 3, "seeds": [1, 2]}
    auto = common | {"n_clusters": "auto", "words_per_cluster": 50}
    eight = common | {"n_clusters": 8}
    for rule, names in (
        ("cluster_words", PAIR),
        ("cluster_controls", PAIR),
        ("mix_languages", RUN),
    ):
        found, expected = (tiny_cost(rule, names, clustering=one) for one in (auto, eight))
        assert found == expected


def test_further_text_is_linked_in_place_of_a_third_of_the_text():
    corpora = {"text": {"builtin": {"n_sentences": 100}}, "more": {"builtin": {"n_sentences": 70}}}
    links = {"extra_corpora": ["more"]}

    found = tiny_cost("align_held_out", PAIR, corpora=corpora, word_links=links)

    assert found == Cost(70 * 0.5)


def test_extraction_on_a_gpu_is_no_faster_than_the_disk():
    rates = RATES | {"write_bytes_per_second": 10.0}

    found = cost_of("extract_vectors", RUN, study_of(), rates)

    assert found.gpu_seconds == 2 * RAW / 10
    assert found.seconds == tiny_cost("extract_vectors", RUN).seconds


def test_bfloat16_on_the_disk_lacks_the_two_bytes_that_do_not_pack():
    # Three of four bytes are left of a float32: one of bfloat16's two.
    rates = RATES | {"packed_share": 0.75}
    wide, narrow = (
        cost_of("extract_vectors", RUN, study_of(vectors={"store": store}), rates)
        for store in ("float32", "bfloat16")
    )

    assert wide.disk_bytes == 2 * RAW * 3 / 4
    assert narrow.disk_bytes == 2 * RAW * 1 / 4
    assert narrow.hashing == (FILE + 2 * RAW / 2 + 2 * RAW / 4) / 4000


def test_bfloat16_has_a_rate_of_its_own_on_a_gpu():
    wide, narrow = (
        tiny_cost("extract_vectors", RUN, extraction={"dtype": dtype})
        for dtype in ("float32", "bfloat16")
    )

    assert wide.gpu_seconds / narrow.gpu_seconds == pytest.approx(
        (2 * BLOCKS * 800 / 1e7) / (RAW / 1e6)  # so fast that the disk is slower
    )
    assert wide.seconds == narrow.seconds


def test_a_state_before_the_final_norm_is_kept_and_clustered_too():
    models, run = {"m": {"builtin": "mt5"}}, PAIR | {"model": "m"}
    size = Work(study_of(models=models, tasks={}), RATES, ROOT).sizes.model("m")
    n_dims, last = size.n_dims, size.n_layers
    first, both = (
        {
            rule: tiny_cost(rule, run, models=models, tasks={}, layers=layers)
            for rule in ("extract_vectors", "cluster_controls", "score_concepts")
        }
        for layers in ([0, 1], [0, last])
    )

    added = {rule: both[rule].disk_bytes - first[rule].disk_bytes for rule in first}
    assert added["extract_vectors"] == 2 * 4 * 400 * n_dims / 2
    assert added["cluster_controls"] == pytest.approx(2 * 1.4 * 2 * 800)
    work = both["cluster_controls"].seconds - first["cluster_controls"].seconds
    assert work == pytest.approx(2 * 800 * n_dims * 5 * SIX)
    # CALIGN draws the words of a language, COLAP counts.
    drawn = both["score_concepts"].seconds - first["score_concepts"].seconds
    assert drawn == pytest.approx(400 * 400 * 0.001 + 400 * 0.01)


def test_a_model_without_controls_has_none_to_score():
    found, all_of_it = (
        tiny_cost("score_concepts", PAIR, controls=controls) for controls in ({"models": []}, {})
    )

    assert all_of_it.seconds - found.seconds == pytest.approx(
        2 * (2 * 3 + 2 + 2) * 400 * 400 * 0.001 + 2 * (2 * 2 + 3) * 400 * 0.01
    )
    assert found.hashing == pytest.approx(2 * CONCEPTS / 1000)


def test_another_engine_is_said_to_be_taken_as_ours():
    clustering = {"n_clusters": 5, "engine": "scikit-learn"}

    found = Work(study_of(clustering=clustering), RATES, ROOT).sizes.unknown

    assert found == {"clustering.engine scikit-learn: taken as torch"}


def test_what_the_hub_holds_is_assumed_and_said():
    hub = {"hub": {"dataset": "a/b", "files": "{language}.txt"}}
    study = study_of(corpora={"text": hub}, models={"big": {"hub": {"model": "a/c"}}}, tasks={})
    work = Work(study, RATES, ROOT)

    assert JOBS["align_words"].cost(work, {"pair": "en-de"}).seconds == 7 * 0.5
    assert JOBS["fetch_model"].cost(work, {"model": "big"}).disk_bytes == 1000
    assert work.sizes.unknown == {
        "corpora.text: its number of sentences is not said; taken: 7",
        "models.big: not at hand; taken as of base size (12 x 768)",
    }


def test_a_writing_model_costs_more_for_each_beam():
    models = {"m": {"builtin": "mt5"}}
    task = study_of().tasks["mood"].model_dump(exclude_defaults=True)
    one = task | {"generation": {"n_beams": 1}}
    studies = [study_of(models=models, tasks={"mood": kind}) for kind in (task, one)]

    four, single = (cost_of("score_task", RUN | {"model": "m"}, study).seconds for study in studies)

    assert four / single == pytest.approx((1 + 4 * 5) / (1 + 5))


def test_lines_of_a_users_text_are_counted(tmp_path):
    (tmp_path / "en.txt").write_text("a b\nc\nd\n")
    study = study_of(corpora={"text": {"directory": str(tmp_path)}}, tasks={}, models={
        "m": {"builtin": "bert"}})  # fmt: skip

    assert cost_of("align_words", {"pair": "en-de"}, study).seconds == 1.5


def test_totals_of_jobs_with_and_without_a_gpu():
    jobs = [
        Planned("extract_vectors", RUN, ("a",), (), ()),
        Planned("score_concepts", PAIR, ("b",), (), ()),
        Planned("merge_scores", {}, ("c",), (), ()),
    ]
    work = Work(study_of(), RATES, ROOT)
    reading, *scoring = (JOBS[job.rule].cost(work, job.wildcards) for job in jobs)

    totals = plan.totals_of(jobs, work)

    assert list(totals) == ["vectors", "scores"]
    vectors, scores = totals.values()
    assert (vectors.jobs, vectors.gpu_jobs) == (1, 1)
    # A GPU waits while the job starts and hashes.
    assert vectors.gpu_seconds == pytest.approx(2 + reading.hashing + reading.gpu_seconds)
    assert vectors.core_seconds == pytest.approx(2 + reading.hashing + reading.seconds)
    assert (scores.jobs, scores.gpu_jobs, scores.gpu_seconds) == (2, 0, 0)
    assert scores.cpu_seconds == pytest.approx(
        2 * 2 + sum(cost.seconds + cost.hashing for cost in scoring)
    )


def test_vectors_that_are_not_kept_lie_on_the_disk_for_some_jobs_at_once():
    models = {f"m{i}": {"builtin": "bert"} for i in range(5)}
    jobs = [Planned("extract_vectors", RUN | {"model": name}, (name,), (), ()) for name in models]
    jobs.append(Planned("align_words", {"pair": "en-de"}, ("a",), (), ()))
    kept, removed = (
        plan.totals_of(
            jobs, Work(study_of(models=models, tasks={}, vectors={"keep": keep}), RATES, ROOT)
        )
        for keep in (True, False)
    )

    assert kept["vectors"].held_bytes == kept["vectors"].disk_bytes
    assert removed["vectors"].disk_bytes == kept["vectors"].disk_bytes
    assert removed["vectors"].held_bytes == pytest.approx(3 / 5 * kept["vectors"].disk_bytes)
    assert removed["word links"].held_bytes == removed["word links"].disk_bytes


def test_a_rule_without_a_stage_is_no_text():
    job = Planned("unheard_of", {}, ("a",), (), ())

    with pytest.raises(KeyError, match="unheard_of"):
        plan.totals_of([job], Work(study_of(), RATES, ROOT))


def test_jobs_with_a_gpu_have_a_cost():
    assert [rule for rule, job in JOBS.items() if job.gpu and job.cost is Job.cost] == []


def test_the_project_has_every_rate_and_says_which_are_assumed():
    rates, about = plan.read_rates(plan.RATES)

    notes = plan.notes_on(about, ["models.x: taken"])

    assert rates.keys() == RATES.keys()
    assert all(value > 0 for value in rates.values())
    assert sum("never measured" in note for note in notes) == 3  # of a GPU
    assert any("filling not" in note for note in notes)
    assert notes[-1] == "models.x: taken"


def test_a_faster_gpu_is_faster_in_all_it_does():
    before, _ = plan.read_rates(plan.RATES)
    twice = 2 * before["gpu_operations_per_second"] / 1e12

    rates, about = plan.read_rates(plan.RATES, twice)

    changed = {name: rates[name] / before[name] for name in rates if rates[name] != before[name]}
    assert changed == pytest.approx({name: 2 for name in rates if name.startswith("gpu_")})
    assert sum("scaled to --gpu-tflops" in note for note in plan.notes_on(about, [])) == 3


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "fast"])
def test_a_gpu_without_a_rate_is_refused(given):
    run = CliRunner().invoke(app, ["plan", "--gpu-tflops", given, "study.yaml"])

    assert run.exit_code == 2
    assert "Invalid value for" in run.output
    assert "--gpu-tflops" in run.output


def test_a_file_without_rates_is_refused(tmp_path):
    (tmp_path / "rates.json").write_text('{"measured": {}}')

    with pytest.raises(
        ValueError, match=r"rates.json: needed `measured` and `assumed` with values"
    ):
        plan.read_rates(tmp_path / "rates.json")


def planned(study, folder):
    """What the tool prints of a study that never ran."""
    command = [sys.executable, "-m", "polyconcept.cli.main", "plan", study]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


@pytest.mark.workflow
def test_the_plan_of_a_study_that_never_ran(tmp_path):
    study = yaml.safe_load((ROOT / "tests/studies/mini.yaml").read_text())
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))

    first, _, heading, *rows = planned(tmp_path / "study.yaml", tmp_path).splitlines()

    assert first.startswith("mini: ")
    assert heading.split() == " ".join(plan.HEADING).split()
    stages = {row.split("  ")[0] for row in rows}
    assert {"text", "word links", "models", "vectors", "clusters", "scores", "in all"} <= stages
    total = next(row for row in rows if row.startswith("in all"))
    assert int(first.split()[1]) == int(total.split()[2])
    assert not (tmp_path / "results").exists()


@pytest.mark.workflow
def test_the_plan_that_the_documentation_shows_is_what_the_tool_prints(tmp_path):
    shown = re.search(r"```\n(full: .*?)```", (ROOT / "docs/PERFORMANCE.md").read_text(), re.DOTALL)

    table, _, _ = planned(ROOT / "config.yaml", tmp_path).partition("\nWhat this rests on:")

    assert shown[1].splitlines() == table.splitlines()
