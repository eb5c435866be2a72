"""Vectors that a study does not keep: gone once they are read, and nothing misses them."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from snakemake_runs import ROOT, planned, snakemake, verified
from test_workflow import study_of

from polyconcept.audit.runs import read_record, write_record
from polyconcept.cli.main import app
from polyconcept.study.jobs.paths import Files
from polyconcept.study.jobs.vectors import AT_ONCE, held_at_once
from polyconcept.study.parse import parse_study

NOT_KEPT = {"vectors": {"keep": False}}


def small(vectors, **model):
    return parse_study(
        {
            "name": "small",
            "corpus": "text",
            "corpora": {"text": {"directory": "text"}},
            "pairs": ["en-de"],
            "layers": [0],
            "models": {"one": {"directory": "one"} | model},
            "vectors": vectors,
        }
    )


def test_only_vectors_are_removed_and_only_where_they_are_not_kept():
    place = "results/small/vectors/one/base/encoder/en.h5"

    assert Files(small({"keep": False})).is_removed(place)
    assert not Files(small({"keep": False})).is_removed(place.replace("vectors", "concepts"))
    assert not Files(small({"keep": False})).is_removed(place.replace("small", "other"))
    assert not Files(small({})).is_removed(place)


def test_of_vectors_that_are_not_kept_those_of_jobs_at_work_lie_on_the_disk():
    made = [10, 70, 30, 50, 20]
    two_sided = {"family": "encoder-decoder"}

    assert held_at_once(small({}), made) == 180
    assert AT_ONCE == 3
    assert held_at_once(small({"keep": False}), made) == 70 + 50 + 30
    # A comparison of both sides waits for the second's vectors.
    assert held_at_once(small({"keep": False}, **two_sided), made) == 70 + 50 + 30 + 20
    assert held_at_once(small({"keep": False}), [5]) == 5


@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_so_many_jobs_at_once_are_what_the_profiles_allow(profile):
    found = yaml.safe_load((ROOT / f"profiles/{profile}/config.yaml").read_text())

    assert f"vector_jobs={AT_ONCE}" in found["resources"]


# --- a small study


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The small study run so, and whose vectors were seen at once meanwhile."""
    from known_study import copy_of, finished_study

    folder = copy_of(finished_study(tmp_path_factory), tmp_path_factory.mktemp("gone") / "study")
    shutil.rmtree(folder / "results/known/vectors")
    study_of(folder, **NOT_KEPT, clustering={"n_clusters": 4, "n_restarts": 2, "seeds": [212]})
    seen, over = set(), threading.Event()

    def watch():
        while not over.wait(0.05):
            seen.add(frozenset(path.parts[-4] for path in vectors_of(folder)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    run = snakemake(folder, "--cores", "1", "--resources", "vector_jobs=1")
    over.set()
    watcher.join()
    assert run.returncode == 0, run.stderr[-3000:]
    return folder, seen


def vectors_of(folder):
    return list((folder / "results/known/vectors").rglob("*.h5"))


@pytest.fixture
def folder(done, tmp_path):
    return Path(shutil.copytree(done[0], tmp_path / "copy", symlinks=True))


@pytest.mark.workflow
def test_the_vectors_of_one_model_lie_on_the_disk_at_once_and_none_at_the_end(done):
    folder, seen = done

    assert vectors_of(folder) == []
    assert {frozenset({"shared"}), frozenset({"apart"})} <= seen
    assert max(map(len, seen)) == 1


@pytest.mark.workflow
def test_nothing_misses_them(done, capsys):
    folder, _ = done

    assert planned(folder) == {}
    assert verified(folder) == 0
    assert "removed once they were read, as the study asks: 4 files" in capsys.readouterr().out


@pytest.mark.workflow
def test_a_threshold_needs_none_and_a_clustering_makes_them_again(folder, capsys, monkeypatch):
    settings = {"clustering": {"n_clusters": 4, "n_restarts": 2, "seeds": [212]}}
    study_of(folder, **NOT_KEPT, **settings, calign={"match": 0.7})
    with_threshold = planned(folder)
    study_of(folder, **NOT_KEPT, clustering=settings["clustering"] | {"n_restarts": 1})
    with_restarts = planned(folder)
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit):
        app(["explain", "study.yaml"])
    said = " ".join(capsys.readouterr().out.split())

    assert with_threshold["score_concepts"] == 2
    assert not with_threshold.keys() & {"extract_vectors", "cluster_words"}
    assert with_restarts["extract_vectors"] == with_restarts["cluster_words"] == 2
    assert "n_restarts: 2 -> 1 runs again: cluster_words 2 then: extract_vectors 2," in said
    assert "missing" not in said


@pytest.mark.workflow
def test_a_record_that_is_gone_is_missed_though_the_vectors_are_not(folder, capsys):
    record_of(folder).unlink()

    assert verified(folder) == 1
    assert "no run record names it as an output" in capsys.readouterr().err


@pytest.mark.workflow
def test_records_that_do_not_agree_are_named_though_the_vectors_are_gone(folder, capsys):
    record = read_record(record_of(folder))
    first, *others = record.outputs
    write_record(replace(record, outputs=(replace(first, sha256="0" * 64), *others)), folder)

    assert verified(folder) == 1
    said = capsys.readouterr().err
    assert f"{first.path}: its record says another content than results/known/concepts/" in said
    assert f"sha256 {first.sha256}" in said


def record_of(folder):
    return folder / "results/known/vectors/shared/base/encoder/xa.h5.run.json"
