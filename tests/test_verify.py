"""`polyconcept verify` on a finished study: whole, and spoilt in every way."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import yaml
from known_study import copy_of, finished_study, project_of, study_of
from snakemake_runs import verified

from polyconcept.audit import hashes
from polyconcept.audit.crate_files import Choice
from polyconcept.audit.crate_runs import CrateError, read_runs
from polyconcept.audit.verification import Audit
from polyconcept.cli import project
from polyconcept.cli.crate import make_crate
from polyconcept.cli.verify import expected_of
from polyconcept.store.content import content_sha256

ROOT = Path(__file__).parents[1]
RESULTS = "results/known"
VECTORS = f"{RESULTS}/vectors/apart/base/encoder/xa.h5"
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_study(tmp_path_factory)


@pytest.fixture
def copied(finished, tmp_path):
    return copy_of(finished, tmp_path / "copy")


@pytest.fixture(autouse=True)
def _code_of_the_run(finished, monkeypatch):
    """The working tree may be edited while the tests run; the copy is not."""
    monkeypatch.setattr(project, "ROOT", project_of(finished))


def fault_of(folder, capsys, *options):
    """The one message of a study that is not what its records say."""
    assert verified(folder, *options) == 1
    return capsys.readouterr().err


def sealed(record):
    """A record with the digest that it should have, as a careful forger writes it."""
    record = {key: value for key, value in record.items() if key != "sha256"}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return record | {"sha256": hashlib.sha256(text.encode()).hexdigest()}


def edit(path, change, *, seal=True):
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(sealed(record) if seal else record))


def flip(path, place=None):
    """Another value in one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    place = len(content) // 2 if place is None else place
    content[place] ^= 1
    path.write_bytes(content)


def write_anew(old, new):
    """The same content in another order and layout."""
    new.attrs.update(old.attrs)
    for name in sorted(old, reverse=True):
        if isinstance(old[name], h5py.Group):
            write_anew(old[name], new.create_group(name))
        else:
            new.create_dataset(name, data=old[name][()], compression="gzip")
            new[name].attrs.update(old[name].attrs)


# --- whole


def test_a_finished_study_is_verified(finished, capsys):
    assert verified(finished) == 0
    output = capsys.readouterr()
    outputs = {}
    for path in finished.joinpath(RESULTS).rglob("*.run.json"):
        for state in json.loads(path.read_text())["outputs"]:
            outputs[state["path"]] = state["sha256"]
    # It says when the scores were made.
    del outputs[f"{RESULTS}/index.html"]
    lines = "".join(sorted(f"{path} {sha256}\n" for path, sha256 in outputs.items()))

    assert output.err == ""
    assert "verified known: 30 run records, 79 files (4 of them sources)" in output.out
    assert hashlib.sha256(lines.encode()).hexdigest() in output.out


