"""Make the record of a job while it runs."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from polyconcept.audit.code import KNOWN, code_files, code_fingerprint, keep, recall
from polyconcept.audit.environment import (
    git_state,
    installed_packages,
    machine_state,
    peak_memory_mib,
)
from polyconcept.audit.runs import (
    CodeState,
    FileState,
    RunRecord,
    record_path,
    seeds_in,
    write_record,
)
from polyconcept.store import json as json_module
from polyconcept.store.content import content_bytes, content_sha256, files_inside

_HASHING_THREADS = 4
_OWN_FOLDER = "polyconcept"


class InputChangedError(RuntimeError):
    """An input file was written while a job read it: what the job saw cannot be known."""


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

    Inputs are hashed at the start, which also brings them into memory for the job. At the end,
    those whose size, times or number on disk are others are hashed again: an input that was
    written while the job read it is noticed, and costs nothing where none was.
    """

    def __init__(self, job: Job) -> None:
        self._job, self._folder = job, Path.cwd()
        self._script = script_of(job.rule, Path(job.scriptdir))
        self._root = self._script.parents[2]
        _check_library(self._root)
        # What an earlier run said is no longer true, also where this one fails.
        record_path(job.output[0]).unlink(missing_ok=True)
        # Two clocks: that of the day may be set while the job runs, and the other has no date.
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self._git = git_state(self._root)
        recall(KNOWN)
        params = dict(_named(job))
        self._code = code_state(
            self._script, self._root, params.get("kinds", ()), counted="code" in params
        )
        with suppress(OSError):  # it only saves time
            if KNOWN.parent.is_dir():
                keep(KNOWN)
        # Before the hashes: an input that is written while they are taken is noticed too.
        self._stamps = [_stamp(Path(path)) for path in job.input]
        self._inputs = self._states(job.input)
        self._found: dict[str, Any] = {}

    @property
    def commit(self) -> str | None:
        """Commit of the code; none where the project stands in no repository."""
        return None if self._git is None else self._git.commit

    def note(self, found: Mapping[str, Any]) -> None:
        """Keep for the record what the job found its inputs to be, as values of JSON's."""
        self._found |= _plain(found)

    def finish(self) -> Path:
        """Write the record, and return its path.

        Raises:
            InputChangedError: An input file was changed during the job.
            FileNotFoundError: An output is missing.
            RecordError: A setting is no value of JSON's.
        """
        self._check_inputs()
        job, ended = self._job, datetime.now(UTC)
        params = {name: value for name, value in _named(job) if name != "code"}
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

    def _states(self, files: Any) -> tuple[FileState, ...]:  # noqa: ANN401 - Snakemake's type
        paths = [str(path) for path in files]
        with ThreadPoolExecutor(_HASHING_THREADS) as pool:
            hashes = list(pool.map(lambda path: content_sha256(Path(path)), paths))
        names = _names(files)
        return tuple(
            FileState(name, place_of(path, self._root), sha256, content_bytes(Path(path)))
            for name, path, sha256 in zip(names, paths, hashes, strict=True)
        )

    def _check_inputs(self) -> None:
        for path, before, state in zip(self._job.input, self._stamps, self._inputs, strict=True):
            if _stamp(Path(path)) == before:
                continue
            now = content_sha256(Path(path))
            if now != state.sha256:
                raise InputChangedError(
                    f"{path}: changed while the job ran: sha256 {state.sha256} before, {now} "
                    "after; run the job again"
                )


def script_of(rule: str, folder: Path) -> Path:
    """Return the script of a rule; its folder is ``workflow/scripts`` of the project."""
    return Path(os.path.abspath(folder)) / script_name(rule)  # noqa: PTH100 - keeps links as they are


def script_name(rule: str) -> str:
    """Return the file name of a rule's script.

    Rules of the names ``a`` and ``a__b`` differ in their files only: they have one script.
    """
    return f"{rule.partition('__')[0]}.py"


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


def place_of(path: str, root: Path) -> str:
    """Return how a record names a file: the project's own from its root, all others as they are."""
    own = root / _OWN_FOLDER
    return str(Path(path).relative_to(root)) if Path(path).is_relative_to(own) else path


def locate(place: str, folder: Path, root: Path) -> Path:
    """Return the file that a record names, as `place_of` gave it; Snakemake ran in `folder`."""
    own = Path(place).parts[:1] == (_OWN_FOLDER,)
    return root / place if own else folder / place


def _check_library(root: Path) -> None:
    """Refuse to take the hash of one copy of the library where another one is at work."""
    own, loaded = (root / _OWN_FOLDER).resolve(), Path(__file__).resolve().parents[1]
    if own.is_dir() and own != loaded:
        raise RuntimeError(
            f"the job of {root} uses the library of {loaded.parent}: install the one that stands "
            f"beside the workflow (`make` does), or put {root} on PYTHONPATH"
        )


def _stamp(path: Path) -> object:
    """Return what changes where a file, or one in a folder, is written."""
    files = [path / name for name in files_inside(path)] if path.is_dir() else [path]
    stats = [(str(file), file.stat()) for file in files]
    # The time of change (ctime) too: programs can set back the time of writing.
    return [(name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for name, s in stats]


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
