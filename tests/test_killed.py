"""What is said of a job that was killed."""

import logging
import os
import time

import numpy as np
import pytest

from polyconcept.audit import killed
from polyconcept.audit.killed import DONE, killed_jobs, memory_logged
from polyconcept.machine.logs import FAILED, log_to

MIB = 2**20


def write(path, text, *, seconds=0):
    path.write_text(text)
    os.utime(path, (100 + seconds, 100 + seconds))
    return path


def test_a_log_without_an_end_tells_of_a_kill_with_the_memory_held(tmp_path):
    logs = [
        write(
            tmp_path / "killed.log",
            "memory: 300 MiB held, 90 MiB free\nmemory: 400 MiB held, 7 MiB free\n",
        ),
        write(tmp_path / "done.log", f"memory: 300 MiB held, 90 MiB free\n{DONE} 1.0 s\n"),
        write(tmp_path / "failed.log", f"ERROR polyconcept: {FAILED}\n"),
        write(tmp_path / "earlier.log", "", seconds=-50),
        tmp_path / "never_begun.log",
        write(tmp_path / "small.log", "INFO: 1\n"),
    ]

    first, second = killed_jobs(logs, since=100.0)
    assert "killed.log: this job was killed" in first
    assert "it had held 400 MiB of memory, and 7 MiB were free" in first
    assert "small.log" in second
    assert "little memory" in second


def test_growing_memory_is_logged_in_few_lines(caplog, monkeypatch):
    monkeypatch.setattr(killed, "_LEAST_MIB", killed.peak_memory_mib())
    with caplog.at_level(logging.INFO), memory_logged(seconds=0.01):
        held = np.ones(int(killed.peak_memory_mib() * MIB), dtype=np.uint8)
        time.sleep(0.3)

    assert held.sum() > 0
    assert 1 <= len(caplog.messages) <= 4
    assert all(killed._HELD.fullmatch(line) for line in caplog.messages)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_log_of_a_job_that_ended_with_an_error_says_so(tmp_path, error):
    with pytest.raises((SystemExit, KeyboardInterrupt)), log_to(tmp_path / "a.log"):
        raise error

    assert list(killed_jobs([tmp_path / "a.log"], since=0.0)) == []
