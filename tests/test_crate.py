"""A study packed as a crate: its links by hand, the validator's judgement, refusals."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import check_crate
import h5py
import pytest
import yaml

from polyconcept.audit.code import code_fingerprint
from polyconcept.audit.crate_files import Choice
from polyconcept.audit.crate_graph import FinishedStudy
from polyconcept.audit.crate_pack import pack
from polyconcept.audit.crate_runs import CrateError, read_runs
from polyconcept.audit.runs import (
    CodeState,
    FileState,
    GitState,
    Machine,
    RunRecord,
    read_record,
    write_record,
)
from polyconcept.cli.crate import make_crate
from polyconcept.cli.main import app
from polyconcept.store.content import content_sha256

ROOT = Path(__file__).parents[1]
RESULTS = "results/mini"
TEXT = f"{RESULTS}/corpora/own/en.txt"
MODEL = f"{RESULTS}/models/bert/base"
VECTORS = f"{RESULTS}/vectors/bert/base/encoder/en.h5"
SCORES = f"{RESULTS}/scores.parquet"
TABLE = f"{RESULTS}/scores.csv"
FIGURE = f"{RESULTS}/figures/calign 1.png"
FINALS = (SCORES, TABLE, FIGURE)
OWN = "/home/someone/secret project/en.txt"
HOST = "node-of-ours"
SOFTWARE = {
    "CITATION.cff",
    "LICENSE",
    "Snakefile",
    "ro-crate-metadata.json",
    "studies/mini.yaml",
    "workflow/rules/text.smk",
    *(f"workflow/scripts/{rule}.py" for rule in ("fetch_text", "pretrain", "extract_vectors")),
    *(f"workflow/scripts/{rule}.py" for rule in ("merge_scores", "plot_figure")),
}
WORKFLOW_RUN = "#workflow-run"


def write(root, path, data):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


def state(root, path, name=""):
    if path == OWN:
        return FileState(name, path, hashlib.sha256(b"own").hexdigest(), 3)
    return FileState(name, path, content_sha256(root / path), 10)


def record(root, rule, inputs, outputs, minute, **settings):
    """Write the run record of a job; its script is one line."""
    script = f"workflow/scripts/{rule}.py"
    write(root, script, f'"""{rule}."""\n'.encode())
    told = RunRecord(
        rule=rule,
        study="mini",
        wildcards={"model": "bert"},
        settings=settings,
        params={},
        seeds={},
        code=CodeState(
            fingerprint=code_fingerprint(root / script, root),
            files={script: content_sha256(root / script)},
        ),
        inputs=tuple(state(root, path, name) for name, path in inputs),
        outputs=tuple(state(root, path, name) for name, path in outputs),
        keywords={},
        log=f"{RESULTS}/logs/{rule}.log",
        git=GitState(commit="abc123", dirty=False),
        python="3.11.7",
        packages={"torch": "2.13.0", "snakemake": "9.27.0"},
        machine=Machine(HOST, "Linux", 2, None, "cpu", "a processor", None),
        threads=1,
        started=f"2026-11-21T10:{minute:02}:00.123456+00:00",
        ended=f"2026-11-21T10:{minute:02}:30+00:00",
        seconds=29.9,
        peak_memory_mib=12.5,
    )
    return write_record(told, root)


@pytest.fixture
def root(tmp_path):
    """A project with a finished study: own text -> a model -> vectors -> scores -> a figure."""
    for path in ("CITATION.cff", "LICENSE", "Snakefile", "workflow/rules/text.smk"):
        write(tmp_path, path, (ROOT / path).read_bytes())
    write(tmp_path, "studies/mini.yaml", b"name: mini\n")
    write(tmp_path, TEXT, b"a b\n")
    write(tmp_path, f"{MODEL}/config.json", b"{}")
    write(tmp_path, f"{MODEL}/.snakemake_timestamp", b"")
    write(tmp_path, SCORES, b"PAR1")
    write(tmp_path, TABLE, b"metric,score\n")
    write(tmp_path, FIGURE, b"\x89PNG")
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["vectors"] = [1.0, 2.0]
    write(tmp_path, VECTORS, held.getvalue())
    record(tmp_path, "fetch_text", [("text", OWN)], [("text", TEXT)], 1)
    settings = {"seed": 3, "layers": [4, 2], "nested": {"rate": 0.5}}
    record(tmp_path, "pretrain", [("", TEXT)], [("model", MODEL)], 2, **settings)
    given = [("model", MODEL), ("text", TEXT)]
    record(tmp_path, "extract_vectors", given, [("vectors", VECTORS)], 3, text=None)
    record(
        tmp_path, "merge_scores", [("", VECTORS)], [("scores", SCORES), ("csv", TABLE)], 4, seed=3
    )
    record(tmp_path, "plot_figure", [("scores", SCORES)], [("png", FIGURE)], 5)
    return tmp_path


def make(root, **choice):
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    runs = read_runs(RESULTS, FINALS, root)
    study = FinishedStudy("mini", "studies/mini.yaml", FINALS, runs, citation)
    return pack(study, root, Choice(**choice))


def graph(folder):
    document = json.loads((folder / "ro-crate-metadata.json").read_text())
    entities = {one["@id"]: one for one in document["@graph"]}
    assert len(entities) == len(document["@graph"])
    return entities


def links(value):
    """What a property points to."""
    return {one["@id"] for one in (value if isinstance(value, list) else [value])}


def files_in(folder):
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def edit(folder, change):
    """Change a crate's description."""
    path = folder / "ro-crate-metadata.json"
    document = json.loads(path.read_text())
    change({one["@id"]: one for one in document["@graph"]})
    path.write_text(json.dumps(document))


