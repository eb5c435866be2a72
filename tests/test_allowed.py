"""What a process may take of the machine."""

import os

import psutil
import pytest

from polyconcept.audit import environment
from polyconcept.machine import allowed
from polyconcept.machine.allowed import free_bytes, n_cores
from polyconcept.store.vectors import _Packers

GIB = 2**30
SLURM = ("SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK")


@pytest.fixture(autouse=True)
def no_limits(monkeypatch, tmp_path):
    """Neither SLURM nor control groups, whatever the tests run in."""
    for name in SLURM:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(allowed, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(allowed, "_OWN_CGROUPS", tmp_path / "own")


@pytest.fixture
def plenty(monkeypatch):
    """A machine with 64 GiB free, of which this process holds 1 GiB."""
    memory = type("Memory", (), {"available": 64 * GIB, "rss": GIB})
    monkeypatch.setattr(allowed.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(allowed.psutil.Process, "memory_info", lambda _self: memory)


def test_free_memory_is_that_of_the_machine():
    assert free_bytes() == pytest.approx(psutil.virtual_memory().available, rel=0.3)


@pytest.mark.usefixtures("plenty")
@pytest.mark.parametrize(
    ("variables", "gib"),
    [
        ({"SLURM_MEM_PER_NODE": "8192"}, 7),
        ({"SLURM_MEM_PER_NODE": "0"}, 64),  # all memory of the node
        ({"SLURM_MEM_PER_NODE": "1"}, 0),
        ({"SLURM_MEM_PER_NODE": str(128 * 1024)}, 64),
        ({"SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "4"}, 15),
        ({"SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_PER_TASK": "4"}, 7),
        ({"SLURM_MEM_PER_CPU": "0", "SLURM_CPUS_ON_NODE": "8"}, 64),
        ({"SLURM_MEM_PER_CPU": "2048"}, 64),  # no job
    ],
)
def test_a_slurm_job_has_what_it_asked_for(variables, gib, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert free_bytes() == gib * GIB


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("SLURM_MEM_PER_NODE", "MiB"),
        ("SLURM_MEM_PER_CPU", "MiB"),
        ("SLURM_CPUS_ON_NODE", "CPUs"),
    ],
)
def test_variable_of_slurm_that_is_no_number(name, what, monkeypatch):
    monkeypatch.setenv("SLURM_MEM_PER_CPU", "100")
    monkeypatch.setenv(name, "4G")

    with pytest.raises(ValueError, match=rf"^{name} is '4G'; needed a number of {what}$"):
        free_bytes()


def group(folder, limit, held=0, cached=(0, 0), version=2):
    """The files of a control group."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current")
    if version == 1:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for name, value in zip(names, (limit, held), strict=True):
        (folder / name).write_text(f"{value}\n")
    prefix = "total_" if version == 1 else ""
    lines = ["anon 5", f"{prefix}inactive_file {cached[0]}", f"{prefix}active_file {cached[1]}"]
    (folder / "memory.stat").write_text("\n".join(lines) + "\n")


@pytest.mark.usefixtures("plenty")
def test_least_of_a_control_group_and_those_around_it(tmp_path):
    top = tmp_path / "cgroup"
    (tmp_path / "own").write_text("0::/slurm/job_7/step_0\n")
    group(top / "slurm/job_7/step_0", "max", held=GIB)
    group(top / "slurm/job_7", 8 * GIB, held=5 * GIB)
    group(top / "slurm", 100 * GIB, held=90 * GIB)
    group(top / "slurm/job_8", GIB, held=GIB)  # not ours

    assert free_bytes() == 3 * GIB


@pytest.mark.usefixtures("plenty")
def test_cached_files_of_a_control_group_count_as_free(tmp_path):
    """A job that has written its results fills its group up, and can go on all the same."""
    (tmp_path / "own").write_text("0::/job\n")
    group(tmp_path / "cgroup/job", 8 * GIB, held=8 * GIB, cached=(4 * GIB, 2 * GIB))

    assert free_bytes() == 6 * GIB


@pytest.mark.usefixtures("plenty")
@pytest.mark.parametrize("path", ["/", "/docker/0123", "/../../host"])
def test_a_container_sees_its_own_group_at_the_top(path, tmp_path):
    (tmp_path / "own").write_text(f"0::{path}\n")
    group(tmp_path / "cgroup", 2 * GIB, held=GIB)

    assert free_bytes() == GIB


@pytest.mark.usefixtures("plenty")
def test_control_groups_of_version_1(tmp_path):
    (tmp_path / "own").write_text("9:cpu,cpuacct:/a\n4:memory:/slurm/uid_5/job_7\n0::/\n")
    unlimited = 2**63 - 4096
    group(tmp_path / "cgroup/memory/slurm/uid_5/job_7", 3 * GIB, GIB, (0, GIB), version=1)
    group(tmp_path / "cgroup/memory/slurm/uid_5", unlimited, 20 * GIB, version=1)
    group(tmp_path / "cgroup/memory", unlimited, 60 * GIB, version=1)
    group(tmp_path / "cgroup/memory/a", GIB, GIB, version=1)  # not of memory

    assert free_bytes() == 3 * GIB


@pytest.mark.usefixtures("plenty")
def test_a_group_that_holds_more_than_its_limit_has_nothing_free(tmp_path):
    (tmp_path / "own").write_text("0::/job\n")
    group(tmp_path / "cgroup/job", GIB, held=2 * GIB)

    assert free_bytes() == 0


def test_cores_are_those_that_the_process_may_run_on(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5}, raising=False)

    assert n_cores() == 2
    assert environment.machine_state().cpu_count == 2
    with _Packers() as packers:
        assert packers._threads._max_workers == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    assert n_cores() == os.cpu_count()
