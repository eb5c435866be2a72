"""What Snakemake and Python cost besides the work: planning, starting, and each job.

    python benchmarks/workflow.py

Seconds on the clock. The plan is of config.yaml in an empty folder; the finished study is a small
one of the built-in text and model, run once on one core. A job's overhead: what the run took beyond
the seconds that the jobs' own records count, by the number of jobs; Python's start and imports are
in it. The start of a script: Python with what the script imports, in CPU seconds too.
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
from pathlib import Path
from statistics import median

import yaml
from measuring import Figure, figure

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow/scripts"
# Of jobs without a model.
WITHOUT_TORCH = ("score_calign", "score_colap", "merge_scores", "split_words", "generate_corpus")
MOST_SECONDS, MOST_START = 10.0, 0.5
STUDY = {
    "name": "small",
    "corpus": "text",
    "corpora": {"text": {"builtin": {"n_sentences": 60, "first": 2000000}}},
    "pairs": ["en-de"],
    "layers": [0, 4],
    "models": {"bert": {"builtin": "bert"}},
    "clustering": {"n_clusters": 5, "n_restarts": 1},
}


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds on the clock and of CPU that a program takes.

    Raises:
        subprocess.CalledProcessError: It failed; its output is printed.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.stderr.write(done.stdout[-3000:] + done.stderr[-3000:])
        done.check_returncode()
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return seconds, user + system


def snakemake(folder: Path, study: Path, *arguments: str) -> tuple[float, float]:
    """Times of Snakemake on a study in a folder, with the local profile."""
    profile = ["--workflow-profile", str(ROOT / "profiles/local"), "--cores", "1"]
    places = ["--directory", str(folder), "--configfile", str(study)]
    return timed([sys.executable, "-m", "snakemake", *profile, *places, *arguments])


def import_lines(script: Path) -> str:
    """The import statements of a script's top level, as one line of Python."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "; ".join(ast.unparse(node) for node in found)


def start_figures(n_rounds: int) -> dict[str, Figure]:
    """Start of each script that needs no torch; the slowest is the figure."""
    wall: dict[str, float] = {}
    cpu: dict[str, float] = {}
    for name in WITHOUT_TORCH:
        code = (
            f"{import_lines(SCRIPTS / f'{name}.py')}; import sys; assert 'torch' not in sys.modules"
        )
        times = [timed([sys.executable, "-c", code]) for _ in range(n_rounds)]
        wall[name], cpu[name] = (median(column) for column in zip(*times, strict=True))
    slowest = max(cpu, key=cpu.__getitem__)
    each = ", ".join(f"{name} {seconds:.2f}" for name, seconds in cpu.items())
    note = f"{slowest}; CPU seconds of each: {each}"
    return {
        "workflow, start of a script without torch, CPU": figure(
            cpu[slowest], "s", "<= 1", cpu[slowest] / MOST_START, limit=MOST_START, note=note
        ),
        "workflow, start of a script without torch, clock": figure(
            wall[slowest], "s", "<= 1", wall[slowest] / MOST_START, limit=MOST_START
        ),
    }


def study_figures(folder: Path) -> dict[str, Figure]:
    """A small study run once, then once more with nothing to do."""
    folder.mkdir()
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    whole = snakemake(folder, study, "--quiet", "all")[0]
    idle = snakemake(folder, study, "--quiet", "all")[0]
    records = [json.loads(path.read_text()) for path in folder.rglob("*.run.json")]
    work = sum(record["seconds"] for record in records)
    over = (whole - work) / len(records)
    note = f"{len(records)} jobs one after the other: {whole:.1f} s, of it work {work:.1f} s"
    return {
        "workflow, finished study again": figure(
            idle, "s", "<= 1", idle / MOST_SECONDS, limit=MOST_SECONDS, note="a small study"
        ),
        "workflow, overhead of a job": figure(
            over, "s", "-", over * len(records) / work, limit=work / len(records),
            note=f"beside the mean work of such a small job; {note}",
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Figures of the workflow by name."""
    figures = start_figures(1 if quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if not quick:
            times = [snakemake(place, ROOT / "config.yaml", "-n", "--quiet", "all") for _ in "12"]
            plan = min(seconds for seconds, _ in times)
            figures["workflow, plan of config.yaml"] = figure(
                plan, "s", "<= 1", plan / MOST_SECONDS, limit=MOST_SECONDS,
                note=f"CPU {times[0][1]:.1f} s",
            )  # fmt: skip
            figures |= study_figures(place / "small")
    return figures


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the starts, once")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    json.dump(measure(parser.parse_args().quick), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
