"""Run records of one study, and whether they tell of a finished one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["Artifact", "CrateError", "Run", "read_runs"]

FORMAT = "polyconcept-run/1"
SUFFIX = ".run.json"
FINAL_TABLES = ("scores.parquet", "scores.csv")
N_SHOWN = 5


class CrateError(Exception):
    """The study cannot be packed; the message says what is missing and what to do first."""


@dataclass(frozen=True)
class Artifact:
    """A file or folder that a job read or wrote."""

    name: str
    """Its keyword in the rule, empty where it has none."""
    path: str
    """As Snakemake gives it: relative to the project, or absolute."""
    sha256: str
    """Of the bytes; of the content for HDF5; of the list of files for a folder."""
    n_bytes: int


@dataclass(frozen=True)
class Run:
    """What a run record says of one job."""

    rule: str
    wildcards: Mapping[str, str]
    settings: Mapping[str, Any]
    fingerprint: str
    """Of the script and all of our modules that it can import."""
    code: Mapping[str, str]
    """SHA-256 of each of these files, by path."""
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    commit: str | None
    dirty: bool
    python: str
    packages: Mapping[str, str]
    machine: Mapping[str, Any]
    threads: int
    started: datetime
    ended: datetime
    peak_memory_mib: float | None
    sha256: str
    """Of the record itself."""


def read_runs(study: str, root: Path) -> tuple[Run, ...]:
    """The run records of a finished study, in order of start.

    Only those behind its tables and figures: what an older state of the study left is not read.

    Args:
        study: its name; its results stand in ``results/{study}`` of `root`.
        root: the project's folder.

    Raises:
        CrateError: there is no record; a record is damaged; a final table, an output, or the
            record of a file that another job read is missing; two records disagree about a file.
    """
    folder = root / "results" / study
    paths = [path for path in sorted(folder.rglob(f"*{SUFFIX}")) if _visible(path, folder)]
    if not paths:
        raise CrateError(
            f"results/{study} holds no run records (*{SUFFIX}), so nothing says how its files "
            f"were made; results from before there were records need `--forceall`"
        )
    runs = _behind_results([_read(path, root) for path in paths], f"results/{study}")
    faults = [*_missing(runs, study, root), *_disagreements(runs)]
    if faults:
        more = f"\n  and {len(faults) - N_SHOWN} more" if len(faults) > N_SHOWN else ""
        listed = "".join(f"\n  {fault}" for fault in faults[:N_SHOWN])
        raise CrateError(f"study {study} is not finished:{listed}{more}")
    return tuple(sorted(runs, key=lambda run: (run.started, run.outputs[0].path)))


def _visible(path: Path, folder: Path) -> bool:
    """Whether no part of the path is hidden, as what is being written is."""
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _read(path: Path, root: Path) -> Run:
    where = path.relative_to(root).as_posix()
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CrateError(f"{where}: no JSON: {error}") from error
    found = record.get("format") if isinstance(record, dict) else type(record).__name__
    if found != FORMAT:
        raise CrateError(f"{where}: format is {found!r}, needed is {FORMAT!r}")
    try:
        run = _run(record)
    except (KeyError, TypeError, ValueError) as error:
        raise CrateError(f"{where}: a run record needs {error}") from error
    if not run.outputs or f"{run.outputs[0].path}{SUFFIX}" != where:
        first = run.outputs[0].path if run.outputs else "nothing"
        raise CrateError(f"{where}: stands beside another file than its first output ({first})")
    return run


def _run(record: Mapping[str, Any]) -> Run:
    git = record["git"] or {"commit": None, "dirty": False}
    return Run(
        rule=record["rule"],
        wildcards=record["wildcards"],
        settings=record["settings"],
        fingerprint=record["code"]["fingerprint"],
        code=record["code"]["files"],
        inputs=_artifacts(record["inputs"]),
        outputs=_artifacts(record["outputs"]),
        commit=git["commit"],
        dirty=git["dirty"],
        python=record["python"],
        packages=record["packages"],
        machine=record["machine"],
        threads=record["threads"],
        started=_time(record["started"]),
        ended=_time(record["ended"]),
        peak_memory_mib=record["peak_memory_mib"],
        sha256=record["sha256"],
    )


def _artifacts(entries: Sequence[Mapping[str, Any]]) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(name=one["name"], path=one["path"], sha256=one["sha256"], n_bytes=one["bytes"])
        for one in entries
    )


def _time(text: str) -> datetime:
    """Whole seconds of UTC: the profiles want no finer."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time with its zone, found {text!r}")
    return time.astimezone(UTC).replace(microsecond=0)


def _behind_results(runs: Sequence[Run], folder: str) -> list[Run]:
    """The jobs that the final tables and the figures rest on, directly or not."""
    maker = {output.path: run for run in runs for output in run.outputs}
    tables = {f"{folder}/{table}" for table in FINAL_TABLES}
    waiting = [path for path in maker if path in tables or path.startswith(f"{folder}/figures/")]
    reached: dict[str, Run] = {}
    while waiting:
        path = waiting.pop()
        run = maker.get(path) or _maker_of_folder(path, maker)
        if run is not None and run.outputs[0].path not in reached:
            reached[run.outputs[0].path] = run
            waiting += [file.path for file in run.inputs]
    return list(reached.values())


def _maker_of_folder(path: str, maker: Mapping[str, Run]) -> Run | None:
    """The job that wrote the folder in which `path` stands."""
    return next((maker[str(up)] for up in PurePosixPath(path).parents if str(up) in maker), None)


def _missing(runs: Sequence[Run], study: str, root: Path) -> list[str]:
    """What a finished study has and this one lacks."""
    made = {output.path for run in runs for output in run.outputs}
    prefix = f"results/{study}/"
    faults = [
        f"{prefix}{table}: no run record tells how it was made"
        for table in FINAL_TABLES
        if f"{prefix}{table}" not in made
    ]
    faults += [f"{path}: missing" for path in sorted(made) if not (root / path).exists()]
    read = {file.path for run in runs for file in run.inputs if file.path.startswith(prefix)}
    faults += [
        f"{path}: read by a job, but no run record tells how it was made"
        for path in sorted(read)
        if not any(path == one or path.startswith(f"{one}/") for one in made)
    ]
    return faults


def _disagreements(runs: Sequence[Run]) -> list[str]:
    """Files that a job read in another state than the one that was written."""
    written = {output.path: output.sha256 for run in runs for output in run.outputs}
    return [
        f"{run.outputs[0].path}: made from {file.path} with SHA-256 {file.sha256[:12]}..., "
        f"which now is recorded as {written[file.path][:12]}..."
        for run in runs
        for file in run.inputs
        if written.get(file.path, file.sha256) != file.sha256
    ]
