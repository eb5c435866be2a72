"""Make the record of a job while it runs."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import psutil

from polyconcept.audit.code import (
    KNOWN,
    PACKAGE,
    CodeError,
    code_files,
    code_fingerprint,
    keep,
    read_anew,
    recall,
)
from polyconcept.audit.environment import (
    git_state,
    installed_packages,
    machine_state,
    peak_memory_mib,
)
from polyconcept.audit.hashes import Stamp, stamp
from polyconcept.audit.places import place_of, script_of
from polyconcept.audit.plans import (
    NotAskedError,
    check_stands,
    differences,
    package_changes,
    plan_in_force,
    read_plan,
    source_content,
)
from polyconcept.audit.producers import check_results
from polyconcept.audit.runs import (
    CodeState,
    FileState,
    RunRecord,
    record_path,
    seeds_in,
    write_record,
)
from polyconcept.machine.atomic import remove_half_written
from polyconcept.store import json as json_module
from polyconcept.store.content import content_bytes, content_sha256
from polyconcept.store.faults import StoreError

_HASHING_THREADS = 4


class InputChangedError(RuntimeError):
    """A file was written while a job read it: what the job saw cannot be known."""


@runtime_checkable  # beartype checks it in the tests
class Job(Protocol):
    """The object `snakemake` of a script, as far as a record needs it."""

    rule: str
    scriptdir: Any
    input: Any
    output: Any
    wildcards: Any
    log: Any
    threads: int
    config: Any

    @property
    def params(self) -> Any:  # noqa: ANN401 - Snakemake's own type
        """The rule's params."""
        ...


