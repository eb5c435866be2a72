"""A whole study on labelled files in the layouts that people have: the scores of its clean twin."""

import json
from pathlib import Path

import pytest
import yaml
from snakemake_runs import snakemake

from polyconcept.store.scores import read_scores

pytestmark = [pytest.mark.workflow, pytest.mark.realtext]
CASES = Path(__file__).parents[1] / "../shared/cases"


def task(train, english, german):
    files = {"en": f"{english}/en.test.conll", "de": f"{german}/de.test.conll"}
    return {
        "kind": "entities",
        "train": {"files": {"en": str(CASES.resolve() / train / "en.train.conll")}},
        "test": {"files": {code: str(CASES.resolve() / file) for code, file in files.items()}},
        "finetuning": {"epochs": 6, "learning_rate": 1e-3, "batch_size": 8},
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    if not CASES.is_dir():
        pytest.skip("the labelled files of ../shared/cases are not here")
    folder = tmp_path_factory.mktemp("labelled")
    tasks = {"clean": task("iob2", "iob2", "iob2"), "found": task("iob1", "counter", "panx")}
    study = {
        "name": "cases",
        "corpus": "text",
        "corpora": {"text": {"builtin": {"n_sentences": 60}}},
        "pairs": ["en-de"],
        "layers": [0],
        "tasks": tasks,
        "models": {"bert": {"builtin": "bert", "tasks": list(tasks)}},
        "controls": {"models": []},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    targets = [f"results/cases/scores/bert/{name}/task.parquet" for name in tasks]
    run = snakemake(folder, *targets)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder / "results/cases"


def test_scores_are_those_of_the_clean_twin(finished):
    scores = {
        name: {
            score.target: score.value
            for score in read_scores([finished / f"scores/bert/{name}/task.parquet"])
        }
        for name in ("clean", "found")
    }

    assert scores["found"] == scores["clean"]
    assert scores["clean"].keys() == {"en", "de"}
    assert all(value > 0.5 for value in scores["clean"].values())


@pytest.mark.parametrize("file", ["train/en", "test/en", "test/de"])
def test_files_are_those_of_the_clean_twin(finished, file):
    twin = (finished / f"tasks/clean/{file}.conll").read_bytes()

    assert (finished / f"tasks/found/{file}.conll").read_bytes() == twin


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("found/train/en", "scheme", "IOB1"),
        ("found/test/de", "prefix", "de:"),
        ("clean/train/en", "scheme", "IOB2"),
    ],
)
def test_log_and_record_say_what_a_file_was_found_to_be(finished, file, key, value):
    record = json.loads((finished / f"tasks/{file}.conll.run.json").read_text())
    log = (finished / f"logs/fetch_labels/{file}.conll.log").read_text()

    assert record["found"][key] == value
    assert value in log


def test_counts_are_found(finished):
    record = json.loads((finished / "tasks/found/test/en.conll.run.json").read_text())
    layout = record["found"]["layout"]

    assert (layout["counted"], layout["word_column"], layout["tag_column"]) == (True, 2, 3)
