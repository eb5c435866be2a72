"""The finished demo, for tests that look at a whole study."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from warm_python import warm_python

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "results/demo"
PROJECT = ("Snakefile", "config.yaml", "workflow", "polyconcept", "envs", "profiles", "studies")


def clone(folder):
    """The project and the demo's results in another folder, with new times, taken over there."""
    for name in PROJECT:
        place = ROOT / name
        if place.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(place, folder / name, ignore=ignored, copy_function=shutil.copy)
        else:
            shutil.copy(place, folder / name)
    shutil.copytree(DEMO, folder / "results/demo", copy_function=shutil.copy)
    adopt(folder)
    return folder


def demo(folder, *arguments, study="studies/demo.yaml"):
    """Run the command of `make demo` in a folder."""
    return subprocess.run(
        [
            *(warm_python(), "-m", "snakemake", "--workflow-profile", "profiles/local"),
            *("--configfile", study, *arguments),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "default"},
    )


def adopt(folder):
    """Take over the demo's results that were copied into a folder."""
    subprocess.run(
        [warm_python(), "-m", "polyconcept.cli.main", "adopt", "studies/demo.yaml"],
        cwd=folder,
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "default"},
    )


def jobs(folder, *, study="studies/demo.yaml"):
    """Rules that would run, with their numbers of jobs."""
    run = demo(folder, "-n", study=study)
    assert run.returncode == 0, run.stderr[-2000:]
    output = run.stdout + run.stderr
    if "Job stats:" not in output:
        assert "Nothing to be done" in output
        return {}
    table = output.split("Job stats:")[1].split("total")[0]
    rows = [line.split() for line in table.splitlines()[3:]]
    return {rule: int(n) for rule, n in rows if rule != "all"}


@functools.cache
def why_no_demo():
    """What stands in the way of tests on the demo; empty where nothing does."""
    if not (DEMO / "scores.csv").is_file():
        return "no results/demo: run `make demo` first"
    planned = jobs(ROOT)
    return f"results/demo is outdated ({planned} would run): run `make demo`" if planned else ""


def need_demo():
    """Skip where there is no finished demo; fail where one was promised."""
    if why_no_demo():
        promised = os.environ.get("POLYCONCEPT_NEEDS_DEMO")
        (pytest.fail if promised else pytest.skip)(why_no_demo())