def test_what_was_not_written_since_is_believed_and_damage_is_not(copied, capsys, monkeypatch):
    monkeypatch.setattr(hashes, "_SECONDS_TO_SETTLE", -60.0)
    assert verified(copied) == 0
    assert "hashed now: 79; not written since" in capsys.readouterr().out
    assert verified(copied) == 0
    assert "hashed now: 0; not written since they were hashed before, and believed: 79" in (
        capsys.readouterr().out
    )
    assert verified(copied, "--all") == 0
    assert "hashed now: 79; not" in capsys.readouterr().out
    (copied / RESULTS / "logs/hashes.json").write_text("{")
    assert verified(copied) == 0
    assert "hashed now: 79; not" in capsys.readouterr().out

    before = (copied / VECTORS).stat()
    flip(copied / VECTORS)
    os.utime(copied / VECTORS, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert f"broken: {VECTORS}: " in fault_of(copied, capsys)


def test_large_folders_may_be_links_to_another_disk(copied, tmp_path, capsys):
    for name in ("vectors", "models", "concepts"):
        (copied / RESULTS / name).rename(tmp_path / name)
        (copied / RESULTS / name).symlink_to(tmp_path / name)
    assert verified(copied) == 0
    assert capsys.readouterr().err == ""
    finals = [f"{RESULTS}/scores.csv", f"{RESULTS}/examples/xa-xb.json"]
    assert VECTORS in {run.outputs[0].path for run in read_runs(RESULTS, finals, copied)}

    half = f"vectors/apart/base/encoder/.xa.{'a' * 32}.part.h5"
    (copied / RESULTS / half).touch()
    assert verified(copied) == 0
    assert f"warning: {RESULTS}/{half}: no record" in capsys.readouterr().err
    flip(copied / VECTORS)
    assert f"broken: {VECTORS}: " in fault_of(copied, capsys)


def test_neither_torch_nor_snakemake_is_needed(finished):
    code = (
        "import sys\n"
        "from polyconcept.cli.main import app\n"
        f"app(['verify', {str(finished / 'study.yaml')!r}, '--folder', {str(finished)!r}], "
        "standalone_mode=False)\n"
        "used = {'torch', 'transformers', 'snakemake', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(f'{used}' if used else 0)\n"
    )
    project = project_of(finished)
    environment = os.environ | {"PYTHONPATH": str(project)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )

    assert run.returncode == 0, run.stderr


def test_hdf5_of_the_same_content_with_other_bytes_is_told_apart(copied, capsys):
    before, content = (copied / VECTORS).read_bytes(), content_sha256(copied / VECTORS)
    rewritten = copied / "rewritten.h5"
    with h5py.File(copied / VECTORS) as old, h5py.File(rewritten, "w") as new:
        write_anew(old, new)
    rewritten.rename(copied / VECTORS)

    assert (copied / VECTORS).read_bytes() != before
    assert content_sha256(copied / VECTORS) == content
    message = fault_of(copied, capsys)
    assert f"{VECTORS}: its bytes changed since the run, though no content did" in message


@pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_no_byte_of_hdf5_can_be_flipped_unseen(copied, capsys, share):
    flip(copied / VECTORS, int(share * (copied / VECTORS).stat().st_size))

    assert f"broken: {VECTORS}: " in fault_of(copied, capsys)


# --- spoilt


HUB = {"dataset": "a/b", "files": "{language}.txt"}
EVERY_KIND = [
    "scores.parquet",
    "scores.csv",
    "figures/calign.png",
    "figures/examples.pdf",
    "figures/rivals.svg",
    "examples/xa-xb.json",
    "scores/apart/base/encoder/xa-xb.colap.parquet",
    "scores/apart/base/encoder/xa-xb.calign_concepts.parquet",
    "concepts/shared/base/encoder/xa-xb.h5",
    "vectors/apart/base/encoder/xa.h5",
    "selections/xa-xb.parquet",
    "words/text/xa.parquet",
    "dictionaries/xa-xb/links.txt",
    "dictionaries/xa-xb/backward.tsv",
    "corpora/text/xa.txt",
    "corpora/text/xb.source.json",
    "models/apart/base/model.safetensors",
    "models/apart/base/tokenizer.json",
]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_flipped_byte_is_found(copied, capsys, name):
    flip(copied / RESULTS / name)
    place = f"{RESULTS}/{name}" if "models/" not in name else f"{RESULTS}/models/apart/base"
    message = fault_of(copied, capsys)

    assert f"broken: {place}: " in message
    assert message.count("broken:") == 1


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_missing_file_is_found(copied, capsys, name):
    (copied / RESULTS / name).unlink()
    message = fault_of(copied, capsys)

    what = "content changed since the run" if "models/" in name else "missing"
    assert f": {what}" in message


def test_a_file_more_in_a_model_is_found(copied, capsys):
    (copied / RESULTS / "models/apart/base/more.txt").write_text("x")

    assert f"broken: {RESULTS}/models/apart/base: content changed" in fault_of(copied, capsys)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.attrs.modify("pooling", "mean"),
        lambda file: file["row"].__setitem__(0, file["row"][0] + 1),
        lambda file: file.move("row", "rows"),
        lambda file: file.create_group("more"),
    ],
    ids=["attribute", "value", "name", "group"],
)
def test_another_content_of_hdf5_is_found(copied, capsys, change):
    with h5py.File(copied / VECTORS, "r+") as file:
        change(file)

    assert f"{VECTORS}: content changed since the run" in fault_of(copied, capsys)


def test_a_missing_record_is_found(copied, capsys):
    (copied / f"{VECTORS}.run.json").unlink()
    message = fault_of(copied, capsys)

    assert f"broken: {VECTORS}: no run record names it as an output" in message
    assert "the file without a record" in message


def test_a_final_file_that_was_never_made_is_found(copied, capsys):
    study_of(copied, figures={})
    # The report still shows the figure that the study no longer has.
    message = fault_of(copied, capsys)
    assert f"{RESULTS}/index.html.run.json: setting figures.examples: the study was ed" in message
    assert message.count("broken:") == 1
    for path in (copied / RESULTS / "figures").glob("colap.*"):
        path.unlink()
    message = fault_of(copied, capsys)

    assert f"{RESULTS}/figures/colap.pdf: no run record names it" in message
    assert "neither file nor record" in message


@pytest.mark.parametrize("both", [True, False], ids=["swapped", "copied over"])
def test_a_swapped_record_is_found(copied, capsys, both):
    first, second = (
        copied / f"{RESULTS}/models/{name}/base.run.json" for name in ("shared", "apart")
    )
    texts = first.read_text(), second.read_text()
    first.write_text(texts[1])
    if both:
        second.write_text(texts[0])

    assert "the run record of another output (swapped or moved)" in fault_of(copied, capsys)