class Watch:
    """A job from its start to its record.

    Inputs are hashed at the start, which also brings them into memory for the job; of a vector file
    the hashes of its blocks are, against which the job then holds each block that it reads. At the
    end, those whose size, times or number on disk are others are hashed again: an input that was
    written while the job read it is noticed, and costs nothing where none was. Code, likewise.

    Where a run has planned the job, it is held to that plan (`polyconcept.audit.plans`).
    """

    def __init__(self, job: Job) -> None:
        self._job, self._folder = job, Path.cwd()
        self._script = script_of(job.rule, Path(job.scriptdir))
        self._root = self._script.parents[2]
        _check_library(self._root)
        # Two clocks: that of the day may be set while the job runs, and the other has no date.
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self._git = git_state(self._root)
        recall(KNOWN)
        self._params = dict(_named(job))
        self._code = self._code_now()
        self._code_stamps = self._stamps_of_code()
        with suppress(OSError):  # it only saves time
            if KNOWN.parent.is_dir():
                keep(KNOWN)
        self._plan, self._latency = plan_in_force(), 0.0
        if self._plan is not None:
            self._check_planned(self._plan)
        # What an earlier run said is no longer true, also where this one fails.
        record = record_path(job.output[0])
        record.unlink(missing_ok=True)
        for path in (record, *map(Path, job.output)):
            remove_half_written(path)
        # Before the hashes: an input that is written while they are taken is noticed too.
        self._stamps = [stamp(Path(path)) for path in job.input]
        self._inputs = self._states(job.input, results_of=str(job.config["name"]))
        self._found: dict[str, Any] = {}

    @property
    def commit(self) -> str | None:
        """Commit of the code; none where the project stands in no repository."""
        return None if self._git is None else self._git.commit

    def note(self, found: Mapping[str, Any]) -> None:
        """Keep for the record what the job found its inputs to be, as values of JSON's."""
        self._found |= _plain(found)

    def check(self) -> None:
        """Refuse what is no longer asked for; called before any output takes its name.

        Raises:
            NotAskedError: The plan of the job's run no longer stands.
            InputChangedError: A file that the job reads, or its code, was changed meanwhile.
        """
        if self._plan is not None:
            check_stands(self._plan)
        self._check_code()
        self._check_inputs()

    def finish(self) -> Path:
        """Write the record, and return its path.

        Raises:
            NotAskedError, InputChangedError: As `check`.
            FileNotFoundError: An output is missing.
            RecordError: A setting is no value of JSON's.
        """
        self.check()
        job, ended = self._job, datetime.now(UTC)
        params = {name: value for name, value in self._params.items() if name != "code"}
        settings = _plain(params.pop("settings", {}))
        record = RunRecord(
            rule=job.rule,
            study=str(job.config["name"]),
            wildcards={name: str(value) for name, value in job.wildcards.items()},
            settings=settings,
            params={name: _plain(value) for name, value in params.items()},
            seeds=seeds_in(settings),
            code=self._code,
            inputs=self._inputs,
            outputs=self._states(job.output),
            keywords={"inputs": _keywords(job.input), "outputs": _keywords(job.output)},
            log=str(job.log[0]),
            git=self._git,
            python=platform.python_version(),
            packages=installed_packages(),
            machine=machine_state(),
            threads=int(job.threads),
            started=self._started.isoformat(timespec="milliseconds"),
            ended=ended.isoformat(timespec="milliseconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            peak_memory_mib=peak_memory_mib(),
            hdf5_bytes={
                place_of(str(path), self._root): json_module.sha256(Path(path))
                for path in job.output
                if Path(path).suffix == ".h5"
            },
            found=self._found,
        )
        return write_record(record, self._folder)

    def _states(self, files: Any, results_of: str = "") -> tuple[FileState, ...]:  # noqa: ANN401 - Snakemake's type
        """Return the files as they are; of a study's results only if they are as they were made."""
        paths = [str(path) for path in files]
        with ThreadPoolExecutor(_HASHING_THREADS) as pool:
            hashes = list(pool.map(_hash, paths))
        if results_of:
            # A single job that is done again elsewhere has its inputs, not their records.
            check_results(
                results_of,
                zip(paths, hashes, strict=True),
                all_recorded=self._plan is not None,
                latency=self._latency,
            )
        states = []
        for name, path, sha256 in zip(_names(files), paths, hashes, strict=True):
            if isinstance(sha256, Exception):
                raise sha256
            place = place_of(path, self._root)
            states.append(FileState(name, place, sha256, content_bytes(Path(path))))
        return tuple(states)

    def _check_planned(self, place: Path) -> None:
        plan, first = read_plan(place), str(self._job.output[0])
        if first not in plan.jobs:
            raise NotAskedError(f"{first}: the plan of this run, {place}, has no such job")
        self._latency = plan.latency
        planned = plan.jobs[first]
        found = {name: _plain(value) for name, value in self._params.items()}
        if "code" in found:
            found["code"] = self._code.fingerprint
        if (content := source_content(planned)) is not None:
            found["content"] = content
        faults = [
            *differences(planned, found, self._job.input, plan.code, self._code.files),
            *package_changes(plan.packages, installed_packages()),
            *self._just_written(),
        ]
        if faults:
            listed = "\n".join(f"  {fault}" for fault in faults)
            raise NotAskedError(
                f"{first}: not as it was planned, so it was not begun:\n{listed}\nGive the same "
                "command again, which plans anew"
            )

    def _just_written(self) -> Iterator[str]:
        """Yield files of code that were written after this process began.

        It may have imported what they held in between, though they are as planned again.
        """
        began = began_at()
        for path in self._code.files:
            if (self._root / path).stat().st_ctime > began:
                yield f"{path}: written while the job started"

    def _code_now(self) -> CodeState:
        kinds = self._params.get("kinds", ())
        return code_state(self._script, self._root, kinds, counted="code" in self._params)

    def _stamps_of_code(self) -> list[Stamp]:
        return [stamp(self._root / path) for path in self._code.files]

    def _check_code(self) -> None:
        try:
            if (stamps := self._stamps_of_code()) == self._code_stamps:
                return
            read_anew()
            now = self._code_now()
        except (OSError, CodeError) as error:
            raise InputChangedError(f"its code changed while the job ran: {error}") from error
        if now.fingerprint != self._code.fingerprint:
            files = [path for path in now.files if now.files[path] != self._code.files.get(path)]
            raise InputChangedError(f"{', '.join(files)}: changed while the job ran; run it again")
        self._code_stamps = stamps

    def _check_inputs(self) -> None:
        checked = zip(self._job.input, self._stamps, self._inputs, strict=True)
        for place, (path, before, state) in enumerate(checked):
            if (now := stamp(Path(path))) == before:
                continue
            sha256 = content_sha256(Path(path))
            if sha256 != state.sha256:
                raise InputChangedError(
                    f"{path}: changed while the job ran: sha256 {state.sha256} before, {sha256} "
                    "after; run the job again"
                )
            self._stamps[place] = now


def began_at() -> float:
    """Return when this process began, in seconds since 1970."""
    return float(psutil.Process().create_time())


def _hash(path: str) -> str | Exception:
    try:
        # Who reads a vector file checks the blocks that it reads (`polyconcept.store.blocks`).
        return content_sha256(Path(path), by_blocks=True)
    except (OSError, StoreError) as error:
        return error


def code_state(
    script: Path, root: Path, kinds: Iterable[str] = (), *, counted: bool = True
) -> CodeState:
    """Return the code that a script reaches; no fingerprint for a rule that does not count it."""
    kinds = tuple(kinds)
    top = root.resolve()
    files = {
        path.relative_to(top).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in code_files(script, root, kinds)
    }
    return CodeState(code_fingerprint(script, root, kinds) if counted else None, files)


def _check_library(root: Path) -> None:
    """Refuse to take the hash of one copy of the library where another one is at work."""
    own, loaded = (root / PACKAGE).resolve(), Path(__file__).resolve().parents[1]
    if own.is_dir() and own != loaded:
        raise RuntimeError(
            f"the job of {root} uses the library of {loaded.parent}: install the one that stands "
            f"beside the workflow (`make` does), or put {root} on PYTHONPATH"
        )


def _named(job: Job) -> list[tuple[str, Any]]:
    return list(job.params.items())


def _plain(value: Any) -> Any:  # noqa: ANN401 - any setting
    """Return a value as JSON gives it back: mappings as dicts, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    json.dumps(value, allow_nan=False)  # says at once what is no value of JSON's
    return value


def _keywords(files: Any) -> dict[str, Any]:  # noqa: ANN401 - Snakemake's type
    """Return keyword -> place of its file, or [first, end] of its list of files.

    In the rules all files have keywords, which stand in the order of their files.
    """
    found: dict[str, Any] = {}
    place = 0
    for name, value in files.items():
        if isinstance(value, str):
            found[name], place = place, place + 1
        else:
            found[name], place = [place, place + len(value)], place + len(value)
    return found


def _names(files: Any) -> list[str]:  # noqa: ANN401 - Snakemake's type
    names = [""] * len(files)
    for keyword, place in _keywords(files).items():
        first, end = (place, place + 1) if isinstance(place, int) else place
        names[first:end] = [keyword] * (end - first)
    return names