@pytest.fixture(scope="session")
def faults():
    """The validator; skipped where it is not there and cannot be installed."""
    try:
        check_crate.make_validator()
    except check_crate.NoValidatorError as error:
        pytest.skip(str(error))
    return check_crate.faults


# --- The graph


def test_each_job_is_an_action_from_its_inputs_to_its_outputs(root):
    entities = graph(make(root).folder)
    read = {
        TEXT: {"#outside/5b3975651c3c/en.txt"},
        MODEL: {
            f"#{TEXT}",
            *(
                one
                for one in entities
                if one.startswith(("#setting/pretrain/seed/", "#setting/pretrain/layers/"))
                or one.startswith("#setting/pretrain/nested.rate/")
            ),
        },
        SCORES: {f"#{VECTORS}", *(one for one in entities if "#setting/merge_scores/" in one)},
        FIGURE.replace(" ", "%20"): {SCORES},
    }
    written = {
        TEXT: {f"#{TEXT}"},
        MODEL: {f"#{MODEL}"},
        SCORES: {SCORES, TABLE},
        FIGURE.replace(" ", "%20"): {FIGURE.replace(" ", "%20")},
    }

    for output in read:
        action = entities[f"#run/{output}"]
        assert links(action["object"]) == read[output]
        assert links(action["result"]) == written[output]
    assert len(read[MODEL]) == 4
    assert len(read[SCORES]) == 2
    action = entities[f"#run/{MODEL}"]
    assert action["instrument"] == {"@id": "workflow/scripts/pretrain.py"}
    assert action["startTime"] == "2026-11-21T10:02:00+00:00"
    assert action["endTime"] == "2026-11-21T10:02:30+00:00"
    assert action["name"] == "pretrain model bert"
    assert entities[action["resourceUsage"]["@id"]]["value"] == 12.5


def test_settings_packages_and_device_stand_with_the_action(root):
    entities = graph(make(root).folder)
    action = entities[f"#run/{MODEL}"]
    given = {entities[one]["name"]: entities[one].get("value") for one in links(action["object"])}
    around = {entities[one]["name"]: entities[one]["value"] for one in links(action["environment"])}

    assert given == {f"{TEXT}": None, "seed": 3, "layers": "[4, 2]", "nested.rate": 0.5}
    assert around == {
        "python": "3.11.7",
        "threads": 1,
        "device": "cpu",
        "device_name": "a processor",
        "packages": "snakemake==9.27.0\ntorch==2.13.0",
    }


