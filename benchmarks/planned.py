"""What `polyconcept plan` expects beside what a finished study took, stage by stage.

    python benchmarks/planned.py STUDY.yaml [--folder FOLDER]

What it took stands in the records of its jobs: seconds of work, and the memory of the process; each
job's start is added as it was measured for the plan. Jobs that ran beside other work took longer
than they need. Vectors that are not kept are not there to be counted.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from polyconcept.audit.runs import RunRecord
from polyconcept.audit.why import Planned
from polyconcept.cli import plan, project
from polyconcept.cli.asked import records_in
from polyconcept.cli.rates import chosen_file, read_rates
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.jobs.work import Work

HEADINGS = ("stage", "jobs", "CPU s", "took", "memory MB", "took", "disk MB", "took")


def taken(records: list[RunRecord], folder: Path, rates: dict[str, float]) -> plan.Total:
    """Return what jobs took, by their records."""
    found = plan.Total(jobs=len(records))
    for record in records:
        found.core_seconds += rates[f"start_{JOBS[record.rule].start}_seconds"] + record.seconds
        found.memory_bytes = max(found.memory_bytes, record.peak_memory_mib * 2**20)
        for output in record.outputs:
            path = folder / output.path
            files = path.rglob("*") if path.is_dir() else [path]
            found.disk_bytes += sum(file.stat().st_size for file in files if file.is_file())
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(), help="where Snakemake ran")
    parser.add_argument("--rates", type=Path, default=chosen_file())
    options = parser.parse_args()
    study = project.read_study(options.study)
    rates, _ = read_rates(options.rates)
    work = Work(study, rates, project.ROOT, plan.builtin_lines)
    by_stage: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records_in(study, options.folder):
        by_stage[JOBS[record.rule].stage].append(record)
    jobs = [
        Planned(record.rule, record.wildcards, (), ())
        for records in by_stage.values()
        for record in records
    ]
    stages = plan.price_of(jobs, work).stages
    rows = [HEADINGS]
    for stage, expected in stages.items():
        took = taken(by_stage[stage], options.folder, rates)
        rows.append(
            (
                stage,
                str(expected.jobs),
                *_beside(expected.core_seconds, took.core_seconds),
                *_beside(expected.memory_bytes / 1e6, took.memory_bytes / 1e6),
                *_beside(expected.disk_bytes / 1e6, took.disk_bytes / 1e6),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("| " + " | ".join(map(str.ljust, row, widths)) + " |")


def _beside(expected: float, took: float) -> tuple[str, str]:
    ratio = f" ({expected / took:.2f})" if took >= 1 else ""
    return f"{expected:,.0f}", f"{took:,.0f}{ratio}"


if __name__ == "__main__":
    main()
