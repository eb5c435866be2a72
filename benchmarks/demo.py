"""The whole demo: how much of its time on the clock is not work.

    python benchmarks/demo.py [--finished . --seconds 430]

Does what `make demo` does, in an empty folder: the study, then its report, with as many cores as
the local profile says. Work is what the jobs' logs end with: from the end of a script's imports
to its results, reading and writing them included, on one core. What is left of all cores' time is
overhead: Snakemake, Python's start and imports, checksums, cores that wait. Then the finished study
runs again, with nothing to do. `--finished` reads the logs of a run that was timed already.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml
from measuring import Figure, figure

from workflow import MOST_SECONDS, ROOT, STUDY, snakemake

DEMO = ROOT / "studies/demo.yaml"
MOST_OVERHEAD = 0.35
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """A study that has run."""

    study: float
    """Seconds on the clock."""
    report: float
    """Seconds of its report."""
    again: float
    """Seconds where nothing is left to do."""
    work: dict[str, list[float]]
    """Seconds of each job's work, by rule."""

    @property
    def n_jobs(self) -> int:
        """Jobs that left a record."""
        return sum(map(len, self.work.values()))

    @property
    def worked(self) -> float:
        """Seconds of all work."""
        return sum(map(sum, self.work.values()))


def n_cores() -> int:
    """Return the cores that the local profile gives a study."""
    text = (ROOT / "profiles/local/config.yaml").read_text(encoding="utf-8")
    return int(yaml.safe_load(text)["cores"])


def run_study(folder: Path, study: Path, report: Path) -> Run:
    """Run the study, its report, and the study once more, as `make` does.

    Raises:
        subprocess.CalledProcessError: Snakemake failed; it has said why.
    """
    for variable in THREADS:  # jobs have as many threads as their rules say
        os.environ.pop(variable, None)
    whole, written, again = (
        snakemake(folder, study, *arguments, cores=None)
        for arguments in (["--quiet", "all"], ["--report", str(report)], ["--quiet", "all"])
    )
    return Run(whole, written, again, work_of(folder))


def work_of(folder: Path) -> dict[str, list[float]]:
    """Return the seconds of each job's work, by rule.

    Args:
        folder: Where Snakemake ran.

    Raises:
        ValueError: No job has left a record, or a job's log does not end with the time of its work.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for path in folder.rglob("*.run.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        log = folder / record["log"]
        ended = re.search(r"work took ([0-9.]+) s\s*$", log.read_text(encoding="utf-8"))
        if ended is None:
            raise ValueError(f"{log}: its last line does not say how long the work took")
        found[record["rule"]].append(float(ended[1]))
    if not found:
        raise ValueError(f"{folder}: no run record; needed a study that has run")
    return found


def overhead_figure(run: Run, cores: int) -> Figure:
    """Return what of the cores' time was not work, the report's included."""
    whole = cores * (run.study + run.report)
    over = whole - run.worked
    return figure(
        over, "s", f"<= {MOST_OVERHEAD}", over / whole, limit=whole,
        note=f"of {cores} cores: {run.study:.0f} s on the clock, the report {run.report:.0f} s "
        f"more; {run.n_jobs} jobs, work {run.worked:.0f} s",
    )  # fmt: skip


def figures_of(run: Run, cores: int) -> dict[str, Figure]:
    """Return the figures of a study that has run."""
    clock, least = run.study + run.report, run.worked / cores
    over = (cores * run.study - run.worked) / run.n_jobs
    mean = run.worked / run.n_jobs
    jobs = f"{run.n_jobs} jobs"
    return {
        "whole demo, overhead": overhead_figure(run, cores),
        "whole demo, time": figure(
            clock, "s", "-", clock / least, limit=least, note=f"the work shared by {cores} cores"
        ),
        "workflow, finished study again": figure(
            run.again, "s", "<= 1", run.again / MOST_SECONDS, limit=MOST_SECONDS, note=jobs
        ),
        "workflow, overhead of a job": figure(
            over, "s", "-", over / mean, alternative=mean,
            note=f"beside the mean work of a job; {jobs} of the demo, cores that wait included",
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of the demo by name; quick: of a small study."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        study = DEMO
        if quick:
            study = folder / "study.yaml"
            study.write_text(yaml.safe_dump(STUDY), encoding="utf-8")
        cores = n_cores()
        return figures_of(run_study(folder, study, folder / "report.html"), cores)


def print_rules(work: dict[str, list[float]]) -> None:
    """Print jobs and seconds of each rule."""
    for rule, each in sorted(work.items(), key=lambda item: -sum(item[1])):
        print(f"{rule:<24}{len(each):>4} jobs{sum(each):>9.1f} s")


def main() -> None:
    """Print the figures as JSON; of a finished demo work by rule, and the overhead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small study, to see that it runs")
    parser.add_argument("--finished", type=Path, help="folder that Snakemake ran a demo in")
    parser.add_argument("--seconds", type=float, help="that it took on the clock")
    options = parser.parse_args()
    if (options.finished is None) != (options.seconds is None):
        parser.error("--finished and --seconds go together")
    if options.finished is None:
        json.dump(measure(options.quick), sys.stdout, indent=1)
        return
    run = Run(options.seconds, 0.0, 0.0, work_of(options.finished))
    print_rules(run.work)
    found = overhead_figure(run, n_cores())
    print(f"overhead {found['ratio']:.1%} of the cores' time (goal: under 35 %); {found['note']}")


if __name__ == "__main__":
    main()
