"""A job does what its run has planned, or leaves nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
import yaml
from known_study import copy_of, finished_study, project_of, study_of
from snakemake_runs import verified
from test_records import RECORD, job, project, write_outputs
from warm_python import warm_python

from polyconcept.audit import watch
from polyconcept.audit.code import read_anew
from polyconcept.audit.environment import installed_packages
from polyconcept.audit.hashes import stamp
from polyconcept.audit.jobs import running
from polyconcept.audit.plans import (
    PLAN_VARIABLE,
    NotAskedError,
    PlannedJob,
    RunPlan,
    read_plan,
    write_plan,
)
from polyconcept.audit.sources import content_hash
from polyconcept.audit.watch import code_state
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.slurm.drivers import read_drivers

__all__ = ["project"]  # a fixture
FIRST = "results/known/a.txt"


@pytest.fixture
def plan(project, monkeypatch):
    """Plan the job of `test_records.job`, with changes of its params; gives the plan's file."""
    place = project / "results/known/logs/plan-1.json"
    monkeypatch.setenv(PLAN_VARIABLE, str(place))
    monkeypatch.setattr(watch, "began_at", time.time)  # a job is a process of its own

    def planned(stamps=None, packages=None, inputs=("text/xa.txt", "text/xb.txt"), **params):
        code = code_state(project / "workflow/scripts/split.py", project)
        params = {"settings": {"seed": 5, "layers": [0, 1]}, "code": code.fingerprint} | params
        asked = PlannedJob(params, inputs, (FIRST,), ("text/xa.txt",), stamps or {})
        write_plan(RunPlan({"name": "known"}, code.files, {FIRST: asked}, packages or {}), place)
        return place

    return planned


def refused(project, capsys, *, work=lambda: None, **params):
    """What is said of a job that is refused."""

    def whole():
        with running(job(project, **params)):
            work()
            write_text_atomic(Path(FIRST), "new")
            write_outputs(project)

    with pytest.raises(SystemExit):
        whole()
    return capsys.readouterr().err


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# --- one job


def test_a_plan_is_read_as_it_was_written(plan):
    place = plan(content="abc")
    found = read_plan(place)

    assert found.jobs[FIRST].params["content"] == "abc"
    assert found.jobs[FIRST].sources == ("text/xa.txt",)
    write_plan(found, place.with_name("again"))
    assert place.with_name("again").read_text() == place.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "polyconcept-plan/1"}'])
def test_what_is_no_plan_is_named_with_the_cure(tmp_path, text):
    (tmp_path / "plan-1.json").write_text(text)

    with pytest.raises(ValueError, match=r"plan-1\.json is no plan of a run .*remove the file"):
        read_plan(tmp_path / "plan-1.json")
    with pytest.raises(NotAskedError, match="the run that asked for this job was ended"):
        read_plan(tmp_path / "plan-2.json")


def test_plans_share_files_where_any_output_is_the_same():
    def plan(*outputs):
        return RunPlan({}, {}, {outputs[0]: PlannedJob({}, (), outputs, (), {})})

    assert plan("a", "b").shares_files(plan("c", "b"))
    assert not plan("a", "b").shares_files(plan("c"))


def test_a_job_as_it_was_planned_runs(project, plan):
    plan(content=content_hash([Path("text/xa.txt")]))
    with running(job(project, content="not believed")):
        write_outputs(project)

    assert (project / RECORD).exists()


def test_another_setting_than_planned_is_refused(project, plan, capsys):
    plan(settings={"seed": 6, "layers": [0, 1]})
    (project / "results/known/a.txt.run.json").write_text("old")

    assert "settings.seed: 6 -> 5 (planned -> found)" in refused(project, capsys)
    assert (project / RECORD).read_text() == "old"
    assert not (project / FIRST).exists()


def test_other_code_than_planned_is_refused(project, plan, capsys):
    plan()
    (project / "workflow/scripts/split.py").write_text("X = 2\n")
    read_anew()  # as a process of its own does

    expected = "workflow/scripts/split.py: changed since this job was planned"
    assert expected in refused(project, capsys)
    assert not (project / FIRST).exists()


def test_code_that_was_written_while_the_job_started_is_refused(project, plan, capsys, monkeypatch):
    plan()
    monkeypatch.setattr(watch, "began_at", lambda: time.time() - 60)

    assert "split.py: written while the job started" in refused(project, capsys)
    assert not (project / FIRST).exists()


def test_other_text_than_planned_is_refused(project, plan, capsys):
    plan(content=content_hash([Path("text/xa.txt")]))
    (project / "text/xa.txt").write_text("another\n")

    assert "text/xa.txt: changed since this job was planned" in refused(project, capsys)
    assert not (project / FIRST).exists()


