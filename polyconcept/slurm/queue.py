"""The questions that we ask SLURM, through its own commands."""

from __future__ import annotations

import getpass
import re
import subprocess
from dataclasses import dataclass

from polyconcept.slurm.offers import SINFO_FORMAT, Offer, parse_offers

_SECONDS_TO_ANSWER = 60
# A busy or restarting controller lets a command end with "Socket timed out".
_TRIES = 3
# Job, state, name, comment; the comment last, since it is free text.
_SQUEUE_FORMAT = "%i|%T|%j|%k"


class ClusterError(Exception):
    """SLURM cannot do what is asked, or does not answer."""


@dataclass(frozen=True)
class QueuedJob:
    """A job that waits or runs."""

    number: str
    state: str
    name: str
    comment: str

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.state == "PENDING"


def ask(*command: str) -> str:
    """Return what a command of SLURM's prints.

    Raises:
        ClusterError: it is missing, fails, or has not answered after three tries.
    """
    said = ""
    for _ in range(_TRIES):
        try:
            done = subprocess.run(  # noqa: S603 - SLURM's commands with arguments of our own
                command, capture_output=True, text=True, timeout=_SECONDS_TO_ANSWER, check=False
            )
        except FileNotFoundError as error:
            raise ClusterError(f"no command {command[0]!r}: is this a SLURM cluster?") from error
        except subprocess.TimeoutExpired:
            said = f"no answer in {_SECONDS_TO_ANSWER} s"
            continue
        if done.returncode == 0:
            return done.stdout
        said = done.stderr.strip() or f"exit status {done.returncode}"
    raise ClusterError(f"`{' '.join(command)}` failed {_TRIES} times: {said}")


def list_offers() -> tuple[Offer, ...]:
    """Return what each node offers in each of its partitions, hidden ones too.

    Raises:
        ClusterError: sinfo does not answer, or in another form.
    """
    try:
        return parse_offers(ask("sinfo", "-a", "-N", "-h", "-o", SINFO_FORMAT))
    except ValueError as error:
        raise ClusterError(str(error)) from error


def list_jobs(prefix: str) -> tuple[QueuedJob, ...]:
    """Return the user's jobs that wait or run and whose names begin so.

    Raises:
        ClusterError: squeue does not answer, or in another form.
    """
    return tuple(job for job in _my_jobs() if job.name.startswith(prefix))


def is_queued(number: str) -> bool:
    """Return whether the user's job of this number waits or runs.

    Raises:
        ClusterError: squeue does not answer, or in another form.
    """
    return any(job.number == number for job in _my_jobs())


def _my_jobs() -> tuple[QueuedJob, ...]:
    return parse_jobs(ask("squeue", "-h", "--me", "-o", _SQUEUE_FORMAT))


def parse_jobs(text: str) -> tuple[QueuedJob, ...]:
    """Return the jobs in squeue's output.

    Raises:
        ClusterError: a line has another shape.
    """
    jobs = []
    for line in text.splitlines():
        fields = line.split("|", maxsplit=3)
        if len(fields) != 4:
            raise ClusterError(f"squeue wrote {line!r}; needed the fields {_SQUEUE_FORMAT}")
        jobs.append(QueuedJob(*fields))
    return tuple(jobs)


def has_accounting() -> bool:
    """Return whether sacct can be asked: its command exists also where nothing is kept.

    Raises:
        ClusterError: scontrol does not answer.
    """
    text = ask("scontrol", "show", "config")
    kept = re.search(r"^AccountingStorageType\s*=\s*(\S+)", text, re.MULTILINE)
    return kept is not None and not kept[1].endswith(("/none", "(null)"))


def list_accounts() -> frozenset[str] | None:
    """Return the accounts that the user may charge, in lower case; None where SLURM keeps none."""
    user = f"user={getpass.getuser()}"
    try:
        text = ask("sacctmgr", "-n", "-P", "show", "associations", user, "format=Account")
    except ClusterError:
        # So sacctmgr ends where there is no accounting database (slurmdbd).
        return None
    return frozenset(line.strip().lower() for line in text.splitlines() if line.strip()) or None
