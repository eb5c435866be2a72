"""Hashes of contents, run records, and how they are made."""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch  # noqa: F401 - facts of the GPU are asked of a torch that is there
from snakemake.iocontainers import (
    InputFiles,
    Log,
    OutputFiles,
    Params,
    ResourceList,
    Snakemake,
    Wildcards,
)

from polyconcept.audit import environment, runs
from polyconcept.audit.environment import (
    git_state,
    installed_packages,
    machine_state,
    peak_memory_mib,
)
from polyconcept.audit.jobs import running
from polyconcept.audit.places import locate, place_of
from polyconcept.audit.runs import RecordError, read_record, record_path, seeds_in
from polyconcept.audit.watch import Job, Watch
from polyconcept.store.content import content_bytes, content_sha256
from polyconcept.store.difference import Difference, content_difference
from polyconcept.store.faults import StoreError

ROOT = Path(__file__).parents[1]
DARWIN = sys.platform == "darwin"


def hex_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


# --- hashes of contents


def write_hdf5(path, *, order="<", names=("b", "a"), value=2.0, attribute="x", **layout):
    with h5py.File(path, "w") as file:
        file.attrs["kind"] = attribute
        group = file.create_group("group")
        for name in names:
            group.create_dataset(
                name, data=np.array([[1.0, value], [3, 4]], dtype=f"{order}f4"), **layout
            )
        file["text"] = ["ab", "c"]
        file["one"] = 7
    return path


def test_a_plain_file_has_the_hash_of_its_bytes(tmp_path):
    (tmp_path / "a.txt").write_text("abc")

    assert content_sha256(tmp_path / "a.txt") == hex_of("abc")


def test_a_folder_has_the_hash_of_its_sorted_files_without_hidden_ones(tmp_path):
    (tmp_path / "m/in").mkdir(parents=True)
    (tmp_path / "m/.hidden").mkdir()
    for name, text in {"b": "2", "in/a": "1", ".time": "x", ".hidden/c": "y"}.items():
        (tmp_path / "m" / name).write_text(text)
    expected = hex_of(f"b {hex_of('2')}\nin/a {hex_of('1')}\n")

    assert content_sha256(tmp_path / "m") == expected
    assert content_bytes(tmp_path / "m") == 2


@pytest.mark.parametrize(
    "change",
    [{"order": ">"}, {"names": ("a", "b")}, {"chunks": (1, 2)}, {"compression": "gzip"}],
    ids=lambda change: "".join(change),
)
def test_hdf5_written_in_another_way_has_the_same_hash(tmp_path, change):
    first = write_hdf5(tmp_path / "a.h5")
    second = write_hdf5(tmp_path / "b.h5", **change)

    assert first.read_bytes() != second.read_bytes()
    assert content_sha256(first) == content_sha256(second)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["group/a"].__setitem__((0, 1), 2.5),
        lambda file: file.attrs.modify("kind", "y"),
        lambda file: file["group/a"].attrs.create("more", 1),
        lambda file: file.move("group/a", "group/c"),
        lambda file: file.__delitem__("one"),
        lambda file: file["text"].__setitem__(0, "a"),
    ],
    ids=["value", "attribute", "more", "name", "less", "text"],
)
def test_other_content_of_hdf5_has_another_hash(tmp_path, change):
    before = content_sha256(write_hdf5(tmp_path / "a.h5"))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        change(file)

    assert content_sha256(tmp_path / "a.h5") != before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(2, "f4"), np.zeros(2, "f8")),
        (np.array([0.0]), np.array([-0.0])),
        (["ab", "c"], ["a", "bc"]),
        (np.zeros(0, "i4"), np.zeros(0, "i8")),
    ],
    ids=["shape", "type", "sign of zero", "ends of texts", "type of nothing"],
)
def test_contents_that_are_easily_confused_have_other_hashes(tmp_path, first, second):
    for name, values in {"a": first, "b": second}.items():
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["x"] = values

    assert content_sha256(tmp_path / "a.h5") != content_sha256(tmp_path / "b.h5")


