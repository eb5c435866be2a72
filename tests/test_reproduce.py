"""`polyconcept reproduce`: runs done again in a clone, and how their results are compared."""

import json
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from known_study import copy_of, finished_study, project_of
from test_records import record
from test_verify import edit
from warm_python import warm_python

from polyconcept.audit.runs import FileState, Machine
from polyconcept.audit.watch import Job
from polyconcept.cli import reproduce
from polyconcept.cli.rerun_job import Named, job_of
from polyconcept.store.content import content_sha256

RESULTS = "results/known"
VECTORS = f"{RESULTS}/vectors/apart/base/encoder/xa.h5"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_study(tmp_path_factory)


def reproduced(folder, project, *options):
    command = [
        *(warm_python(), "-m", "polyconcept.cli.main", "reproduce", str(folder / "study.yaml")),
        *("--folder", str(folder), *options),
    ]
    environment = os.environ | {"PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment, check=False
    )


@pytest.mark.workflow
def test_drawn_runs_give_the_same_bytes_in_a_clone(finished):
    run = reproduced(finished, project_of(finished), "-n", "3", "--seed", "4")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "drawn with seed 4: 3 of 29 runs" in run.stdout
    assert "3 of 3 runs gave the same results" in run.stdout
    assert run.stdout.count("   equal: ") >= 3


@pytest.mark.workflow
@pytest.mark.parametrize("rule", ["align_words", "extract_vectors"])
def test_a_list_without_files_and_a_model_are_brought(finished, rule):
    # align_words has an empty list of further texts; extract_vectors reads a folder.
    run = reproduced(finished, project_of(finished), "-n", "1", "--rule", rule, "--here")

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.workflow
def test_what_cannot_be_done_again_is_said(finished, tmp_path):
    folder, project = copy_of(finished, tmp_path / "copy"), project_of(finished)
    place = folder / f"{RESULTS}/selections/xa-xb.parquet.run.json"
    whole = place.read_text()
    options = ("-n", "1", "--rule", "select_words")

    def told(change, *more):
        place.write_text(whole)
        edit(place, change)
        run = reproduced(folder, project, *options, *more)
        assert run.returncode == 1
        return run.stdout

    assert "no commit was recorded" in told(lambda r: r.update(git=None))
    assert "--here uses the working tree" in told(lambda r: r["git"].update(commit="0" * 40))
    other = told(lambda r: r["code"].update(fingerprint="0" * 64))
    assert "is not that of the run (the record is not of this commit)" in other
    changed = told(lambda r: r["code"]["files"].update(x="0") or r["code"].update(fingerprint="1"))
    assert "(the record is not of this commit): x; --here" in changed
    here = told(lambda r: r["code"].update(fingerprint="0" * 64), "--here")
    assert "the working tree's code is not that of the run" in here
    text = f"{RESULTS}/corpora/text/xa.txt"
    lost = told(lambda r: [s.update(sha256="0" * 64) for s in r["inputs"] if s["path"] == text])
    assert f"input {text}: sha256" in lost
    failed = told(lambda r: r["settings"].update(n_clusters=10_000))
    assert "the job failed" in failed
    assert "more clusters than words" in failed
    differs = told(lambda r: r["settings"].update(cap=1))
    assert f"differs: {RESULTS}/selections/xa-xb.parquet: " in differs
    assert "0 of 1 runs gave the same results" in differs


def test_runs_that_cannot_give_the_same_twice_are_not_drawn(capsys):
    gpu = Machine("host", "Linux", 2, None, "cuda:0", "a GPU", "500.1")
    records = {
        "a": record(rule="pin_repository"),
        "b": record(rule="fetch_text", inputs=(FileState("pin", "source.json", "0", 1),)),
        "c": record(rule="finetune", machine=gpu),
        "d": record(rule="finetune"),
        "e": record(rule="extract_vectors", machine=gpu),
        "f": record(rule="build_report"),
    }
    drawn = reproduce.draw(records, n=5, seed=0)
    output = capsys.readouterr().out

    assert {(run.rule, run.machine.device) for run in drawn} == {
        ("finetune", "cpu"),
        ("extract_vectors", "cuda:0"),
    }
    assert "left out of the draw: 2 runs that need the network" in output
    assert "left out of the draw: 1 runs that trained on a GPU" in output
    assert "left out of the draw: 1 runs whose page says when the scores were made" in output


def test_a_seed_draws_the_same_runs(capsys):
    records = {str(i): record(threads=i) for i in range(50)}
    draws = [[run.threads for run in reproduce.draw(records, n=5, seed=s)] for s in (1, 1, 2)]
    capsys.readouterr()

    assert draws[0] == draws[1] != draws[2]


def compared(tmp_path, new, *, device="cpu"):
    """Whether a run whose array was 0, 1, ..., 999 and is now `new` counts as reproduced."""
    place = reproduce.Place(tmp_path / "old", tmp_path, tmp_path / "new")
    for folder, values in ((place.study_folder, np.arange(1000.0)), (place.temporary, new)):
        folder.mkdir()
        with h5py.File(folder / "a.h5", "w") as file:
            file["x"] = values
    state = FileState("a", "a.h5", content_sha256(tmp_path / "old/a.h5"), 1)
    machine = Machine("host", "Linux", 2, None, device, "one", None)
    run = record(machine=machine)
    return reproduce.compare(state, run, run, place)


@pytest.mark.parametrize(
    ("error", "device", "equal"),
    [(0, "cpu", True), (0.5, "cpu", False), (0.5, "cuda:0", True), (1.5, "cuda:0", False)],
)
def test_numbers_may_differ_on_a_gpu_only_and_by_little(tmp_path, capsys, error, device, equal):
    new = np.arange(1000.0)
    new[7] += error

    assert compared(tmp_path, new, device=device) == equal
    if error:
        assert f"{error / 999:.1e} of their array's largest" in capsys.readouterr().out


def test_another_shape_never_counts_as_equal(tmp_path, capsys):
    assert not compared(tmp_path, np.arange(999.0), device="cuda:0")
    assert "x: float64 (1000,) and float64 (999,)" in capsys.readouterr().out


def test_the_object_of_a_record_is_as_snakemakes(tmp_path):
    content = {
        **json.loads(json.dumps({"settings": {"seed": 1}, "params": {"content": None}})),
        "rule": "split",
        "study": "known",
        "wildcards": {"language": "xa"},
        "keywords": {"inputs": {"model": 0, "texts": [1, 2], "extra": [2, 2]}, "outputs": {}},
        "inputs": [{"path": "polyconcept/builtin/models/bert"}, {"path": "a.txt"}],
        "outputs": [{"path": "b.txt"}],
        "code": {"fingerprint": "1"},
        "threads": 1,
        "log": "log",
    }
    job = job_of(content, tmp_path)

    assert isinstance(job, Job)
    assert job.input.model == str(tmp_path / "polyconcept/builtin/models/bert")
    assert (job.input.texts, job.input.extra, job.input[1]) == (["a.txt"], [], "a.txt")
    assert job.input.get("given") is None
    assert job.params.items() == [("settings", {"seed": 1}), ("content", None), ("code", "1")]
    assert job.wildcards.language == "xa"
    assert Path(job.scriptdir) == tmp_path / "workflow/scripts"
    assert isinstance(job.output, Named)
