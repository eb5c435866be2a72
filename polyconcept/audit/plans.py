"""What a run has planned for each of its jobs: written before the first one, and read by each.

A job may begin hours after it was planned, in a process that reads study and code anew, and it may
outlive its run. It works from the plan, and what it makes counts only while the plan stands: the
next run removes the plans of runs that were killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from polyconcept.audit.changes import first_few, setting_changes
from polyconcept.audit.hashes import Stamp, stamp
from polyconcept.audit.sources import content_hash
from polyconcept.store.json import read_json, write_json

PLAN_VARIABLE = "POLYCONCEPT_PLAN"
"""Names the plan's file, in the environment of all jobs of a run."""
_FORMAT = "polyconcept-plan/1"


class NotAskedError(RuntimeError):
    """A job that is not asked for, or not as it would be done."""


@dataclass(frozen=True)
class PlannedJob:
    """What a run asks of one job."""

    params: Mapping[str, Any]
    """By name: ``settings``, ``code`` (the fingerprint) and what else the rule has."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sources: tuple[str, ...]
    """Inputs that come from outside: the param ``content`` is the hash of these."""
    stamps: Mapping[str, Stamp]
    """Of those that are folders: of weights, ``content`` tells the ends alone. Of conda's file."""


@dataclass(frozen=True)
class RunPlan:
    """What a run asks of its jobs."""

    config: Mapping[str, Any]
    """The study, as it was read from its file."""
    code: Mapping[str, str]
    """Path from the project's root -> SHA-256 of the bytes, of each file that a job can reach."""
    jobs: Mapping[str, PlannedJob]
    """By the first output."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Name -> version of what is installed; empty where jobs have an environment of their own."""
    latency: float = 0.0
    """Seconds after which a file that one machine has written is surely seen by the others."""

    def shares_files(self, other: RunPlan) -> bool:
        """Return whether the jobs of two plans make the same files."""
        return not _made(self).isdisjoint(_made(other))


def _made(plan: RunPlan) -> set[str]:
    return {path for job in plan.jobs.values() for path in job.outputs}


def write_plan(plan: RunPlan, path: Path) -> None:
    """Write a plan, whole or not at all.

    Raises:
        TypeError: A param is no value of JSON's.
    """
    write_json({"format": _FORMAT, **asdict(plan)}, path)


def read_plan(path: Path) -> RunPlan:
    """Read what `write_plan` wrote.

    Raises:
        NotAskedError: There is no such file: the run has ended, or another one took its place.
        ValueError: It is no plan.
    """
    try:
        found = read_json(path)
        if found["format"] != _FORMAT:
            raise ValueError(f"format: found {found['format']!r}, needed {_FORMAT!r}")
        jobs = {
            output: PlannedJob(
                job["params"],
                tuple(job["inputs"]),
                tuple(job["outputs"]),
                tuple(job["sources"]),
                job["stamps"],
            )
            for output, job in found["jobs"].items()
        }
        latency = float(found["latency"])
        return RunPlan(found["config"], found["code"], jobs, found["packages"], latency)
    except FileNotFoundError:
        raise _gone(path) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is no plan of a run ({error}); stop the run that it is of, remove the file, "
            "and give the same command again"
        ) from error


def plan_in_force() -> Path | None:
    """Return the file of the plan that this process works from; None where nothing was planned.

    So it is where a script runs by itself, or the workflow is a `module:` of another.
    """
    place = os.environ.get(PLAN_VARIABLE)
    return Path(place) if place else None


def check_stands(path: Path) -> None:
    """Refuse to go on where a plan's file is not there any more.

    Raises:
        NotAskedError: The run has ended, or another one took its place.
    """
    try:
        # To open it asks a network's disk, whose listings may be some seconds old.
        with path.open("rb"):
            return
    except FileNotFoundError:
        raise _gone(path) from None


def _gone(path: Path) -> NotAskedError:
    return NotAskedError(
        f"{path}: no such file: the run that asked for this job was ended, or another took its "
        "place; nothing was written"
    )


def differences(
    planned: PlannedJob,
    found: Mapping[str, Any],
    inputs: Sequence[str],
    planned_code: Mapping[str, str],
    found_code: Mapping[str, str],
) -> Iterator[str]:
    """Yield how the params, inputs and sources that a job has are not those that were planned.

    ``code`` and ``content`` of `found` are of the files as they are. The hashes of files of code
    tell which of them changed.
    """
    before, now = dict(planned.params), dict(found)
    if before.pop("code", None) != now.pop("code", None):
        changed = [path for path, sha256 in found_code.items() if planned_code.get(path) != sha256]
        yield f"{first_few(sorted(changed)) or 'code'}: changed since this job was planned"
    written = [path for path, then in planned.stamps.items() if stamp(Path(path)) != then]
    if before.pop("content", None) != now.pop("content", None) or written:
        files = written or planned.sources
        yield f"{first_few(files)}: changed since this job was planned"
    if came := sorted(set(inputs) - set(planned.inputs)):
        yield f"reads {first_few(came)}, which was not planned"
    if went := sorted(set(planned.inputs) - set(inputs)):
        yield f"does not read {first_few(went)}, which was planned"
    for text in setting_changes(before, now):
        yield f"{text} (planned -> found)"


def package_changes(planned: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Yield what was installed, removed or replaced since a run was planned."""
    for name in sorted({*planned, *found} if planned else ()):
        before, now = planned.get(name, "none"), found.get(name, "none")
        if before != now:
            yield f"package {name}: {before} -> {now} (planned -> found)"


def source_content(planned: PlannedJob) -> str | None:
    """Return the content hash of what a job reads from outside; None where it reads nothing."""
    if "content" not in planned.params:
        return None
    return content_hash(Path(path) for path in planned.sources)
