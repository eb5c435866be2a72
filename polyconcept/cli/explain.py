"""Which jobs a study would run now, and why; docs/RERUNS.md explains it."""

from __future__ import annotations

import os
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from polyconcept.audit.why import Group, Plan, Planned, group_by_cause
from polyconcept.cli import project

_INDENT, _WIDTH = 11, 100


def report(plan: Plan, *, each_job: bool = False) -> str:
    """Return what would run and why: numbers of jobs, with `each_job` also every job's causes."""
    if not plan.planned:
        return f"{plan.study}: nothing to do"
    groups = group_by_cause(plan.planned)
    lines = [
        f"{plan.study}: {_counted(len(plan.planned), 'job')} planned, for "
        f"{_counted(len(groups), 'cause')}",
        "",
    ]
    for number, group in enumerate(groups, start=1):
        first, *others = _cause_lines(group, plan)
        lines += [first + (f"  [{number}]" if each_job else ""), *others]
    if each_job:
        lines += ["", *_job_lines(plan.planned, groups)]
    return "\n".join([*lines, "", *_wrapped("", f"{'in all':{_INDENT}}", plan.planned)])


def _cause_lines(group: Group, plan: Plan) -> list[str]:
    kind, what = group.cause.kind, group.cause.what
    # The others name a file or a part of the study already.
    only = plan.told_apart(group.direct) if kind in ("setting", "source") else ""
    again = "runs: " if kind == "new" else "runs again: "
    lines = [f"{kind:{_INDENT}}{what}{f'  ({only})' if only else ''}"]
    lines += _wrapped(f"{'':{_INDENT}}  ", again, group.direct)
    if group.following:
        lines += _wrapped(f"{'':{_INDENT}}  ", "then: ", group.following)
    return lines


def _wrapped(start: str, label: str, jobs: Sequence[Planned]) -> list[str]:
    """Return how many jobs of each rule, in lines that fit."""
    counts = Counter(job.rule for job in jobs)
    # A number stays with its rule.
    text = ", ".join(f"{rule}\0{number}" for rule, number in counts.items())
    following = " " * len(start + label)
    lines = textwrap.wrap(text, _WIDTH, initial_indent=start + label, subsequent_indent=following)
    return [line.replace("\0", " ") for line in lines]


def _job_lines(planned: Sequence[Planned], groups: Sequence[Group]) -> list[str]:
    """Return each job, with the numbers of the causes for which it runs."""
    numbered = [
        (f"[{number}]", _places(group.direct), _places(group.following))
        for number, group in enumerate(groups, start=1)
    ]
    widths = [max(map(len, texts)) for texts in zip(*map(_name, planned), strict=True)]
    lines = []
    for job in planned:
        place = job.outputs[0]
        own = [number for number, direct, _ in numbered if place in direct]
        others = [number for number, _, following in numbered if place in following]
        because = ["from " + "".join(own)] if own else []
        because += ["follows from " + "".join(others)] if others else []
        name = "  ".join(f"{text:{n}}" for text, n in zip(_name(job), widths, strict=True))
        lines.append(f"{name}  {', '.join(because)}")
    return lines


def _places(jobs: Sequence[Planned]) -> set[str]:
    return {job.outputs[0] for job in jobs}


def _name(job: Planned) -> tuple[str, str]:
    """Return the rule and the wildcards."""
    return job.rule, "/".join(value.rstrip("/") for value in job.wildcards.values() if value)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def explain(
    study: project.StudyFile,
    jobs: Annotated[bool, typer.Option("--jobs", help="List every job with its causes.")] = False,
    profile: Annotated[
        Path | None,
        typer.Option(help="Profile whose rerun triggers count.", show_default="profiles/local"),
    ] = None,
) -> None:
    """Say which jobs would run now, and why.

    Nothing is run. docs/RERUNS.md explains what makes jobs run again.
    """
    from polyconcept.cli.planned import planned

    with project.faults_told():
        plan = planned(study, profile)
    try:
        project.say(report(plan, each_job=jobs))
    except BrokenPipeError:
        # Whoever reads it, such as `head`, has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