def test_other_inputs_than_planned_are_refused(project, plan, capsys):
    """As where the register of jobs, which is no job's code, is another in SLURM's process."""
    plan(inputs=("text/xa.txt", "text/xc.txt"))

    said = refused(project, capsys)
    assert "reads text/xb.txt, which was not planned" in said
    assert "does not read text/xc.txt, which was planned" in said


def test_weights_that_were_written_since_are_refused(project, plan, capsys):
    """Of a model, `content` tells the ends of its weights alone."""
    (project / "model").mkdir()
    weights = project / "model/model.safetensors"
    weights.write_bytes(b"0" * 3 * 2**20)
    before = content_hash([Path("model")])
    plan(stamps={"model": stamp(Path("model"))})
    flip(weights)

    assert content_hash([Path("model")]) == before
    assert "model: changed since this job was planned" in refused(project, capsys)
    assert not (project / FIRST).exists()


def test_other_packages_than_planned_are_refused(project, plan, capsys):
    installed = installed_packages()
    plan(packages=installed | {"torch": "1.0", "gone": "2"})

    said = refused(project, capsys)
    assert f"package torch: 1.0 -> {installed['torch']} (planned -> found)" in said
    assert "package gone: 2 -> none" in said
    assert said.count("package ") == 2
    plan(packages=installed)
    with running(job(project)):
        write_outputs(project)


def test_a_job_that_was_not_planned_is_refused(project, plan, capsys):
    place = plan()
    write_plan(RunPlan({}, {}, {}), place)

    assert "has no such job" in refused(project, capsys)


def test_a_job_whose_plan_is_gone_keeps_what_another_made(project, plan, capsys):
    place = plan()

    def another_run():
        write_outputs(project)
        place.unlink()

    assert "another took its place" in refused(project, capsys, work=another_run)
    assert (project / FIRST).read_text() == "A"
    assert not (project / RECORD).exists()
    assert list((project / "results/known").glob(".*")) == []


def test_code_that_changes_during_a_job_is_noticed(project, plan, capsys):
    plan()

    def edit():
        (project / "workflow/scripts/split.py").write_text("X = 2\n")

    message = refused(project, capsys, work=edit)
    assert "workflow/scripts/split.py: changed while the job ran" in message
    assert not (project / FIRST).exists()


def test_a_comment_in_the_code_during_a_job_is_no_fault(project, plan):
    plan()
    with running(job(project)):
        (project / "workflow/scripts/split.py").write_text("X = 1  # one\n")
        write_outputs(project)

    assert (project / RECORD).exists()


# --- whole runs

LINKS = "results/known/dictionaries/xa-xb/links.txt"
BEFORE_WORK = "    try:\n        with panics_as_errors():"
HOLD = """
    import os, time
    if Path("hold").exists():
        Path("held").write_text(str(os.getpid()))
        while Path("hold").exists():
            time.sleep(0.05)
"""


