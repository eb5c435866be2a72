"""What a study would cost before it runs: jobs, GPU hours, CPU hours and disk of each stage.

From the rates in benchmarks/rates.json; docs/PERFORMANCE.md says how they were measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from polyconcept.audit.why import Planned
from polyconcept.cli import project
from polyconcept.study.jobs import vectors
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.jobs.work import Cost, Work

RATES = project.ROOT / "benchmarks/rates.json"
HEADING = (
    "stage",
    "jobs",
    "GPU jobs",
    "GPU hours",
    "CPU hours",
    "without GPU",
    "disk GB",
    "at once",
)
_HOUR, _GB = 3600, 1e9

Entry: TypeAlias = dict[str, Any]
"""What benchmarks/rates.json says of a rate: its value, and about what it is."""


@dataclass
class Total:
    """What the jobs of a stage cost together."""

    jobs: int = 0
    gpu_jobs: int = 0
    gpu_seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of one core; of GPU jobs what stands around the work."""
    core_seconds: float = 0.0
    """Of one core where there is no GPU."""
    disk_bytes: float = 0.0
    held_bytes: float = 0.0
    """Of these the most that lie on the disk at once."""

    def add(self, other: Total) -> None:
        """Count the jobs of another total too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def total_of(cost: Cost, rates: Mapping[str, float], on_gpu: bool) -> Total:
    """Return one job as a total; `rates` are those of `read_rates`."""
    around = rates["job_overhead_seconds"] + cost.hashing
    core, disk = around + cost.seconds, float(cost.disk_bytes)
    if not on_gpu:
        return Total(1, 0, 0.0, core, core, disk, disk)
    gpu = around + cost.gpu_seconds
    # A core waits beside the GPU for as long.
    return Total(1, 1, gpu, gpu, core, disk, disk)


def totals_of(jobs: Sequence[Planned], work: Work) -> dict[str, Total]:
    """Return totals by stage, in the order of the stages; those without jobs are left out."""
    totals = {kind.stage: Total() for kind in JOBS.values()}
    made = []
    for job in jobs:
        kind = JOBS[job.rule]
        cost = kind.cost(work, job.wildcards)
        totals[kind.stage].add(total_of(cost, work.rates, kind.gpu))
        if job.rule in vectors.JOBS:
            made.append(cost.disk_bytes)
    totals["vectors"].held_bytes = float(vectors.held_at_once(work.study, made))
    return {stage: total for stage, total in totals.items() if total.jobs}


def read_rates(path: Path, tflops: float | None = None) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the rates and assumptions by name, and all that the file says of them.

    `tflops` of a GPU take the place of what the file assumes (`with_gpu`).

    Raises:
        ValueError: The file has no rates (names what was found).
    """
    about = json.loads(path.read_text(encoding="utf-8"))
    try:
        if tflops is not None:
            about["assumed"] = with_gpu(about["assumed"], tflops)
        parts = [*about["measured"].items(), *about["assumed"].items()]
        return {name: float(entry["value"]) for name, entry in parts}, about
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: needed `measured` and `assumed` with values: {error}") from error


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


def report(name: str, totals: Mapping[str, Total], notes: Sequence[str]) -> str:
    """Return a study's table of stages, and what it rests on (`notes_on`)."""
    whole = Total()
    for total in totals.values():
        whole.add(total)
    if not whole.jobs:
        return f"{name}: nothing to do"
    rows = [HEADING, *(_row(*item) for item in totals.items()), _row("in all", whole)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            text.ljust(n) if not place else text.rjust(n)
            for place, (text, n) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    title = (
        f"{name}: {whole.jobs} jobs would run, {whole.gpu_jobs} of them on a GPU where there is one"
    )
    listed = [f"- {line}" for line in notes]
    return "\n".join([title, "", *lines, "", "What this rests on:", *listed])


def _row(stage: str, total: Total) -> tuple[str, ...]:
    hours = (total.gpu_seconds, total.cpu_seconds, total.core_seconds)
    disk = (total.disk_bytes, total.held_bytes)
    numbers = [f"{value:,.2f}" for value in (*(s / _HOUR for s in hours), *(b / _GB for b in disk))]
    return (stage, str(total.jobs), str(total.gpu_jobs), *numbers)


def notes_on(found: Mapping[str, Any], assumptions: Sequence[str]) -> list[str]:
    """Return what the figures rest on, in sentences."""
    machine = found["machine"]
    lines = [
        f"rates measured on {found['date']} on one core of {machine['processor']}, at a load of "
        f"{machine['load']}: benchmarks/rates.json",
        "hours of CPU are of one core; 'without GPU' is what they would be if no job had a GPU",
        "a GPU waits while its job starts, and hashes inputs and outputs; that a job reads vectors "
        "again for each clustering is not counted",
        "at once: GB on the disk at the same time, at most; of vectors that are not kept "
        f"(`vectors.keep`) those of {vectors.AT_ONCE} jobs at work (`vector_jobs` in the profiles)",
        "text of the study is taken whole: `words.cap` leaves fewer words, and less work",
    ]
    lines += [
        f"assumed, not measured: {entry['about']}: {_plain(entry['value'])}"
        for entry in found["assumed"].values()
    ]
    return [*lines, *assumptions]


def _plain(value: float | int) -> str:  # read from JSON
    return f"{value:,}" if value < _GB else f"{value:.3g}"


def plan(
    study: project.StudyFile,
    gpu_tflops: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="What a GPU sustains in float32, in 10^12 operations a second (not its peak): "
            "more in bfloat16 and less in k-means in the proportions that are assumed.",
        ),
    ] = None,
) -> None:
    """Say what a study would cost, stage by stage: hours and disk.

    Of the jobs that would run now; nothing is run. How fast a GPU is, and words and weights that
    come from the hub, are not known before: what is assumed for them stands below the table.
    """
    if gpu_tflops is not None and not 0 < gpu_tflops < float("inf"):
        raise typer.BadParameter(
            f"found {gpu_tflops}, needed more than 0", param_hint="--gpu-tflops"
        )
    from polyconcept.cli.planned import planned

    with project.faults_told():
        settings = project.read_study(study)
        found = planned(study)
        rates, about = read_rates(RATES, gpu_tflops)
        work = Work(settings, rates, project.ROOT)
        totals = totals_of(found.planned, work)
    project.caution(settings)
    notes = notes_on(about, sorted(work.sizes.unknown))
    project.say(report(settings.name, totals, notes))
