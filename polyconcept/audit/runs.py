"""The record of one run of a job: what it read, with what, and what it wrote.

A record stands beside the first output that it names, is JSON, and carries its own SHA-256; its
keys are explained in docs/AUDIT.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from polyconcept.machine.names import plain_name
from polyconcept.store.json import read_json, write_json

FORMAT = "polyconcept-run/1"
SUFFIX = ".run.json"
"""Ends the names of records."""

_RULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# 64 digits in a repository that git keeps with SHA-256.
_COMMIT = re.compile(r"[0-9a-f]{6,64}")


class RecordError(ValueError):
    """A run record that cannot be believed or read; the message names file and key."""


@dataclass(frozen=True)
class FileState:
    """A file or folder as it was."""

    name: str
    """The keyword under which the rule names it; empty where it has none."""
    path: str
    """As Snakemake gives it: from the folder in which it runs; a file of the project itself, from
    the project's root."""
    sha256: str
    """`store.content_sha256` of it."""
    bytes: int
    """Its size."""


@dataclass(frozen=True)
class CodeState:
    """The code that a job could reach."""

    fingerprint: str | None
    """As `code_fingerprint` gives it; None for a rule that does not run again for its code."""
    files: Mapping[str, str]
    """Path from the project's root -> SHA-256 of the bytes."""


@dataclass(frozen=True)
class GitState:
    """The project's repository."""

    commit: str
    dirty: bool
    """Whether anything was not committed, new files included."""


@dataclass(frozen=True)
class Machine:
    """Where a job ran."""

    host: str
    system: str
    """Operating system, its release, and the kind of processor."""
    cpu_count: int
    """Processors that the job was allowed to use."""
    slurm_job_id: str | None
    device: str
    """What torch computed on: ``cpu``, ``cuda:0``, ``mps``."""
    device_name: str
    """Name of the GPU, or of the processor."""
    driver: str | None
    """Version of the GPU's driver."""


