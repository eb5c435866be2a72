"""The rates that a plan is worked out from: of this machine, or those that the project has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.cli import project

RATES = project.ROOT / "benchmarks/rates.json"
MEASURED = Path("results/rates.json")
"""Where `polyconcept plan --measure` writes, beside the studies that are run in the same folder."""

Entry: TypeAlias = dict[str, Any]
"""What such a file says of a rate: its value, and about what it is."""


def chosen_file() -> Path:
    """Return the file of rates that plans in this folder use: the measured one, if there is one."""
    return MEASURED if MEASURED.is_file() else RATES


def read_rates(
    path: Path, tflops: float | None = None, gpu_report: Path | None = None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the rates and assumptions by name, and all that the file says of them.

    `tflops` of a GPU (`with_gpu`), or what a report of benchmarks/gpu.py measured of one
    (`gpu_rates`), takes the place of what the file assumes.

    Raises:
        ValueError: The file has no rates, or the report has none of a GPU (names what was found).
    """
    about = _read(path)
    about["file"] = str(
        path.relative_to(project.ROOT) if path.is_relative_to(project.ROOT) else path
    )
    try:
        if tflops is not None:
            about["assumed"] = with_gpu(about["assumed"], tflops)
        if gpu_report is not None:
            measured = gpu_rates(gpu_report)
            about["measured"] |= measured
            about["assumed"] = {k: v for k, v in about["assumed"].items() if k not in measured}
        parts = [*about["measured"].items(), *about["assumed"].items()]
        rates = {name: float(entry["value"]) for name, entry in parts}
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: needed `measured` and `assumed` with values: {error}") from error
    needed = _read(RATES)
    if missing := sorted({*needed["measured"], *needed["assumed"]} - set(rates)):
        raise ValueError(
            f"{path}: lacks {', '.join(missing)}, as one of an earlier version does; measure anew "
            "with `polyconcept plan --measure`"
        )
    return rates, about


def _read(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: no JSON: {error}") from error
    return found


def gpu_rates(file: Path) -> dict[str, Entry]:
    """Return a GPU's rates from what `benchmarks/gpu.py --all` has written.

    Models in float32 are taken to come as near to the rate of float32 products as in bfloat16.

    Raises:
        ValueError: The file is of small sizes, or lacks a figure (which is named).
    """
    report = _read(file)
    try:
        reading, fit = (
            report["figures"][f"GPU, {name}"] for name in ("extraction: rate", "k-means: whole fit")
        )
        on, quick, date = report["on"]["name"], report["quick"], report["date"]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{file}: needed a report of benchmarks/gpu.py --all with both rates: no {error}"
        ) from error
    if quick:
        raise ValueError(f"{file}: of small sizes (--quick), which say nothing of large ones")
    found = {
        "gpu_bfloat16_operations_per_second": reading["ours"],
        "gpu_operations_per_second": reading["ratio"] * fit["limit"],
        "gpu_kmeans_operations_per_second": fit["ours"],
    }
    about = f"measured on {on}, {date[:10]}: {file}"
    return {name: {"value": 1e12 * value, "about": about} for name, value in found.items()}


def with_gpu(assumed: Mapping[str, Entry], tflops: float) -> dict[str, Entry]:
    """Return what is assumed where a GPU sustains so much in float32; its other rates go along.

    `tflops` are 10^12 operations a second.
    """
    factor = tflops * 1e12 / assumed["gpu_operations_per_second"]["value"]
    return {
        name: entry
        | {"value": entry["value"] * factor, "about": f"{entry['about']}; scaled to --gpu-tflops"}
        if name.startswith("gpu_")
        else entry
        for name, entry in assumed.items()
    }


def measure_rates(file: Path) -> None:
    """Measure the rates of this machine, which takes about a minute, and write them.

    Raises:
        ValueError: The measuring failed; its own message is on stderr.
    """
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
    script = project.ROOT / "benchmarks/rates.py"
    command = [sys.executable, str(script), "--out", str(file.absolute())]
    if subprocess.run(command, env=os.environ | threads, check=False).returncode:
        raise ValueError(f"{file}: the rates of this machine could not be measured (see above)")
