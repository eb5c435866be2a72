"""Facts about the machine, its software and the project's repository, at little cost."""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
import sys
from pathlib import Path

from polyconcept.audit.runs import GitState, Machine
from polyconcept.machine.allowed import n_cores

# A job goes on without its commit where a slow disk keeps git longer.
_GIT_SECONDS = 2.0
_INSTALLED = re.compile(r"(.+)-([^-]+)\.dist-info")
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


def git_state(root: Path) -> GitState | None:
    """Return the repository whose top is `root`; None without one, or where git does not answer."""
    if not (root / ".git").exists():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    # --porcelain: the one form that stays as it is between versions of git (git-status(1)).
    changes = _git(root, "status", "--porcelain")
    if commit is None or changes is None:
        return None
    return GitState(commit.strip(), bool(changes.strip()))


def _git(root: Path, *arguments: str) -> str | None:
    # No optional lock: many jobs ask at once, and the user may be committing.
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        run = subprocess.run(  # noqa: S603 - arguments of our own
            command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout if run.returncode == 0 else None


def installed_packages() -> dict[str, str]:
    """Name -> version of the packages that this Python finds, sorted.

    Read from the names of their ``.dist-info`` folders (PEP 376): asking importlib.metadata opens
    a file for each, and takes longer than many jobs.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        if not Path(place or ".").is_dir():
            continue
        with os.scandir(place or ".") as entries:
            for entry in entries:
                match = _INSTALLED.fullmatch(entry.name)
                if match:
                    # The first on the path is the one that is imported. Names as PEP 503 has them.
                    found.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2])
    return dict(sorted(found.items()))


def machine_state() -> Machine:
    """Return the machine, and the device that torch has computed on in this process."""
    system = os.uname()
    device, name, driver = _gpu() or ("cpu", _processor(), None)
    return Machine(
        host=platform.node(),
        system=f"{system.sysname} {system.release} {system.machine}",
        cpu_count=n_cores(),
        slurm_job_id=os.environ.get("SLURM_JOB_ID"),
        device=device,
        device_name=name,
        driver=driver,
    )


def peak_memory_mib() -> float:
    """Return the most memory that this process has held, without programs that it called.

    On Linux as the system counts it since the program began (``VmHWM``): ru_maxrss also counts
    what was held by the process that started this one.
    """
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text(encoding="utf-8"))
    except OSError:
        found = None
    if found:
        return round(int(found[1]) / 2**10, 1)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def _gpu() -> tuple[str, str, str | None] | None:
    # Only where the job has used torch: importing it costs more than most jobs take.
    if "torch" not in sys.modules:
        return None
    import torch

    # A context, and so memory, is there once something was computed.
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated() > 0:
        number = torch.cuda.current_device()
        return f"cuda:{number}", torch.cuda.get_device_name(number), _driver()
    if torch.backends.mps.is_available() and torch.mps.driver_allocated_memory() > 0:
        return "mps", _processor(), None
    return None


def _driver() -> str | None:
    """Return the version of NVIDIA's driver, from its module: nvidia-smi takes a second."""
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return None
    return _version_in(text)


def _version_in(text: str) -> str | None:
    """Return ``535.104.05`` of a line in which x86_64 and a date stand as well."""
    found = re.search(r"\b\d{3,}\.\d+(\.\d+)?\b", text)
    return found[0] if found else None


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()
