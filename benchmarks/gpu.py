"""What a GPU does of what it could: extraction and k-means beside its rate of matrix products.

    python benchmarks/gpu.py [--device cuda] [--quick]
    python benchmarks/gpu.py --all [--device cuda] [--quick] [--out FILE.json]

`make bench` measures it where torch finds a CUDA GPU. A BERT of base size with random weights reads
English sentences of the built-in text in bfloat16, three of its layers are kept, and written in
TMPDIR; the k-means problem is that of kmeans.py. Seconds are on the clock, until the device has
nothing left to do. Operations are those of the products: 2 a parameter of the blocks and subword,
and attention's; filling counts as nothing.

`--all` (`make gpu`) is for a GPU that is there for a few minutes. It runs the tests that need one,
compares what it computes with the CPU (agreement.py), measures the above, and writes one file.
Each of these stages is a process of its own: after an error of CUDA a process has no GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import agreement
import torch
from extraction import QUICK as QUICK_MODEL
from extraction import Size as ModelSize
from extraction import bare_pass, parts_of, plan_of, task_of, write
from kmeans import QUICK as QUICK_KMEANS
from kmeans import Size as KMeansSize
from kmeans import mixture, search_of
from measuring import Figure, figure, reached, table, wall_seconds
from run import ROOT, conditions, gpu_name, place_of

from polyconcept.audit.environment import machine_state
from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.vectors.planned import ExtractionPlan


@dataclass(frozen=True)
class Size:
    """What is read, and what is clustered."""

    model: ModelSize
    kmeans: KMeansSize
    n_product: int
    """Rows and columns of the matrices whose product tells the device's rate."""


FULL = Size(ModelSize(n_sentences=100_000), KMeansSize(), 8192)
QUICK = Size(QUICK_MODEL, QUICK_KMEANS, 256)


def settled(device: str, call: Callable[[], Any]) -> float:
    """Return the seconds of a call until the device has nothing left to do."""

    def whole() -> None:
        call()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)

    return wall_seconds(whole)


def product_rate(device: str, dtype: torch.dtype, n_rows: int) -> float:
    """Return the operations a second of square matrix products: the best of some."""
    left, right = torch.randn(2, n_rows, n_rows, device=device).to(dtype)
    n_times = 10
    seconds = [settled(device, lambda: [left @ right for _ in range(n_times)]) for _ in range(4)]
    return n_times * 2 * n_rows**3 / min(seconds)


def operations(plan: ExtractionPlan, size: ModelSize) -> float:
    """Return the operations of all sentences through all blocks."""
    lengths = (plan.subword_bound[1:] - plan.subword_bound[:-1]).astype(float)
    of_weights = 2 * 12 * size.n_dims**2 * lengths.sum()
    of_attention = 4 * size.n_dims * (lengths**2).sum()
    return size.n_layers * float(of_weights + of_attention)


def extraction_figures(size: Size, device: str) -> dict[str, Figure]:
    """Compare extraction in bfloat16 with the device's rate, the bare pass and the tokenizer."""
    task = task_of(size.model)
    model = task.model.to(device, torch.bfloat16)  # type: ignore[arg-type]
    task = replace(task, model=model)
    few = task_of(replace(size.model, n_sentences=min(1000, size.model.n_sentences)))
    few = replace(few, model=task.model)
    plans: list[ExtractionPlan] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.h5"
        write(few, plan_of(few), path)  # the first batches load and choose kernels
        planning = wall_seconds(lambda: plans.append(plan_of(task)))
        seconds = settled(device, lambda: write(task, plans[0], path))
        n_bytes = path.stat().st_size
    bare = settled(device, lambda: bare_pass(task, plans[0], parts_of(task, plans[0])))
    limit = product_rate(device, torch.bfloat16, size.n_product)
    rate, bare_rate = (operations(plans[0], size.model) / each for each in (seconds, bare))
    note = f"{size.model.n_sentences:,} sentences; {n_bytes / seconds / 2**20:,.0f} MiB/s written"
    return {
        "GPU, extraction: rate": figure(
            rate / 1e12, "Tflop/s", ">= 0.5", rate / limit, limit=limit / 1e12, note=note
        ),
        "GPU, bare pass: rate": figure(
            bare_rate / 1e12, "Tflop/s", "-", bare_rate / limit, limit=limit / 1e12,
            note="nothing kept or written",
        ),
        "GPU, tokenizing": figure(
            planning, "s", "-", planning / seconds, limit=seconds,
            note="before the first batch, beside all that follows",
        ),
    }  # fmt: skip