def test_the_workflow_goes_from_the_study_to_tables_and_figures(root):
    entities = graph(make(root).folder)
    workflow, run = entities["Snakefile"], entities[WORKFLOW_RUN]
    figure = FIGURE.replace(" ", "%20")

    assert entities["./"]["mainEntity"] == {"@id": "Snakefile"}
    assert entities["./"]["license"] == {"@id": "https://spdx.org/licenses/Apache-2.0"}
    assert entities["./"]["citation"] == {"@id": "https://arxiv.org/abs/2405.14535"}
    assert entities["./"]["datePublished"] == "2026-11-21"
    assert len(links(entities["./"]["conformsTo"])) == 4
    assert links(entities["./"]["mentions"]) == {
        one for one, entity in entities.items() if entity["@type"] == "CreateAction"
    }
    assert run["instrument"] == {"@id": "Snakefile"}
    assert run["object"] == {"@id": "studies/mini.yaml"}
    assert links(run["result"]) == {SCORES, TABLE, figure}
    assert (run["startTime"][11:19], run["endTime"][11:19]) == ("10:01:00", "10:05:30")
    assert entities[workflow["programmingLanguage"]["@id"]]["version"] == "9.27.0"
    assert workflow["version"] == "abc123"
    assert [one["@id"].split("#")[1] for one in workflow["step"]] == [
        "fetch_text",
        "pretrain",
        "extract_vectors",
        "merge_scores",
        "plot_figure",
    ]


def test_the_engine_orchestrated_each_job_by_a_step(root):
    entities = graph(make(root).folder)
    engine = entities["#engine-run"]
    controls = [entities[one] for one in links(engine["object"])]

    assert engine["result"] == {"@id": WORKFLOW_RUN}
    assert entities[engine["instrument"]["@id"]]["softwareVersion"] == "9.27.0"
    assert len(controls) == 5
    for control in controls:
        step, action = entities[control["instrument"]["@id"]], entities[control["object"]["@id"]]
        assert step["workExample"] == action["instrument"]


def test_a_rule_that_shares_another_ones_script_is_a_step_of_its_own(root):
    """As `extract_vectors__pair`, whose step rocrate-validator missed in the demo's crate."""
    other = f"{RESULTS}/vectors/bert/base/decoder/en.h5"
    write(root, other, (root / VECTORS).read_bytes())
    path = record(root, "extract_vectors__pair", [("text", TEXT)], [("vectors", other)], 4)
    script = "workflow/scripts/extract_vectors.py"
    (root / "workflow/scripts/extract_vectors__pair.py").unlink()
    code = CodeState(code_fingerprint(root / script, root), {script: content_sha256(root / script)})
    write_record(replace(read_record(path), code=code), root)
    record(
        root, "merge_scores", [("", VECTORS), ("", other)], [("scores", SCORES), ("csv", TABLE)], 5
    )
    record(root, "plot_figure", [("scores", SCORES)], [("png", FIGURE)], 6)
    entities = graph(make(root).folder)

    control = entities[f"#control/{other}"]
    step = entities[control["instrument"]["@id"]]
    assert step["name"] == "extract_vectors__pair"
    assert step["workExample"] == {"@id": script}


def test_every_link_leads_somewhere_and_back(root):
    entities = graph(make(root).folder)
    outward = {"identifier", "conformsTo", "url"}
    for entity in entities.values():
        for key, value in entity.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and key not in outward:
                    assert one["@id"] in entities, (entity["@id"], key)
    parameters = [one for one in entities.values() if one["@type"] == "FormalParameter"]
    for parameter in parameters:
        for example in links(parameter["workExample"]):
            assert parameter["@id"] in links(entities[example]["exampleOfWork"])
    # A setting of the name of an input is another parameter.
    kinds = {
        one: entities[f"#parameter/extract_vectors/{one}/text"] for one in ("input", "setting")
    }
    assert kinds["input"]["additionalType"] == "File"
    assert kinds["setting"]["additionalType"] == "PropertyValue"
    # By hand: the workflow's 3, and 2 + 5 + 4 + 4 + 2 of the five scripts.
    assert len(parameters) == 20


# --- The files


def test_packed_files_have_their_hash_and_the_others_are_described(root):
    folder = make(root).folder
    entities = graph(folder)

    assert files_in(folder) == SOFTWARE | {SCORES, TABLE, FIGURE}
    for path in files_in(folder) - {"ro-crate-metadata.json"}:
        data = (folder / path).read_bytes()
        assert entities[path.replace(" ", "%20")]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entities[path.replace(" ", "%20")]["contentSize"] == str(len(data))
    own = hashlib.sha256(b"own").hexdigest()
    assert entities["#outside/5b3975651c3c/en.txt"]["sha256"] == own
    # Its hash is of the content, not of the bytes, which `sha256` would claim.
    assert "sha256" not in entities[f"#{VECTORS}"]
    content = content_sha256(root / VECTORS)
    assert entities[f"#{VECTORS}"]["identifier"] == f"polyconcept-content-sha256:{content}"
    assert entities[f"#{MODEL}"]["@type"] == "Dataset"


