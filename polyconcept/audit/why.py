"""Why a job would run again: what its run record says, against what it would run with now.

Snakemake says which of a job's things changed (params, inputs, outputs); here its setting, file or
module is found, and jobs that only follow from others are put to their causes.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from polyconcept.audit.changes import first_few, setting_changes
from polyconcept.audit.places import locate
from polyconcept.audit.runs import RunRecord
from polyconcept.audit.watch import code_state
from polyconcept.store.content import content_sha256

_GIT_SECONDS = 10.0
# What the user did comes first, what follows from it last.
_ORDER = ("new", "setting", "file", "source", "missing", "input")


@dataclass(frozen=True, order=True)
class Cause:
    """One thing that makes jobs run."""

    kind: str
    """``setting``, ``file`` (of the user), ``source`` (code), ``missing``, ``new``, ``input``,
    ``software``, ``cut short`` or ``other``."""
    what: str
    """It, and what became of it."""


@dataclass(frozen=True)
class Asked:
    """What a study asks of a job now."""

    settings: Mapping[str, Any]
    params: Mapping[str, Any]
    """``kinds``, the modules that its script loads by name, and ``content``, the hash of the user's
    files that it reads; each where it has any."""
    inputs: Sequence[str]
    """Files, as records name them."""
    code: str | None
    """The code's fingerprint; None where the rule has none."""
    script: Path


@dataclass(frozen=True)
class Others:
    """What the other jobs of a plan tell of one."""

    same_code: Collection[tuple[str, str]] = ()
    """Path and hash of files of code that had it once and still mean the same: what jobs whose code
    did not change were run with."""
    new_files: Collection[str] = ()
    """What jobs make that never ran: it is named with these."""


@dataclass(frozen=True)
class Planned:
    """A job that would run."""

    rule: str
    wildcards: Mapping[str, str]
    outputs: tuple[str, ...]
    causes: tuple[Cause, ...]
    """Its own; none where it runs only because another one runs."""
    after: tuple[str, ...] = ()
    """First outputs of the planned jobs that make it run again."""


@dataclass(frozen=True)
class Plan:
    """The jobs that would run, and all that there are."""

    study: str
    planned: tuple[Planned, ...]
    """Before each job stand those that it needs."""
    all_jobs: tuple[Mapping[str, str], ...]
    """Wildcards of every job of the study."""

    def told_apart(self, jobs: Sequence[Planned]) -> str:
        """Return the wildcards that `jobs` share, and not with all other jobs of the study."""
        first, *others = jobs
        return ", ".join(
            f"{key} {value.rstrip('/')}"
            for key, value in first.wildcards.items()
            if value
            and all(job.wildcards.get(key) == value for job in others)
            and any(of.get(key, value) != value for of in self.all_jobs)
        )


@dataclass(frozen=True)
class Group:
    """A cause and its jobs."""

    cause: Cause
    direct: tuple[Planned, ...]
    """Jobs of which it is a cause of their own."""
    following: tuple[Planned, ...]
    """Jobs that run because those do."""


# --- One job


def changes_since(
    record: RunRecord, asked: Asked, folder: Path, root: Path, others: Others = Others()
) -> list[Cause]:
    """Return what is not as the last run had it: settings, the user's files, code, input files.

    None: the outputs are what the study asks for, as long as the contents of the inputs are.
    """
    found = [Cause("setting", text) for text in setting_changes(record.settings, asked.settings)]
    if "content" in asked.params and record.params.get("content") != asked.params["content"]:
        files = _changed_inputs(record, folder, root) or [
            f"{', '.join(file.path for file in record.inputs)}: content changed"
        ]
        found += [Cause("file", text) for text in files]
    kinds = [{"kinds": params.get("kinds", [])} for params in (record.params, asked.params)]
    found += [Cause("setting", text) for text in setting_changes(*kinds)]
    if asked.code is not None and asked.code != record.code.fingerprint:
        found += [Cause("source", text) for text in _code_changes(record, asked, root, others)]
    return found + list(_input_changes(record, asked, others))


