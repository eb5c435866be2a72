"""What a study would cost before it runs: jobs, time, memory and disk of each stage.

From the rates of this machine (`--measure`), or those in benchmarks/rates.json;
docs/PERFORMANCE.md says how near it comes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from polyconcept.audit.environment import machine_state
from polyconcept.audit.why import Planned
from polyconcept.builtin.corpus import generate_corpus
from polyconcept.cli import project
from polyconcept.cli.rates import MEASURED, chosen_file, measure_rates, read_rates
from polyconcept.study.data import BuiltinText
from polyconcept.study.jobs import vectors
from polyconcept.study.jobs.job import Job
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.jobs.work import Cost, Work

HEADING = (
    ("stage", ""),
    ("jobs", "counted"),
    ("GPU jobs", "counted"),
    ("GPU {unit}", "{gpu}"),
    ("CPU {unit}", "measured"),
    ("without GPU", "measured"),
    ("memory GB", "arithmetic"),
    ("disk GB", "arithmetic"),
    ("at once", "arithmetic"),
)
"""Columns, and what stands behind their numbers."""
_MINUTE, _HOUR, _GB, _MB = 60, 3600, 1e9, 1e6
_IN_MINUTES = 5 * _HOUR
"""A study of less work is told in minutes."""
_CUDA_BYTES = 3e9  # of the machine's memory that a process with a GPU holds besides
_TRAINING = ("pretrain", "finetune")
_SITE_KEYS = ("cpu_memory", "cpu_minutes", "gpu_memory", "gpu_minutes", "training_minutes")
# What is asked for by what is expected of the largest job; the unit, and what it is rounded up to.
_SPARE = {"memory": (1.5, _MB, 500), "minutes": (2.0, _MINUTE, 10)}


@dataclass
class Total:
    """What the jobs of a stage cost together."""

    jobs: int = 0
    gpu_jobs: int = 0
    gpu_seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of one core; of GPU jobs the core that waits beside the GPU."""
    core_seconds: float = 0.0
    """Of one core where there is no GPU."""
    memory_bytes: float = 0.0
    """Of the largest job, where there is no GPU."""
    disk_bytes: float = 0.0
    held_bytes: float = 0.0
    """Of these the most that lie on the disk at once."""
    is_assumed: bool = False
    """Whether it rests on text or a model that is not at hand."""

    def add(self, other: Total) -> None:
        """Count the jobs of another total too."""
        for name, value in vars(other).items():
            both = (getattr(self, name), value)
            setattr(self, name, max(both) if name in ("memory_bytes", "is_assumed") else sum(both))


@dataclass
class Request:
    """What jobs of a kind ask SLURM for: as much as the largest needs."""

    amount: float = 0.0
    """Bytes, or seconds."""
    job: str = ""
    """The largest."""

    def cover(self, amount: float, job: Planned) -> None:
        """Grow to what a job needs."""
        if amount > self.amount:
            self.amount, self.job = amount, " ".join([job.rule, *job.wildcards.values()])


@dataclass(frozen=True)
class Price:
    """What the jobs that would run cost."""

    stages: Mapping[str, Total]
    """In the order of the stages; those without jobs are left out."""
    requests: Mapping[str, Request]
    """By the key in the SLURM profile, such as ``cpu_memory``."""


def total_of(cost: Cost, rates: Mapping[str, float], job: Job) -> Total:
    """Return one job as a total; `rates` are those of `read_rates`."""
    start, imports = (rates[f"start_{job.start}_{unit}"] for unit in ("seconds", "bytes"))
    start += rates["job_seconds"]
    core, disk, memory = start + cost.seconds, float(cost.disk_bytes), imports + cost.memory_bytes
    if not job.gpu:
        return Total(1, 0, 0.0, core, core, memory, disk, disk)
    gpu = start + cost.gpu_seconds
    # A core waits beside the GPU for as long.
    return Total(1, 1, gpu, gpu, core, memory, disk, disk)


def price_of(jobs: Sequence[Planned], work: Work) -> Price:
    """Return what jobs cost, by stage, and what they would ask SLURM for."""
    totals = {kind.stage: Total() for kind in JOBS.values()}
    requests = {key: Request() for key in _SITE_KEYS}
    made = []
    for job in jobs:
        kind = JOBS[job.rule]
        work.sizes.assumed = False
        cost = kind.cost(work, job.wildcards)
        total = total_of(cost, work.rates, kind)
        total.is_assumed = work.sizes.assumed
        totals[kind.stage].add(total)
        if job.rule in vectors.JOBS:
            made.append(cost.disk_bytes)
        if not kind.local:
            memory = total.memory_bytes + (_CUDA_BYTES if kind.gpu else 0)
            requests["gpu_memory" if kind.gpu else "cpu_memory"].cover(memory, job)
            part = "training" if job.rule in _TRAINING else "gpu" if kind.gpu else "cpu"
            requests[f"{part}_minutes"].cover(total.cpu_seconds, job)
    totals["vectors"].held_bytes = float(vectors.held_at_once(work.study, made))
    return Price(
        {stage: total for stage, total in totals.items() if total.jobs},
        {key: request for key, request in requests.items() if request.amount},
    )


def slurm_lines(requests: Mapping[str, Request]) -> list[str]:
    """Return what the keys of the SLURM profile would be, in MB and minutes, with room to spare."""
    return [
        f"{key}: {_spare(key, request.amount)} ({request.job})" for key, request in requests.items()
    ]