def test_blocks_do_not_show_in_the_hash(tmp_path, monkeypatch):
    path = write_hdf5(tmp_path / "a.h5")
    whole = content_sha256(path)
    monkeypatch.setattr("polyconcept.store.content._BLOCK_BYTES", 1)

    assert content_sha256(path) == whole


def test_hdf5_that_leads_elsewhere_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = h5py.ExternalLink("other.h5", "/x")

    with pytest.raises(StoreError, match=r"a\.h5: /x: a link to elsewhere"):
        content_sha256(tmp_path / "a.h5")


def test_truncated_hdf5_is_refused(tmp_path):
    path = write_hdf5(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(StoreError, match=r"a\.h5: truncated, or no HDF5 file"):
        content_sha256(path)
    with pytest.raises(FileNotFoundError, match=r"no\.h5"):
        content_sha256(tmp_path / "no.h5")


# --- by how much two files differ


def test_differences_of_hdf5_are_measured(tmp_path):
    first = write_hdf5(tmp_path / "a.h5")
    near = content_difference(first, write_hdf5(tmp_path / "b.h5", value=2.5))
    text = content_difference(first, write_hdf5(tmp_path / "c.h5", attribute="y"))
    names = content_difference(first, write_hdf5(tmp_path / "d.h5", names=("a",)))

    assert near is not None
    assert (near.largest, near.others, near.where) == (0.125, 0.0, "group/a")
    assert text is not None
    assert (text.largest, text.others) == (0.0, 1.0)
    assert names is not None
    assert names.structure == "group/b is in one of them only"


def test_differences_of_parquet_are_measured(tmp_path):
    columns = {"word": ["a", "b"], "value": [1.0, 4.0], "n": [1, 2]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    pq.write_table(pa.table(columns | {"value": [1.0, 3.0], "n": [1, 3]}), tmp_path / "b.parquet")
    found = content_difference(tmp_path / "a.parquet", tmp_path / "b.parquet")

    assert found == Difference(None, 0.25, 0.5, "value")
    assert content_difference(tmp_path / "a.txt", tmp_path / "b.txt") is None


# --- records as files


def record(**changes):
    state = runs.FileState("text", "results/known/a.txt", "0" * 64, 3)
    values = {
        "rule": "split",
        "study": "known",
        "wildcards": {"language": "xa"},
        "settings": {"seed": 212, "cap": 15, "nested": {"layers": [0, 1], "share": 0.5}},
        "params": {"content": None},
        "seeds": {"seed": 212},
        "code": runs.CodeState("1" * 64, {"workflow/scripts/split.py": "2" * 64}),
        "inputs": (),
        "outputs": (state,),
        "keywords": {"inputs": {"extra": [0, 0]}, "outputs": {"text": 0}},
        "log": "results/known/logs/split/xa.log",
        "git": runs.GitState("3" * 40, False),
        "python": "3.11.7",
        "packages": {"numpy": "2.0"},
        "machine": runs.Machine("host", "Linux", 2, None, "cpu", "a processor", None),
        "threads": 1,
        "started": "2026-01-01T00:00:00.000+00:00",
        "ended": "2026-01-01T00:00:01.000+00:00",
        "seconds": 1.0,
        "peak_memory_mib": 10.5,
        "hdf5_bytes": {},
        "found": {"scheme": "IOB1"},
    }
    return runs.RunRecord(**values | changes)


def test_a_record_stands_beside_its_first_output_and_comes_back(tmp_path):
    path = runs.write_record(record(), tmp_path)
    content = json.loads(path.read_text())
    digest = content.pop("sha256")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))

    assert path == tmp_path / "results/known/a.txt.run.json"
    assert read_record(path) == record()
    assert digest == hex_of(canonical)
    assert content["format"] == "polyconcept-run/1"
    assert record_path("models/bert/base") == Path("models/bert/base.run.json")


