"""Studies through a real SLURM on this machine: `make test-slurm`."""

import itertools
import json
import os
import re
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from slurm_runs import (
    NO_ACCOUNTING,
    POLYCONCEPT,
    QUICK,
    ROOT,
    RUN,
    NoSlurmError,
    copy_tree,
    kill_with_snakemake,
    private_cluster,
    run,
    start,
)
from snakemake_runs import snakemake
from test_workflow import study_of, write_model, write_text

SCORES = "results/known/scores.csv"
# On a busy machine, or with the whole demo, these tests take longer than others may.
pytestmark = [pytest.mark.slurm, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def cluster():
    """One cluster for all tests."""
    try:
        with private_cluster() as started:
            yield started
    except NoSlurmError as error:
        pytest.skip(str(error))


# --- the demo, by the command that the documentation gives


def part_of_demo(study):
    """What two cores can do in the time that these tests have: one model of three, one pair."""
    study["models"] = {"bert": {"builtin": "bert", "tasks": ["ner"]}}
    study["tasks"] = {"ner": study["tasks"]["ner"]}
    study["pairs"] = ["en-de"]
    study["layers"] = [0, 3]
    study["corpora"]["held_out"]["builtin"]["n_sentences"] = 250
    study["clustering"]["seeds"] = [212, 213]
    study["controls"] = {"models": [], "random_weights": False}
    return study


def run_locally(folder, name):
    """The scores of a study without SLURM; the folder that holds them."""
    local = snakemake(folder, f"results/{name}/scores.csv")
    assert local.returncode == 0, local.stderr[-3000:]
    return folder / "results" / name


@pytest.fixture(scope="module")
def demo(cluster, tmp_path_factory):
    """The demo through SLURM, and the scores that a run without SLURM gave."""
    finished = os.environ.get("POLYCONCEPT_DEMO")
    folder = tmp_path_factory.mktemp("demo")
    tree = copy_tree(folder / "tree")
    file = tree / "studies/demo.yaml"
    study = yaml.safe_load(file.read_text())
    if not finished:
        study = part_of_demo(study)
    study["device"] = "cpu"  # the stand-in GPUs compute nothing
    file.write_text(yaml.safe_dump(study))
    shutil.copy(file, folder / "study.yaml")
    with ThreadPoolExecutor() as aside:  # the run through SLURM leaves the cores idle at times
        local = None if finished else aside.submit(run_locally, folder, "demo")
        status, output = run(
            cluster, tree, *RUN, "studies/demo.yaml", *NO_ACCOUNTING, *QUICK, log=folder / "log"
        )
        assert status == 0, output[-3000:]
    scores = Path(finished) / "results/demo" if local is None else local.result()
    return output, tree / "results/demo", scores


def test_scores_equal_those_of_a_local_run_byte_for_byte(demo):
    _, through_slurm, local = demo

    for name in ("scores.csv", "scores.parquet"):
        assert (through_slurm / name).read_bytes() == (local / name).read_bytes()
    assert len((through_slurm / "scores.csv").read_text().splitlines()) > 30


def jobs_of_gpu_rules(cluster):
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    names = tuple(f"rule_{rule}_wildcards_" for rule in profile["set-resources"])
    return {job for job, _, comment in cluster.jobs() if comment.startswith(names)}


def test_the_plan_was_printed_and_carried_out(demo, cluster):
    output, _, _ = demo
    n_gpu = int(re.search(r"planned: (\d+) GPU jobs", output)[1])
    n_slurm = int(re.search(r"planned: \d+ jobs, (\d+) of them through SLURM", output)[1])
    name = re.search(r"SLURM run ID: (\S+)", output)[1]
    jobs = cluster.ask("squeue", "-h", "-t", "all", "-n", name, "-o", "%i|%T").splitlines()
    states = dict(job.split("|") for job in jobs)

    assert len(states) == n_slurm
    assert set(states.values()) == {"COMPLETED"}
    assert len(set(states) & jobs_of_gpu_rules(cluster)) == n_gpu > 0


@pytest.mark.usefixtures("demo")
def test_two_gpu_jobs_never_share_a_gpu(cluster):
    tasks = cluster.tasks()
    on_gpu = [task for task in tasks if task.gpu]
    overlapping = [
        {one.gpu, other.gpu}
        for one, other in itertools.combinations(on_gpu, 2)
        if one.begun < other.ended and other.begun < one.ended
    ]

    assert {task.gpu for task in on_gpu} == {"0", "1"}
    assert {task.job for task in on_gpu} == jobs_of_gpu_rules(cluster) & {t.job for t in tasks}
    assert overlapping  # else nothing is shown
    assert all(gpus == {"0", "1"} for gpus in overlapping)


# --- a study whose jobs meet with accidents

# Put before or behind what a script does, in a copy of the project: so that an accident happens
# when the test wants it.
WAIT = """
import time as _time
from pathlib import Path as _Path
_until = _time.monotonic() + 180
while not _Path("{gate}").exists() and _time.monotonic() < _until:
    _time.sleep(0.1)
"""
FAIL_ONCE = """
from pathlib import Path as _Path
if not _Path("failed-once").exists():
    _Path("failed-once").touch()
    raise OSError("the disk was away for a moment")
"""


def tree_of_accidents(target):
    tree = copy_tree(target)
    for rule in ("align_words", "extract_vectors", "cluster_words"):
        script = tree / f"workflow/scripts/{rule}.py"
        script.write_text(WAIT.format(gate=f"{rule}-may-go-on") + script.read_text())
    script = tree / "workflow/scripts/select_words.py"
    script.write_text(script.read_text() + FAIL_ONCE)
    return tree


def wait_until_said(log, words, *, seconds=60):
    until = time.monotonic() + seconds
    while words not in log.read_text():
        assert time.monotonic() < until, log.read_text()[-2000:]
        time.sleep(0.1)


MODELS = ("shared", "apart", "third", "fourth")


def write_study(folder, **changes):
    folder.mkdir()
    write_text(folder / "text")
    for distance, name in enumerate(MODELS):
        write_model(folder / name, language_distance=10 * distance)
    models = {name: {"directory": name} for name in MODELS}
    study_of(folder, device="cpu", figures={}, models=models, **changes)
    return folder


@pytest.fixture(scope="module")
def accidents(cluster, tmp_path_factory):
    """SLURM is away; a job is cancelled, then overruns; one fails; the driver is killed twice."""
    before = len(cluster.jobs())
    last = max((int(job) for job, _, _ in cluster.jobs()), default=0)
    folder = tmp_path_factory.mktemp("accidents")
    tree = tree_of_accidents(folder / "tree")
    study = write_study(folder / "study")
    file = str(study / "study.yaml")
    command = ("run", "--folder", str(study), file, "--profile", "slurm", *QUICK, SCORES)
    logs = [folder / f"log{n}" for n in range(4)]

    driver = start(cluster, tree, *command, program=POLYCONCEPT, log=logs[0])
    job = cluster.wait_for_task("align_words")
    cluster.stop_controller()
    away = time.monotonic()
    wait_until_said(logs[0], "SLURM does not answer")
    time.sleep(max(0.0, away + 12 - time.monotonic()))
    cluster.start_controller()
    second = run(cluster, tree, *command, program=POLYCONCEPT, log=logs[1])
    cluster.ask("scancel", job)
    aside = ThreadPoolExecutor()
    local = aside.submit(run_locally, write_study(folder / "local"), "known")
    job = cluster.wait_for_task("align_words")
    cluster.ask("scontrol", "update", f"jobid={job}", "EndTime=now+1")
    cluster.wait_for("align_words", "TIMEOUT")
    (study / "align_words-may-go-on").touch()
    # Two GPUs, four jobs for them: two run and two wait.
    cluster.wait_for("extract_vectors", "PENDING", n=2)
    cluster.wait_for("extract_vectors", "RUNNING", n=2)
    kill_with_snakemake(driver)
    driver = start(cluster, tree, *command, program=POLYCONCEPT, log=logs[2])
    wait_until_said(logs[2], "waiting for")
    (study / "extract_vectors-may-go-on").touch()
    cluster.wait_for("cluster_words", "RUNNING", n=2)
    # The other two are submitted once the driver has seen their vectors.
    cluster.wait_for("cluster_words", "PENDING", n=2)
    kill_with_snakemake(driver)
    (study / "cluster_words-may-go-on").touch()
    cluster.wait_for("cluster_words", "COMPLETED", n=4, after=last)
    status, output = run(cluster, tree, *command, program=POLYCONCEPT, log=logs[3])
    assert status == 0, output[-3000:]
    return {
        "study": study,
        "local": local.result(),
        "tree": tree,
        "command": command,
        "second": second,
        "outputs": [log.read_text() for log in logs],
        # squeue lists the newest last
        "jobs": sorted(cluster.jobs(), key=lambda job: int(job[0]))[before:],
    }


def of_rule(accidents, rule):
    return sorted(state for _, state, name in accidents["jobs"] if name.startswith(f"rule_{rule}_"))


def test_accidents_do_not_change_the_scores(accidents):
    through_slurm = accidents["study"] / SCORES

    assert through_slurm.read_bytes() == (accidents["local"] / "scores.csv").read_bytes()


def test_a_controller_that_was_away_is_waited_for(accidents):
    first = accidents["outputs"][0]

    assert re.search(r"its jobs go on, and it is asked again for 30 min", first)
    assert re.search(r"SLURM answers again, after 0\.\d min", first)


def test_a_cancelled_an_overrun_and_a_failed_job_ran_once_more(accidents):
    assert of_rule(accidents, "align_words") == ["CANCELLED", "COMPLETED", "TIMEOUT"]
    states = of_rule(accidents, "select_words")

    assert states.count("FAILED") == 1
    assert states.count("COMPLETED") == 1


def test_nothing_that_had_finished_was_done_again(accidents):
    finished = [name for _, state, name in accidents["jobs"] if state == "COMPLETED"]

    assert len(finished) == len(set(finished)) == 16
    # Two ran when their driver was killed and were waited for; two waited and were cancelled.
    assert of_rule(accidents, "extract_vectors") == ["CANCELLED"] * 2 + ["COMPLETED"] * 4
    # All ended when there was no driver.
    assert of_rule(accidents, "cluster_words") == ["COMPLETED"] * 4


def test_the_run_after_a_kill_says_what_it_does(accidents):
    _, _, third, fourth = accidents["outputs"]

    for output in (third, fourth):
        assert re.search(r"an earlier run was killed \(process \d+ on \S+, started", output)
        assert "released its lock" in output
    assert re.search(r"cancelling [23] waiting jobs of a run that was killed: .*extract_v", third)
    assert re.search(r"waiting for [23] running jobs of a run that was killed: .*extract_v", third)
    # Whatever the run made before is judged with it. Of a job that failed once its record was
    # written, that is left, unless it has been done again by then.
    assert re.search(r"kept \d+ files that its jobs made, removed [01]$", third, re.MULTILINE)
    # It may still have to wait for SLURM to tidy up after jobs that have ended.
    assert not re.search(r"waiting for .*(extract_v|align_words)", fourth)
    assert re.search(r"kept \d+ files that its jobs made, removed 0", fourth)


def test_a_second_run_beside_a_live_one_is_refused(accidents):
    status, output = accidents["second"]

    assert status != 0
    assert "another run is at work in this folder" in output
    assert "Directory cannot be locked" in output


def dry_run(accidents, cluster, tmp_path):
    status, output = run(
        cluster,
        accidents["tree"],
        *(*accidents["command"], "-n"),
        program=POLYCONCEPT,
        log=tmp_path / "log",
    )
    assert status == 0, output[-2000:]
    return output


def test_settings_of_what_ended_without_its_driver_are_known(accidents, cluster, tmp_path):
    assert "Nothing to be done" in dry_run(accidents, cluster, tmp_path)
    file = accidents["study"] / "study.yaml"
    before = file.read_text()
    file.write_text(before + "extraction: {pooling: mean}\n")
    try:
        assert re.search(r"^extract_vectors +4$", dry_run(accidents, cluster, tmp_path), re.M)
    finally:
        file.write_text(before)


def test_a_run_of_another_machine_is_not_touched(accidents, cluster, tmp_path):
    fields = {"host": "login9", "boot": "b", "pid": 1, "ticks": 1, "started": 0.0}
    rest = {"format": "polyconcept-driver/2", "token": "t", "submits": True, "own_job": ""}
    note = accidents["study"] / "results/known/logs/driver-t.json"
    note.write_text(json.dumps(fields | rest))
    try:
        status, output = run(
            cluster,
            accidents["tree"],
            *accidents["command"],
            program=POLYCONCEPT,
            log=tmp_path / "log",
        )
    finally:
        note.unlink()

    assert status != 0
    assert "a run from another machine holds this folder: process 1 on login9" in output
    assert "run the same command on login9" in output


# --- jobs that go into the queue together

TOGETHER = ("--profile", "slurm", "--workflow-profile", "profiles/many_pairs", "--configfile")


def study_of_a_pair_with_its_own_text(folder):
    controls = {"models": ["shared"], "vectors": ["centred"], "random_weights": False}
    text = {"text": {"directory": "text", "pairwise": True}}
    write_study(folder, corpora=text, controls=controls, vectors={"keep": False})
    own = folder / "text/xa-xb"
    own.mkdir()
    for name in ("xa.txt", "xb.txt"):
        (folder / "text" / name).rename(own / name)
    return folder


FAILS_ONCE = """
from pathlib import Path
if not Path("failed").exists():
    Path("failed").touch()
    raise ValueError("the first time")
"""


def test_jobs_of_a_pair_go_into_the_queue_together(cluster, tmp_path):
    before = {job for job, _, _ in cluster.jobs()}
    tree = copy_tree(tmp_path / "tree")
    profile = tree / "profiles/slurm/config.yaml"
    shorter = profile.read_text().replace("min(240 * attempt, 1440)", "min(60 * attempt, 180)")
    assert shorter != profile.read_text()
    profile.write_text(shorter)
    for rule, more in {
        "cluster_controls": FAILS_ONCE,  # the last of its group
        "extract_vectors": 'print("begun", file=open("read.txt", "a"))\n',
    }.items():
        script = tree / f"workflow/scripts/{rule}.py"
        script.write_text(f"{script.read_text()}\n{more}")
    study = study_of_a_pair_with_its_own_text(tmp_path / "study")
    own = (str(study / "study.yaml"), "--directory", str(study), *NO_ACCOUNTING, *QUICK)
    with ThreadPoolExecutor() as aside:
        local = aside.submit(
            run_locally, study_of_a_pair_with_its_own_text(tmp_path / "local"), "known"
        )
        status, output = run(cluster, tree, *TOGETHER, *own, "--", SCORES, log=tmp_path / "log")
    assert status == 0, output[-3000:]
    jobs = [(state, name) for job, state, name in cluster.jobs() if job not in before]

    assert (study / SCORES).read_bytes() == (local.result() / "scores.csv").read_bytes()
    # Vectors and clusters of four models, with the controls of one, which fails once; scores of
    # all; the text.
    assert sorted(name.split("_")[1] for _, name in jobs) == [
        *("held", "links", *(4 + 1) * ["run"], "scores", "selections", "words"),
    ]
    assert Counter(state for state, _ in jobs) == {"COMPLETED": len(jobs) - 1, "FAILED": 1}
    planned = re.search(r"(\d+) of them through SLURM in (\d+) submissions", output)
    assert tuple(map(int, planned.groups())) == (18, len(jobs) - 1)
    # What the others of its submission had made went with the one that failed.
    assert len((study / "read.txt").read_text().splitlines()) == 4 + 1
    # Removed once all jobs of a group had read them.
    assert not list(study.glob("results/known/vectors/**/*.h5"))


def test_a_group_that_no_node_serves_is_refused(cluster, tmp_path):
    study = study_of_a_pair_with_its_own_text(tmp_path / "study")
    own = (str(study / "study.yaml"), "--directory", str(study))
    status, output = run(cluster, ROOT, *TOGETHER, *own, log=tmp_path / "log")

    assert status != 0
    # In its third attempt each of its three jobs asks for 720 minutes, one after the other.
    asked = "the group run of 3 jobs: attempt 3 of 3 asks for 1 GPU, 1 CPU, 48000 MB, 2160 min"
    assert f"{asked}, which no node serves" in output
    assert "No job was handed in" in output


# --- what a user is told


UNSERVED = {
    "extract_vectors:gpu=3": r"extract_vectors: asks for 3 GPU, 1 CPU, .* which no node serves",
    "cluster_words:gpu_model=a100": r"0 GPU of model a100 \(but 2 h200\)",
    "split_words:slurm_partition=gpus": r"split_words: .*'gpus', but the cluster has cpu, gpu",
    "align_words:runtime=241": r"partition cpu: 1 node: has at most 240 min",
    "score_concepts:mem_mb=50000 * attempt": r"score_concepts: attempt 3 of 3 asks for .*150000 MB",
}


def test_what_no_node_serves_is_refused_before_any_job(cluster, tmp_path):
    before = len(cluster.jobs())
    study = write_study(tmp_path / "study")
    for_gpus = [
        f"{name}:{asked}"
        for name in ("extract_vectors", "cluster_words")
        for asked in ("slurm_partition=gpu", "gpu=1")
    ]
    status, output = run(
        cluster,
        ROOT,
        *(*RUN, str(study / "study.yaml"), "--directory", str(study)),
        *("--set-resources", *for_gpus, *UNSERVED),
        log=tmp_path / "log",
    )

    assert status != 0
    assert "these jobs would wait in the queue for ever" in output
    for message in UNSERVED.values():
        assert re.search(message, output), message
    assert "profiles/slurm/config.yaml" in output
    assert len(cluster.jobs()) == before


def test_a_failing_job_leads_to_the_log_that_holds_the_reason(cluster, tmp_path):
    study = write_study(tmp_path / "study")
    with (study / "text/xb.txt").open("a") as text:
        text.write("one more\n")
    links = "results/known/dictionaries/xa-xb/links.txt"
    command = (*RUN, str(study / "study.yaml"), "--directory", str(study), *QUICK)
    status, output = run(
        cluster, ROOT, *command, *NO_ACCOUNTING, "--retries", "0", "--", links, log=tmp_path / "log"
    )
    log = "results/known/logs/align_words/xa-xb.log"

    assert status != 0
    assert re.search(rf"log: {re.escape(log)} \(check log file\(s\) for error details\)", output)
    assert "xb.txt has 81" in (study / log).read_text()
    assert "xb.txt has 81" in output  # shown on the terminal, too
    assert re.search(r"slurm_logs/rule_align_words/xa-xb/\d+\.log", output)
