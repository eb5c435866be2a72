"""What Snakemake and Python cost besides the work: planning a study, and starting a script.

    python benchmarks/workflow.py

The plan is of config.yaml in an empty folder, in seconds on the clock. The start of a script:
Python with what the script imports at its top, of every script that loads no torch there; the
slowest is the figure. Scripts that draw load matplotlib and stand apart. What a job costs besides
its work is in demo.py.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from measuring import Figure, figure

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow/scripts"
MOST_SECONDS, MOST_START = 10.0, 0.5
NEEDS_TORCH = 3
# Ends Python where torch is asked for.
WITHOUT_TORCH = f"""
import os, sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            os._exit({NEEDS_TORCH})
sys.meta_path.insert(0, NoTorch())
"""
STUDY = {
    "name": "small",
    "corpus": "text",
    "corpora": {"text": {"builtin": {"n_sentences": 60, "first": 2000000}}},
    "pairs": ["en-de"],
    "layers": [0, 4],
    "models": {"bert": {"builtin": "bert"}},
    "clustering": {"n_clusters": 5, "n_restarts": 1},
}
"""A study of a minute, for what needs a whole one."""


@dataclass(frozen=True)
class Start:
    """Seconds that the start of a script takes."""

    clock: float
    cpu: float
    draws: bool
    """Whether it loads matplotlib."""


def run_timed(command: list[str], most: int = 0) -> tuple[float, float, int, str]:
    """Return the seconds on the clock and of CPU that a program takes, its status and output.

    Raises:
        subprocess.CalledProcessError: A status above `most`: it failed; its output is printed.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode < 0 or done.returncode > most:
        sys.stderr.write(done.stdout[-3000:] + done.stderr[-3000:])
        done.check_returncode()
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return seconds, user + system, done.returncode, done.stdout


def snakemake(folder: Path, study: Path, *arguments: str, cores: int | None = 1) -> float:
    """Run Snakemake on a study in a folder with the local profile; return its seconds.

    Without `cores` it takes those that the profile says.
    """
    profile = ["--workflow-profile", str(ROOT / "profiles/local")]
    used = ["--cores", str(cores)] if cores else []
    places = ["--directory", str(folder), "--configfile", str(study)]
    return run_timed([sys.executable, "-m", "snakemake", *profile, *used, *places, *arguments])[0]


def import_lines(script: Path) -> str:
    """Return the import statements of a script's top level, as one line of Python."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "; ".join(ast.unparse(node) for node in found)


def start_of(script: Path, n_rounds: int) -> Start | None:
    """Start of a script, the quickest of some; None where it needs torch.

    The first compiles what is new and reads it from the disk.
    """
    code = f"{WITHOUT_TORCH}{import_lines(script)}\nprint('matplotlib' in sys.modules)"
    found = []
    for _ in range(n_rounds):
        clock, cpu, status, output = run_timed([sys.executable, "-c", code], NEEDS_TORCH)
        if status == NEEDS_TORCH:
            return None
        found.append((clock, cpu))
    clock, cpu = (min(column) for column in zip(*found, strict=True))
    return Start(clock, cpu, output.strip() == "True")


def start_figures(n_rounds: int, scripts: list[Path]) -> dict[str, Figure]:
    """Return the slowest start of those that draw, and of the others."""
    starts = {script.stem: start_of(script, n_rounds) for script in scripts}
    found = {name: start for name, start in starts.items() if start}
    figures: dict[str, Figure] = {}
    for what, draws in (("without torch", False), ("that draws", True)):
        some = {name: start for name, start in found.items() if start.draws is draws}
        if some:
            figures |= figures_of_starts(f"workflow, start of a script {what}", some)
    return figures


def figures_of_starts(name: str, starts: Mapping[str, Start]) -> dict[str, Figure]:
    """Return the slowest start, in seconds of CPU and on the clock."""
    slowest = max(starts, key=lambda script: starts[script].cpu)
    above = {script: start.cpu for script, start in starts.items() if start.cpu > MOST_START}
    named = ", ".join(f"{script} {cpu:.2f}" for script, cpu in sorted(above.items()))
    note = f"{slowest}, the slowest of {len(starts)}; above {MOST_START} s: {named or 'none'}"
    return {
        f"{name}, {clock}": figure(
            seconds, "s", "<= 1", seconds / MOST_START, limit=MOST_START, note=note
        )
        for clock, seconds in (("CPU", starts[slowest].cpu), ("clock", starts[slowest].clock))
    }


def plan_figure() -> Figure:
    """Time the planning of config.yaml: the quicker of two."""
    with tempfile.TemporaryDirectory() as folder:
        study = ROOT / "config.yaml"
        plan = min(snakemake(Path(folder), study, "-n", "--quiet", "all") for _ in range(2))
    return figure(plan, "s", "<= 1", plan / MOST_SECONDS, limit=MOST_SECONDS)


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of the workflow by name."""
    scripts = sorted(SCRIPTS.glob("*.py"))
    if quick:
        names = ("merge_scores", "plot_figure", "cluster_words")
        return start_figures(1, [script for script in scripts if script.stem in names])
    return start_figures(3, scripts) | {"workflow, plan of config.yaml": plan_figure()}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few starts, once")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    json.dump(measure(parser.parse_args().quick), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