@dataclass(frozen=True)
class RunRecord:
    """One run of a job."""

    rule: str
    study: str
    wildcards: Mapping[str, str]
    settings: Mapping[str, Any]
    """What the job used of the study, resolved, by name."""
    params: Mapping[str, Any]
    """The rule's other params, without its code's fingerprint."""
    seeds: Mapping[str, Any]
    """Dotted key in `settings` -> value, of each key named ``seed`` or ``seeds``."""
    code: CodeState
    inputs: tuple[FileState, ...]
    outputs: tuple[FileState, ...]
    keywords: Mapping[str, Mapping[str, Any]]
    """``inputs`` and ``outputs``: keyword -> place of its file, or first and end place of its
    list of files. Says what `FileState.name` cannot: a list of one file, or of none."""
    log: str
    git: GitState | None
    """None where the project stands in no repository, or there is no git."""
    python: str
    packages: Mapping[str, str]
    """Name -> version of every package that is installed."""
    machine: Machine
    threads: int
    started: str
    """ISO 8601, UTC."""
    ended: str
    seconds: float
    peak_memory_mib: float
    """That the job's process held, without programs that it called."""
    hdf5_bytes: Mapping[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of the bytes of each HDF5 output, whose `FileState` is of its content: a byte
    that holds no content cannot be flipped unseen."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """What the job found its inputs to be, where it had to find out."""


def record_path(output: str | Path) -> Path:
    """Return where the record stands of a job whose first output is `output`."""
    output = Path(output)
    return output.with_name(output.name + SUFFIX)


def write_record(record: RunRecord, folder: Path) -> Path:
    """Write a record beside its first output, from `folder` on, whole or not at all.

    Raises:
        RecordError: A value in it is none of JSON's.
    """
    content = {"format": FORMAT, **asdict(record)}
    try:
        content["sha256"] = digest(content)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{record.rule}: a setting cannot be written as JSON: {error}") from error
    path = folder / record_path(record.outputs[0].path)
    write_json(content, path)
    return path


def read_record(path: Path) -> RunRecord:
    """Read a record and check that it is whole.

    Raises:
        FileNotFoundError: There is no such file.
        RecordError: It is no JSON, of another format, a key is missing, unknown or of another
            type, its own SHA-256 is another, or what it names leads out of its folder.
    """
    try:
        found = read_json(path)
    except ValueError as error:
        raise RecordError(f"{path}: not readable: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        mark = found.get("format") if isinstance(found, dict) else type(found).__name__
        raise RecordError(f"{path}: format: found {mark!r}, needed {FORMAT!r}")
    claimed = found.pop("sha256", None)
    try:
        actual = digest(found)
    except ValueError as error:  # NaN, half a surrogate pair: nothing that a job writes
        raise RecordError(f"{path}: not readable: {error}") from error
    if claimed != actual:
        raise RecordError(
            f"{path}: sha256: found {claimed!r}, needed {actual!r} for what the record says: it "
            "was edited after the run"
        )
    del found["format"]
    record: RunRecord = _built(RunRecord, found, str(path), "")
    if not record.outputs:
        raise RecordError(f"{path}: outputs: found none, needed one or more")
    for fault in _faults_of_strangers(record):
        raise RecordError(f"{path}: {fault}")
    return record


def _faults_of_strangers(record: RunRecord) -> Iterator[str]:
    """Yield what in a record would lead out of its folder, to other code or to git's options.

    `polyconcept reproduce` runs what a record names, and writes where it says.
    """
    written = {"log": [record.log], "outputs": [output.path for output in record.outputs]}
    written["params"] = [value for value in record.params.values() if isinstance(value, str)]
    for key, places in written.items():
        for place in places:
            pure = PurePosixPath(place)
            if pure.is_absolute() or ".." in pure.parts:
                yield f"{key}: {place!r} leads outside the study's folder"
            if not pure.parts and key != "params":
                yield f"{key}: found no path"
    if not _RULE.fullmatch(record.rule):
        yield f"rule: found {record.rule!r}, needed the name of a rule"
    if record.git is not None and not _COMMIT.fullmatch(record.git.commit):
        yield f"git.commit: found {record.git.commit!r}, needed hex digits"
    try:
        plain_name(record.study, "study")
    except ValueError as error:
        yield str(error)


def seeds_in(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted key -> value of every key named ``seed`` or ``seeds``, at any depth."""
    found = {}
    for key, value in settings.items():
        if key in ("seed", "seeds"):
            found[key] = value
        elif isinstance(value, Mapping):
            found |= {f"{key}.{inner}": seed for inner, seed in seeds_in(value).items()}
    return found


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of what JSON can hold.

    Raises:
        TypeError, ValueError: A value is none of JSON's.
    """
    # One spelling for one content, whatever the order of keys in the file; NaN is none of JSON's.
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


# --- JSON to the classes above, by their annotations


def _built(cls: type[Any], found: Any, file: str, where: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(found, dict):
        raise RecordError(f"{file}: {where}: found {found!r}, needed an object")
    known = {each.name for each in fields(cls)}
    prefix = f"{where}." if where else ""
    for key in sorted(known ^ found.keys()):
        fault = "missing" if key in known else f"unknown key; known: {', '.join(sorted(known))}"
        raise RecordError(f"{file}: {prefix}{key}: {fault}")
    hints = typing.get_type_hints(cls)
    return cls(**{key: _value(hints[key], found[key], file, prefix + key) for key in found})


def _value(hint: Any, found: Any, file: str, where: str) -> Any:  # noqa: ANN401 - JSON
    """Return `found` as the annotation `hint` wants it."""
    kind, inner = typing.get_origin(hint), typing.get_args(hint)
    if kind is types.UnionType:
        if found is None:
            return None
        return _value(next(part for part in inner if part is not type(None)), found, file, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return _built(hint, found, file, where)
    if kind is tuple and isinstance(found, list):
        return tuple(_value(inner[0], item, file, f"{where}[{i}]") for i, item in enumerate(found))
    if kind is not None and issubclass(kind, Mapping) and isinstance(found, dict):
        return {key: _value(inner[1], item, file, f"{where}.{key}") for key, item in found.items()}
    # A writer of JSON may give 1.0 as 1; and to Python true is the whole number 1, too.
    plain = {float: (int, float)}.get(hint, hint)
    if hint is Any or (
        kind is None and isinstance(found, plain) and (hint is bool or not isinstance(found, bool))
    ):
        return found
    needed = hint.__name__ if kind is None else "a list" if kind is tuple else "an object"
    raise RecordError(f"{file}: {where}: found {found!r}, needed {needed}")
