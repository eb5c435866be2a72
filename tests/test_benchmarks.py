"""Benchmarks run at a small size; what they measure is looked at for its shape, not for times."""

import dataclasses
import importlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import scipy.stats
from warm_python import warm_python

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
KEYS = {"ours", "unit", "limit", "alternative", "ratio", "goal", "note"}


@pytest.fixture(autouse=True)
def beside_the_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def module(name):
    return importlib.import_module(name)


# In processes of their own, as `make bench` runs them: they set threads, and measure memory.
# Without `demo`, which runs a whole study however small.
@pytest.mark.parametrize(
    "name", ["chance", "extraction", "kmeans", "scores", "storage", "wordalign", "workflow"]
)
def test_every_line_has_a_number_beside_its_limit_or_alternative(name):
    command = [warm_python(), BENCHMARKS / "run.py", "--one", name, "--quick"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]

    check_figures(json.loads(run.stdout))


def test_the_explorer_of_a_large_study_stays_in_its_budget():
    command = [warm_python(), BENCHMARKS / "run.py", "--one", "explorer", "--quick"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    figures = json.loads(run.stdout)

    check_figures(figures)
    in_bytes = {what: row["ratio"] for what, row in figures.items() if row["unit"] == "MB"}
    assert len(in_bytes) == 3
    assert max(in_bytes.values()) <= 1, in_bytes


def test_what_a_gpu_is_measured_by_runs_on_a_cpu():
    command = [warm_python(), BENCHMARKS / "gpu.py", "--quick", "--device", "cpu"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]

    check_figures(json.loads(run.stdout))


def test_a_cpu_beside_itself_is_the_same(tmp_path):
    place = tmp_path / "folder/gpu.json"
    options = ["--all", "--quick", "--device", "cpu", "--out", place]
    command = [sys.executable, BENCHMARKS / "gpu.py", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    report = json.loads(place.read_text(encoding="utf-8"))

    check_figures(report["figures"])
    assert beside_the_cpu(report["figures"]) == {
        "vectors in float32": 0,
        "vectors in bfloat16": 0,
        "labels: equal": 1,
        "labels: adjusted Rand index": 1,
        "inertia ratio: off 1 by": 0,
        "CALIGN: difference": 0,
        "COLAP: difference": 0,
    }
    assert {"GPU, extraction: rate", "GPU, k-means: whole fit"} <= report["figures"].keys()
    assert report["tests"].keys() == {"passed", "failed", "skipped"}
    assert sum(report["tests"].values()) > 0
    assert report["tests"]["failed"] == 0
    assert report["on"].keys() == {"device", "name", "torch", "cuda", "memory_gib"}
    assert (report["left_out"], report["failed"]) == ({}, {})
    assert [path.name for path in place.parent.iterdir()] == ["gpu.json"]


def beside_the_cpu(figures):
    """What was found of each thing that is compared with the CPU."""
    stage = f"{module('agreement').STAGE}, "
    return {
        name.removeprefix(stage): row["ours"]
        for name, row in figures.items()
        if name.startswith(stage)
    }


def wrong_vector(found):
    found[2][1][7] *= 1.1
    return found


def wrong_label(found):
    found[2].cluster[0] = (found[2].cluster[0] + 1) % found[2].n_clusters
    return found


def wrong_labels(found):
    for clusters in found:
        clusters.cluster[:] = 0
    return found


def wrong_inertia(found):
    return [dataclasses.replace(found[0], inertia=found[0].inertia * 0.999), *found[1:]]


# The calls before the last of each kind are the CPU's.
@pytest.mark.parametrize(
    ("name", "call", "change", "noticed"),
    [
        ("vectors_of", 3, wrong_vector, {"vectors in float32"}),
        ("vectors_of", 4, wrong_vector, {"vectors in bfloat16"}),
        ("clusters_of", 2, wrong_label, {"labels: equal", "labels: adjusted Rand index"}),
        (
            "clusters_of",
            2,
            wrong_labels,
            {
                "labels: equal",
                "labels: adjusted Rand index",
                "CALIGN: difference",
                "COLAP: difference",
            },
        ),
        ("clusters_of", 2, wrong_inertia, {"inertia ratio: off 1 by"}),
    ],
)
def test_what_a_device_computes_wrongly_is_noticed(monkeypatch, name, call, change, noticed):
    agreement, calls = module("agreement"), []
    honest = getattr(agreement, name)

    def planted(*arguments):
        calls.append(arguments)
        found = honest(*arguments)
        return change(found) if len(calls) == call else found

    monkeypatch.setattr(agreement, name, planted)
    figures = agreement.measure(quick=True, device="cpu")

    reached = module("measuring").reached
    missed = {what for what, row in figures.items() if not reached(row)}
    assert missed == {f"{agreement.STAGE}, {what}" for what in noticed}
    wrong = module("gpu").wrong({"figures": figures, "tests": None, "failed": {}})
    assert all(any(text.startswith(what) for text in wrong) for what in missed)
    assert len(wrong) == len(missed)


def test_without_cuda_nothing_is_measured_on_a_gpu(monkeypatch, tmp_path, capsys):
    gpu = module("gpu")
    monkeypatch.setattr(gpu, "gpu_name", lambda: None)

    with pytest.raises(SystemExit) as ended:
        gpu.main(["--all", "--out", str(tmp_path / "gpu.json")])

    assert ended.value.code == 2
    assert "torch finds no CUDA GPU; --device cpu tries" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.fixture
def stages(monkeypatch):
    """Stages that measure nothing and are done at once."""
    gpu = module("gpu")
    passed = {"passed": 4, "failed": 0, "skipped": 0}
    row = module("measuring").figure(1.0, "s", "<= 1", 2.0, limit=0.5)
    monkeypatch.setattr(gpu, "run_tests", lambda _seconds: passed)
    monkeypatch.setattr(gpu, "run_measure", lambda name, *_others: {f"GPU, {name}": row})
    return gpu


def test_stages_that_have_no_time_left_are_left_out_and_named(
    stages, monkeypatch, tmp_path, capsys
):
    # 100 s hold each of the others.
    monkeypatch.setattr(stages, "MOST_SECONDS", 100)

    stages.main(["--all", "--device", "cpu", "--out", str(tmp_path / "gpu.json")])

    report = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert report["left_out"].keys() == {"extraction"}
    assert list(report["figures"]) == ["GPU, comparison", "GPU, k-means"]
    assert "left out: extraction: 100 s were left" in capsys.readouterr().out


def test_a_stage_that_takes_longer_is_ended_and_the_others_run(stages, monkeypatch):
    def endless(seconds):
        stages.run_process([sys.executable, "-c", "import time; time.sleep(600)"], seconds / 1e6)

    monkeypatch.setattr(stages, "run_tests", endless)

    report = stages.run_all(quick=True, device="cpu")

    assert report["left_out"] == {"tests": "it was ended after the 470 s that were left"}
    assert report["tests"] is None
    assert list(report["figures"]) == ["GPU, comparison", "GPU, k-means", "GPU, extraction"]


@pytest.mark.parametrize(
    ("tests", "status", "said"),
    [(1, 0, "tests: 1 failed"), (0, 3, "k-means: it ended with status 3")],
)
def test_what_failed_is_said_and_is_the_status(stages, monkeypatch, tmp_path, tests, status, said):
    def measure(name, *_others):
        if name == "k-means":
            stages.run_process([sys.executable, "-c", f"raise SystemExit({status})"], 60)
        return {}

    counts = {"passed": 3, "failed": tests, "skipped": 0}
    monkeypatch.setattr(stages, "run_tests", lambda _seconds: counts)
    monkeypatch.setattr(stages, "run_measure", measure)

    with pytest.raises(SystemExit) as ended:
        stages.main(["--all", "--device", "cpu", "--out", str(tmp_path / "gpu.json")])

    assert ended.value.code == f"wrong: {said}"
    assert json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))["tests"] == counts


