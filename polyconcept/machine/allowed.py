"""What this process may take of the machine: memory and cores, within the limits set for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_CGROUPS, _OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# Files of a control group: its limit, what it holds, and the parts of that which are cached files.
_UNIFIED = ("memory.max", "memory.current", ("inactive_file", "active_file"))
_OF_VERSION_1 = (
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    ("total_inactive_file", "total_active_file"),
)


def n_cores() -> int:
    """Return the cores that this process may run on: a SLURM job or a container may have few."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_bytes() -> int:
    """Return the bytes that this process can still take.

    The least of what the machine has, what its SLURM job asked for, and what its control groups
    allow (containers, SLURM, systemd); cached files count as free.

    Raises:
        ValueError: A variable of SLURM is no number.
    """
    free = [int(psutil.virtual_memory().available), *_free_of_cgroups(_CGROUPS, _OWN_CGROUPS)]
    asked = _asked_of_slurm()
    if asked is not None:
        # What the process holds already counts against what its job asked for.
        free.append(asked - int(psutil.Process().memory_info().rss))
    return max(0, min(free))


def _asked_of_slurm() -> int | None:
    """Return the bytes of this node's share of the job; None where there is no limit.

    SLURM sets one of the two variables of memory, whether a job asked for it or got the default;
    0 is all memory of the node. ``SLURM_CPUS_PER_TASK`` is there only where it was asked for.
    """
    whole = _slurm_number("SLURM_MEM_PER_NODE", "of MiB")
    if whole:
        return whole << 20
    each = _slurm_number("SLURM_MEM_PER_CPU", "of MiB")
    if not each:
        return None
    for name in ("SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK"):
        n_cpus = _slurm_number(name, "of CPUs")
        if n_cpus:
            return (each * n_cpus) << 20
    # The user's own default for srun, on a node that gave no job.
    return None


def _slurm_number(name: str, what: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ValueError(f"{name} is {text!r}; needed a number {what}")
    return int(text)


def _free_of_cgroups(root: Path, own: Path) -> Iterator[int]:
    """Yield the bytes free in each control group with a limit that the process is in.

    The groups are mounted at `root`, and the file `own` lists those of the process.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        # Version 2 names no controllers (cgroups(7)).
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, names = root, _UNIFIED
        elif "memory" in controllers.split(","):
            top, names = root / "memory", _OF_VERSION_1
        else:
            continue
        # A container may see the path on its host, of which it has none of the folders.
        group = top.joinpath(*(part for part in path.split("/") if part != ".."))
        for folder in (group, *group.parents):
            free = _free_of_cgroup(folder, *names)
            if free is not None:
                yield free
            if folder == top:
                break


def _free_of_cgroup(folder: Path, limit: str, held: str, cached: tuple[str, ...]) -> int | None:
    """Return a group's limit, less what it holds and cannot drop; None where it has none."""
    try:
        most, held_bytes, statistics = (
            (folder / name).read_text(encoding="utf-8") for name in (limit, held, "memory.stat")
        )
    except OSError:  # the root has no such files, or the group is not to be seen from here
        return None
    if most.strip() == "max":
        return None
    parts = dict(line.split(" ", 1) for line in statistics.splitlines())
    # Files read or written fill a group up to its limit, and make room when it is asked for.
    dropped = sum(int(parts.get(name, 0)) for name in cached)
    return int(most) - int(held_bytes) + dropped