def _input_changes(record: RunRecord, asked: Asked, others: Others) -> Iterator[Cause]:
    """Yield the files that the job now reads, or no longer does."""
    before = {os.path.normpath(state.path) for state in record.inputs}
    now = set(map(os.path.normpath, asked.inputs))
    if came := sorted(now - before - set(others.new_files)):
        yield Cause("input", f"{first_few(came)}: now read")
    if went := sorted(before - now):
        yield Cause("input", f"{first_few(went)}: no longer read")


def _changed_inputs(record: RunRecord, folder: Path, root: Path) -> list[str]:
    """Return the inputs whose content is not that of the record."""
    found = []
    for state in record.inputs:
        path = locate(state.path, folder, root)
        if not path.exists():
            found.append(f"{state.path}: gone")
        elif _content(path) != state.sha256:
            found.append(f"{state.path}: content changed")
    return found


@cache
def _content(path: Path) -> str:
    return content_sha256(path)


# --- Code


def _code_changes(record: RunRecord, asked: Asked, root: Path, others: Others) -> list[str]:
    """Return the modules, scripts and data that came, went or mean something else.

    A record keeps hashes of bytes. Files in which just comments changed are left out where git
    still has the old text, or another job shows it.
    """
    before = record.code.files
    after = code_state(asked.script, root, asked.params.get("kinds", ())).files
    found = [f"{path}: no longer used" for path in before if path not in after]
    found += [f"{path}: now used" for path in after if path not in before]
    other = [
        path
        for path in after
        if path in before
        and before[path] != after[path]
        and (path, before[path]) not in others.same_code
    ]
    commit = record.git.commit if record.git else None
    kept = {path: _old_text(root, commit, path, before[path]) for path in other}
    for path in other:
        old = kept[path]
        if old is None:
            # Something did change: where there is no other file, it is this one.
            unsure = "" if len(other) == 1 and not found else ", perhaps just in comments"
            found.append(f"{path}: changed{unsure}")
        elif _meaning(path, old) != _meaning(path, (root / path).read_bytes()):
            found.append(f"{path}: changed")
    return sorted(found)


@cache
def _old_text(root: Path, commit: str | None, path: str, sha256: str) -> bytes | None:
    """Return the file as the record's run had it; None where git does not have it."""
    if commit is None or not (root / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "-C", str(root), "show", f"{commit}:{path}"]
    try:
        run = subprocess.run(  # noqa: S603 - a commit and a path that a record names
            command, capture_output=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    same = run.returncode == 0 and hashlib.sha256(run.stdout).hexdigest() == sha256
    return run.stdout if same else None


def _meaning(path: str, content: bytes) -> object:
    return ast.dump(ast.parse(content)) if path.endswith(".py") else content


# --- All jobs


def group_by_cause(planned: Sequence[Planned]) -> list[Group]:
    """Put each job to its causes, and to those of the jobs that it follows.

    Groups come in an order of kinds; a job with several causes stands in several.
    """
    behind: dict[str, list[Planned]] = {}
    for job in planned:
        for place in job.after:
            behind.setdefault(place, []).append(job)
    causes = dict.fromkeys(cause for job in planned for cause in job.causes)
    groups = []
    for cause in sorted(causes, key=_rank):
        direct = tuple(job for job in planned if cause in job.causes)
        reached = _reached([job.outputs[0] for job in direct], behind)
        following = tuple(job for job in planned if job.outputs[0] in reached and job not in direct)
        groups.append(Group(cause, direct, following))
    return groups


def _rank(cause: Cause) -> tuple[int, Cause]:
    return (_ORDER.index(cause.kind) if cause.kind in _ORDER else len(_ORDER), cause)


def _reached(starts: Sequence[str], behind: Mapping[str, Sequence[Planned]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        for job in behind.get(waiting.pop(), ()):
            if job.outputs[0] not in reached:
                reached.add(job.outputs[0])
                waiting.append(job.outputs[0])
    return reached
