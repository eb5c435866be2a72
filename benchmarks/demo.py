"""The whole demo: how much of its time on the clock is not work.

    OMP_NUM_THREADS=1 python benchmarks/demo.py [--cores 2] [--finished results/demo --seconds 430]

Runs studies/demo.yaml in an empty folder with the local profile. Work is what the jobs' own records
count: from the end of a script's imports to its results, on one core. What is left of all cores'
time is overhead: Snakemake, Python's start and imports, cores that wait. Not part of `make bench`,
since it takes as long as the demo; `--finished` reads the records of a run that was timed already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "studies/demo.yaml"


def run_demo(folder: Path, cores: int) -> float:
    """Seconds on the clock.

    Raises:
        subprocess.CalledProcessError: Snakemake failed; it has said why.
    """
    profile = ["--workflow-profile", str(ROOT / "profiles/local"), "--cores", str(cores)]
    places = ["--directory", str(folder), "--configfile", str(DEMO)]
    command = [sys.executable, "-m", "snakemake", *profile, *places, "--quiet", "all"]
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True)
    return time.perf_counter() - began


def work_of(folder: Path) -> dict[str, list[float]]:
    """Seconds of each job by rule.

    Raises:
        ValueError: No job has left a record.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for path in folder.rglob("*.run.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        found[record["rule"]].append(record["seconds"])
    if not found:
        raise ValueError(f"{folder}: no run record; needed a study that has run")
    return found


def main() -> None:
    """Print work by rule, and the overhead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--finished", type=Path, help="folder of a demo that has run")
    parser.add_argument("--seconds", type=float, help="that it took on the clock")
    options = parser.parse_args()
    if (options.finished is None) != (options.seconds is None):
        parser.error("--finished and --seconds go together")
    with tempfile.TemporaryDirectory() as temporary:
        seconds = options.seconds or run_demo(Path(temporary), options.cores)
        work = work_of(options.finished or Path(temporary))
    for rule, each in sorted(work.items(), key=lambda item: -sum(item[1])):
        print(f"{rule:<24}{len(each):>4} jobs{sum(each):>9.1f} s")
    spent, n_jobs = sum(map(sum, work.values())), sum(map(len, work.values()))
    share = 1 - spent / (options.cores * seconds)
    print(f"{n_jobs} jobs, {seconds:.0f} s on {options.cores} cores, work {spent:.0f} s")
    print(f"overhead {share:.1%} of the cores' time (goal: under 35 %)")


if __name__ == "__main__":
    main()
