"""Every benchmark, as one table: `make bench`.

    python benchmarks/run.py [--quick] [--threads N] [NAME ...]

Each benchmark runs in a process of its own, one after the other, with the same number of threads.
The table and all figures are also written to benchmarks/results/, with what they were measured on.
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
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measuring import Figure, figure, reached

from polyconcept.provenance.machine import git_state, installed_packages, machine_state

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
RATES = Path(__file__).with_name("rates.json")
NAMES = ("storage", "scores", "chance", "workflow", "wordalign", "extraction", "kmeans", "rates")
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
HEADINGS = ("stage", "what", "ours", "limit or alternative", "ratio", "goal", "reached")


def measure_one(name: str, quick: bool) -> dict[str, Figure]:
    """Figures of one benchmark, measured in this process."""
    return wordalign_figures(quick) if name == "wordalign" else _measure(name, quick)


def _measure(name: str, quick: bool) -> dict[str, Figure]:
    found: dict[str, Figure] = importlib.import_module(name).measure(quick)
    return found


def wordalign_figures(quick: bool) -> dict[str, Figure]:
    """Word links beside systran-align's; each tool has a process of its own."""
    n_pairs = 1000 if quick else 100_000
    script = Path(__file__).with_name("wordalign.py")
    ours, theirs = (
        json.loads(_output([script, "--tool", tool, "--pairs", n_pairs, "--types", n_pairs]))
        for tool in ("polyconcept", "systran-align")
    )
    note = f"{n_pairs:,} pairs"
    return {
        "word links, time": figure(
            ours["seconds"], "s", "<= 5", ours["seconds"] / theirs["seconds"],
            alternative=theirs["seconds"], note=f"systran-align; {note}",
        ),
        "word links, error rate": figure(
            ours["error"], "", "<= 1", ours["error"] / theirs["error"],
            alternative=theirs["error"], note=note,
        ),
    }  # fmt: skip


def _output(arguments: Sequence[object]) -> str:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def conditions(threads: int) -> dict[str, Any]:
    """What figures are measured on; no name of the machine or of a person."""
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
        },
        "python": platform.python_version(),
        "packages": {name: found[name] for name in PACKAGES if name in found},
        "git": asdict(git) if git else None,
        "threads": threads,
    }


def table(figures: dict[str, Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [HEADINGS]
    for name, row in figures.items():
        stage, _, what = name.partition(", ")
        other = row["limit"] if row["limit"] is not None else row["alternative"]
        kind = "limit" if row["limit"] is not None else "alternative"
        numbers = (_number(row["ours"], row["unit"]), f"{_number(other, row['unit'])} ({kind})")
        result = {True: "yes", False: "no", None: "-"}[reached(row)]
        rows.append((stage, what, *numbers, f"{row['ratio']:.3g}", row["goal"], result))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (n + 2) for n in widths) + "|", *lines[1:]])


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def run_all(names: Sequence[str], quick: bool, threads: int) -> tuple[dict[str, Any], Path]:
    """Every benchmark in turn; what fails is said, and the others run.

    Returns:
        The report, and the file that it stands in: written after each, so that none is lost.
    """
    for variable in THREADS:
        os.environ[variable] = str(threads)
    report = conditions(threads) | {"quick": quick, "figures": {}, "runs": {}, "failed": []}
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / f"{report['date'].replace(':', '').replace('+0000', 'Z')}.json"
    for name in names:
        began, load = time.perf_counter(), os.getloadavg()[0]
        arguments = [__file__, "--one", name, *(["--quick"] if quick else [])]
        try:
            report["figures"] |= json.loads(_output(arguments))
        except subprocess.CalledProcessError as error:
            print(f"{name} failed with status {error.returncode}", file=sys.stderr)
            report["failed"].append(name)
        seconds = round(time.perf_counter() - began, 1)
        about = {"seconds": seconds, "load_before": load, "load_after": os.getloadavg()[0]}
        report["runs"][name] = about
        place.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {seconds:.0f} s, load {load:.1f}", file=sys.stderr, flush=True)
    return report, place


def main() -> None:
    """Measure, print the table, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rates", action="store_true", help="write rates.json, for `make plan`")
    parser.add_argument("--one", choices=NAMES, help="measure one here, print JSON")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.one:
        json.dump(measure_one(options.one, options.quick), sys.stdout)
        return
    report, place = run_all(options.names or NAMES, options.quick, options.threads)
    text = table(report["figures"])
    place.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"written: {place.relative_to(ROOT)}", file=sys.stderr)
    if options.rates:
        before = json.loads(RATES.read_text(encoding="utf-8"))
        rates = importlib.import_module("rates").rates_of(report, before)
        RATES.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    sys.exit(bool(report["failed"]))


if __name__ == "__main__":
    main()