def _spare(key: str, amount: float) -> int:
    more, unit, step = _SPARE[key.rpartition("_")[2]]
    return math.ceil(more * amount / unit / step) * step


def report(name: str, price: Price, notes: Sequence[str], gpu: str = "assumed") -> str:
    """Return a study's table, what to ask SLURM for, and what both rest on (`notes_on`).

    `gpu` says whether a GPU's rates were measured.
    """
    whole = Total()
    for total in price.stages.values():
        whole.add(total)
    if not whole.jobs:
        return f"{name}: nothing to do"
    unit = "hours" if whole.core_seconds > _IN_MINUTES else "min"
    rows = [
        *zip(
            *((title.format(unit=unit), kind.format(gpu=gpu)) for title, kind in HEADING),
            strict=True,
        ),
        *(_row(stage, total, unit) for stage, total in price.stages.items()),
        _row("in all", whole, unit),
    ]
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
    asked = (
        "For SLURM (`site:` in profiles/slurm/config.yaml, MB and minutes): what the largest job "
        "needs, with half as much memory again and twice the time:"
    )
    parts = [[title, ""], lines, ["", asked], _listed(slurm_lines(price.requests))]
    parts += [["", "What this rests on:"], _listed(notes)]
    return "\n".join(line for part in parts for line in part)


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _row(stage: str, total: Total, unit: str) -> tuple[str, ...]:
    mark = "~" if total.is_assumed else ""
    hours = (total.gpu_seconds, total.cpu_seconds, total.core_seconds)
    sizes = (total.memory_bytes, total.disk_bytes, total.held_bytes)
    in_unit = _HOUR if unit == "hours" else _MINUTE
    numbers = (*(s / in_unit for s in hours), *(b / _GB for b in sizes))
    return (stage, str(total.jobs), str(total.gpu_jobs), *(f"{mark}{n:,.2f}" for n in numbers))


def notes_on(found: Mapping[str, Any], assumptions: Sequence[str]) -> list[str]:
    """Return what the figures rest on, in sentences."""
    machine, here = found["machine"], machine_state().device_name
    where = (
        f"rates measured on {found['date']} on one core of {machine['processor']}, at a load of "
    )
    where += f"{machine['load']}: {found['file']}"
    if machine["processor"] != here:
        where += f"; this is {here}: `polyconcept plan --measure` takes a minute"
    lines = [
        "counted: jobs, and words of text that is at hand; measured: rates, times what is counted "
        "(some are of other runs: see below); arithmetic: from numbers of words, dims, clusters "
        "and parameters; ~: rests on text or a model that is not at hand (below)",
        where,
        "time is of one core, the start of each job included; 'without GPU' is what it would be if "
        "no job had a GPU; a GPU waits while its job starts",
        "memory: of the largest job, without a GPU",
        "how many words the links of a pair lead to, and a word table has, is a rule of thumb "
        "(within 1.5 on the Bible and on PUD)",
        "at once: GB on the disk at the same time, at most; of vectors that are not kept "
        f"(`vectors.keep`) those of {vectors.AT_ONCE} jobs at work (`vector_jobs` in the profiles)",
    ]
    lines += [
        f"not measured here: {entry['about']}: {_plain(entry['value'])}"
        for entry in found["assumed"].values()
    ]
    return [*lines, *assumptions]


def _plain(value: float | int) -> str:  # read from JSON
    return f"{value:,}" if 1e-3 < value < _GB else f"{value:.3g}"


def builtin_lines(language: str, source: BuiltinText) -> list[str]:
    """Return sentences of the built-in text."""
    found = generate_corpus([language], **source.model_dump()).sentences[language]
    return [" ".join(words) for words in found.words]


def plan(
    study: project.StudyFile,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help=f"First measure this machine's rates (a minute), for {MEASURED}; later plans in "
            "this folder use them.",
        ),
    ] = False,
    gpu_tflops: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="What a GPU sustains in float32, in 10^12 operations a second (not its peak): "
            "more in bfloat16 and less in k-means in the proportions that are assumed.",
        ),
    ] = None,
    gpu_report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What benchmarks/gpu.py --all has written on a GPU: its rates take the place of "
            "those that are assumed.",
        ),
    ] = None,
) -> None:
    """Say what a study would cost, stage by stage: time, memory and disk.

    Of the jobs that would run now; nothing is run. How fast a GPU is, and words and weights that
    come from the hub, are not known before: what is assumed for them stands below the table.
    """
    if gpu_tflops is not None and not 0 < gpu_tflops < float("inf"):
        raise typer.BadParameter(
            f"found {gpu_tflops}, needed more than 0", param_hint="--gpu-tflops"
        )
    if gpu_tflops is not None and gpu_report is not None:
        raise typer.BadParameter("give it or --gpu-report", param_hint="--gpu-tflops")
    from polyconcept.cli.planned import planned

    with project.faults_told():
        settings = project.read_study(study)
        if measure:
            measure_rates(MEASURED)
        found = planned(study)
        rates, about = read_rates(chosen_file(), gpu_tflops, gpu_report)
        work = Work(settings, rates, project.ROOT, builtin_lines)
        price = price_of(found.planned, work)
    project.caution(settings)
    notes = notes_on(about, sorted(work.sizes.unknown))
    gpu = "assumed" if gpu_report is None else "measured"
    project.say(report(settings.name, price, notes, gpu))