def rewritten(path, change):
    """A record with another content and the digest that belongs to it."""
    content = json.loads(path.read_text())
    del content["sha256"]
    change(content)
    content["sha256"] = hex_of(json.dumps(content, sort_keys=True, separators=(",", ":")))
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("log"), "log: missing"),
        (lambda r: r.update(logs=1), "logs: unknown key; known: code, ended"),
        (lambda r: r["machine"].pop("driver"), r"machine\.driver: missing"),
        (
            lambda r: r["outputs"][0].update(bytes="3"),
            r"outputs\[0\]\.bytes: found '3', needed int",
        ),
        (lambda r: r.update(threads=True), "threads: found True, needed int"),
        (lambda r: r.update(wildcards=[]), r"wildcards: found \[\], needed an object"),
        (lambda r: r.update(inputs={}), r"inputs: found {}, needed a list"),
        (lambda r: r.update(outputs=[]), "outputs: found none"),
        (
            lambda r: r.update(format="other/1"),
            "format: found 'other/1', needed 'polyconcept-run/1'",
        ),
        (lambda r: r["outputs"][0].update(path="../a"), "'../a' leads outside"),
        (lambda r: r["outputs"][0].update(path="/a"), "'/a' leads outside"),
        (lambda r: r.update(log="/tmp/log"), "'/tmp/log' leads outside"),
        (lambda r: r["outputs"][0].update(path=""), "outputs: found no path"),
        # `polyconcept reproduce` would write there, run that script, and hand that to git.
        (lambda r: r["params"].update(checkpoints="../../mine"), "params: '../../mine' leads out"),
        (lambda r: r["params"].update(checkpoints="/home"), "params: '/home' leads outside"),
        (lambda r: r.update(rule="../../results/x/evil"), "rule: found '../../results/x/evil', ne"),
        (lambda r: r["git"].update(commit="--force"), "commit: found '--force', needed hex digits"),
        (lambda r: r.update(study="../x"), r"study: found '\.\./x', needed the plain name"),
    ],
)
def test_a_record_that_cannot_be_used_is_refused(tmp_path, change, message):
    path = runs.write_record(record(), tmp_path)
    rewritten(path, change)

    with pytest.raises(RecordError, match=rf"a\.txt\.run\.json: .*{message}"):
        read_record(path)


def test_an_edited_record_is_refused(tmp_path):
    path = runs.write_record(record(), tmp_path)
    path.write_text(path.read_text().replace("212", "213"))

    with pytest.raises(RecordError, match=r"sha256: found .*, needed .*edited after the run"):
        read_record(path)
    path.write_text("{")
    with pytest.raises(RecordError, match="line 1: not JSON"):
        read_record(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": "polyconcept-run/1", "seconds": NaN}', "not readable: Out of range float"),
        ('{"format": "polyconcept-run/1", "rule": "\\ud800"}', "not readable: .*surrogates"),
        ("[" * 100_000, "not readable: .*nested too deeply"),
        (b"\xff", "not readable: .*can't decode byte 0xff"),
    ],
)
def test_a_record_that_no_job_wrote_is_refused(tmp_path, text, message):
    path = tmp_path / "a.txt.run.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(RecordError, match=rf"a\.txt\.run\.json: {message}"):
        read_record(path)


def test_a_setting_that_is_no_json_is_refused(tmp_path):
    with pytest.raises(RecordError, match="split: a setting cannot be written as JSON"):
        runs.write_record(record(settings={"share": float("nan")}), tmp_path)


def test_seeds_are_found_at_any_depth():
    settings = {"seed": 1, "model": {"seed": 2, "size": 3}, "seeds": [4, 5], "seedling": 6}

    assert seeds_in(settings) == {"seed": 1, "model.seed": 2, "seeds": [4, 5]}