def test_vectors_models_and_text_come_in_where_asked_for(root):
    folder = make(root, vectors=True, text=True).folder
    entities = graph(folder)

    assert files_in(folder) == SOFTWARE | {*FINALS, TEXT, VECTORS, f"{MODEL}/config.json"}
    assert entities[f"{MODEL}/"]["hasPart"] == {"@id": f"{MODEL}/config.json"}
    assert entities[VECTORS]["sha256"] == hashlib.sha256((root / VECTORS).read_bytes()).hexdigest()
    assert links(entities[f"#run/{VECTORS}"]["object"]) >= {f"{MODEL}/", TEXT}


def test_neither_host_nor_paths_of_a_machine_get_out(root):
    private = make(root).zip.read_bytes()
    assert HOST.encode() not in private
    assert b"someone" not in private

    shown = make(root, host=True)
    assert HOST.encode() in shown.zip.read_bytes()
    record = graph(shown.folder)[f"#run/{SCORES}"]["subjectOf"]["@id"]
    assert read_record(shown.folder / record).rule == "merge_scores"


def test_the_zip_is_the_folder_and_the_same_each_time(root):
    made = make(root)
    first = made.zip.read_bytes()
    (root / SCORES).touch()

    assert make(root).zip.read_bytes() == first
    with zipfile.ZipFile(made.zip) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
        assert files == sorted(files_in(made.folder))
        assert "results/mini/figures/" in archive.namelist()
        assert all(archive.read(name) == (made.folder / name).read_bytes() for name in files)


def test_what_an_older_state_of_the_study_left_stays_out(root):
    old = f"{RESULTS}/scores/old.parquet"
    write(root, old, b"old")
    record(root, "merge_scores", [], [("", old)], 6)

    assert old not in files_in(make(root).folder)