def kmeans_figures(size: Size, device: str) -> dict[str, Figure]:
    """Compare a search for the nearest centers and a whole fit with the device's float32 rate."""
    vectors, shape = mixture(size.kmeans), size.kmeans
    limit = product_rate(device, torch.float32, size.n_product)
    search = search_of(vectors, vectors[: shape.n_clusters], device)
    searching = 2 * vectors.size * shape.n_clusters / min(settled(device, search) for _ in range(3))
    options = {"n_clusters": shape.n_clusters, "seed": 212, "n_restarts": shape.n_restarts}
    fits: list[Any] = []
    seconds = settled(
        device, lambda: fits.append(cluster_vectors(vectors, device=device, **options))
    )
    # As if each restart took as many iterations as the best.
    n_searches = shape.n_restarts * fits[0].n_iterations
    rate = 2 * vectors.size * shape.n_clusters * n_searches / seconds
    return {
        "GPU, k-means: full search": figure(
            searching / 1e12, "Tflop/s", ">= 0.6", searching / limit, limit=limit / 1e12
        ),
        "GPU, k-means: whole fit": figure(
            rate / 1e12, "Tflop/s", "-", rate / limit, limit=limit / 1e12,
            note=f"{seconds:.2f} s, starts included; spared searches counted",
        ),
    }  # fmt: skip


def measure(quick: bool = False, device: str = "cuda") -> dict[str, Figure]:
    """Return the figures of a device by name."""
    size = QUICK if quick else FULL
    return extraction_figures(size, device) | kmeans_figures(size, device)


MOST_SECONDS = 470.0
"""All stages together: 8 minutes, less the start of this script."""
NEEDED = {"tests": 40.0, "comparison": 40.0, "k-means": 40.0, "extraction": 150.0}
"""Stage -> seconds that it is taken to need; never measured on a GPU."""
TESTS_FAILED = 1
"""Status of pytest where all tests ran."""
MEASURES: dict[str, Callable[[bool, str], dict[str, Figure]]] = {
    "comparison": agreement.measure,
    "k-means": lambda quick, device: kmeans_figures(QUICK if quick else FULL, device),
    "extraction": lambda quick, device: extraction_figures(QUICK if quick else FULL, device),
}


def run_process(command: Sequence[str | Path], seconds: float) -> str:
    """Return what a process prints; end it after so many seconds.

    Raises:
        subprocess.SubprocessError: It failed, or took longer.
    """
    # Its temporary files are in a folder of ours: a process that is ended leaves them.
    with tempfile.TemporaryDirectory() as folder:
        places = {**os.environ, "TMPDIR": folder}
        return subprocess.run(
            command, check=True, cwd=ROOT, env=places, timeout=seconds, stdout=subprocess.PIPE,
            text=True,
        ).stdout  # fmt: skip


