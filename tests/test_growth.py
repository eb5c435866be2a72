"""The benchmarks of growth run at a small size, and miss no stage of the workflow."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake_runs import snakemake

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def growth(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("growth")


def report_of(script, folder, *arguments):
    """What a benchmark writes: its JSON, and the cells of its table."""
    command = [sys.executable, BENCHMARKS / script, "--quick", "--results", folder, *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr[-3000:]
    (place,) = folder.glob("*.json")
    lines = place.with_suffix(".md").read_text().splitlines()
    assert run.stdout.splitlines() == lines
    return json.loads(place.read_text()), [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines
    ]


@pytest.mark.workflow
def test_the_table_has_a_line_of_each_stage_that_ran(tmp_path, growth):
    report, cells = report_of("growth.py", tmp_path, "--sentences", "6")

    ran = {"fetch_text": 2, "split_words": 2, "align_words": 1, "select_words": 1}
    assert {row[0]: int(row[1]) for row in cells[2:]} == ran
    assert report["stages"].keys() == ran.keys()
    assert {len(row) for row in cells} == {9}
    for stage in report["stages"].values():
        assert [jobs["n_jobs"] for jobs in stage["sizes"]] == 3 * [stage["sizes"][0]["n_jobs"]]
        assert all(jobs["cpu_seconds"] > 0 < jobs["peak_mib"] for jobs in stage["sizes"])
    assert report["sentences"] == [6, 18, 60]
    assert report.keys() >= {"machine", "packages", "git", "threads", "date"}
    assert len(report["runs"]) == len(growth.TIMES)


@pytest.mark.workflow
def test_the_study_has_every_rule_but_those_that_are_said_to_be_left_out(tmp_path, growth):
    known = {
        rule
        for path in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
        for rule in re.findall(r"^(?:rule|use rule \w+ as) (\w+)", path.read_text(), re.MULTILINE)
    }
    growth.write_data(tmp_path, 4)
    planned = set()
    for whole, wanted in growth.targets(quick=False):
        settings = growth.study_of(tmp_path, 4, whole)
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(settings))
        run = snakemake(tmp_path, "-n", *wanted)
        assert run.returncode == 0, run.stderr[-2000:]
        stats = (run.stdout + run.stderr).split("Job stats:")[1].split("total")[0]
        planned |= set(re.findall(r"^(\w+) +\d+$", stats, re.MULTILINE))

    assert growth.LEFT_OUT.keys() - {"all"} == known - planned - {"all"}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((1, 3, 10), (4.5, False)),  # 9 by 2
        ((1, 3, 21), (10.0, False)),  # 20 by 2
        ((1, 1, 1.5), None),  # nothing above noise
        ((1, 1.25, 2), None),  # 1 by at most 0.5: 2 or more
        ((1, 1.25, 6), (10.0, True)),  # 5 by at most 0.5: 10 or more
    ],
)
def test_growth_is_what_the_last_size_adds_by_what_the_second_adds(growth, seconds, expected):
    stage = growth.Stage(tuple(growth.Jobs(1, n, n, 100.0) for n in seconds))

    assert stage.growth == expected


def test_memory_is_shown_as_what_larger_sizes_add(growth):
    peaks = (400.0, 410.0, 390.0)
    stage = growth.Stage(tuple(growth.Jobs(2, 1.0, 1.0, peak) for peak in peaks))

    line = growth.table({"split_words": stage}, [20, 60, 200]).splitlines()[-1]

    assert line == "| split_words | 2 | 1.00 | 1.00 | 1.00 | - | 400 | +10 | -10 |"


def test_a_size_with_other_rules_is_refused(growth):
    jobs = growth.Jobs(1, 1.0, 1.0, 100.0)

    with pytest.raises(ValueError, match=r"3 x: other rules ran than at 1 x: \['align_words'\]"):
        growth.stages_of([{}, {"align_words": jobs}, {}])


def test_the_clustering_job_is_measured_from_vector_files(tmp_path):
    report, cells = report_of("layer_memory.py", tmp_path)

    sizes = [(row["n_words"], row["n_restarts"]) for row in report["rows"]]
    assert sizes == [(200, 2), (600, 10)]
    # Of both languages: 2 x 200 words x 768 dims x 4 bytes.
    assert report["rows"][0]["largest_mib"] == pytest.approx(2 * 200 * 768 * 4 / 2**20)
    assert all(row["held_mib"] > 0 < row["seconds"] for row in report["rows"])
    assert [row[0] for row in cells[2:]] == ["200", "600"]
