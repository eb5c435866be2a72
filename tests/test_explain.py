"""Why jobs would run again: by hand, and on a small study in a copy of the project."""

import os
import shutil
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from known_study import finished_study, project_of, study_of
from warm_python import warm_python

from polyconcept.audit.changes import setting_changes
from polyconcept.audit.runs import GitState, Machine, RunRecord
from polyconcept.audit.watch import code_state
from polyconcept.audit.why import (
    Asked,
    Cause,
    Others,
    Planned,
    changes_since,
    group_by_cause,
)
from polyconcept.cli.planned import new_part

ROOT = Path(__file__).parents[1]
CLUSTERING = {"n_clusters": 4, "n_restarts": 3, "seeds": [212]}
NEW_K = {"clustering": CLUSTERING | {"n_clusters": 5}}


# --- settings, by hand


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"k": 60}, {"k": 60}, []),
        ({"k": 60}, {"k": 40}, ["k: 60 -> 40"]),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, ["a: 1 -> 2", "b: 2 -> 1"]),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 3, "d": 2}}}, ["a.b.c: 1 -> 3"]),
        ({"a": None}, {"a": {"b": 1}}, ['a: null -> {"b": 1}']),
        ({"a": 1}, {"b": True}, ["a: gone, was 1", "b: new, true"]),
        ({"runs": {"x": {"s": 1}}}, {"runs": {"x": {"s": 1}, "y": {"s": 1}}}, ["runs.y: new"]),
        ({"layers": [0]}, {"layers": (0, 4)}, ["layers: [0] -> [0, 4]"]),
        ({"n": [{"k": 1}, {"k": 2}]}, {"n": [{"k": 1}, {"k": 3}]}, ["n[1].k: 2 -> 3"]),
        ({"n": [{"k": 1}]}, {"n": [{"k": 1}, {"k": 3}]}, ["n[1]: new"]),
        ({"n": list(range(30))}, {"n": list(range(1, 31))}, ["n: 30 came", "n: 0 went"]),
        ({"a": 1, "b": 1.0}, {"a": True, "b": 1}, ["a: 1 -> true", "b: 1.0 -> 1"]),
        ({"r": {"x": 1, "y": 2}}, {"r": {"y": 2, "x": 1}}, ["r: another order of keys"]),
    ],
)
def test_each_changed_leaf_is_named(before, now, expected):
    assert setting_changes(before, now) == expected


# --- jobs and their causes, by hand


def job(output, *causes, after=()):
    return Planned("rule", {}, (output,), causes, tuple(after))


def test_jobs_stand_under_every_cause_behind_them():
    k, share = Cause("setting", "k: 1 -> 2"), Cause("setting", "share: 1 -> 2")
    clusters = job("clusters", k)
    calign = job("calign", after=["clusters"])
    colap = job("colap", share, after=["clusters"])
    table = job("table", after=["calign", "colap"])
    first, second = group_by_cause([clusters, calign, colap, table])

    assert (first.cause, first.direct, first.following) == (k, (clusters,), (calign, colap, table))
    assert (second.cause, second.direct, second.following) == (share, (colap,), (table,))


def test_a_cause_of_many_jobs_is_named_once():
    k = Cause("setting", "k: 1 -> 2")
    [group] = group_by_cause([job("a", k), job("b", k, after=["a"])])

    assert len(group.direct) == 2
    assert group.following == ()


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"model": "c", "variant": "x"}, "model c"),
        ({"model": "b", "variant": "x"}, "model b, variant x"),
        ({"language": "de", "model": "b", "variant": "x"}, "model b, variant x"),
        ({"own_folder": "en-fr/", "language": "fr"}, "language fr"),
        ({"model": "a", "own_folder": "", "variant": "x"}, ""),
        ({}, ""),
    ],
)
def test_what_is_new_of_a_job_is_as_little_as_possible(own, expected):
    seen = [{"model": "a", "variant": "x"}, {"model": "b", "variant": "base", "language": "de"}]

    assert new_part(own, seen) == expected


# --- code, by hand