# --- how records are made


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one script, and a study in it."""
    scripts = tmp_path / "workflow/scripts"
    scripts.mkdir(parents=True)
    (scripts / "split.py").write_text("X = 1\n")
    (tmp_path / "text").mkdir()
    (tmp_path / "text/xa.txt").write_text("one\n")
    (tmp_path / "text/xb.txt").write_text("two\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(project, **params):
    """As Snakemake hands it to a script."""
    inputs = InputFiles(["text/xa.txt", "text/xb.txt"])
    inputs._set_name("texts", 0, end=2)
    inputs._set_name("extra", 2, end=2)
    return Snakemake(
        inputs,
        OutputFiles(fromdict={"first": "results/known/a.txt", "second": "results/known/b"}),
        Params(fromdict={"settings": {"seed": 5, "layers": (0, 1)}, "code": "x"} | params),
        Wildcards(fromdict={"language": "xa"}),
        1,
        ResourceList(),
        Log(["results/known/logs/split/xa.log"]),
        {"name": "known"},
        "split",
        None,
        str(project / "workflow/scripts"),
    )


def write_outputs(project):
    (project / "results/known/b").mkdir(parents=True, exist_ok=True)
    (project / "results/known/b/file").write_text("B")
    (project / "results/known/a.txt").write_text("A")


RECORD = "results/known/a.txt.run.json"


def test_what_a_job_found_its_inputs_to_be_stands_in_its_record(project):
    with running(job(project)) as watch:
        write_outputs(project)
        watch.note({"scheme": "IOB1", "changed": {"word left out": 2}})

    found = read_record(project / RECORD).found
    assert found == {"scheme": "IOB1", "changed": {"word left out": 2}}


def test_a_job_leaves_a_record_of_what_it_did(project):
    with running(job(project, content="abc")):
        write_outputs(project)
    found = read_record(project / RECORD)

    assert (found.rule, found.study, found.wildcards) == ("split", "known", {"language": "xa"})
    assert found.settings == {"seed": 5, "layers": [0, 1]}
    assert (found.seeds, found.params) == ({"seed": 5}, {"content": "abc"})
    assert [(s.name, s.path, s.sha256, s.bytes) for s in found.inputs] == [
        ("texts", "text/xa.txt", hex_of("one\n"), 4),
        ("texts", "text/xb.txt", hex_of("two\n"), 4),
    ]
    assert [(s.name, s.path, s.sha256) for s in found.outputs] == [
        ("first", "results/known/a.txt", hex_of("A")),
        ("second", "results/known/b", hex_of(f"file {hex_of('B')}\n")),
    ]
    assert found.keywords["inputs"] == {"texts": [0, 2], "extra": [2, 2]}
    assert found.code.files == {"workflow/scripts/split.py": hex_of("X = 1\n")}
    assert found.git is None
    assert found.started <= found.ended
    assert found.peak_memory_mib > 1


def test_the_log_ends_with_the_time_of_the_work_alone(project, monkeypatch):
    finish = Watch.finish

    def slow(self):
        time.sleep(0.2)
        return finish(self)

    monkeypatch.setattr(Watch, "finish", slow)
    with running(job(project)):
        write_outputs(project)
        time.sleep(0.05)

    last = (project / "results/known/logs/split/xa.log").read_text().splitlines()[-1]
    seconds = float(re.search(r"work took ([0-9.]+) s$", last)[1])
    assert 0.05 <= seconds <= read_record(project / RECORD).seconds - 0.2


def test_snakemakes_object_is_a_job(project):
    assert isinstance(job(project), Job)


def test_a_job_that_fails_leaves_no_record_not_even_an_old_one(project, capsys):
    write_outputs(project)
    (project / RECORD).write_text("old")
    with pytest.raises(SystemExit), running(job(project)):
        raise ValueError("no good")

    assert not (project / RECORD).exists()
    assert "ValueError: no good" in capsys.readouterr().err


@pytest.mark.parametrize("keep_time", [True, False])
def test_an_input_that_changes_during_the_job_is_noticed(project, capsys, keep_time):
    before = (project / "text/xb.txt").stat()

    def work():
        write_outputs(project)
        (project / "text/xb.txt").write_text("TWO\n")
        if keep_time:
            os.utime("text/xb.txt", ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(SystemExit), running(job(project)):
        work()

    assert "text/xb.txt: changed while the job ran" in capsys.readouterr().err
    assert not (project / RECORD).exists()


def test_an_input_that_is_only_touched_is_no_fault(project):
    with running(job(project)):
        write_outputs(project)
        (project / "text/xb.txt").touch()

    assert (project / RECORD).exists()


def test_a_missing_output_fails_the_job(project, capsys):
    with pytest.raises(SystemExit), running(job(project)):
        pass

    assert "results/known/a.txt" in capsys.readouterr().err


def test_another_copy_of_the_library_is_refused(project, capsys):
    (project / "polyconcept").mkdir()
    with pytest.raises(SystemExit), running(job(project)):
        pass

    assert f"uses the library of {ROOT}: install the one" in capsys.readouterr().err


def test_files_of_the_project_are_named_from_its_root(tmp_path):
    own = tmp_path / "project/polyconcept/builtin/models/bert"
    study = tmp_path / "study"

    assert place_of(str(own), tmp_path / "project") == "polyconcept/builtin/models/bert"
    assert place_of("text/xa.txt", tmp_path / "project") == "text/xa.txt"
    assert locate("polyconcept/builtin/models/bert", study, tmp_path / "project") == own
    assert locate("text/xa.txt", study, tmp_path / "project") == study / "text/xa.txt"


# --- facts


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


def test_commit_and_changes_are_read(tmp_path):
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "--quiet")
    assert git_state(tmp_path) is None
    (tmp_path / "a").write_text("a")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    clean = git_state(tmp_path)
    (tmp_path / "b").write_text("b")
    changed = git_state(tmp_path)

    assert clean is not None
    assert changed is not None
    assert (len(clean.commit), clean.dirty) == (40, False)
    assert (changed.commit, changed.dirty) == (clean.commit, True)


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert git_state(tmp_path) is None


def test_packages_are_those_that_python_knows():
    found = installed_packages()
    known = {"numpy", "h5py", "torch", "polyconcept", "snakemake"}

    assert {name: found[name] for name in known} == {
        name: importlib.metadata.version(name) for name in known
    }


def test_the_machine_is_described(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    found = machine_state()

    assert found.slurm_job_id == "17"
    assert found.cpu_count >= 1
    assert all(value for value in (found.host, found.system, found.device, found.device_name))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 2023",
            "535.104.05",
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54  Release", "550.54"),
        ("something else", None),
    ],
)
def test_the_drivers_version_is_found(text, version):
    assert environment._version_in(text) == version


def last_line_of(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def test_the_peak_grows_by_what_is_held_and_by_no_program_called():
    mib = 200
    code = f"""