def run_tests(seconds: float) -> dict[str, int]:
    """Run the tests that need a CUDA GPU; return how many passed, failed and were skipped.

    Raises:
        subprocess.SubprocessError: pytest came to no result, or took longer.
    """
    # To collect the other files takes longer than these tests.
    files = [
        path for path in sorted((ROOT / "tests").glob("test_*.py"))
        if "pytest.mark.cuda" in path.read_text(encoding="utf-8")
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.xml"
        options = ["-m", "cuda", f"--junitxml={result}"]
        try:
            run_process([sys.executable, "-m", "pytest", *options, *files], seconds)
        except subprocess.CalledProcessError as error:
            print(error.stdout, file=sys.stderr, flush=True)
            if error.returncode != TESTS_FAILED:
                raise
        cases = ElementTree.parse(result).iter("testcase")  # noqa: S314 - of the line above
        found = Counter(case[0].tag if len(case) else "passed" for case in cases)
    failed = found["failure"] + found["error"]
    return {"passed": found["passed"], "failed": failed, "skipped": found["skipped"]}


def run_measure(name: str, quick: bool, device: str, seconds: float) -> dict[str, Figure]:
    """Return the figures of a stage that runs in a process of its own.

    Raises:
        subprocess.SubprocessError: It failed, or took longer.
    """
    size = ["--quick"] if quick else []
    command = [sys.executable, __file__, "--one", name, "--device", device, *size]
    found: dict[str, Figure] = json.loads(run_process(command, seconds))
    return found


def about(device: str) -> dict[str, Any]:
    """Return what a device is."""
    found: dict[str, Any] = {"device": device, "torch": torch.__version__}
    if not device.startswith("cuda"):
        return found | {"name": machine_state().device_name, "cuda": None, "memory_gib": None}
    properties = torch.cuda.get_device_properties(device)
    memory = round(properties.total_memory / 2**30, 1)
    return found | {"name": properties.name, "cuda": torch.version.cuda, "memory_gib": memory}


def run_all(quick: bool, device: str) -> dict[str, Any]:
    """Run the stages one after the other, as many as `MOST_SECONDS` have room for."""
    began = time.perf_counter()
    report = conditions(torch.get_num_threads()) | {
        "quick": quick,
        "on": about(device),
        "most_seconds": MOST_SECONDS,
        "tests": None,
        "figures": {},
        "seconds": {},
        "left_out": {},
        "failed": {},
    }
    for name, seconds in NEEDED.items():
        needed = seconds / 10 if quick else seconds
        started = time.perf_counter()
        left = MOST_SECONDS - (started - began)
        if left < needed:
            report["left_out"][name] = f"{left:.0f} s were left, {needed:.0f} s may be needed"
            continue
        try:
            if name == "tests":
                report["tests"] = run_tests(left)
            else:
                report["figures"] |= run_measure(name, quick, device, left)
        except subprocess.TimeoutExpired:
            report["left_out"][name] = f"it was ended after the {left:.0f} s that were left"
        except subprocess.CalledProcessError as error:
            report["failed"][name] = f"it ended with status {error.returncode}"
        except json.JSONDecodeError as error:
            report["failed"][name] = f"what it printed is no JSON: {error}"
        report["seconds"][name] = round(time.perf_counter() - started, 1)
        print(f"{name}: {report['seconds'][name]} s", file=sys.stderr, flush=True)
    return report


def wrong(report: dict[str, Any]) -> list[str]:
    """Return what is not as it should be; a rate below its goal is no such thing."""
    failed = (report["tests"] or {}).get("failed", 0)
    return [
        *(f"{name}: {reason}" for name, reason in report["failed"].items()),
        *([f"tests: {failed} failed"] if failed else []),
        *(
            f"{name}: {row['ours']:.3g} {row['unit']}, {row['note']}"
            for name, row in report["figures"].items()
            if name.startswith(agreement.STAGE) and not reached(row)
        ),
    ]


def measure_all(quick: bool, device: str, out: Path | None) -> None:
    """Run everything, write the file, print what was found; end with 1 where that is wrong."""
    report = run_all(quick, device)
    place = out or place_of(report, "-gpu")
    write_text_atomic(place, json.dumps(report, indent=1) + "\n")
    print(table(report["figures"]))
    print(f"on: {report['on']['name']}; tests: {report['tests'] or 'none run'}")
    for name, reason in report["left_out"].items():
        print(f"left out: {name}: {reason}")
    print(f"written: {place}")
    if found := wrong(report):
        sys.exit("wrong: " + "\nwrong: ".join(found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures as JSON, or run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="of torch, such as cuda:1")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--all", action="store_true", help="tests and comparison too, 8 minutes")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="with --all: what is written")
    parser.add_argument("--one", choices=tuple(MEASURES), help="measure one stage, print JSON")
    options = parser.parse_args(arguments)
    if options.out and not options.all:
        parser.error("--out needs --all")
    if options.device.startswith("cuda") and gpu_name() is None:
        parser.error("torch finds no CUDA GPU; --device cpu tries the script on the CPU")
    if options.all:
        measure_all(options.quick, options.device, options.out)
        return
    one = MEASURES.get(options.one, measure)
    json.dump(one(options.quick, options.device), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