class Runs:
    """A finished study and a copy of the project, whose jobs wait while a file `hold` is there."""

    def __init__(self, folder, code):
        self.folder, self.code = folder, code
        self.line = [
            *("-m", "snakemake", "--snakefile", str(code / "Snakefile")),
            *("--directory", str(folder)),
        ]
        self.environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(code)}
        self.environment |= {"PYTHONWARNINGS": "default"}
        self.profile = ("--workflow-profile", str(code / "profiles/local"))
        self.study = (f"--configfile={folder / 'study.yaml'}",)

    def start(self, *words):
        """Begin a run whose first job waits: in processes of their own, which may be killed."""
        (self.folder / "hold").touch()
        (self.folder / "held").unlink(missing_ok=True)
        driver = subprocess.Popen(
            [sys.executable, *self.line, *self.profile, *self.study, *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until = time.monotonic() + 120
        while not (self.folder / "held").exists():
            assert driver.poll() is None, driver.communicate()[0]
            assert time.monotonic() < until
            time.sleep(0.05)
        return driver

    def release(self, driver):
        (self.folder / "hold").unlink()
        said = driver.communicate(timeout=300)[0]
        return driver.returncode, said

    def run(self, *words, **variables):
        run = subprocess.run(
            [warm_python(), *self.line, *words],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout + run.stderr

    def finish(self, *words):
        return self.run(*self.profile, *self.study, *words)

    def recorded(self):
        record = json.loads((self.folder / f"{LINKS}.run.json").read_text())
        return record["settings"]["max_sentence_words"]


def kill(driver):
    """End a run alone, as no program can prevent; its job, which has its output, lives on."""
    driver.kill()
    driver.wait()
    driver.stdout.close()


def lives(process):
    """Whether a process runs; one that has ended and that nobody has asked for has no command."""
    command = Path(f"/proc/{process}/cmdline")
    return command.exists() and command.read_bytes() != b""


@pytest.fixture
def runs(tmp_path_factory, tmp_path):
    finished = finished_study(tmp_path_factory)
    folder = copy_of(finished, tmp_path / "study")
    code = Path(shutil.copytree(project_of(finished), tmp_path / "project"))
    logs = code / "polyconcept/machine/logs.py"  # does not count as the code of any job
    text = logs.read_text()
    logs.write_text(text.replace(BEFORE_WORK, f"{HOLD}{BEFORE_WORK}", 1))
    assert logs.read_text() != text
    return Runs(folder, code)


@pytest.mark.workflow
def test_code_that_is_edited_and_put_back_makes_no_result(runs):
    file = runs.code / "polyconcept/text/dictionary.py"
    before = file.read_text()
    driver = runs.start("--forcerun", "align_words", "--", LINKS)
    file.write_text(before + "\nX = 1\n")
    status, said = runs.release(driver)
    file.write_text(before)

    assert status == 1
    assert "polyconcept/text/dictionary.py: changed since this job was planned" in said
    assert not (runs.folder / LINKS).exists()
    assert read_drivers(runs.folder / "results/known/logs") == ()
    assert runs.finish("--forcerun", "align_words", "--", LINKS)[0] == 0
    assert (runs.folder / LINKS).exists()


@pytest.mark.workflow
def test_text_that_is_edited_and_put_back_makes_no_result(runs):
    text = runs.folder / "text/xa.txt"
    before = text.read_text()
    fetched = "results/known/corpora/text/xa.txt"
    driver = runs.start("--forcerun", "fetch_text", "--", fetched)
    text.write_text("another\n")
    status, said = runs.release(driver)
    text.write_text(before)

    assert status == 1
    assert "text/xa.txt: changed since this job was planned" in said
    assert not (runs.folder / fetched).exists()
    assert runs.finish("--forcerun", "fetch_text", "--", fetched)[0] == 0
    assert (runs.folder / fetched).read_text() == before


@pytest.mark.workflow
def test_a_job_of_a_killed_run_does_not_replace_what_the_next_one_makes(runs):
    study_of(runs.folder, words={"max_sentence_words": 200})
    driver = runs.start(LINKS)
    kill(driver)
    orphan = int((runs.folder / "held").read_text())
    assert lives(orphan)
    study_of(runs.folder, words={"max_sentence_words": 250})
    second = runs.start(LINKS)  # the same command: nothing is unlocked by hand

    assert not lives(orphan)
    status, said = runs.release(second)
    assert status == 0
    assert re.search(rf"ended processes of a run that was killed: .*{orphan}", said)
    assert runs.recorded() == 250
    assert runs.finish()[0] == 0
    assert verified(runs.folder) == 0


@pytest.mark.workflow
def test_what_a_job_made_when_its_run_was_dead_is_made_again_for_other_settings(runs):
    """Snakemake has no note on it, but a mark that it is incomplete, and sees it by that."""
    folder = runs.folder / Path(LINKS).parent
    for path in folder.iterdir():  # as if it had never been made
        note_on(str(path.relative_to(runs.folder)), runs.folder).unlink(missing_ok=True)
    shutil.rmtree(folder)
    study_of(runs.folder, words={"max_sentence_words": 200})
    kill(runs.start(LINKS))
    orphan = int((runs.folder / "held").read_text())
    (runs.folder / "hold").unlink()
    until = time.monotonic() + 120
    while lives(orphan):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert runs.recorded() == 200
    study_of(runs.folder, words={"max_sentence_words": 250})

    status, said = runs.finish("--", LINKS)  # the same command
    assert status == 0, said
    assert runs.recorded() == 250


@pytest.mark.workflow
def test_a_process_of_its_own_works_from_the_study_as_planned(runs):
    study_of(runs.folder, words={"max_sentence_words": 200})
    driver = runs.start(LINKS)
    (place,) = (runs.folder / "results/known/logs").glob("plan-*.json")
    # As SLURM starts a job.
    process = (
        *("--configfiles", str(runs.folder / "study.yaml"), "--cores", "1", "--force"),
        *("--target-jobs", "align_words:pair=xa-xb", "--allowed-rules", "align_words"),
        *("--mode", "remote", "--no-hooks", "--nolock"),
    )
    planned = {PLAN_VARIABLE: str(place.relative_to(runs.folder))}
    (runs.folder / "study.yaml").write_text(
        yaml.safe_dump(
            yaml.safe_load((runs.folder / "study.yaml").read_text())
            | {"words": {"max_sentence_words": 250}}
        )
    )
    kill(driver)
    os.kill(int((runs.folder / "held").read_text()), signal.SIGKILL)
    (runs.folder / "hold").unlink()

    status, said = runs.run(*process, **planned)
    assert status == 0, said
    assert runs.recorded() == 200
    place.unlink()
    status, said = runs.run(*process, **planned)
    assert status == 1
    assert "the run that asked for this job was ended, or another took its place" in said


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("made", "maker", "reader"),
    [
        ("dictionaries/xa-xb/links.txt", "align_words (xa-xb)", "selections/xa-xb.parquet"),
        ("words/text/xa.parquet", "split_words (xa)", "selections/xa-xb.parquet"),
        ("models/apart/base", "fetch_model (apart)", "vectors/apart/base/encoder/xa.h5"),
        (
            "vectors/apart/base/encoder/xa.h5",
            "extract_vectors (apart base encoder)",
            "concepts/apart/base/encoder/xa-xb.h5",
        ),
        ("examples/xa-xb.json", "find_examples (xa-xb)", "figures/examples.pdf"),
    ],
)
def test_a_flipped_byte_of_an_intermediate_is_named_with_its_job(runs, made, maker, reader):
    results = runs.folder / "results/known"
    before = (results / reader).read_bytes()
    flip(results / made / "model.safetensors" if (results / made).is_dir() else results / made)
    (results / reader).unlink()
    status, said = runs.finish("--", f"results/known/{reader}")

    assert status == 1
    assert f"results/known/{made}: damaged since {maker} made it" in said
    assert "Traceback" not in said.split("damaged since")[0].splitlines()[-1]
    assert not (results / reader).exists()
    remove = shutil.rmtree if (results / made).is_dir() else Path.unlink
    remove(results / made)  # as the message says
    status, said = runs.finish("--", f"results/known/{reader}")
    assert status == 0, said
    assert (results / reader).read_bytes() == before


@pytest.mark.workflow
def test_a_killed_job_is_told_of(runs):
    driver = runs.start("--forcerun", "align_words", "--", LINKS)
    os.kill(int((runs.folder / "held").read_text()), signal.SIGKILL)
    status, said = runs.release(driver)

    assert status == 1
    assert "align_words/xa-xb.log: this job was killed (out of memory" in said
    assert "where memory was short: run fewer jobs at once (--cores)" in said


@pytest.mark.workflow
@pytest.mark.parametrize("notes_are_lost", [False, True])
def test_what_stands_on_a_job_that_failed_does_not_count_as_done(runs, notes_are_lost):
    """Snakemake makes what is not there only for a job that has to run; the scores are there."""
    study_of(runs.folder, extraction={"pooling": "mean"})
    driver = runs.start("--cores", "1", "--", OVERLAPS)
    os.kill(int((runs.folder / "held").read_text()), signal.SIGKILL)
    assert runs.release(driver)[0] == 1
    assert not (runs.folder / VECTORS).exists()
    if notes_are_lost:
        lose_all_notes(runs.folder)

    status, said = runs.finish("--cores", "1", "--", OVERLAPS)
    if notes_are_lost:
        assert "it has no note" in said
        forcing = re.search(r"run the study with (--forcerun .*)", said)[1].split()
        status, said = runs.finish("--cores", "1", *forcing, "--", OVERLAPS)

    assert status == 0, said
    vectors, clusters, scored = (
        json.loads((runs.folder / f"{made}.run.json").read_text())
        for made in (VECTORS, CLUSTERED, SCORED)
    )
    assert vectors["settings"]["pooling"] == "mean"
    assert hashes(vectors["outputs"]).items() <= hashes(clusters["inputs"]).items()
    assert hashes(scored["inputs"])[CLUSTERED] == hashes(clusters["outputs"])[CLUSTERED]


def hashes(states):
    return {state["path"]: state["sha256"] for state in states}


VECTORS = "results/known/vectors/shared/base/encoder/xa.h5"
CLUSTERED = "results/known/concepts/shared/base/encoder/xa-xb.h5"
SCORED = "results/known/scores/shared/base/encoder/xa-xb.calign.parquet"
OVERLAPS = "results/known/scores/shared/base/encoder/xa-xb.colap_concepts.parquet"
"""The last of its job's files."""


def lose_all_notes(folder):
    shutil.rmtree(folder / ".snakemake/metadata")


def note_on(path, folder):
    return folder / ".snakemake/metadata" / urlsafe_b64encode(path.encode()).decode()


def cut_a_note(folder):
    note = note_on(OVERLAPS, folder)
    os.truncate(note, note.stat().st_size // 2)


def empty_a_note(folder):
    os.truncate(note_on(OVERLAPS, folder), 0)


def age_a_note(folder):
    note = note_on(OVERLAPS, folder)
    note.write_text(json.dumps(json.loads(note.read_text()) | {"record_format_version": 5}))


@pytest.mark.workflow
@pytest.mark.parametrize("lose", [lose_all_notes, cut_a_note, empty_a_note, age_a_note])
def test_a_change_is_seen_though_snakemakes_note_is_lost(runs, lose):
    """Snakemake itself compares settings only where it has a note on every file of a job."""
    lose(runs.folder)
    unchanged = runs.finish("-n")
    study_of(runs.folder, statistics={"n_permutations": 20, "n_resamples": 21})
    status, said = runs.finish("--cores", "2")

    assert unchanged[0] == 0, unchanged[1]
    assert "Nothing to be done" in unchanged[1]
    assert status == 1
    assert ": not as the study asks, which Snakemake does not see, since it has no note" in said
    forcing = re.search(r"run the study with (--forcerun .*)", said)[1].split()
    assert OVERLAPS in forcing
    status, said = runs.finish("--cores", "2", *forcing, "--", OVERLAPS)
    assert status == 0, said
    settings = json.loads((runs.folder / f"{SCORED}.run.json").read_text())["settings"]
    assert settings["statistics"]["n_resamples"] == 21


@pytest.mark.workflow
def test_a_touch_takes_results_without_notes_as_they_are(runs):
    lose_all_notes(runs.folder)
    study_of(runs.folder, statistics={"n_permutations": 20, "n_resamples": 21})
    before = (runs.folder / OVERLAPS).read_bytes()
    status, said = runs.finish("--touch", "--", LINKS)

    assert status == 0, said
    assert not note_on(OVERLAPS, runs.folder).exists()
    assert (runs.folder / OVERLAPS).read_bytes() == before


@pytest.mark.workflow
def test_a_result_that_is_not_as_asked_is_no_success(runs):
    empty = "results/known/words/text/xb.parquet"
    (runs.folder / f"{empty}.run.json").write_text("")

    def run(*words):
        line = (warm_python(), "-m", "polyconcept.cli.main", "run", "study.yaml", *words)
        return subprocess.run(
            line,
            cwd=runs.folder,
            env=runs.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    first = run("--cores", "1")
    assert first.returncode == 1
    assert re.search(r"xb\.parquet\.run\.json: run record damaged", first.stderr)
    said = re.search(r"the same command with --forcerun (.*)", first.stderr)
    assert empty in said[1].split()
    second = run("--cores", "2", "--forcerun", *said[1].split())
    assert second.returncode == 0, second.stderr
    assert verified(runs.folder) == 0

    # What no job reads any more.
    table = runs.folder / "results/known/scores.csv"
    flip(table)
    third = run("--cores", "2")
    assert third.returncode == 1
    assert "results/known/scores.csv: content changed since the run" in third.stderr
    assert third.stderr.rstrip().endswith("--forcerun results/known/scores.csv")

    # What nothing needs any more: it may be gone, and is named; also where its record is gone.
    (runs.folder / LINKS).unlink()
    other = VECTORS.replace("xa", "xb")
    for path in (VECTORS, f"{VECTORS}.run.json", other):
        (runs.folder / path).unlink()
    fourth = run("--cores", "2", "--forcerun", "results/known/scores.csv")
    assert fourth.returncode == 0, fourth.stderr
    assert "note: no longer there, 3 of the results behind the study, such as " in fourth.stderr
    forcing = re.search(r"; (--forcerun .*) makes them anew", fourth.stderr)[1].split()
    assert {LINKS, VECTORS, other} == set(forcing[1:])

    # A result without a record: nobody knows what made it.
    words = "results/known/words/text/xa.parquet"
    (runs.folder / f"{words}.run.json").unlink()
    fifth = run("--cores", "2")
    assert fifth.returncode == 1
    assert f"{words}: no run record names it as an output" in fifth.stderr
    sixth = run("--cores", "2", *re.search(r"with (--forcerun .*)", fifth.stderr)[1].split())
    assert sixth.returncode == 0, sixth.stderr
    assert verified(runs.folder) == 0
