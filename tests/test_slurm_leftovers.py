"""What is left of a run that was killed: its note, its processes, its jobs."""

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from polyconcept.slurm import drivers
from polyconcept.slurm.drivers import read_drivers, start_driver
from polyconcept.slurm.leftovers import end_processes, remove_locks, settle_jobs
from polyconcept.slurm.queue import ClusterError

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def test_a_run_is_alive_until_its_note_goes(tmp_path):
    driver = start_driver(tmp_path, "token", submits=True)

    assert read_drivers(tmp_path) == (driver,)
    assert driver.alive
    driver.forget()
    assert read_drivers(tmp_path) == ()


@pytest.mark.parametrize(
    ("change", "here"),
    [
        ({"ticks": 1}, True),  # the number of a process that has gone, taken by another
        ({"boot": "another"}, True),
        ({"pid": 2**22 + 1}, True),
        ({"host": "login9"}, False),
    ],
    ids=["pid reused", "rebooted", "gone", "another machine"],
)
def test_a_driver_that_is_gone_is_not_alive(tmp_path, change, here):
    driver = dataclasses.replace(start_driver(tmp_path, "token", submits=True), **change)

    assert (driver.alive, driver.here) == (False, here)


def test_a_killed_process_that_is_not_yet_reaped_is_not_alive():
    with subprocess.Popen(SLEEPER) as process:
        ticks = drivers._ticks(process.pid)
        process.kill()
        until = time.monotonic() + 10
        while drivers._ticks(process.pid) == ticks and time.monotonic() < until:
            time.sleep(0.01)

        assert drivers._ticks(process.pid) == -1


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "polyconcept-driver/1"}', "{}"])
def test_what_is_no_note_is_named(tmp_path, text):
    (tmp_path / "driver-x.json").write_text(text)

    with pytest.raises(ValueError, match=r"driver-x\.json is no note of a run"):
        read_drivers(tmp_path)


def test_processes_of_a_driver_are_ended_those_of_slurm_and_others_not():
    def start(**variables):
        return subprocess.Popen(SLEEPER, env=os.environ | variables)

    mine = start(POLYCONCEPT_DRIVER="token")
    others = [start(POLYCONCEPT_DRIVER="token", SLURM_JOB_ID="7"), start(POLYCONCEPT_DRIVER="else")]
    try:
        time.sleep(0.5)  # until they have their environment

        assert end_processes("token") == [mine.pid]
        assert mine.wait(timeout=10) != 0
        assert [process.poll() for process in others] == [None, None]
    finally:
        for process in (mine, *others):
            process.kill()
            process.wait()


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A queue of one waiting job, one running for three looks, and another user's run."""
    (tmp_path / "squeue").write_text(
        f"""#!/bin/sh
cd {tmp_path}
echo look >> looks
[ -e cancelled ] || echo '1|PENDING|ours_1|rule_a'
[ $(wc -l < looks) -gt 3 ] || echo '2|RUNNING|ours_1|rule_b'
echo '3|RUNNING|other|rule_c'
"""
    )
    (tmp_path / "scancel").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/cancelled\n')
    for name in ("squeue", "scancel"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_waiting_jobs_are_cancelled_and_running_ones_waited_for(queue):
    said = []
    settle_jobs("ours", say=said.append, seconds=0.01)

    assert (queue / "cancelled").read_text() == "--state=PENDING 1\n"
    assert len((queue / "looks").read_text().splitlines()) == 4
    assert [line.split(" of a run")[0] for line in said] == [
        "cancelling 1 waiting jobs",
        "waiting for 1 running jobs",
    ]


def test_jobs_that_cannot_be_cancelled_stop_the_run(queue, monkeypatch):
    monkeypatch.setattr("polyconcept.slurm.leftovers._SECONDS_TO_CANCEL", 0.0)
    (queue / "scancel").write_text("#!/bin/sh\n")

    with pytest.raises(ClusterError, match=r"does not cancel 1 \(rule_a\); cancel them by"):
        settle_jobs("ours", say=lambda _: None, seconds=0.01)


def test_a_driver_knows_the_job_that_it_runs_in(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    driver = start_driver(tmp_path, "token", submits=True)

    assert read_drivers(tmp_path) == (driver,)
    assert driver.own_job == "77"


def test_locks_of_a_study_are_removed_and_those_of_others_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    remove_locks(Path("results/a"))
    locks = tmp_path / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/a/links.txt\n")
    (locks / "0.input.lock").write_text("text/a.txt\nresults/a/links.txt\n")
    (locks / "1.output.lock").write_text("results/ab/links.txt\n")
    remove_locks(Path("results/a"))

    assert [path.name for path in locks.iterdir()] == ["1.output.lock"]
