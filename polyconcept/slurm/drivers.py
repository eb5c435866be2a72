"""Notes of runs: what a run leaves behind when it is killed, so that the next can clear it.

A run writes its note before it starts Snakemake and removes it at the end; a note whose process is
gone tells of a kill.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic

DRIVER_VARIABLE = "POLYCONCEPT_DRIVER"
"""Holds the token, in the environment of all that a run starts."""
_FORMAT = "polyconcept-driver/2"


@dataclass(frozen=True)
class Driver:
    """The process of a run."""

    note: Path
    """Where this stands on disk."""
    host: str
    boot: str
    pid: int
    ticks: int
    """Start of the process, in clock ticks after the boot: tells a number that was used again."""
    started: float
    """Seconds since 1970."""
    token: str
    submits: bool
    """Whether it hands jobs to SLURM; their names begin with the token."""
    own_job: str
    """Number of the SLURM job that the run itself is in; empty where it is in none."""

    @property
    def here(self) -> bool:
        """Whether it ran on this machine, where one can see if it is alive."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether its process still runs on this machine."""
        return self.here and self.boot == _boot() and self.ticks == _ticks(self.pid)

    @property
    def plan(self) -> Path:
        """Where the plan stands that its jobs work from, once it has one."""
        return self.note.with_name(f"plan-{self.token}.json")

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        return f"process {self.pid} on {self.host}, started {since}"

    def forget(self) -> None:
        """Remove the note, and the plan first: no job of the run makes a result from then on."""
        self.plan.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def start_driver(logs: Path, token: str, *, submits: bool) -> Driver:
    """Write a note of this process among a study's logs; `token` marks all that it starts."""
    driver = Driver(
        note=logs / f"driver-{token}.json",
        host=platform.node(),
        boot=_boot(),
        pid=os.getpid(),
        ticks=_ticks(os.getpid()),
        started=time.time(),
        token=token,
        submits=submits,
        own_job=os.environ.get("SLURM_JOB_ID", ""),
    )
    fields = {"format": _FORMAT} | asdict(driver)
    del fields["note"]
    logs.mkdir(parents=True, exist_ok=True)
    write_text_atomic(driver.note, json.dumps(fields, indent=1) + "\n")
    return driver


def read_drivers(logs: Path) -> tuple[Driver, ...]:
    """Return all runs that have a note among a study's logs, the oldest first.

    Raises:
        ValueError: A file of that name is no such note.
    """
    found = map(_read, logs.glob("driver-*.json"))
    return tuple(sorted(found, key=lambda driver: driver.started))


def _read(path: Path) -> Driver:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("format") != _FORMAT:
            raise ValueError("of another format")
        return Driver(note=path, **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is no note of a run ({error}); needed {_FORMAT}. Where no Snakemake runs in "
            "this folder, remove the file"
        ) from error


# Numbers of processes begin anew when the machine does, and so do their ticks.
def _boot() -> str:
    return _read_system("/proc/sys/kernel/random/boot_id")


def _ticks(pid: int) -> int:
    """Return when a process started, in clock ticks after the boot; -1 if gone, -2 if unknown."""
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
