"""What a study would cost: by hand from rates of our own, and from the project's rates."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from demo_runs import need_demo
from typer.testing import CliRunner
from warm_python import warm_python

from polyconcept.audit.why import Planned
from polyconcept.cli import plan
from polyconcept.cli import rates as rates_file
from polyconcept.cli.main import app
from polyconcept.models.loading import load_tokenizer
from polyconcept.study.jobs.job import Job
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.parse import parse_study

ROOT = Path(__file__).parents[1]
RATES = {
    "start_plain_seconds": 1.0,
    "start_plain_bytes": 10.0,
    "start_drawing_seconds": 2.0,
    "start_drawing_bytes": 20.0,
    "start_torch_seconds": 3.0,
    "start_torch_bytes": 30.0,
    "start_transformers_seconds": 4.0,
    "start_transformers_bytes": 40.0,
    "model_operations_per_second": 1e6,
    "read_seconds_per_subword": 0.5,
    "training_operations_per_second": 1e5,
    "train_seconds_per_subword": 0.25,
    "kmeans_start_seconds_together": 5e-6,
    "kmeans_start_seconds_each": 2e-6,
    "kmeans_iterations_seconds": 1e-6,
    "kmeans_seconds_per_fit": 0.001,
    "align_seconds_per_word_tried": 0.5,
    "text_seconds_per_word": 0.01,
    "calign_draw_seconds_per_word": 0.001,
    "calign_draw_seconds_per_cluster": 0.0001,
    "colap_draw_seconds_per_word": 0.002,
    "colap_draw_seconds_per_cluster": 0.0002,
    "rival_seconds_per_unit": 1e-4,
    "packed_share": 0.5,
    "write_bytes_per_second": 1e6,
    "hash_bytes_per_second": 4000.0,
    "gpu_operations_per_second": 1e7,
    "gpu_bfloat16_operations_per_second": 1e8,
    "gpu_kmeans_operations_per_second": 1e5,
    "kmeans_iterations": 20.0,
    "words_per_sentence": 4.0,
    "subwords_per_word": 2.0,
    "model_bytes": 1000.0,
    "rows_where_not_said": 7.0,
    "writing_over_reading": 5.0,
    "load_seconds_per_byte": 0.001,
    "task_draws_seconds_per_sentence": 0.002,
    "merge_seconds_per_run": 0.7,
    "claim_seconds_per_run": 0.3,
    "figure_seconds": 1.5,
    "explore_seconds_per_run": 0.2,
    "job_seconds": 0.1,
    "score_job_seconds": 1.25,
}


def four_words(_language, source):
    """Sentences of four words, of which none comes twice."""
    return [f"a{i} b{i} c{i} d{i}" for i in range(source.n_sentences)]


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
LOADED = FILE * 0.001
RUN = {"model": "tiny", "variant": "mood", "side": "encoder"}
PAIR = RUN | {"pair": "en-de"}
# 100 sentences of 4 words in each language, of which no cap leaves any out: 9 in 10 are taken to be
# in the table. 2 layers, 8 dims.
ROWS = 360
RAW = 4 * ROWS * 2 * 8
# 2 layers, 2 metrics, 2 definitions: a pair's 800 words each time, in 3 k-means a definition.
CLUSTERED, FITS = 2 * 2 * 2 * 800, 2 * 2 * 3
# Words and clusters of the controls: 2 and 10 clusters under both definitions; two changes of
# vectors, and COLAP's part of `centred`; two thirds of CALIGN's words in a third of 5.
CONTROLS = 6400 * (2 + 10) + 2 * 3200 * 5 + 1600 * 5 + 3200 / 3 * 5 / 3
CONTROL_FITS = 2 * 12 + 2 * 6 + 2 + 8
CONTROL_LABELS = 2 * (2 * 6400 + 2 * 3200 + 1600 + 3200 / 3)
# CKA and retrieval of 360 words of a language in 2 layers: a GPU waits for them.
RIVALS = 2 * ROWS * 8**2 * 1e-4
# Starts drawn together once, and for each start its own work and its iterations.
SIX = (5 + 6 * (2 + 1)) * 1e-6
LAYER = 4 * 2 * ROWS * 8
TRAINING = 4 * 4 * BLOCKS + 2 * (FILE - 4 * BLOCKS) + 60e6


def work_of(study, rates=RATES):
    return Work(study, rates, ROOT, four_words)


def cost_of(rule, names, study, rates=RATES):
    return JOBS[rule].cost(work_of(study, rates), names)


def tiny_cost(rule, names, **changes):
    return cost_of(rule, names, study_of(**changes))


def drawn(metric, n_words, n_clusters):
    """Seconds of a draw of a direction."""
    times = {"calign": 1, "colap": 2}[metric]
    return times * (n_words * 0.001 + n_clusters * 0.0001)


SCORED = (
    # As published, corrected both ways; half as much for other numbers of clusters, for 2 controls
    # of 2 layers and for two parts of 2.
    2 * 3 * (drawn("calign", 400, 5) + (drawn("calign", 400, 2) + drawn("calign", 400, 10)) / 2)
    + 8 * drawn("calign", 400, 5) / 2
    # COLAP: two definitions, other K, and 3 controls.
    + 2 * 2 * (drawn("colap", 400, 5) + (drawn("colap", 400, 2) + drawn("colap", 400, 10)) / 2)
    + 6 * drawn("colap", 400, 5) / 2
)


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        # Each of a language's 400 words is tried with the 4 of its sentence.
        ("align_words", {"pair": "en-de"}, Cost(1600, 1600, 800 * 7, 800 * 750)),
        (
            "align_held_out",
            {"pair": "en-de"},
            Cost(1600 / 3, 1600 / 3, 800 / 3 * 7, 800 / 3 * 750),
        ),
        (
            "split_words",
            {"own_folder": "", "language": "en"},
            Cost(8, 8, ROWS * 4, 70e6 + 800 * 500),
        ),
        ("fetch_model", {"model": "tiny"}, Cost(2 * FILE / 4000, 2 * FILE / 4000, FILE)),
        ("check_model", {"model": "tiny"}, Cost(2 * LOADED, 2 * LOADED, 0, 1.5 * FILE)),
        (
            "pretrain",
            {"model": "tiny"},
            Cost(
                500 * 0.25 + 6 * BLOCKS * 500 / 1e5,
                6 * BLOCKS * 500 / 1e7,
                FILE,
                4 * FILE + 4 * 30 * 50 * 2 * 8,
            ),
        ),
        (
            "extract_vectors",
            RUN,
            # Both languages; the model is loaded once. The disk is slower than the GPU.
            Cost(
                LOADED + 2 * (800 * 0.5 + 2 * BLOCKS * 800 / 1e6),
                LOADED + 2 * max(2 * BLOCKS * 800 / 1e7, RAW / 1e6),
                2 * RAW / 2,
                FILE + RAW + 2 * 400 * 500,
            ),
        ),
        (
            "cluster_words",
            PAIR,
            # words x dims x K; 2 seeds of 3 restarts
            Cost(
                CLUSTERED * 8 * 5 * SIX + FITS * 6 * 0.001 + RIVALS,
                2 * CLUSTERED * 8 * 5 * 6 * 20 / 1e5 + RIVALS,
                1.4 * 2 * CLUSTERED,
                1.8 * LAYER + 200e6,
            ),
        ),
        (
            "cluster_controls",
            PAIR,
            Cost(
                CONTROLS * 8 * SIX + CONTROL_FITS * 6 * 0.001,
                2 * CONTROLS * 8 * 6 * 20 / 1e5,
                1.4 * CONTROL_LABELS,
                1.8 * LAYER + 200e6,
            ),
        ),
        (
            "mix_languages",
            RUN,
            Cost(
                800 * 8 * 5 * 2 * SIX + 2 * 6 * 0.001,
                2 * 800 * 8 * 5 * 2 * 6 * 20 / 1e5,
                0,
                2 * 4 * 800 * 8,
            ),
        ),
        (
            "score_concepts",
            PAIR,
            Cost(400 * SCORED + 1.25, 0, 0.4e6, 120e6 + 2 * ROWS * 1000),
        ),
        (
            "finetune",
            RUN,
            # Two epochs of 30 sentences; a batch is 32 of them, of 8 subwords each.
            Cost(
                LOADED + 480 * 0.25 + 6 * BLOCKS * 480 / 1e5,
                LOADED + 6 * BLOCKS * 480 / 1e7,
                FILE,
                TRAINING + 4 * 30 * 32 * 8 * 2 * 8,
            ),
        ),
        (
            "score_task",
            RUN,
            Cost(
                LOADED + 320 * 0.5 + 2 * BLOCKS * 320 / 1e6 + 40 * 0.002,
                LOADED + 2 * BLOCKS * 320 / 1e7 + 40 * 0.002,
                0,
                1.5 * FILE,
            ),
        ),
        # Of base, random and fine-tuned.
        ("merge_scores", {}, Cost(3 * 0.7, 0, 0.4e6, 250e6)),
        ("state_claims", {}, Cost(3 * 0.3, 0, 0, 160e6)),
        ("plot_figure", {"figure": "calign_published"}, Cost(1.5, 0, 0.25e6, 160e6)),
        (
            "explore_pair",
            {"pair": "en-de"},
            Cost(3 * 0.2, 0, 3 * 720 * 12, 160e6 + 800 * 720),
        ),
    ],
)  # fmt: skip
def test_costs_follow_from_sizes_and_rates(rule, names, expected):
    found = tiny_cost(rule, names)

    assert vars(found) == pytest.approx(vars(expected))


def test_two_seeds_draw_their_starts_together():
    clustering = {"n_clusters": 5, "n_restarts": 1, "seeds": [1, 2]}
    one, two = (
        tiny_cost("cluster_words", PAIR, clustering=clustering | {"seeds": seeds}).seconds
        - RIVALS
        - len(seeds) * FITS * 0.001
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

    assert found.seconds == 2 * 280 * 4 * 0.5


def test_extraction_on_a_gpu_is_no_faster_than_the_disk():
    rates = RATES | {"write_bytes_per_second": 10.0}

    found = cost_of("extract_vectors", RUN, study_of(), rates)

    assert found.gpu_seconds == LOADED + 2 * RAW / 10
    assert found.seconds == tiny_cost("extract_vectors", RUN).seconds


def test_random_weights_are_drawn_in_the_time_that_loading_takes():
    found = tiny_cost("extract_vectors", RUN | {"variant": "random"})
    expected = tiny_cost("extract_vectors", RUN)

    assert found.seconds == pytest.approx(expected.seconds + LOADED)
    assert found.disk_bytes == expected.disk_bytes


def test_bfloat16_on_the_disk_lacks_the_two_bytes_that_do_not_pack():
    # Three of four bytes are left of a float32: one of bfloat16's two.
    rates = RATES | {"packed_share": 0.75}
    wide, narrow = (
        cost_of("extract_vectors", RUN, study_of(vectors={"store": store}), rates)
        for store in ("float32", "bfloat16")
    )

    assert wide.disk_bytes == 2 * RAW * 3 / 4
    assert narrow.disk_bytes == 2 * RAW * 1 / 4


def test_bfloat16_has_a_rate_of_its_own_on_a_gpu():
    wide, narrow = (
        tiny_cost("extract_vectors", RUN, extraction={"dtype": dtype})
        for dtype in ("float32", "bfloat16")
    )

    slow, fast = (
        cost_of(
            "extract_vectors",
            RUN,
            study_of(extraction={"dtype": dtype}),
            RATES | {"write_bytes_per_second": 1e12},
        )
        for dtype in ("float32", "bfloat16")
    )
    assert (slow.gpu_seconds - LOADED) / (fast.gpu_seconds - LOADED) == pytest.approx(10)
    assert wide.seconds == narrow.seconds


def test_a_state_before_the_final_norm_is_kept_and_clustered_too():
    models, run = {"m": {"builtin": "mt5"}}, PAIR | {"model": "m"}
    size = work_of(study_of(models=models, tasks={})).sizes.model("m")
    n_dims, last = size.n_dims, size.n_layers
    first, both = (
        {
            rule: tiny_cost(rule, run, models=models, tasks={}, layers=layers)
            for rule in ("extract_vectors", "cluster_controls", "score_concepts")
        }
        for layers in ([0, 1], [0, last])
    )

    added = {rule: both[rule].disk_bytes - first[rule].disk_bytes for rule in first}
    assert added["extract_vectors"] == 2 * 4 * ROWS * n_dims / 2
    assert added["cluster_controls"] == pytest.approx(2 * 1.4 * 2 * 800)
    work = both["cluster_controls"].seconds - first["cluster_controls"].seconds
    assert work == pytest.approx(2 * 800 * n_dims * 5 * SIX + 3 * 6 * 0.001)
    # CALIGN draws the words of a language, COLAP counts.
    more = both["score_concepts"].seconds - first["score_concepts"].seconds
    assert more == pytest.approx(400 * (drawn("calign", 400, 5) + drawn("colap", 400, 5)) / 2)


def test_a_model_without_controls_has_none_to_score():
    found, all_of_it = (
        tiny_cost("score_concepts", PAIR, controls=controls) for controls in ({"models": []}, {})
    )

    plain = 2 * 3 * drawn("calign", 400, 5) + 2 * 2 * drawn("colap", 400, 5)
    assert found.seconds == pytest.approx(400 * plain + 1.25)
    assert all_of_it.seconds == pytest.approx(400 * SCORED + 1.25)


def test_another_engine_is_said_to_be_taken_as_ours():
    clustering = {"n_clusters": 5, "engine": "scikit-learn"}

    found = work_of(study_of(clustering=clustering)).sizes.unknown

    assert found == {"clustering.engine scikit-learn: taken as torch"}


def test_what_the_hub_holds_is_assumed_and_said():
    hub = {"hub": {"dataset": "a/b", "files": "{language}.txt"}}
    study = study_of(corpora={"text": hub}, models={"big": {"hub": {"model": "a/c"}}}, tasks={})
    work = work_of(study)

    assert JOBS["align_words"].cost(work, {"pair": "en-de"}).seconds == 2 * 28 * 4 * 0.5
    assert work.sizes.assumed
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

    around = work_of(studies[0]).sizes.model("m").file_bytes * 0.001 + 40 * 0.002

    four, single = (
        cost_of("score_task", RUN | {"model": "m"}, study).seconds - around for study in studies
    )

    assert four / single == pytest.approx((1 + 4 * 5) / (1 + 5))


def test_lines_of_a_users_text_are_counted(tmp_path):
    (tmp_path / "en.txt").write_text("a b\nc\nd\n")
    (tmp_path / "de.txt").write_text("a\nc\nd\n")
    study = study_of(corpora={"text": {"directory": str(tmp_path)}}, tasks={}, models={
        "m": {"builtin": "bert"}})  # fmt: skip

    assert cost_of("align_words", {"pair": "en-de"}, study).seconds == (16 / 3 + 9 / 3) * 0.5


def test_subwords_are_those_of_the_models_own_tokenizer():
    work = Work(study_of(models={"m": {"builtin": "bert"}}, tasks={}), RATES, ROOT,
                plan.builtin_lines)  # fmt: skip
    text = work.sizes.text("text", "de")
    read = load_tokenizer(ROOT / "polyconcept/builtin/models/bert")(list(text.sample)).input_ids

    found = work.sizes.subwords("m", text)

    assert text.n_sentences == len(text.sample) == 100
    assert found == pytest.approx(sum(map(len, read)))
    assert not work.sizes.assumed


def test_a_long_built_in_text_is_counted_in_part():
    work = work_of(study_of(corpora={"text": {"builtin": {"n_sentences": 3000}}}, words={"cap": 7}))

    found = work.sizes.text("text", "en")

    # 300 sentences of four words are drawn, none twice: scaled up, each comes ten times.
    assert (found.n_sentences, found.n_words, found.n_capped) == (3000, 12_000, 1200 * 7)


def test_files_of_a_task_are_counted(tmp_path):
    (tmp_path / "en.tsv").write_text("sentence\tlabel\none two three\tpositive\nfour\tnegative\n")
    task = study_of().tasks["mood"].model_dump(exclude_defaults=True)
    task["train"] = {"files": {"en": str(tmp_path / "en.tsv")}}
    work = work_of(study_of(tasks={"mood": task}))

    [found] = work.sizes.task_texts("mood", "train")

    assert (found.n_sentences, found.n_words, found.n_longest) == (2, 4, 3)
    assert not work.sizes.unknown


def test_a_model_of_the_hub_is_at_hand_once_it_is_fetched(monkeypatch, tmp_path):
    work = work_of(study_of(models={"big": {"hub": {"model": "a/c"}}}, tasks={}))
    monkeypatch.chdir(tmp_path)
    before = work.sizes.model("big").n_dims
    shutil.copytree(ROOT / "polyconcept/builtin/models/bert", "results/s/models/big/base")

    found = work.sizes.model("big")

    assert (before, found.n_dims, found.n_layers) == (768, 64, 4)
    assert found.folder == Path("results/s/models/big/base")


@pytest.mark.demo
def test_memory_and_disk_of_the_demo_are_within_half_of_what_it_took(monkeypatch, capsys):
    need_demo()
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["planned.py", "studies/demo.yaml"])
    import planned as beside

    beside.main()

    _, *rows = (line.strip("| ").split("|") for line in capsys.readouterr().out.splitlines())
    ratios = {
        (row[0].strip(), what): float(found[1])
        for row in rows
        # Not of time: on a busy machine the demo took longer.
        for what, cell in (("memory", row[5]), ("disk", row[7]))
        if (found := re.search(r"\((.*)\)", cell))
    }
    assert len(rows) == 12
    assert sum(what == "memory" for _, what in ratios) == len(rows)
    assert {name: ratio for name, ratio in ratios.items() if not 1 / 1.5 < ratio < 1.5} == {}


def test_totals_of_jobs_with_and_without_a_gpu():
    jobs = [
        Planned("extract_vectors", RUN, ("a",), (), ()),
        Planned("score_concepts", PAIR, ("b",), (), ()),
        Planned("merge_scores", {}, ("c",), (), ()),
    ]
    work = work_of(study_of())
    reading, *scoring = (JOBS[job.rule].cost(work, job.wildcards) for job in jobs)

    totals = plan.price_of(jobs, work).stages

    assert list(totals) == ["vectors", "scores"]
    vectors, scores = totals.values()
    assert (vectors.jobs, vectors.gpu_jobs) == (1, 1)
    # A GPU waits while the job starts and hashes.
    assert vectors.gpu_seconds == pytest.approx(4.1 + reading.gpu_seconds)
    assert vectors.core_seconds == pytest.approx(4.1 + reading.seconds)
    assert vectors.memory_bytes == 40 + reading.memory_bytes
    assert scores.memory_bytes == 10 + 250e6  # of the larger job
    assert (scores.jobs, scores.gpu_jobs, scores.gpu_seconds) == (2, 0, 0)
    assert scores.cpu_seconds == pytest.approx(2 * 1.1 + sum(cost.seconds for cost in scoring))


def test_vectors_that_are_not_kept_lie_on_the_disk_for_some_jobs_at_once():
    models = {f"m{i}": {"builtin": "bert"} for i in range(5)}
    jobs = [Planned("extract_vectors", RUN | {"model": name}, (name,), (), ()) for name in models]
    jobs.append(Planned("align_words", {"pair": "en-de"}, ("a",), (), ()))
    kept, removed = (
        plan.price_of(
            jobs, work_of(study_of(models=models, tasks={}, vectors={"keep": keep}))
        ).stages
        for keep in (True, False)
    )

    assert kept["vectors"].held_bytes == kept["vectors"].disk_bytes
    assert removed["vectors"].disk_bytes == kept["vectors"].disk_bytes
    assert removed["vectors"].held_bytes == pytest.approx(3 / 5 * kept["vectors"].disk_bytes)
    assert removed["word links"].held_bytes == removed["word links"].disk_bytes


def test_a_rule_without_a_stage_is_no_text():
    job = Planned("unheard_of", {}, ("a",), (), ())

    with pytest.raises(KeyError, match="unheard_of"):
        plan.price_of([job], work_of(study_of()))


def test_jobs_with_a_gpu_have_a_cost():
    assert [rule for rule, job in JOBS.items() if job.gpu and job.cost is Job.cost] == []


def test_the_project_has_every_rate_and_says_which_are_assumed():
    rates, about = rates_file.read_rates(rates_file.RATES)

    notes = plan.notes_on(about, ["models.x: taken"])

    assert rates.keys() == RATES.keys()
    assert all(value > 0 for value in rates.values())
    assert sum("never measured" in note for note in notes) == 3  # of a GPU
    assert any("benchmarks/rates.json" in note for note in notes)
    assert notes[-1] == "models.x: taken"


def test_rates_of_another_processor_are_said_to_be():
    _, about = rates_file.read_rates(rates_file.RATES)
    about["machine"]["processor"] = "abacus"

    [note] = [line for line in plan.notes_on(about, []) if line.startswith("rates measured")]

    assert "on one core of abacus" in note
    assert note.endswith("`polyconcept plan --measure` takes a minute")


def test_what_to_ask_slurm_for_covers_the_largest_job():
    jobs = [
        Planned("extract_vectors", RUN, ("a",), (), ()),
        Planned("finetune", RUN, ("b",), (), ()),
        Planned("score_concepts", PAIR, ("c",), (), ()),
        Planned("merge_scores", {}, ("d",), (), ()),  # runs beside Snakemake
    ]
    work = work_of(study_of())
    reading, training, scoring, _ = (JOBS[job.rule].cost(work, job.wildcards) for job in jobs)

    requests = plan.price_of(jobs, work).requests

    assert {key: request.amount for key, request in requests.items()} == pytest.approx(
        {
            "cpu_memory": 10 + scoring.memory_bytes,
            "cpu_minutes": 1.1 + scoring.seconds,
            # With what CUDA itself holds.
            "gpu_memory": 3e9 + 40 + max(reading.memory_bytes, training.memory_bytes),
            "gpu_minutes": 4.1 + reading.gpu_seconds,
            "training_minutes": 4.1 + training.gpu_seconds,
        }
    )
    assert requests["gpu_minutes"].job == "extract_vectors tiny mood encoder"
    site = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["site"]
    assert requests.keys() <= site.keys()
    # 1,650 MB and 23.3 minutes, rounded up.
    asked = {"cpu_memory": plan.Request(1.1e9, "one"), "gpu_minutes": plan.Request(700.0, "other")}
    assert plan.slurm_lines(asked) == ["cpu_memory: 2000 (one)", "gpu_minutes: 30 (other)"]


def test_text_that_is_not_at_hand_marks_its_stages():
    hub = {"hub": {"dataset": "a/b", "files": "{language}.txt", "n_sentences": 100}}
    jobs = [Planned("align_words", {"pair": "en-de"}, ("a",), (), ())]
    known, unknown = (
        plan.report("s", plan.price_of(jobs, work_of(study_of(corpora={"text": text}))), [])
        for text in ({"builtin": {"n_sentences": 100}}, hub)
    )

    assert "~" not in known
    assert re.search(r"word links +1 +0 +~0\.00 +~", unknown)


def test_rates_of_a_gpu_come_from_the_report_of_its_benchmark(tmp_path):
    figures = {
        "GPU, extraction: rate": {"ours": 100.0, "ratio": 0.5},
        "GPU, k-means: whole fit": {"ours": 7.0, "limit": 30.0},
    }
    report = {"date": "2030-01-02T", "quick": False, "on": {"name": "card"}, "figures": figures}
    (tmp_path / "gpu.json").write_text(json.dumps(report))

    rates, about = rates_file.read_rates(rates_file.RATES, gpu_report=tmp_path / "gpu.json")

    assert rates["gpu_bfloat16_operations_per_second"] == 100e12
    assert rates["gpu_operations_per_second"] == 15e12
    assert rates["gpu_kmeans_operations_per_second"] == 7e12
    assert not any("never measured" in note for note in plan.notes_on(about, []))
    del figures["GPU, k-means: whole fit"]
    (tmp_path / "gpu.json").write_text(json.dumps(report))
    with pytest.raises(ValueError, match=r"gpu.json: needed a report .* no 'GPU, k-means: whole"):
        rates_file.gpu_rates(tmp_path / "gpu.json")


def test_a_report_of_small_sizes_says_nothing_of_a_gpu(tmp_path):
    figure = {"ours": 1.0, "ratio": 1.0, "limit": 1.0}
    names = ("GPU, extraction: rate", "GPU, k-means: whole fit")
    figures = dict.fromkeys(names, figure)
    report = {"date": "2030", "quick": True, "on": {"name": "card"}, "figures": figures}
    (tmp_path / "gpu.json").write_text(json.dumps(report))

    with pytest.raises(ValueError, match=r"gpu.json: of small sizes"):
        rates_file.gpu_rates(tmp_path / "gpu.json")


def test_measured_rates_are_written_where_plans_look_for_them(monkeypatch, tmp_path):
    commands = []

    def run(command, env, check):
        commands.append((command, env["OMP_NUM_THREADS"], check))
        return subprocess.CompletedProcess(command, len(commands) - 1)

    monkeypatch.setattr(rates_file.subprocess, "run", run)

    rates_file.measure_rates(tmp_path / "rates.json")
    with pytest.raises(ValueError, match=r"rates.json: the rates of this machine could not"):
        rates_file.measure_rates(tmp_path / "rates.json")

    [command, threads, _] = commands[0]
    assert command[1:] == [
        str(ROOT / "benchmarks/rates.py"), "--out", str(tmp_path / "rates.json")
    ]  # fmt: skip
    assert threads == "1"


def test_a_faster_gpu_is_faster_in_all_it_does():
    before, _ = rates_file.read_rates(rates_file.RATES)
    twice = 2 * before["gpu_operations_per_second"] / 1e12

    rates, about = rates_file.read_rates(rates_file.RATES, twice)

    changed = {name: rates[name] / before[name] for name in rates if rates[name] != before[name]}
    assert changed == pytest.approx({name: 2 for name in rates if name.startswith("gpu_")})
    assert sum("scaled to --gpu-tflops" in note for note in plan.notes_on(about, [])) == 3


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "fast"])
def test_a_gpu_without_a_rate_is_refused(given):
    run = CliRunner().invoke(app, ["plan", "--gpu-tflops", given, "study.yaml"])

    assert run.exit_code == 2
    assert "Invalid value for" in run.output
    assert "--gpu-tflops" in run.output


def test_rates_of_an_earlier_version_are_to_be_measured_anew(tmp_path):
    about = json.loads(rates_file.RATES.read_text())
    del about["measured"]["packed_share"]
    (tmp_path / "rates.json").write_text(json.dumps(about))

    with pytest.raises(ValueError, match=r"rates.json: lacks packed_share, .*plan --measure"):
        rates_file.read_rates(tmp_path / "rates.json")


def test_a_file_of_rates_that_is_damaged_is_named(tmp_path):
    (tmp_path / "rates.json").write_text("{")

    with pytest.raises(ValueError, match=r"rates.json: no JSON"):
        rates_file.read_rates(tmp_path / "rates.json")


def test_a_file_without_rates_is_refused(tmp_path):
    (tmp_path / "rates.json").write_text('{"measured": {}}')

    with pytest.raises(
        ValueError, match=r"rates.json: needed `measured` and `assumed` with values"
    ):
        rates_file.read_rates(tmp_path / "rates.json")


def planned(study, folder):
    """What the tool prints of a study that never ran."""
    command = [warm_python(), "-m", "polyconcept.cli.main", "plan", study]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


@pytest.mark.workflow
def test_the_plan_of_a_study_that_never_ran(tmp_path):
    study = yaml.safe_load((ROOT / "tests/studies/mini.yaml").read_text())
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))

    first, _, heading, kinds, *rows = planned(tmp_path / "study.yaml", tmp_path).splitlines()

    assert first.startswith("mini: ")
    titles, behind = zip(*plan.HEADING, strict=True)
    assert heading.split() == " ".join(titles).format(unit="min").split()
    assert kinds.split() == " ".join(behind).format(gpu="assumed").split()
    stages = {row.split("  ")[0] for row in rows}
    assert {"text", "word links", "models", "vectors", "clusters", "scores", "in all"} <= stages
    total = next(row for row in rows if row.startswith("in all"))
    assert int(first.split()[1]) == int(total.split()[2])
    assert not (tmp_path / "results").exists()


@pytest.mark.workflow
def test_the_plan_that_the_documentation_shows_is_what_the_tool_prints(tmp_path):
    shown = re.search(r"```\n(full: .*?)```", (ROOT / "docs/PERFORMANCE.md").read_text(), re.DOTALL)

    table, _, _ = planned(ROOT / "config.yaml", tmp_path).partition("\nFor SLURM")

    assert shown[1].splitlines() == table.splitlines()