def check_figures(figures):
    assert figures
    for what, row in figures.items():
        assert ", " in what
        assert row.keys() >= KEYS
        assert math.isfinite(row["ours"])
        assert math.isfinite(row["ratio"])
        assert (row["limit"] is None) != (row["alternative"] is None)
        assert module("measuring").reached(row) in (True, False, None)


def test_overhead_is_what_of_all_cores_time_was_no_work():
    demo = module("demo")
    run = demo.Run(study=90.0, report=10.0, again=2.0, work={"a": [40.0, 60.0], "b": [20.0]})

    figures = demo.figures_of(run, 2)

    check_figures(figures)
    # 2 x 100 s of cores, 120 s of them work; without the report 2 x 90 - 120 = 60 s of 3 jobs.
    assert figures["whole demo, overhead"]["ours"] == 80
    assert figures["whole demo, overhead"]["ratio"] == pytest.approx(0.4)
    assert figures["whole demo, time"]["ratio"] == pytest.approx(100 / 60)
    assert figures["workflow, finished study again"]["ratio"] == pytest.approx(0.2)
    assert figures["workflow, overhead of a job"]["ours"] == pytest.approx(20)
    assert figures["workflow, overhead of a job"]["alternative"] == pytest.approx(40)


def finished_study(folder, *logs):
    """Records of two jobs, and their logs."""
    for name, log in zip(("a", "b/b"), logs, strict=True):
        record = folder / f"results/{name}.run.json"
        record.parent.mkdir(parents=True, exist_ok=True)
        place = f"{name.replace('/', '.')}.log"
        record.write_text(json.dumps({"rule": "cluster_words", "seconds": 9.0, "log": place}))
        (folder / place).write_text(log)


