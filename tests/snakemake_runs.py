"""Running Snakemake on a study in a folder, as a user does."""

import os
import subprocess
from pathlib import Path

import pytest
from warm_python import warm_python

from polyconcept.cli.main import app

ROOT = Path(__file__).parents[1]
AFTER_SCORES = {
    "merge_scores": 1, "state_claims": 1, "plot_figure": 9, "build_report": 1, "explore_pair": 1,
    "build_explorer": 1,
}  # fmt: skip
"""What runs again behind any CALIGN or COLAP of a study without tasks."""


def snakemake(folder, *arguments, environment=None):
    given = environment or {}
    hub = {name: value for name, value in given.items() if name.startswith("HF_")}
    command = [
        *(warm_python(**hub), "-m", "snakemake", *arguments),
        *("--snakefile", str(ROOT / "Snakefile")),
        *("--directory", str(folder), "--configfile", str(folder / "study.yaml")),
        *("--cores", "2", "--rerun-triggers", "mtime", "params", "input", "software-env"),
        *("--max-checksum-file-size", "100MB"),
    ]
    inherited = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        command, capture_output=True, text=True, env=inherited | given, check=False
    )


def planned(folder):
    """Rules that would run, with their numbers of jobs."""
    run = snakemake(folder, "-n")
    assert run.returncode == 0, run.stderr[-2000:]
    output = run.stdout + run.stderr
    if "Job stats:" not in output:
        return {}
    table = output.split("Job stats:")[1].split("total")[0]
    rows = [line.split() for line in table.splitlines()[3:]]
    return {rule: int(n) for rule, n in rows if rule != "all"}


def verified(folder, *options, study="study.yaml"):
    """The exit status of `polyconcept verify` on the study that ran in a folder."""
    with pytest.raises(SystemExit) as ended:
        app(["verify", str(folder / study), "--folder", str(folder), *options])
    return ended.value.code
