"""The command: what it begins, checks, runs, opens and exports; progress and signals by hand."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml
from known_study import finished_study, project_of, study_of
from typer.testing import CliRunner
from warm_python import warm_python

import polyconcept
from polyconcept.audit.runs import read_record, write_record
from polyconcept.cli import run
from polyconcept.cli.main import app
from polyconcept.cli.progress import Progress
from polyconcept.interop.clusters import read_clusters, sides
from polyconcept.store.faults import StoreError
from polyconcept.store.scores import read_scores

ROOT = Path(__file__).parents[1]
RUN, PAIR = "apart/base/encoder", "xa-xb"


def called(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_every_command_is_named_in_the_readme_and_helps():
    readme = (ROOT / "README.md").read_text()
    commands = re.findall(r"^  (\w+) ", called("--help").output.split("Commands:")[1], re.MULTILINE)

    assert len(commands) == 11
    for command in commands:
        assert f"| `polyconcept {command} " in readme
        assert f"Usage: root {command}" in called(command, "--help").output


# --- init


def test_a_study_is_begun_and_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = called("init", "mine")
    path = tmp_path / "studies/mine.yaml"
    text = path.read_text()
    found, local = yaml.safe_load(text), yaml.safe_load((ROOT / "studies/local.yaml").read_text())

    assert first.exit_code == 0
    assert found == local | {"name": "mine"}
    schema = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    rules = yaml.safe_load((path.parent / schema).read_text())
    jsonschema.validate(found, rules)
    with pytest.raises(jsonschema.ValidationError, match="clusterring"):
        jsonschema.validate(found | {"clusterring": {}}, rules)

    path.write_text("name: mine\n")
    again = called("init", "mine")
    assert again.exit_code == 1
    assert "studies/mine.yaml: is there already" in again.output
    assert path.read_text() == "name: mine\n"


def test_a_name_that_leads_elsewhere_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    elsewhere = called("init", "../mine")
    assert elsewhere.exit_code == 1
    assert elsewhere.output.startswith("found '../mine' as the name of a study; needed letters")
    assert list(tmp_path.iterdir()) == []


# --- progress and signals


STATS = ["Job stats:", "job  count", "---", "fetch_text   2", "cluster_words 3", "total  6", ""]
AN_HOUR_EACH = [
    *("rule fetch_text:", "    jobid: 3", "Finished jobid: 3 (Rule: fetch_text)"),
    *("localrule fetch_text:", "Finished jobid: 4 (Rule: fetch_text)", "rule cluster_words:"),
    *("Finished jobid: 5 (Rule: cluster_words)", "rule cluster_words:"),
]


def progress_of(lines, *, terminal=False):
    said = []
    hours = iter(3600.0 * hour for hour in range(100))
    progress = Progress(said.append, terminal=terminal, clock=lambda: next(hours))
    for line in lines:
        progress.read(f"{line}\n")
    return "".join(said), progress


def test_a_stage_is_told_of_when_it_is_done():
    said, progress = progress_of(STATS + AN_HOUR_EACH)

    assert said == "text         2 of 2  done in 60 min\n"
    # Its second hour begins: of three jobs one is done.
    assert progress.line("clusters") == "clusters     1 of 3  about 2.0 h left"


def test_on_a_terminal_all_stages_are_drawn_anew():
    said, _ = progress_of(STATS + AN_HOUR_EACH[:3], terminal=True)

    assert said == "\x1b[Ktext         1 of 2  about 60 min left\n\x1b[Kclusters     0 of 3\n"


def test_lines_that_are_no_snakemake_lines_say_nothing():
    said, _ = progress_of(["rule all:", "Finished jobid: 0 (Rule: all)", "rule fetch_text:", ""])

    assert said == ""


def test_what_a_program_says_is_kept_and_its_status_given(tmp_path, capsys):
    code = "import sys; print('Error in rule x:'); sys.exit(3)"
    log = tmp_path / "logs/run.log"

    assert run.followed([sys.executable, "-c", code], log, "token") == 3
    assert log.read_text() == "Error in rule x:\n"
    assert capsys.readouterr().err == "Error in rule x:\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_program(tmp_path, number):
    log = tmp_path / "run.log"
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )

    def send():
        while not (log.is_file() and log.read_text()):
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    status = run.followed([sys.executable, "-c", code], log, "token")
    thread.join()

    assert status == 7


@pytest.mark.parametrize("profile", ["--profile", "--workflow-profile=site"])
def test_a_profile_of_the_user_takes_the_place_of_ours(profile, monkeypatch):
    monkeypatch.chdir(ROOT)
    study = Path("studies/demo.yaml")

    ours = run.snakemake_words(study, Path(), ["--cores", "3"])
    assert ours == [
        *("--workflow-profile", "profiles/local", "--configfile=studies/demo.yaml"),
        *("--cores", "3"),
    ]
    theirs = run.snakemake_words(study, Path(), [profile, "slurm"])
    for dry in ("-n", "--dry-run"):
        assert "--quiet=rules" in run.snakemake_words(study, Path(), [dry, "results/x.csv"])
    for words in (["-n", "--quiet", "host"], ["-n", "--verbose"], ["--cores", "3"]):
        assert "--quiet=rules" not in run.snakemake_words(study, Path(), words)
    assert theirs == ["--configfile=studies/demo.yaml", profile, "slurm"]


def test_jobs_of_slurm_have_names_that_the_run_gives(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run, "has_accounting", lambda: False)
    words = ["--profile", "slurm", "--configfile=studies/demo.yaml"]

    asked = ["--slurm-jobname-prefix=token", "--slurm-status-command=squeue"]
    assert run.slurm_options(words, "token") == asked
    theirs = [*words, "--slurm-status-command", "sacct", "--", "scores.csv"]
    assert run.slurm_options(theirs, "token") == asked[:1]
    assert run.slurm_options(["--workflow-profile", "profiles/local"], "token") == []
    with pytest.raises(ValueError, match="slurm-jobname-prefix: found one"):
        run.slurm_options([*words, "--slurm-jobname-prefix=mine"], "token")


# --- a small study, in a copy of the project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    return finished_study(tmp_path_factory)


@pytest.fixture
def study(finished, tmp_path):
    return Path(shutil.copytree(finished, tmp_path / "study", symlinks=True))


def polyconcept_in(folder, project, *arguments):
    own = {"PYTHONPATH": str(project), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [warm_python(), "-m", "polyconcept.cli.main", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | own,
        check=False,
    )


AFTER_SHARE = {"scores       3 of 3", "figures     13 of 13", "explorer     2 of 2"}


@pytest.mark.workflow
def test_a_changed_study_is_checked_and_run(finished, study):
    study_of(study, colap={"share": 0.2})
    project = project_of(finished)

    checked = polyconcept_in(study, project, "check", "study.yaml")
    ran = polyconcept_in(study, project, "run", "study.yaml", "--cores", "2")

    assert checked.stdout == "known: in order; 18 jobs would run\n", checked.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr
    first, *stages, last = ran.stdout.splitlines()
    assert first.startswith(f"snakemake --snakefile {project}/Snakefile --workflow-profile")
    assert first.endswith("--configfile=study.yaml --cores 2")
    assert {re.sub(r"  done in \d+ (s|min)$", "", stage) for stage in stages} == AFTER_SHARE
    log = (study / last.removeprefix("log: ")).read_text()
    assert "Finished jobid" in log


def note_of_dead_run(study):
    fields = {"host": platform.node(), "boot": "b", "pid": 1, "ticks": 1, "started": 0.0}
    rest = {"format": "polyconcept-driver/2", "token": "t", "submits": False, "own_job": ""}
    note = study / "results/known/logs/driver-t.json"
    note.write_text(json.dumps(fields | rest))
    return note


@pytest.mark.workflow
def test_after_a_kill_what_the_study_asks_for_is_kept_and_all_else_made_again(finished, study):
    # What jobs finished that nobody looked after: Snakemake knows nothing of it.
    shutil.rmtree(study / ".snakemake/metadata")
    note = note_of_dead_run(study)
    (study / ".snakemake/locks").mkdir(exist_ok=True)
    (study / ".snakemake/locks/0.output.lock").write_text("results/known/scores.csv\n")
    study_of(study, colap={"share": 0.2})

    ran = polyconcept_in(study, project_of(finished), "run", "study.yaml", "--cores", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = ran.stdout.splitlines()
    assert "an earlier run was killed (process 1 on" in said[0]
    assert said[1] == "released its lock"
    assert re.fullmatch(r"kept \d+ files that its jobs made, removed \d+", said[2])
    assert {re.sub(r"  done in \d+ (s|min)$", "", line) for line in said[4:-1]} == AFTER_SHARE
    assert not note.exists()


@pytest.mark.workflow
def test_results_without_times_and_notes_are_adopted(finished, study):
    shutil.rmtree(study / ".snakemake")
    for place, path in enumerate(sorted((study / "results").rglob("*"))):
        os.utime(path, (place, place))
    project = project_of(finished)

    adopted = polyconcept_in(study, project, "adopt", "study.yaml")
    assert adopted.returncode == 0, adopted.stderr
    assert polyconcept_in(study, project, "check", "study.yaml").stdout == (
        "known: in order; 0 jobs would run\n"
    )
    study_of(study, colap={"share": 0.2})
    assert polyconcept_in(study, project, "check", "study.yaml").stdout == (
        "known: in order; 18 jobs would run\n"
    )

    with (study / "results/known/scores.csv").open("a") as file:
        file.write("more\n")
    assert polyconcept_in(study, project, "adopt", "study.yaml").returncode == 1


@pytest.mark.workflow
def test_a_study_without_its_text_does_not_pass_the_check(finished, study):
    study_of(study, corpora={"text": {"directory": "elsewhere"}})
    checked = polyconcept_in(study, project_of(finished), "check", "study.yaml")

    assert checked.returncode == 1
    assert "elsewhere" in checked.stderr


@pytest.fixture
def opened(monkeypatch):
    """What the browser is asked to show."""
    found = []
    monkeypatch.setattr(webbrowser, "get", lambda: type("B", (), {"open": found.append}))
    return found


@pytest.mark.workflow
def test_the_explorer_is_opened_else_the_report_else_the_claims(study, opened):
    results = study / "results/known"
    pages = ("explorer/index.html", "index.html", "claims.html")
    shown = []
    for page in pages:
        shown.append(called("open", study / "study.yaml", "--folder", study))
        (results / page).unlink()

    assert [one.stdout for one in shown] == [f"{results}/{page}\n" for page in pages]
    assert [one.stderr for one in shown] == [""] * 3
    assert opened == [f"file://{results}/{page}" for page in pages]

    shutil.rmtree(results)
    nothing = called("open", study / "study.yaml", "--folder", study)
    assert nothing.exit_code == 1
    assert "found none of explorer/index.html, index.html, claims.html" in nothing.stderr


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("page", "absent"),
    [
        ("explorer/index.html", []),
        ("index.html", ["explorer/index.html"]),
        ("claims.html", ["explorer/index.html", "index.html"]),
    ],
)
def test_a_page_of_older_scores_is_opened_with_a_warning(study, opened, page, absent):
    results = study / "results/known"
    for name in absent:
        (results / name).unlink()
    record = read_record(results / "scores.parquet.run.json")
    # As after a run that made other scores and stopped there.
    first, *others = record.outputs
    write_record(replace(record, outputs=(replace(first, sha256="0" * 64), *others)), study)

    shown = called("open", study / "study.yaml", "--folder", study)

    assert f"{page} is older than {results}/scores.parquet: it shows other scores" in shown.stderr
    assert f"results/known/{page}` makes it anew" in shown.stderr
    assert opened == [f"file://{results}/{page}"]
    # Without a record nobody can tell.
    (results / "scores.parquet.run.json").unlink()
    assert called("open", study / "study.yaml", "--folder", study).stderr == ""


@pytest.mark.workflow
def test_results_are_loaded(finished):
    results = polyconcept.load(finished / "results/known")
    scores = read_scores([finished / "results/known/scores.parquet"])

    assert results.scores["value"].tolist() == pytest.approx(
        [score.value for score in scores], nan_ok=True
    )
    assert results.runs == {"apart/base/encoder": [PAIR], "shared/base/encoder": [PAIR]}
    source, target = results.concepts(RUN, PAIR, 0)
    assert (source.language, target.language) == ("xa", "xb")
    assert len(source.cluster) == len(source.word_type) > 0
    # Of CALIGN by hand: every occurrence of a word stands where `where` says, and nowhere else.
    word = source.types[source.word_type[0]]
    places = [place for place in results.where(word, RUN, PAIR) if place.layer == 0]
    held = source.cluster[source.word_type == source.word_type[0]]
    assert {(place.cluster, place.n_words) for place in places} == {
        (cluster, int(np.sum(held == cluster))) for cluster in held.tolist()
    }
    assert results.where("no such word", RUN, PAIR) == []
    with pytest.raises(StoreError, match=r"no concepts of mbert, xa-xb; there are: apart/base"):
        results.concepts("mbert", PAIR, 0)
    with pytest.raises(FileNotFoundError, match="none: no such folder"):
        polyconcept.load(finished / "none")
    with pytest.raises(AttributeError, match="no attribute 'unload'"):
        _ = polyconcept.unload


@pytest.mark.workflow
@pytest.mark.parametrize("metric", ["calign", "colap"])
def test_clusters_are_exported_as_they_are_loaded(finished, tmp_path, metric):
    options = ("--folder", finished, "--to", tmp_path, "--metric", metric)
    done = called("export", finished / "study.yaml", *options, "--run", RUN, "--layer", 0)
    loaded = polyconcept.load(finished / "results/known").concepts(RUN, PAIR, 0, metric=metric)

    assert done.exit_code == 0, done.output
    stem = f"apart.base.encoder.{PAIR}.layer0"
    if metric == "calign":
        files = [read_clusters(tmp_path / f"{stem}.{c}.txt", language=c) for c in ("xa", "xb")]
        clusters = [file.cluster_ids[file.words.cluster] for file in files]
    else:
        file = read_clusters(tmp_path / f"{stem}.xa+xb.txt", language="both")
        of_source, of_target = sides(file, last_source_sentence=int(loaded[0].sentence.max()))
        clusters = [file.cluster_ids[own] for own in (of_source, of_target)]
    for own, part in zip(clusters, loaded, strict=True):
        assert own.tolist() == part.cluster.tolist()


@pytest.mark.workflow
def test_concepts_that_are_not_there_are_not_exported(finished, tmp_path):
    done = called(
        *("export", finished / "study.yaml", "--folder", finished, "--to", tmp_path / "to"),
        *("--pair", "xa-xc"),
    )

    assert done.exit_code == 1
    assert "no such concepts; there are: apart/base/encoder xa-xb" in done.output
