"""Say which jobs a study would run now, and why: ``make explain STUDY=studies/demo.yaml``.

Nothing is run. docs/RERUNS.md explains what makes jobs run again.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from planned_jobs import Plan, planned_jobs
from snakemake.exceptions import WorkflowError, print_exception

from polyconcept.provenance.why import Group, Planned, group_by_cause

ROOT = Path(__file__).resolve().parents[1]
_WIDTH = 11


def report(plan: Plan, *, each_job: bool = False) -> str:
    """What would run and why, for people.

    Args:
        plan: The jobs.
        each_job: Whether to list every job with its causes, not just their numbers.
    """
    if not plan.planned:
        return f"{plan.study}: nothing to do"
    groups = group_by_cause(plan.planned)
    lines = [
        f"{plan.study}: {_counted(len(plan.planned), 'job')} planned, for "
        f"{_counted(len(groups), 'cause')}",
        "",
    ]
    for group in groups:
        lines += _cause_lines(group, plan)
    if each_job:
        lines += ["", *_job_lines(plan.planned, groups)]
    return "\n".join([*lines, "", f"{'in all':{_WIDTH}}{_numbers(plan.planned)}"])


def _cause_lines(group: Group, plan: Plan) -> list[str]:
    only = plan.told_apart(group.direct)
    lines = [f"{group.cause.kind:{_WIDTH}}{group.cause.what}{f'  ({only})' if only else ''}"]
    lines.append(f"{'':{_WIDTH}}  runs again: {_numbers(group.direct)}")
    if group.cause.kind == "new":
        lines[-1] = lines[-1].replace("runs again:", "runs:")
    if group.following:
        lines.append(f"{'':{_WIDTH}}  then: {_numbers(group.following)}")
    return lines


def _job_lines(planned: Sequence[Planned], groups: Sequence[Group]) -> list[str]:
    """Each job, with the numbers of the causes for which it runs."""
    lines = [f"[{number}] {group.cause.what}" for number, group in enumerate(groups, start=1)]
    lines.append("")
    names = {job.outputs[0]: f"{job.rule}  {_of(job)}".rstrip() for job in planned}
    width = max(map(len, names.values()))
    for place, name in names.items():
        own, others = (
            [str(n) for n, group in enumerate(groups, 1) if place in _places(jobs_of(group))]
            for jobs_of in (lambda group: group.direct, lambda group: group.following)
        )
        because = [f"[{', '.join(own)}]"] if own else []
        because += [f"follows from [{', '.join(others)}]"] if others else []
        lines.append(f"{name:{width}}  {', '.join(because)}")
    return lines


def _places(jobs: Sequence[Planned]) -> set[str]:
    return {job.outputs[0] for job in jobs}


def _of(job: Planned) -> str:
    return "/".join(value.rstrip("/") for value in job.wildcards.values() if value)


def _numbers(jobs: Sequence[Planned]) -> str:
    counts = Counter(job.rule for job in jobs)
    return ", ".join(f"{rule} {number}" for rule, number in counts.items())


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, plan, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="the study's configuration file")
    parser.add_argument("--jobs", action="store_true", help="list every job with its causes")
    parser.add_argument(
        "--profile",
        type=Path,
        default=ROOT / "profiles/local",
        help="whose rerun triggers count (default: profiles/local)",
    )
    given = parser.parse_args(arguments)
    try:
        plan = planned_jobs(given.study, given.profile, ROOT)
    except (WorkflowError, OSError) as error:
        logging.getLogger("snakemake").setLevel(logging.ERROR)
        print_exception(error)
        sys.exit(1)
    try:
        print(report(plan, each_job=given.jobs))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads it, such as `head`, has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