def test_results_may_be_a_link_to_another_disk(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("scratch") / "mini"
    (root / RESULTS).rename(elsewhere)
    (root / RESULTS).symlink_to(elsewhere)

    assert SCORES in files_in(make(root).folder)


# --- The validator


def test_the_validator_accepts_it_by_every_profile(root, faults):
    accepted = {profile: [] for profile in check_crate.PROFILES}

    assert faults(make(root).folder) == accepted
    # The last profile builds on all others.
    last = check_crate.PROFILES[-1:]
    whole = make(root, vectors=True, text=True, host=True).zip
    assert faults(whole, last) == {profile: [] for profile in last}


def no_file(entities):
    entities["Snakefile"]["@id"] = "missing.smk"


def no_language(entities):
    del entities["Snakefile"]["programmingLanguage"]


def no_instrument(entities):
    del entities[f"#run/{MODEL}"]["instrument"]


def no_run_of_the_workflow(entities):
    entities[WORKFLOW_RUN]["instrument"] = {"@id": "workflow/scripts/pretrain.py"}


def no_step(entities):
    entities[f"#control/{MODEL}"]["instrument"] = {"@id": "Snakefile"}


def no_license(entities):
    del entities["./"]["license"]


@pytest.mark.parametrize(
    ("change", "profile", "message"),
    [
        (no_license, "ro-crate-1.1", "MUST have a `license`"),
        (no_language, "workflow-ro-crate-1.0", "language via programmingLanguage"),
        (no_instrument, "process-run-crate-0.5", "MUST have an instrument"),
        (no_run_of_the_workflow, "workflow-run-crate-0.5", "reference the root data entity's"),
        (no_step, "provenance-run-crate-0.5", "ControlAction must reference a HowToStep"),
        (no_file, "workflow-ro-crate-1.0", "missing.smk"),
    ],
)
def test_the_validator_refuses_a_broken_crate(root, faults, change, profile, message):
    folder = make(root).folder
    edit(folder, change)

    assert any(message in fault for fault in faults(folder, [profile])[profile])


def test_the_validator_misses_a_file_that_was_taken_out(root, faults):
    folder = make(root).folder
    (folder / TABLE).unlink()

    assert any(TABLE in fault for fault in faults(folder, ["ro-crate-1.1"])["ro-crate-1.1"])


def test_there_must_be_a_crate_to_judge(tmp_path):
    with pytest.raises(FileNotFoundError, match="makes one"):
        check_crate.faults(tmp_path / "none.zip")


# --- Refusals


def test_results_without_records_are_refused(tmp_path):
    (tmp_path / RESULTS).mkdir(parents=True)
    with pytest.raises(CrateError, match=r"results/mini holds no run records.*--forceall"):
        read_runs(RESULTS, FINALS, tmp_path)


@pytest.mark.parametrize("output", [SCORES, FIGURE, VECTORS, MODEL])
def test_a_missing_record_is_named(root, output):
    (root / f"{output}.run.json").unlink()
    with pytest.raises(CrateError, match=rf"not finished:\n(.*\n)?  {output}: no run record"):
        make(root)


def test_a_missing_output_is_named(root):
    (root / TABLE).unlink()
    with pytest.raises(CrateError, match=f"not finished:\n  {TABLE}: missing"):
        make(root)


def test_a_file_that_was_made_anew_is_told_from_the_one_that_was_read(root):
    write(root, TEXT, b"c d\n")
    record(root, "fetch_text", [("text", OWN)], [("text", TEXT)], 6)
    with pytest.raises(CrateError, match=f"{MODEL}: made from {TEXT} with SHA-256 .* which now"):
        make(root)


def test_an_edited_result_is_refused(root):
    write(root, TABLE, b"metric,score\nbetter\n")
    with pytest.raises(CrateError, match=f"{TABLE}: its content has .*changed after it was made"):
        make(root)


def test_an_edited_record_is_refused(root):
    path = root / f"{SCORES}.run.json"
    path.write_text(path.read_text().replace('"3.11.7"', '"3.12.0"'))
    with pytest.raises(CrateError, match=r"scores\.parquet\.run\.json: sha256"):
        make(root)


def test_a_record_beside_another_file_is_refused(root):
    path = root / f"{SCORES}.run.json"
    path.rename(root / f"{TABLE}.run.json")
    with pytest.raises(CrateError, match=f"{TABLE}.run.json: is the record of {SCORES}"):
        make(root)


def test_code_that_is_another_one_than_ran_is_refused(root):
    told = read_record(root / f"{MODEL}.run.json")
    write_record(replace(told, code=replace(told.code, fingerprint="0" * 64)), root)
    with pytest.raises(CrateError, match=f"{MODEL}: the code of rule pretrain is another one"):
        make(root)


def test_a_comment_in_the_code_is_no_other_code(root):
    write(root, "workflow/scripts/pretrain.py", b'"""pretrain."""\n# a comment\n')

    assert make(root).folder.is_dir()


def test_a_rule_without_a_fingerprint_is_packed(root):
    path = root / f"{TEXT}.run.json"
    told = read_record(path)
    write_record(replace(told, code=replace(told.code, fingerprint=None)), root)

    assert make(root).folder.is_dir()


def test_code_outside_of_the_project_is_refused(root):
    (root.parent / "stolen.py").write_text("secret\n")
    told = read_record(root / f"{MODEL}.run.json")
    write_record(replace(told, code=replace(told.code, files={"../stolen.py": "0"})), root)
    with pytest.raises(CrateError, match=r"\.\./stolen\.py: lies outside of the project"):
        make(root)


def test_another_folder_in_the_way_is_left_alone(root):
    write(root, "results/mini.crate/notes.txt", b"mine")
    with pytest.raises(CrateError, match=r"results/mini\.crate: no crate of ours"):
        make(root)
    assert (root / "results/mini.crate/notes.txt").read_bytes() == b"mine"


# --- The command


def test_the_command_says_what_to_run_first(root):
    study = root / "studies/demo.yaml"
    write(root, "studies/demo.yaml", (ROOT / "studies/demo.yaml").read_bytes())
    with pytest.raises(CrateError, match="results/demo holds no run records") as caught:
        make_crate(study, Choice(), root)
    assert caught.value.__notes__ == [
        "run first: snakemake --workflow-profile profiles/local --configfile studies/demo.yaml"
    ]


def test_a_study_from_elsewhere_is_refused(root):
    with pytest.raises(CrateError, match=r"demo\.yaml: lies outside of .*copy it into studies/"):
        make_crate(ROOT / "studies/demo.yaml", Choice(), root)


def test_a_study_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit, match="1"):
        app(["crate", str(ROOT / "studies/none.yaml")])

    assert "studies/none.yaml: there is no such file" in capsys.readouterr().err
