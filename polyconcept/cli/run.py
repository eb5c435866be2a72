"""Run a study: Snakemake's own line, and its progress stage by stage."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from polyconcept.audit.hashes import KnownHashes
from polyconcept.audit.links import Expected
from polyconcept.audit.runs import SUFFIX
from polyconcept.audit.verification import Audit
from polyconcept.cli import project
from polyconcept.cli.killed_runs import clear_killed_runs
from polyconcept.cli.progress import Progress
from polyconcept.cli.verify import expected_of, hashes_of
from polyconcept.slurm.drivers import DRIVER_VARIABLE, start_driver
from polyconcept.slurm.patience import AWAY, BACK
from polyconcept.slurm.queue import ClusterError, has_accounting
from polyconcept.study.schema import Study

PROFILES = ("--profile", "--workflow-profile")
# What Snakemake prints is all that is wanted of a run with one of these.
QUIET = ("-q", "--quiet", "--verbose")
DRY = {"-n", "--dry-run", "--dryrun"}
WITHOUT_PROGRESS = DRY | {"--report", "--unlock", "--lint", "--touch"}
N_LAST_LINES = 40
MOST_FAULTS = 10


def run(
    study: project.StudyFile,
    options: Annotated[
        list[str] | None, typer.Argument(metavar="OPTION", help="Snakemake's options and files.")
    ] = None,
    folder: project.Folder = Path(),
) -> None:
    """Run a study by the `snakemake ...` line that is printed first.

    Its progress is shown, a line a stage. Everything after STUDY is passed to Snakemake, such as
    `--cores 16`, `--profile slurm` or `-n`, which here prints a summary unless `--quiet` says
    otherwise. What Snakemake says is kept in
    results/{name}/logs/run-{time}.log; its exit status is the command's. What a run of the study
    has left that was killed is cleared first, as docs/CLUSTER.md says.
    """
    options, token = options or [], uuid.uuid4().hex
    plain = any(word.split("=")[0] in WITHOUT_PROGRESS for word in options)
    with project.faults_told(foreseen=(OSError, ValueError, ClusterError)):
        settings = project.read_study(study)
        words, through_slurm = snakemake_words(study, folder, options), []
        if not plain:
            clear_killed_runs(settings, folder, snakemake_words(study, folder, []))
            through_slurm = slurm_options(words, token)
            words = snakemake_words(study, folder, [*through_slurm, *options])
    project.caution(settings)
    project.say(shlex.join(["snakemake", *words]))
    line = [sys.executable, "-m", "snakemake", *words]
    if plain:
        raise typer.Exit(subprocess.run(line, check=False).returncode)
    logs = folder / f"results/{settings.name}/logs"
    driver = start_driver(logs, token, submits=bool(through_slurm))
    status = followed(line, logs / f"run-{time.strftime('%Y%m%d-%H%M%S')}.log", token)
    if status == 0:
        status = check_made(expected_of_run(words, settings, folder), folder)
    # A signal has ended Snakemake, or SLURM did not answer: what it started may still run.
    if status >= 0 and not driver.plan.exists():
        driver.forget()
    # Shells add the number of a signal to 128.
    raise typer.Exit(status if status >= 0 else 128 - status)


def expected_of_run(words: Sequence[str], study: Study, folder: Path) -> Expected:
    """Return what must be there after a run by Snakemake's line, which may name files to make.

    Nothing for one that asks for a part of the study in other words, or changes its settings.
    """
    from snakemake.cli import parse_args

    _, chosen = parse_args(list(words))
    expected = expected_of(study, folder)
    if chosen.until or chosen.omit_from or chosen.config:
        return replace(expected, finals=())
    if not chosen.targets:
        return expected
    names_files = all(target.startswith("results/") for target in chosen.targets)
    return replace(expected, finals=sorted(chosen.targets) if names_files else ())


def check_made(expected: Expected, folder: Path) -> int:
    """Say which results are not what a study asks for, or damaged; return the exit status.

    Snakemake looks into no files. What is hashed here, `polyconcept verify` believes later.
    """
    known = KnownHashes(hashes_of(expected.study, folder))
    audit = Audit(expected, folder, project.ROOT, known=known)
    walked, others = list(audit.walk()), list(audit.faults_of_records())
    found = [*walked, *audit.faults_of_contents()]
    # What is not there any more, such as vectors that were removed, was made as it should.
    absent = list(dict.fromkeys(fault.place for fault in found if fault.is_absence))
    damaged = [fault for fault in found if not fault.is_absence]
    if absent:
        sys.stderr.write(
            f"note: no longer there, {len(absent)} of the results behind the study, such as "
            f"{absent[0]}. What was made of them is in order, but `polyconcept verify` misses "
            f"them; --forcerun {' '.join(absent[:MOST_FAULTS])} makes them anew\n"
        )
    if not damaged and not others:
        return 0
    rules = {audit.records[fault.place].rule for fault in others}
    files = {file for fault in damaged for file in _made_anew(fault.place, audit)}
    listed = "".join(f"{fault}\n" for fault in [*damaged, *others][:MOST_FAULTS])
    sys.stderr.write(
        f"{listed}{len(damaged) + len(others)} faults: results that are not as {expected.study} "
        "asks for, which Snakemake does not see. Make them anew: the same command with --forcerun "
        f"{' '.join(sorted(rules | files))}\n"
    )
    return 1


def _made_anew(place: str, audit: Audit) -> list[str]:
    """Return what is to be made where a file is not as records say: itself, or what read it."""
    if place.startswith("results/"):
        return [place.removesuffix(SUFFIX)]
    return [
        record.outputs[0].path
        for record in audit.records.values()
        if place in {state.path for state in record.inputs}
    ]


def slurm_options(words: Sequence[str], token: str) -> list[str]:
    """Return what Snakemake's line needs where jobs go through SLURM; nothing elsewhere.

    The names of the jobs are to begin with `token`.

    Raises:
        ValueError: The line, or its profile, names the jobs already.
        ClusterError: SLURM does not answer.
    """
    from snakemake.cli import parse_args

    # The line and its profiles, as Snakemake itself will read them.
    _, chosen = parse_args(list(words))
    if chosen.executor != "slurm":
        return []
    given = [chosen.slurm_jobname_prefix, chosen.slurm_status_command]
    # What is not given is a mark of `dataclasses`.
    prefix, status = (value if isinstance(value, str) else "" for value in given)
    if prefix:
        raise ValueError(
            "slurm-jobname-prefix: found one, but `polyconcept run` names the jobs, to find them "
            "again after a kill; leave it out"
        )
    # The plugin asks sacct wherever there is such a command.
    more = [] if status or has_accounting() else ["--slurm-status-command=squeue"]
    return [f"--slurm-jobname-prefix={token}", *more]


def snakemake_words(study: Path, folder: Path, options: Sequence[str]) -> list[str]:
    """Return what stands behind `snakemake` on the line that runs a study in `folder`.

    A profile among the user's `options` takes the place of profiles/local.
    """
    snakefile, here = project.snakefile(), Path.cwd()
    words = [] if snakefile.parent == here else ["--snakefile", str(snakefile)]
    if not any(word.split("=")[0] in PROFILES for word in options):
        profile = project.ROOT / "profiles/local"
        near = profile.relative_to(here) if profile.is_relative_to(here) else profile
        words += ["--workflow-profile", str(near)]
    if DRY & set(options) and not any(word.split("=")[0] in QUIET for word in options):
        words.append("--quiet=rules")  # else there are eight lines a job before the summary
    if folder != Path():
        words += ["--directory", str(folder)]
        study = study.resolve()
    # With `=`: a file to make, as a word of its own behind it, would count as another study.
    return [*words, f"--configfile={study}", *options]


def followed(line: Sequence[str], log: Path, token: str) -> int:
    """Run Snakemake, keep what it says in a file, and show its progress.

    `token` is put into the environment of all that is started. Returned is Snakemake's exit status;
    of one that a signal ended the negative number of it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # In a process group of its own, so that Ctrl-C reaches Snakemake once, with its jobs. Such a
    # group is stopped when it reads from the terminal: it gets nothing to read.
    with subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {DRIVER_VARIABLE: token},
        process_group=0,
    ) as process:
        assert process.stdout is not None
        with forwarded_to(process.pid):
            last = shown(process.stdout, log)
            status = process.wait()
    if status:
        sys.stderr.write("".join(last))
    project.say(f"log: {log}")
    return status


@contextmanager
def forwarded_to(group: int) -> Iterator[None]:
    """Hand the signals by which a user ends this process on to a process group."""

    def forward(number: int, _frame: FrameType | None) -> None:
        os.killpg(group, number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, forward) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def shown(lines: Iterable[str], log: Path) -> deque[str]:
    """Write lines to the log and show the progress in them; return the last ones.

    What is said of a silent SLURM is shown as well: nothing goes on in the meantime.
    """
    progress = Progress(_show, terminal=sys.stdout.isatty())
    last: deque[str] = deque(maxlen=N_LAST_LINES)
    with log.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(line)
            file.flush()  # can be followed, and is whole up to a kill
            last.append(line)
            progress.read(line)
            if AWAY in line or BACK in line:
                sys.stderr.write(line)
    return last


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