SOURCES = {
    "workflow/scripts/score.py": "import polyconcept.one\nimport polyconcept.two\n",
    "polyconcept/__init__.py": "",
    "polyconcept/one.py": "VALUE = 1\n",
    "polyconcept/two.py": "VALUE = 2\n",
}
EDITED = {"polyconcept/one.py": "VALUE = 3\n", "polyconcept/two.py": "# Two.\nVALUE = 2\n"}


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def git(root, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
    run = subprocess.run(
        ["git", "-C", str(root), *who, *arguments], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def record_of(root, commit=None):
    """What `score.py` was run with, with no setting and no file."""
    return RunRecord(
        **dict.fromkeys(("rule", "study", "log", "python", "started", "ended"), ""),
        **{
            name: {}
            for name in ("wildcards", "settings", "params", "seeds", "packages", "keywords")
        },
        code=code_state(root / "workflow/scripts/score.py", root),
        inputs=(),
        outputs=(),
        git=GitState(commit, False) if commit else None,
        machine=Machine("", "", 1, None, "cpu", "", None),
        threads=1,
        seconds=0.0,
        peak_memory_mib=0.0,
    )


def code_causes(record, root, same=()):
    asked = Asked({}, {}, [], "another", root / "workflow/scripts/score.py")
    return [cause.what for cause in changes_since(record, asked, root, root, Others(same))]


def test_git_tells_a_change_from_a_comment(tmp_path):
    write(tmp_path, SOURCES)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "First")
    record = record_of(tmp_path, git(tmp_path, "rev-parse", "HEAD"))
    write(tmp_path, EDITED)

    assert code_causes(record, tmp_path) == ["polyconcept/one.py: changed"]


def test_without_git_both_files_are_named_and_the_doubt_is_said(tmp_path):
    write(tmp_path, SOURCES)
    record = record_of(tmp_path)
    write(tmp_path, EDITED)
    doubted = [
        f"polyconcept/{name}.py: changed, perhaps just in comments" for name in ("one", "two")
    ]

    assert code_causes(record, tmp_path) == doubted


def test_a_job_whose_code_did_not_change_shows_what_is_the_same(tmp_path):
    write(tmp_path, SOURCES)
    record = record_of(tmp_path)
    write(tmp_path, EDITED)
    same = {("polyconcept/two.py", record.code.files["polyconcept/two.py"])}

    assert code_causes(record, tmp_path, same) == ["polyconcept/one.py: changed"]


def test_files_of_code_that_come_and_go_are_named(tmp_path):
    write(tmp_path / "before", SOURCES)
    script = {"workflow/scripts/score.py": "import polyconcept.one, polyconcept.three\n"}
    write(tmp_path / "now", SOURCES | script | {"polyconcept/three.py": ""})
    found = code_causes(record_of(tmp_path / "before"), tmp_path / "now")

    assert "polyconcept/three.py: now used" in found
    assert "polyconcept/two.py: no longer used" in found


# --- a small study, in a copy of the project


def run(command, folder, project):
    # Warnings of other packages do not stop Snakemake, as for a user.
    own = {"PYTHONPATH": str(project), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [warm_python(), *command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | own,
        check=False,
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project and a study that was run in it."""
    folder = finished_study(tmp_path_factory)
    return project_of(folder), folder


@pytest.fixture
def project(finished):
    return finished[0]


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the study that a test may change."""
    return Path(shutil.copytree(finished[1], tmp_path / "study", symlinks=True))


@pytest.fixture
def own_project(project, tmp_path):
    """A copy of the project that a test may edit."""
    return Path(shutil.copytree(project, tmp_path / "project", symlinks=True))


def explained(study, project, *options):
    """What is said, in words with single spaces between."""
    made = run(["-m", "polyconcept.cli.main", "explain", "study.yaml", *options], study, project)
    assert made.returncode == 0, made.stderr[-3000:]
    return " ".join(made.stdout.split())


SCORED = (
    "score_concepts 2, merge_scores 1, state_claims 1, find_examples 1, plot_figure 10, "
    "build_report 1, explore_pair 1, build_explorer 1"
)
AFTER_K = f"setting n_clusters: 4 -> 5 runs again: select_words 1, cluster_words 2 then: {SCORED}"
AFTER_SCORES = "merge_scores 1, state_claims 1, plot_figure 9, build_report 1"
AFTER_SHARE = (
    "setting colap.share: 0.3 -> 0.2 runs again: score_concepts 2, find_examples 1, "
    "build_explorer 1 then: merge_scores 1, state_claims 1, plot_figure 10, build_report 1, "
    "explore_pair 1"
)
workflow = pytest.mark.workflow


@workflow
def test_a_finished_study_has_nothing_to_do(study, project):
    assert explained(study, project) == "known: nothing to do"


@workflow
def test_a_threshold_is_named(study, project):
    study_of(study, colap={"share": 0.2})

    assert explained(study, project) == (
        f"known: 18 jobs planned, for 2 causes {AFTER_SHARE} setting threshold: 0.3 -> 0.2 "
        "(figure colap_curves) runs again: plot_figure 1 then: build_report 1 in all "
        f"{SCORED}"
    )


@workflow
def test_two_causes_are_both_named_though_one_runs_behind_the_other(study, project):
    study_of(study, **NEW_K, colap={"share": 0.2})
    said = explained(study, project, "--jobs")
    shown = (ROOT / "docs/RERUNS.md").read_text().split("$ polyconcept explain study.yaml")[1]

    assert explained(study, project) == " ".join(shown.split("```")[0].split())
    assert "21 jobs planned, for 3 causes" in said
    assert AFTER_K.replace("5 runs", "5 [2] runs") in said
    assert AFTER_SHARE.replace("0.2 runs", "0.2 [1] runs") in said
    assert "cluster_words apart/base/encoder/xa-xb from [2]" in said
    assert "score_concepts apart/base/encoder/xa-xb from [1], follows from [2]" in said
    assert "merge_scores follows from [1][2]" in said


@workflow
def test_what_is_planned_is_what_snakemake_plans(study, project):
    shutil.copytree(study / "apart", study / "third")
    models_now = {name: {"directory": name} for name in ("shared", "third")}
    study_of(study, **NEW_K, models=models_now)
    said = explained(study, project)
    profile = ["--workflow-profile", str(project / "profiles/local")]
    files = ["--snakefile", str(project / "Snakefile"), "--configfile", "study.yaml"]
    dry = run(["-m", "snakemake", "-n", *profile, *files], study, project)
    table = (dry.stdout + dry.stderr).split("Job stats:")[1].split("\ntotal")[0]
    expected = {line.strip() for line in table.splitlines()[3:] if not line.startswith("all ")}

    found = {count.strip() for count in said.split(" in all ")[1].split(",")}
    assert found == {" ".join(line.split()) for line in expected}


@workflow
def test_a_seed_is_named(study, project):
    study_of(study, clustering=CLUSTERING | {"seeds": [7]})

    # The explorer shows the first seed.
    assert (
        "for 2 causes setting seed: 212 -> 7 runs again: build_explorer 1 "
        "setting seeds: [212] -> [7] runs again: cluster_words 2 then: score_concepts 2, "
    ) in explained(study, project)


@workflow
def test_an_added_model_is_named_where_it_is_new_and_where_it_is_listed(study, project):
    shutil.copytree(study / "apart", study / "third")
    study_of(study, models={name: {"directory": name} for name in ("shared", "apart", "third")})
    said = explained(study, project)

    assert (
        "for 3 causes new model third: never run runs: fetch_model 1, extract_vectors 1, "
        f"cluster_words 1, score_concepts 1 then: {AFTER_SCORES}, explore_pair 1, build_explorer 1 "
    ) in said
    assert (
        "setting runs.third: new runs again: merge_scores 1 then: "
        + AFTER_SCORES.removeprefix("merge_scores 1, ")
        + ", build_explorer 1 "
    ) in said
    assert (
        "setting runs.third/base/encoder: new runs again: explore_pair 1 then: build_explorer 1 "
    ) in said


@workflow
def test_a_model_left_out_is_named_with_its_files(study, project):
    study_of(study, models={"shared": {"directory": "shared"}})
    said = explained(study, project)

    assert "setting runs.apart: gone runs again: merge_scores 1" in said
    assert (
        "input results/known/concepts/apart/base/encoder/xa-xb.similarity.parquet, "
        "results/known/scores/apart/base/encoder/xa-xb.calign.parquet, "
        "results/known/scores/apart/base/encoder/xa-xb.calign_resamples.parquet, and 2 more: "
        "no longer read"
    ) in said


@workflow
def test_a_job_that_left_nothing_is_named(study, project):
    """As one that failed: neither its files nor its record are there."""
    for path in (study / "results/known/figures").glob("calign.*"):
        path.unlink()

    assert explained(study, project).startswith(
        "known: 2 jobs planned, for 1 cause missing results/known/figures/calign.pdf: its job "
        "left nothing runs again: plot_figure 1 then: build_report 1"
    )


@workflow
def test_a_deleted_file_is_named(study, project):
    (study / "results/known/figures/calign.pdf").unlink()

    assert explained(study, project) == (
        "known: 2 jobs planned, for 1 cause missing results/known/figures/calign.pdf runs again: "
        "plot_figure 1 then: build_report 1 in all plot_figure 1, build_report 1"
    )


@workflow
def test_text_of_the_user_that_changed_is_named(study, project):
    path = study / "text/xb.txt"
    path.write_text("\n".join(reversed(path.read_text().splitlines())) + "\n")

    assert (
        "for 1 cause file text/xb.txt: content changed runs again: fetch_text 1 then: align_words"
    ) in explained(study, project)


@workflow
def test_a_result_that_was_edited_is_named(study, project):
    words = study / "results/known/words/text/xa.parquet"
    words.write_bytes(words.read_bytes() + b"\0")

    assert (
        "for 1 cause file results/known/words/text/xa.parquet: changed after the job that made it "
        "runs again: select_words 1, extract_vectors 2 then:"
    ) in explained(study, project)


@workflow
def test_a_module_that_changed_is_named_and_one_with_a_comment_is_not(study, own_project):
    package = own_project / "polyconcept"
    module = package / "clustering/pair.py"
    module.write_text(module.read_text() + "\nADDED = 1\n")
    words = package / "store/words.py"
    words.write_text(words.read_text() + "\n# A comment.\n")
    said = explained(study, own_project)

    assert "for 1 cause source polyconcept/clustering/pair.py: changed runs again: cluster_" in (
        said
    )
    assert "store/words.py" not in said


@workflow
def test_without_records_snakemake_says_only_that_something_changed(study, project):
    for record in (study / "results").rglob("*.run.json"):
        record.unlink()
    study_of(study, **NEW_K)

    assert (
        "other results/known/selections/xa-xb.parquet: Params have changed since last execution"
    ) in explained(study, project)


@workflow
def test_a_record_that_was_edited_is_not_believed(study, project):
    record = study / "results/known/selections/xa-xb.parquet.run.json"
    record.write_text(record.read_text().replace('"n_clusters": 4', '"n_clusters": 3'))
    study_of(study, **NEW_K)
    made = run(["-m", "polyconcept.cli.main", "explain", "study.yaml"], study, project)

    assert f"not believed: {record.relative_to(study)}: sha256: found" in made.stderr
    said = " ".join(made.stdout.split())
    assert "other results/known/selections/xa-xb.parquet: Params have changed" in said
    assert "setting n_clusters: 4 -> 5 runs again: cluster_words 2 then:" in said


@workflow
def test_a_job_that_was_cut_short_is_named(study, project):
    output = "results/known/concepts/apart/base/encoder/xa-xb.h5"
    marks = study / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    (marks / urlsafe_b64encode(output.encode()).decode()).touch()

    both = f"{output}, {output.replace('.h5', '.similarity.parquet')}"
    assert f"cut short {both}: the run that made it was ended runs again: cluster_words 1" in (
        explained(study, project)
    )


@workflow
def test_a_study_that_never_ran_is_one_cause(study, project):
    study_of(study, name="other")
    said = explained(study, project)

    assert "other: 30 jobs planned, for 1 cause new study other: never run runs: fetch_text" in said
    assert "then:" not in said


@workflow
def test_a_study_that_cannot_be_read_is_refused(study, project):
    study_of(study, clusterring={})
    made = run(["-m", "polyconcept.cli.main", "explain", "study.yaml"], study, project)

    assert made.returncode == 1
    assert "clusterring: unknown key (did you mean 'clustering'?)" in made.stderr
    assert "Traceback" not in made.stderr