from pathlib import Path
from polyconcept.audit.environment import git_state, peak_memory_mib
before = peak_memory_mib()
held = b"1" * ({mib} << 20)
full = peak_memory_mib()
git_state(Path({str(ROOT)!r}))
print(full - before, peak_memory_mib() - full, sep=";")
"""
    held, called = map(float, last_line_of(code).split(";"))

    assert held == pytest.approx(mib, abs=5)
    assert called == pytest.approx(0, abs=5)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss, all there is, counts it")
def test_the_peak_counts_nothing_of_the_process_that_started_this_one():
    asked = "from polyconcept.audit.environment import peak_memory_mib; print(peak_memory_mib())"
    large = f"""
import subprocess, sys
held = b"1" * (300 << 20)
subprocess.run([sys.executable, "-c", {asked!r}], check=True)
"""
    assert float(last_line_of(large)) == pytest.approx(float(last_line_of(asked)), abs=20)


def test_the_peak_is_asked_of_the_system_where_there_is_no_proc(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError

    of_proc = peak_memory_mib()
    monkeypatch.setattr(environment.Path, "read_text", missing)

    assert peak_memory_mib() == pytest.approx(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if DARWIN else 2**10), abs=0.1
    )
    assert peak_memory_mib() >= of_proc - 5


def test_the_gpu_is_named_where_torch_used_one(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.max_memory_allocated", lambda: used)
    monkeypatch.setattr("torch.cuda.current_device", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda number: f"GPU {number}")
    used = 0
    assert machine_state().device == "cpu"
    used = 1024

    assert (machine_state().device, machine_state().device_name) == ("cuda:1", "GPU 1")


def test_every_key_of_a_record_is_explained():
    text = (ROOT / "docs/AUDIT.md").read_text()
    kinds = (runs.RunRecord, runs.FileState, runs.CodeState, runs.GitState, runs.Machine)
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}

    assert sorted(name for name in names | {"format"} if f"`{name}`" not in text) == []