@pytest.mark.parametrize(
    ("keys", "what"),
    [(("outputs", "log"), "wildcard language"), (("outputs", "log", "wildcards"), "inputs: ")],
)
def test_a_swapped_record_that_names_its_new_place_is_found(copied, capsys, keys, what):
    folder = copied / RESULTS / "corpora/text"
    other = json.loads((folder / "xb.txt.run.json").read_text())
    own = json.loads((folder / "xa.txt.run.json").read_text())
    forged = sealed(other | {key: own[key] for key in keys})
    (folder / "xa.txt.run.json").write_text(json.dumps(forged))

    assert f"text/xa.txt.run.json: {what}" in fault_of(copied, capsys)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colap": {"share": 0.2}}, "setting colap.share: "),
        ({"clustering": {"n_clusters": 5, "n_restarts": 3}}, "setting n_clusters: "),
        ({"words": {"cap": 3}}, "setting cap: "),
        ({"layers": [0, 1]}, "setting layers"),
        ({"figures": {"definition": "corrected"}}, "setting definition: "),
        ({"corpora": {"text": {"hub": HUB}}}, "setting column: "),
        ({"corpora": {"text": {"directory": "elsewhere"}}}, "inputs: "),
        ({"models": {"shared": {"directory": "shared"}}}, "setting runs.apart"),
        ({"pairs": ["xa-xb", "xa-xc"]}, "setting pairs"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_an_edited_study_is_found(copied, capsys, change, expected):
    study_of(copied, **{"figures": {}, **change})
    message = fault_of(copied, capsys, "--all")

    assert expected in message
    assert "(study)" in message or "the study" in message


def test_an_edited_setting_is_named_with_both_values(copied, capsys):
    study_of(copied, colap={"share": 0.2})
    message = fault_of(copied, capsys, "--all")

    assert "xa-xb.calign.parquet.run.json: setting colap.share: " in message
    assert "needed: 0.2 (study)" in message
    assert "found:  0.3 (record)" in message


def test_an_edited_source_file_is_found(copied, capsys):
    with (copied / "text/xb.txt").open("a") as file:
        file.write("one more\n")

    message = fault_of(copied, capsys)
    assert f"text/xb.txt: changed since {RESULTS}/corpora/text/xb.txt.run.json read it" in message


def test_an_edited_source_model_is_found(copied, capsys):
    flip(copied / "apart/model.safetensors")

    assert f"apart: changed since {RESULTS}/models/apart/base.run.json" in fault_of(copied, capsys)


def test_an_edited_record_is_found(copied, capsys):
    edit(copied / f"{VECTORS}.run.json", lambda r: r.update(seconds=1.0), seal=False)
    message = fault_of(copied, capsys)

    assert f"broken: {VECTORS}.run.json: run record damaged" in message
    assert "edited after the run" in message


def test_a_crate_takes_no_results_made_before_the_study_was_edited(finished, tmp_path):
    root = copy_of(project_of(finished), tmp_path / "project")
    shutil.copytree(finished, root, dirs_exist_ok=True)
    for name in ("CITATION.cff", "LICENSE"):
        shutil.copyfile(ROOT / name, root / name)
    file = root / "study.yaml"

    assert make_crate(file, Choice(), root).zip.is_file()
    file.write_text(file.read_text() + "calign: {match: 0.7}\n")
    # Told of the job that began first: of the scores, or of the examples beside them.
    with pytest.raises(CrateError, match=r"(calign|rule)\.match: the study was edited after the r"):
        make_crate(file, Choice(), root)


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_a_forged_hash_does_not_fit_its_neighbours(copied, capsys, kind):
    # The digest is made anew; but the record before, or the file, says otherwise.
    edit(copied / f"{VECTORS}.run.json", lambda r: r[kind][0].update(sha256="0" * 64))
    message = fault_of(copied, capsys)

    assert f"sha256 {'0' * 64}" in message
    assert "says another content than" in message


def test_changed_code_is_named(finished, tmp_path):
    root = tmp_path / "project"
    for part in ("polyconcept", "workflow/scripts"):
        shutil.copytree(project_of(finished) / part, root / part)
    module = root / "polyconcept/scoring/colap.py"
    module.write_text(module.read_text() + "\nMORE = 1\n")
    script = root / "workflow/scripts/merge_scores.py"
    script.write_text("# a comment\n" + script.read_text())
    expected = expected_of(project.read_study(finished / "study.yaml"), finished)
    faults = list(Audit(expected, finished, root).faults())

    assert {fault.what for fault in faults} == {
        f"code of {rule}: changed since the run: polyconcept/scoring/colap.py"
        for rule in ("score_concepts", "find_examples")
    }


def test_left_over_files_are_warned_of(copied, capsys):
    (copied / RESULTS / "scores/old.parquet").write_text("x")

    assert verified(copied) == 0
    assert "scores/old.parquet: no record of this study made it" in capsys.readouterr().err


def test_all_broken_links_are_listed_on_request(copied, capsys):
    flip(copied / RESULTS / "scores.csv")
    flip(copied / RESULTS / "dictionaries/xa-xb/links.txt")

    assert fault_of(copied, capsys, "--all").count("content changed since the run") == 2


def test_a_study_that_cannot_be_read_is_told_apart(copied, capsys):
    (copied / "study.yaml").write_text(yaml.safe_dump({"name": "known"}))

    assert verified(copied) == 2
    assert "corpus: missing" in capsys.readouterr().err