def test_work_is_read_from_the_ends_of_the_jobs_logs(tmp_path):
    finished_study(tmp_path, "now INFO: work took 4.250 s\n", "x\nnow INFO: work took 3.000 s\n")

    work = module("demo").work_of(tmp_path)

    assert {rule: sorted(seconds) for rule, seconds in work.items()} == {"cluster_words": [3, 4.25]}


def test_a_log_without_the_time_of_the_work_is_refused(tmp_path):
    finished_study(tmp_path, "work took 1.000 s\n", "work took 1.000 s\nand more\n")

    with pytest.raises(ValueError, match=r"b\.b\.log: its last line does not say how long"):
        module("demo").work_of(tmp_path)


def test_a_study_that_has_not_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no run record; needed a study that has run"):
        module("demo").work_of(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["speed"], "no benchmark speed; there are storage, "),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(arguments, said, capsys):
    with pytest.raises(SystemExit):
        module("run").main(arguments)

    assert said in capsys.readouterr().err


@pytest.fixture
def failing_run(monkeypatch, tmp_path):
    """A run whose second benchmark fails, writing into an empty folder."""
    run = module("run")
    row = module("measuring").figure(1.0, "s", "-", 1.0, limit=1.0)
    runs = {"storage": run.Run({"storage, size": row}, {}), "scores": run.Run(None, {})}
    monkeypatch.setattr(run, "run_each", lambda *_arguments: iter(runs.items()))
    monkeypatch.setattr(run, "gpu_name", lambda: None)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results")
    for variable in run.THREADS:
        monkeypatch.setenv(variable, "1")
    return run


def test_a_benchmark_that_failed_is_named_after_the_table_of_the_others(failing_run, capsys):
    with pytest.raises(SystemExit, match="failed: scores"):
        failing_run.main([])

    assert "| storage | size |" in capsys.readouterr().out


def test_what_a_missing_gpu_leaves_out_is_said(failing_run, capsys):
    assert failing_run.all_names() == failing_run.NAMES
    assert "torch finds no CUDA GPU: gpu is left out" in capsys.readouterr().err


def test_figures_come_in_the_order_of_the_names(failing_run, monkeypatch):
    figure = module("measuring").figure(1.0, "s", "-", 1.0, limit=1.0)
    ended = [(name, failing_run.Run({f"{name}, x": figure}, {})) for name in ("b", "c", "a")]
    monkeypatch.setattr(failing_run, "run_each", lambda *_arguments: iter(ended))

    report, _ = failing_run.run_all(["a", "b", "c"], quick=True, threads=1)

    assert list(report["figures"]) == ["a, x", "b, x", "c, x"]


def test_benchmarks_of_one_thread_run_beside_each_other_on_cores_of_their_own(monkeypatch):
    run, seen = module("run"), {}

    def run_one(name, _quick, core=None):
        seen[name] = core
        return run.Run({}, {})

    monkeypatch.setattr(run, "run_one", run_one)

    ended = [name for name, _ in run.run_each(["storage", "scores", "chance"], True, [3, 5])]

    assert ended[0] == "storage"
    assert set(ended) == {"storage", "scores", "chance"}
    assert seen.pop("storage") is None
    assert set(seen.values()) <= {3, 5}


def test_without_two_cores_each_benchmark_runs_alone(monkeypatch):
    run, seen = module("run"), {}
    monkeypatch.setattr(
        run, "run_one", lambda name, *_quick: seen.setdefault(name, run.Run({}, {}))
    )

    assert [name for name, _ in run.run_each(run.NAMES, True, [])] == list(run.NAMES)


def test_the_table_of_the_documentation_is_that_of_the_reference():
    reference = json.loads((BENCHMARKS / "reference.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs/PERFORMANCE.md").read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(text) if line.startswith("| stage "))
    last = next(i for i, line in enumerate(text) if i > first and not line.startswith("|"))

    assert cells("\n".join(text[first:last])) == cells(
        module("measuring").table(reference["figures"])
    )


def cells(table):
    """A Markdown table's cells, without the line below its headings."""
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    return [[cell.strip() for cell in row] for row in rows[:1] + rows[2:]]


@pytest.mark.parametrize(
    ("ratio", "goal", "expected"),
    [(1.1, "<= 1.1", True), (1.2, "<= 1.1", False), (4, ">= 4", True), (3.9, ">= 4", False)],
)
def test_a_goal_is_reached_by_the_ratio_alone(ratio, goal, expected):
    row = module("measuring").figure(5.0, "s", goal, ratio, limit=1.0)

    assert module("measuring").reached(row) is expected


