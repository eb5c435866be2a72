"""The workflow where other tools look for it: as a module of another workflow, in the catalog."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from warm_python import warm_python

from polyconcept.audit.runs import read_record
from polyconcept.study.schema import Study

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "tests/studies/mini.yaml"
WORKFLOW = """
configfile: "mine.yaml"

module polyconcept:
    snakefile: "{root}/workflow/Snakefile"
    config: config

use rule * from polyconcept exclude all

rule count:
    input: "results/mini/corpora/text/en.txt"
    output: "results/count.txt"
    shell: "wc -l < {{input}} > {{output}}"
"""

ALL = """
rule all:
    default_target: True
    input: "results/count.txt"
"""


@pytest.fixture
def other(tmp_path):
    """A folder with a workflow of another's, which uses ours on a study of its own."""
    (tmp_path / "mine.yaml").write_text(STUDY.read_text())
    (tmp_path / "Snakefile").write_text(WORKFLOW.format(root=ROOT))
    return tmp_path


def snakemake(folder, *arguments):
    command = [warm_python(), "-m", "snakemake", "--cores", "1", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout + run.stderr


def n_jobs(output):
    return int(output.split("\ntotal ")[1].split()[0])


@pytest.mark.workflow
def test_as_a_module_it_plans_the_whole_study_and_runs_in_the_folder_of_the_other(other):
    whole = snakemake(other, "-n", "--quiet", "rules")
    alone = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", str(STUDY)]
    whole_alone = snakemake(other, "-n", "--quiet", "rules", *alone)
    snakemake(other, "results/count.txt")

    assert n_jobs(whole) == n_jobs(whole_alone)
    assert (other / "results/count.txt").read_text().strip() == "60"
    record = read_record(other / "results/mini/corpora/text/en.txt.run.json")
    assert record.rule == "fetch_text"
    # Its code was found in our folder, and is that of the workflow itself.
    assert "polyconcept/builtin/corpus.py" in record.code.files
    again = snakemake(other, "-n", "results/mini/corpora/text/en.txt", *alone)
    assert "Nothing to be done" in again


@pytest.mark.workflow
def test_both_snakefiles_ask_for_the_same(tmp_path):
    plans = [
        snakemake(tmp_path, "-n", "--quiet", "rules", "--snakefile", ROOT / place,
                  "--configfile", STUDY)
        for place in ("Snakefile", "workflow/Snakefile")
    ]  # fmt: skip

    assert n_jobs(plans[0]) == n_jobs(plans[1])


@pytest.mark.workflow
def test_a_target_of_the_other_workflow_is_the_default_where_it_says_so(other):
    file = other / "Snakefile"
    file.write_text(file.read_text() + ALL)

    plan = snakemake(other, "-n", "--quiet", "rules")

    assert re.search(r"^count +1$", plan, re.M)
    assert re.search(r"^all +1$", plan, re.M)
    assert not re.search(r"^study ", plan, re.M)


def test_the_catalog_finds_what_its_standardized_usage_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    configured = yaml.safe_load((ROOT / "config/config.yaml").read_text())

    assert {"mandatory-flags", "software-stack-deployment", "report"} <= usage.keys()
    assert (ROOT / usage["mandatory-flags"]["flags"].split()[1] / "config.yaml").is_file()
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/README.md").is_file()
    assert Study.model_validate(configured).name == "full"
