"""Every benchmark, as one table: `make bench`.

    python benchmarks/run.py [--quick] [--threads N] [NAME ...]

Each benchmark runs in a process of its own, with the same number of threads. What waits for a disk
or for other processes runs alone. What counts CPU seconds of one thread runs two at a time where
there are two cores, each bound to one of them: both sides of a ratio are measured beside the same
other work. The table and all figures are also written to benchmarks/results/, with what they were
measured on.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from measuring import Figure, table

from polyconcept.audit.environment import git_state, installed_packages, machine_state

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
NAMES = (
    "storage", "scores", "chance", "workflow", "demo", "explorer", "wordalign",
    "extraction", "kmeans",
)  # fmt: skip
GPU = "gpu"
"""The benchmark that is one of them where torch finds a CUDA GPU."""
BESIDE = ("extraction", "wordalign", "kmeans", "chance", "scores")
"""What runs two at a time: the longest first."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "transformers",
    "tokenizers",
    "h5py",
    "snakemake",
)


def measure_one(name: str, quick: bool) -> dict[str, Figure]:
    """Return the figures of one benchmark, measured in this process."""
    found: dict[str, Figure] = importlib.import_module(name).measure(quick)
    return found


def gpu_name() -> str | None:
    """Return the first CUDA GPU that torch finds."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def conditions(threads: int) -> dict[str, Any]:
    """Return what figures are measured on; no name of the machine or of a person."""
    machine, git = machine_state(), git_state(ROOT)
    found = installed_packages()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": machine.device_name,
            "system": machine.system,
            "cores": machine.cpu_count,
            "memory_gib": round(pages / 2**30, 1),
            "gpu": gpu_name(),
        },
        "python": platform.python_version(),
        "packages": {name: found[name] for name in PACKAGES if name in found},
        "git": asdict(git) if git else None,
        "threads": threads,
    }


def place_of(report: dict[str, Any], name: str = "") -> Path:
    """Return the file that a report stands in."""
    return RESULTS / f"{report['date'].replace(':', '').replace('+0000', 'Z')}{name}.json"


@dataclass(frozen=True)
class Run:
    """A benchmark that has run, in a process of its own."""

    figures: dict[str, Figure] | None
    """None where it failed."""
    about: dict[str, float | int | None]
    """Seconds, load before and after, and the core it was bound to."""


def run_one(name: str, quick: bool, core: int | None = None) -> Run:
    """Run a benchmark on any core, or bound to one; says how long it took."""
    began, load = time.perf_counter(), os.getloadavg()[0]
    bound = [] if core is None else ["--core", str(core)]
    command = [sys.executable, __file__, "--one", name, *bound, *(["--quick"] if quick else [])]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    seconds = round(time.perf_counter() - began, 1)
    about = {"seconds": seconds, "load_before": load, "load_after": os.getloadavg()[0]}
    result = f"failed with status {done.returncode}" if done.returncode else f"{seconds:.0f} s"
    print(f"{name}: {result}, load {load:.1f}", file=sys.stderr, flush=True)
    figures = None if done.returncode else json.loads(done.stdout)
    return Run(figures, about | {"core": core})


def run_each(names: Sequence[str], quick: bool, cores: Sequence[int]) -> Iterator[tuple[str, Run]]:
    """Run one benchmark after the other; then those of `BESIDE`, as many at a time as cores."""
    beside = [name for name in BESIDE if name in names and len(cores) > 1]
    for name in names:
        if name not in beside:
            yield name, run_one(name, quick)
    unused: SimpleQueue[int] = SimpleQueue()
    for core in cores:
        unused.put(core)

    def run_bound(name: str) -> Run:
        core = unused.get()
        try:
            return run_one(name, quick, core)
        finally:
            unused.put(core)

    with ThreadPoolExecutor(max_workers=max(1, len(cores))) as pool:
        running = {pool.submit(run_bound, name): name for name in beside}
        for future in as_completed(running):
            yield running[future], future.result()


def cores_for(threads: int) -> list[int]:
    """Choose two cores for benchmarks of one thread; none where they cannot be bound to them."""
    if threads != 1 or not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))[:2]


def run_all(names: Sequence[str], quick: bool, threads: int) -> tuple[dict[str, Any], Path]:
    """Run every benchmark; say what fails, and go on with the others.

    Returns:
        The report, and the file that it stands in: written after each, so that none is lost.
    """
    for variable in THREADS:
        os.environ[variable] = str(threads)
    report = conditions(threads) | {"quick": quick, "figures": {}, "runs": {}, "failed": []}
    RESULTS.mkdir(exist_ok=True)
    place = place_of(report)
    found: dict[str, Run] = {}
    for name, run in run_each(names, quick, cores_for(threads)):
        found[name] = run
        ended = {name: found[name] for name in names if name in found}
        figures = (run.figures or {} for run in ended.values())
        report["figures"] = {what: row for each in figures for what, row in each.items()}
        report["runs"] = {name: run.about for name, run in ended.items()}
        report["failed"] = [name for name, run in ended.items() if run.figures is None]
        place.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report, place


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what is asked for; end with a message where it cannot be."""
    known = (*NAMES, GPU)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", choices=known, help="measure one here, print JSON")
    parser.add_argument("--core", type=int, help="with --one: the only core that it runs on")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if GPU in options.names and gpu_name() is None:
        parser.error(f"{GPU}: torch finds no CUDA GPU")
    return options


def all_names() -> tuple[str, ...]:
    """Return every benchmark that this machine can run; say what is left out."""
    if gpu_name():
        return (*NAMES, GPU)
    text = f"torch finds no CUDA GPU: {GPU} is left out, extraction and k-means on one"
    print(text, file=sys.stderr)
    return NAMES


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the report."""
    options = parsed(arguments)
    if options.one:
        if options.core is not None:
            os.sched_setaffinity(0, {options.core})
        json.dump(measure_one(options.one, options.quick), sys.stdout)
        return
    report, place = run_all(options.names or all_names(), options.quick, options.threads)
    text = table(report["figures"])
    place.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"written: {place.relative_to(ROOT)}", file=sys.stderr)
    if report["failed"]:
        sys.exit(f"failed: {', '.join(report['failed'])}")


if __name__ == "__main__":
    main()
