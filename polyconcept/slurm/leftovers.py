"""What a killed run left: its jobs in SLURM, its processes on this machine, Snakemake's lock."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from polyconcept.slurm.drivers import DRIVER_VARIABLE
from polyconcept.slurm.queue import ClusterError, QueuedJob, ask, list_jobs

_SECONDS_BETWEEN_LOOKS = 5.0
_SECONDS_BETWEEN_LINES = 60.0
_SECONDS_TO_CANCEL = 120.0
_SECONDS_TO_END = 10.0


def settle_jobs(
    token: str, *, say: Callable[[str], None], seconds: float = _SECONDS_BETWEEN_LOOKS
) -> None:
    """Cancel those jobs of a run that wait, and wait for those that run.

    A job that runs has the outputs to itself until it ends, and what it makes counts; one that
    waits has done nothing yet. The names of the run's jobs begin with `token`. `say` is told what
    is done, and once a minute what is waited for; `seconds` pass between two looks at the queue.

    Raises:
        ClusterError: SLURM does not answer, or does not cancel.
    """
    jobs = list_jobs(token)
    waiting = [job for job in jobs if job.waits]
    if waiting:
        say(f"cancelling {len(waiting)} waiting jobs of a run that was killed: {_named(waiting)}")
    started = last = time.monotonic()
    said = False
    while jobs:
        waiting = [job for job in jobs if job.waits]
        if waiting:
            if time.monotonic() - started > _SECONDS_TO_CANCEL:
                raise ClusterError(f"SLURM does not cancel {_named(waiting)}; cancel them by hand")
            # Only what still waits: a job may have begun since the look.
            ask("scancel", "--state=PENDING", *(job.number for job in waiting))
        elif not said or time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            say(
                f"waiting for {len(jobs)} running jobs of a run that was killed: {_named(jobs)}. "
                "What they finish is kept. To run them anew instead, scancel them"
            )
            said, last = True, time.monotonic()
        time.sleep(seconds)
        jobs = list_jobs(token)


def _named(jobs: Iterable[QueuedJob]) -> str:
    return ", ".join(f"{job.number} ({job.comment})" for job in jobs)


def end_processes(token: str) -> list[int]:
    """End what a run started on this machine, jobs of SLURM's apart; return the processes that ran.

    They have `token`, which the run put into their environment.
    """
    found = _processes(token)
    for pid in found:
        _send(pid, signal.SIGTERM)
    until = time.monotonic() + _SECONDS_TO_END
    while (left := set(_processes(token)) & set(found)) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in left:
        _send(pid, signal.SIGKILL)
    return found


def remove_locks(results: Path) -> None:
    """Remove those of Snakemake's locks in this folder that are of a study's results."""
    for lock in Path(".snakemake/locks").glob("*.lock"):
        with suppress(FileNotFoundError):
            files = map(Path, lock.read_text(encoding="utf-8").splitlines())
            if any(file.is_relative_to(results) for file in files):
                lock.unlink()


def _send(pid: int, number: int) -> None:
    # One that has just ended by itself is what is wanted.
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _processes(token: str) -> list[int]:
    mark = f"{DRIVER_VARIABLE}={token}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:  # of another user, or gone
            continue
        # A job on this very machine is SLURM's to end.
        in_slurm = any(variable.startswith(b"SLURM_JOB_ID=") for variable in variables)
        if mark in variables and not in_slurm and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found
