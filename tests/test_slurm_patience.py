"""A SLURM that does not answer for a while: the executor plugin keeps its jobs."""

import asyncio
import contextlib
import inspect
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from polyconcept.slurm import patience
from polyconcept.slurm.patience import Silence, hand_in, minutes_of_patience

ROOT = Path(__file__).parents[1]
SQUEUE = """#!/bin/sh
echo look >> {folder}/looks
[ $(wc -l < {folder}/looks) -gt {fails} ] || exit 1
[ $(wc -l < {folder}/looks) -gt {runs} ] && echo '7|COMPLETED' || echo '7|RUNNING'
"""


def stand_in(folder, name, text):
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of a cluster whose squeue fails twice, shows a running job once, then its end."""
    stand_in(tmp_path, "squeue", SQUEUE.format(folder=tmp_path, fails=2, runs=3))
    stand_in(tmp_path, "scontrol", "#!/bin/sh\necho 'MinJobAge = 3600 sec'\n")
    stand_in(tmp_path, "sacct", "#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


class Executor:
    """What the plugin's question about its jobs uses of the plugin's executor."""

    def __init__(self):
        settings = SimpleNamespace(
            status_attempts=1, init_seconds_before_status_checks=1, keep_successful_logs=True
        )
        self.workflow = SimpleNamespace(executor_settings=settings)
        self.logger = logging.getLogger("executor")
        self.run_uuid, self.status_rate_limiter = "run", contextlib.AsyncExitStack()
        self.next_seconds_between_status_checks = 1
        self._status_query_failures = self._status_query_calls = 0
        self._status_query_total_seconds = 0.0
        self._status_query_min_seconds, self._status_query_max_seconds = None, 0.0
        self._status_query_cycle_rows = []
        self._preemption_warning = False
        self.done = []

    def get_status_command(self):
        return "squeue"

    def report_job_success(self, job):
        self.done.append(job.external_jobid)

    def look(self, jobs):
        async def still_active():
            return [job async for job in plugin.Executor.check_active_jobs(self, jobs)]

        return asyncio.run(still_active())


JOB = SubmittedJobInfo(job=None, external_jobid="7", aux={"slurm_logfile": None})


@pytest.mark.usefixtures("slurm")
def test_the_plugin_alone_forgets_its_jobs():
    """The fault that is mended here; where it is mended there, this file can go."""
    assert Executor().look([JOB]) == []


@pytest.mark.usefixtures("slurm")
def test_jobs_are_kept_while_slurm_is_silent(monkeypatch):
    said, executor = [], Executor()
    silence = Silence(30.0, say=said.append, error=RuntimeError)
    monkeypatch.setattr(plugin, "query_job_status", silence.ridden_out(plugin.query_job_status))

    for _ in range(3):  # two questions without an answer, one of a job that runs
        assert executor.look([JOB]) == [JOB]
    assert executor.look([JOB]) == []
    assert executor.done == ["7"]
    assert [line.split(";")[0].split(",")[0] for line in said] == [
        "SLURM does not answer",
        "SLURM answers again",
    ]
    assert not silence.too_long


@pytest.mark.usefixtures("slurm")
def test_too_long_a_silence_ends_the_run_and_says_what_to_do(monkeypatch):
    silence = Silence(0.0, say=lambda _: None, error=RuntimeError)
    monkeypatch.setattr(plugin, "query_job_status", silence.ridden_out(plugin.query_job_status))

    with pytest.raises(
        RuntimeError, match=r"has not answered for 0\.0 min .*give the same"
    ) as told:
        Executor().look([JOB])
    assert "What is done is kept" in str(told.value)
    assert silence.too_long


def test_a_job_is_handed_in_as_soon_as_there_is_a_controller(tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "_SECONDS_BETWEEN_TRIES", 0.0)
    away = "echo 'sbatch: error: Unable to contact slurm controller (connect failure)' >&2; exit 1"
    stand_in(
        tmp_path,
        "sbatch",
        f"#!/bin/sh\necho try >> {tmp_path}/tries\n"
        f"[ $(wc -l < {tmp_path}/tries) -gt 2 ] || {{ {away}; }}\necho 7; echo $2\n",
    )

    done = hand_in([str(tmp_path / "sbatch"), "--wrap", "a b"])
    assert (done.returncode, done.stdout) == (0, b"7\na b\n")
    assert (tmp_path / "tries").read_text().count("try") == 3


def test_another_failure_is_handed_on_at_once(tmp_path, monkeypatch):
    """A job may have been made: SLURM's answer was lost."""
    monkeypatch.setattr(patience, "_SECONDS_BETWEEN_TRIES", 60.0)
    text = "#!/bin/sh\necho 'Socket timed out on send/recv operation' >&2\nexit 1\n"
    stand_in(tmp_path, "sbatch", text)

    done = hand_in([str(tmp_path / "sbatch")])
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"timed out" in done.stderr


def test_silence_is_waited_for_as_long_as_is_set(monkeypatch):
    monkeypatch.delenv(patience.MINUTES_VARIABLE, raising=False)
    assert minutes_of_patience() == 30
    monkeypatch.setenv(patience.MINUTES_VARIABLE, "0.5")
    assert minutes_of_patience() == 0.5
    for wrong in ("-1", "long", "nan", "inf"):
        monkeypatch.setenv(patience.MINUTES_VARIABLE, wrong)
        with pytest.raises(ValueError, match=f"MINUTES: found '{wrong}', needed a number"):
            minutes_of_patience()


def test_the_plugin_calls_what_the_workflow_puts_in_place_by_these_names():
    rules = (ROOT / "workflow/rules/cluster.smk").read_text()
    for name in ("query_job_status", "get_submit_command"):
        assert f"plugin.{name} = " in rules
        assert callable(getattr(plugin, name))
        assert f" {name}(" in inspect.getsource(plugin.Executor)
