"""Records of drivers: what a run leaves behind when it is killed, so that the next can clear it.

A driver is the process that the user started. It writes a record under .snakemake/ before it hands
in any job and removes it when it ends; a record whose process is gone tells of a kill.
"""

from __future__ import annotations

import json
import os
import platform
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from polyconcept.machine.atomic import write_text_atomic

# In the environment of all that a driver starts.
DRIVER_VARIABLE = "POLYCONCEPT_DRIVER"
_FORMAT = "polyconcept-driver/1"


@dataclass(frozen=True)
class LockFile:
    """A lock of Snakemake's, told from a later one of the same name."""

    path: str
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: Path) -> LockFile:
        """The lock file that stands at `path`."""
        stat = path.stat()
        return cls(str(path), stat.st_mtime_ns, stat.st_size)

    def release(self) -> bool:
        """Remove the file, where it still is the same; whether it was."""
        path = Path(self.path)
        if not path.is_file() or LockFile.of(path) != self:
            return False
        path.unlink()
        return True


@dataclass(frozen=True)
class PlannedOutput:
    """A file that a driver's job would make, and what Snakemake would note of it afterwards."""

    path: str
    siblings: tuple[str, ...]  # all outputs of the job, this one too
    note: dict[str, Any]


@dataclass(frozen=True)
class Driver:
    """A process that hands in jobs, and what it has done so far."""

    record: Path  # where this stands on disk
    host: str
    boot: str
    pid: int
    ticks: int  # start of the process, in clock ticks after the boot: tells a reused pid
    started: float
    token: str
    own_job: str = ""  # number of the SLURM job that the driver itself runs in, if in one
    job_name: str = ""  # of all its SLURM jobs; empty as long as none can have been handed in
    locks: tuple[LockFile, ...] = ()
    planned: tuple[PlannedOutput, ...] = field(default=(), repr=False)

    @property
    def here(self) -> bool:
        """Whether it ran on this machine, where one can see if it is alive."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether its process still runs on this machine."""
        return self.here and self.boot == _boot() and self.ticks == _ticks(self.pid)

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        return f"process {self.pid} on {self.host}, started {since}"

    def noting(
        self, *, job_name: str, locks: Iterable[LockFile], planned: Iterable[PlannedOutput]
    ) -> Driver:
        """The same driver with what is known once its jobs are planned; written to its record."""
        known = replace(self, job_name=job_name, locks=tuple(locks), planned=tuple(planned))
        known.write()
        return known

    def write(self) -> None:
        """Write the record, whole or not at all."""
        fields = {"format": _FORMAT} | asdict(self)
        del fields["record"]
        write_text_atomic(self.record, json.dumps(fields, indent=1) + "\n")

    def forget(self) -> None:
        """Remove the record."""
        self.record.unlink(missing_ok=True)


def start_driver(folder: Path) -> Driver:
    """Write a record of this process in `folder`, and mark all that it will start."""
    token = uuid.uuid4().hex
    driver = Driver(
        record=folder / f"{token}.json",
        host=platform.node(),
        boot=_boot(),
        pid=os.getpid(),
        ticks=_ticks(os.getpid()),
        started=time.time(),
        token=token,
        own_job=os.environ.get("SLURM_JOB_ID", ""),
    )
    driver.write()
    os.environ[DRIVER_VARIABLE] = token
    return driver


def read_drivers(folder: Path) -> tuple[Driver, ...]:
    """All drivers that have a record in `folder`, the oldest first.

    Raises:
        ValueError: a file there is no such record.
    """
    return tuple(sorted(map(_read, folder.glob("[!.]*.json")), key=lambda driver: driver.started))


def _read(path: Path) -> Driver:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("format") != _FORMAT:
            raise ValueError("of another format")
        locks = tuple(LockFile(**lock) for lock in fields.pop("locks"))
        planned = tuple(
            PlannedOutput(output["path"], tuple(output["siblings"]), output["note"])
            for output in fields.pop("planned")
        )
        return Driver(record=path, locks=locks, planned=planned, **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is no record of a driver ({error}); needed {_FORMAT}. Where no Snakemake "
            "runs in this folder, remove the file"
        ) from error


def _boot() -> str:
    return _read_system("/proc/sys/kernel/random/boot_id")


def _ticks(pid: int) -> int:
    """Start of a process in clock ticks after the boot; -1 where it is gone, -2 if unknown."""
    text = _read_system(f"/proc/{pid}/stat")
    if not text:
        return -2 if not Path("/proc/self/stat").exists() else -1
    # proc(5): field 22, counted behind the command, which is in brackets and may hold anything.
    state, *rest = text.rpartition(")")[2].split()
    return -1 if state in {"Z", "X"} else int(rest[18])


def _read_system(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
