"""Jobs that were killed: they cannot say so themselves, but their logs have no end."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from polyconcept.audit.environment import peak_memory_mib
from polyconcept.machine.allowed import free_bytes
from polyconcept.machine.logs import FAILED

DONE = "work took"
"""Stands in the log of a job that ended well."""
_SECONDS_BETWEEN_LOOKS = 1.0
_LEAST_MIB, _GROWTH = 256.0, 1.25
_HELD = re.compile(r"memory: (\d+) MiB held, (\d+) MiB free")

_log = logging.getLogger(__name__)


@contextmanager
def memory_logged(seconds: float = _SECONDS_BETWEEN_LOOKS) -> Iterator[None]:
    """Log how much memory the process has held, and what it could still take, as it grows.

    A line is written for each quarter more, so that the last one is near to the peak.
    """
    ended = threading.Event()
    watcher = threading.Thread(target=_log_memory, args=(ended, seconds), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _log_memory(ended: threading.Event, seconds: float) -> None:
    told = _LEAST_MIB
    while not ended.wait(seconds):
        held = peak_memory_mib()
        if held >= _GROWTH * told:
            told = held
            _log.info("memory: %.0f MiB held, %.0f MiB free", held, free_bytes() / 2**20)


def killed_jobs(logs: Iterable[Path], since: float) -> Iterator[str]:
    """Yield what is known of each job whose log was written since a time and has no end.

    `since` is in seconds since 1970, by the clock of the disk that the logs are on.
    """
    for log in logs:
        if not log.exists() or log.stat().st_mtime < since:
            continue
        text = log.read_text(encoding="utf-8", errors="replace")
        if DONE not in text and FAILED not in text:
            yield (
                f"{log}: this job was killed (out of memory, over its time, or by hand): its log "
                f"has no end; {_memory(text)}"
            )


def _memory(text: str) -> str:
    found = _HELD.findall(text)
    if not found:
        return "it held little memory when it was last seen"
    held, free = found[-1]
    return f"when last seen it had held {held} MiB of memory, and {free} MiB were free"


ADVICE = (
    "where memory was short: run fewer jobs at once (--cores), or on SLURM raise cpu_memory or "
    "gpu_memory in profiles/slurm/config.yaml; where time was: cpu_minutes, gpu_minutes, "
    "training_minutes there"
)
"""What to set after a job was killed."""