def test_a_line_without_a_goal_is_neither_reached_nor_missed():
    row = module("measuring").figure(5.0, "s", "-", 1.0, limit=1.0)

    assert module("measuring").reached(row) is None


def test_a_goal_that_says_nothing_is_refused():
    row = module("measuring").figure(5.0, "s", "fast", 1.0, limit=1.0)

    with pytest.raises(ValueError, match="goal 'fast': needed `<= NUMBER` or `>= NUMBER`"):
        module("measuring").reached(row)


def test_the_table_says_what_each_figure_stands_beside():
    figure = module("measuring").figure
    figures = {
        "scores, 600 x 600": figure(0.5, "s", ">= 200", 4000.0, alternative=2000.0),
        "storage, size, small": figure(0.875, "MiB", "<= 0.8", 0.875, limit=1.0),
    }

    lines = module("measuring").table(figures).splitlines()

    found = cells("\n".join(lines))
    assert found[0] == list(module("measuring").HEADINGS)
    assert found[1:] == [
        ["scores", "600 x 600", "0.5 s", "2,000 s (alternative)", "4e+03", ">= 200", "yes"],
        ["storage", "size, small", "0.875 MiB", "1 MiB (limit)", "0.875", "<= 0.8", "no"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_calls_take_turns_and_their_medians_come_in_order():
    taken = []
    times = iter([3, 10, 1, 30, 2, 20])

    def clock(call):
        call()
        return next(times)

    found = module("measuring").medians(
        clock, 3, lambda: taken.append("a"), lambda: taken.append("b")
    )

    assert found == [2, 20]
    assert taken == ["a", "b"] * 3


def test_the_plain_file_holds_the_same_numbers(tmp_path):
    numpy, storage = module("numpy"), module("storage")
    states = {0: numpy.arange(6, dtype="f4").reshape(3, 2), 1: numpy.ones((3, 2), "f4")}

    storage.write_plain(tmp_path / "v.raw", states, numpy.arange(5), 2)

    written = numpy.fromfile(tmp_path / "v.raw", "f4")
    # Batches of 2 and 1 words, again from the first, each with both layers.
    layer = states[0].ravel().tolist()
    expected = [*layer[:4], *[1] * 4, *layer[4:], 1, 1, *layer[:4], *[1] * 4]
    assert written.tolist() == expected
    assert storage.mib_of(states, 5) * 2**20 == written.nbytes


def test_batches_are_views_of_the_states():
    numpy, storage = module("numpy"), module("storage")
    states = {0: numpy.zeros((7, 2), "f4")}

    batches = list(storage.batches_of(states, numpy.arange(20), 3))

    assert numpy.concatenate([places for places, _ in batches]).tolist() == list(range(20))
    assert all(numpy.shares_memory(vectors[0], states[0]) for _, vectors in batches)


def test_a_disk_without_room_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"MiB free, .* are needed; set TMPDIR"):
        module("storage").check_room(tmp_path, 1e12)


@pytest.mark.parametrize(("script", "needs"), [("cluster_words", True), ("merge_scores", False)])
def test_scripts_that_need_torch_have_no_start_without_it(script, needs):
    workflow = module("workflow")

    start = workflow.start_of(workflow.SCRIPTS / f"{script}.py", 1)

    assert (start is None) is needs


@pytest.mark.parametrize("script", ["score_concepts", "merge_scores", "split_words"])
def test_a_script_without_torch_imports_nothing_that_takes_long(script):
    """Each of these takes longer than all the rest of such a script's start."""
    workflow = module("workflow")
    slow = {"torch", "transformers", "sklearn", "scipy.stats", "scipy.optimize", "matplotlib"}
    lines = workflow.import_lines(workflow.SCRIPTS / f"{script}.py")
    code = f"{lines}; import sys; print(sorted({slow} & set(sys.modules)))"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_claims_are_seldom_decided_where_nothing_is_to_be_decided():
    """At 95 % some 5 % of draws are; points that are not independent would decide many times that.

    Of 300 draws at 5 % more than 38 are decided in one case of a million (binomial law).
    """
    claims = module("claims")
    layout = claims.Layout(3, 2, 5)

    found = dict(zip(claims.WAYS, claims.rates(layout, 3.0, 300), strict=True))

    assert scipy.stats.binom.sf(38, 300, 0.05) < 1e-6
    assert max(found["claim 1"], found["claim 2"], found["claim 3"]) <= 38 / 300
    assert min(found["1 by points"], found["2 by points"]) > 0.3


def test_two_models_never_decide_claims_of_models():
    claims = module("claims")

    found = dict(zip(claims.WAYS, claims.rates(claims.Layout(2, 2, 4), 1.0, 20), strict=True))

    assert found["claim 1"] == found["claim 2"] == 0
