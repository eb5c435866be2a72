"""Check a finished study: from its last tables and figures through every run record to the sources.

Reads the study's configuration, the run records and the files; runs nothing, asks no network, and
needs neither Snakemake nor torch. docs/AUDIT.md says what is checked.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from polyconcept.audit.hashes import KNOWN_HASHES, KnownHashes
from polyconcept.audit.links import Expected
from polyconcept.audit.verification import Audit
from polyconcept.cli import project
from polyconcept.study.jobs.paths import Files
from polyconcept.study.jobs.table import (
    check_files,
    final_files,
    flat,
    job_inputs,
    job_kinds,
    job_settings,
)
from polyconcept.study.schema import Study

MOST_LEFT_OVER = 10


def verify(
    study: project.StudyFile,
    folder: project.Folder = Path(),
    every: Annotated[
        bool, typer.Option("--all", help="Hash every file anew, and name every broken link.")
    ] = False,
) -> None:
    """Check every hash and setting of a finished study.

    From the figures back to the sources; runs nothing and asks no network. Hashes that were taken
    before are believed of files that have not been written since, by their size, times and number
    on disk (--all: of none). Ends with status 1 at the first broken link (--all: after naming every
    one), with 2 where there is nothing to verify.
    """
    with project.faults_told(2):
        settings = project.read_study(study)
        project.check_ran(settings, folder)
    started = time.monotonic()
    known = KnownHashes(hashes_of(settings.name, folder), believe=not every)
    audit = Audit(
        expected_of(settings, folder),
        folder,
        project.ROOT,
        known=known,
        progress=shown_progress(),
    )
    n_faults = 0
    for fault in audit.faults():
        n_faults += 1
        sys.stderr.write(f"broken: {fault}\n")
        if not every:
            break
    if n_faults:
        sys.stderr.write(f"the results of {settings.name} are not what their records say\n")
        raise typer.Exit(1)
    warn_of_left_over(audit)
    report(audit, settings, time.monotonic() - started)


def hashes_of(study: str, folder: Path) -> Path:
    """Return where the hashes of a study's files are kept."""
    return folder / f"results/{study}" / KNOWN_HASHES


def expected_of(study: Study, folder: Path) -> Expected:
    """Return what the records of a study that ran in `folder` must agree with."""
    return Expected(
        study=study.name,
        finals=(*final_files(study), *check_files(study)),
        settings_of=lambda rule, names: job_settings(rule, study, names),
        inputs_of=lambda rule, names: flat(job_inputs(rule, study, names, folder)),
        kinds_of=lambda rule, names: job_kinds(rule, study, names),
        is_removed=Files(study).is_removed,
    )


def shown_progress() -> Callable[[int, int], None]:
    """Return a function that shows on a terminal, once a second, how many files are seen."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if sys.stderr.isatty() and (time.monotonic() - last > 1 or done == total):
            last = time.monotonic()
            sys.stderr.write(f"\r{done} of {total} files seen" + "\n" * (done == total))

    return show


def warn_of_left_over(audit: Audit) -> None:
    """Name files in the results that are none of the study's."""
    found = audit.left_over()
    for place in found[:MOST_LEFT_OVER]:
        sys.stderr.write(f"warning: {place}: no record of this study made it (left over)\n")
    if len(found) > MOST_LEFT_OVER:
        sys.stderr.write(f"warning: and {len(found) - MOST_LEFT_OVER} more files\n")


def report(audit: Audit, study: Study, seconds: float) -> None:
    """Say what was verified."""
    dirty = sum(1 for record in audit.records.values() if record.git and record.git.dirty)
    commits = sorted({record.git.commit for record in audit.records.values() if record.git})
    removed = (
        f"removed once they were read, as the study asks: {audit.n_removed} files of vectors; the "
        "records of the jobs that made and read them agree\n"
    )
    sys.stdout.write(
        f"verified {study.name}: {len(audit.records)} run records, {audit.n_files} files "
        f"({len(audit.sources)} of them sources), {audit.n_bytes / 1e6:,.1f} MB, "
        f"in {seconds:.1f} s\n"
        f"hashed now: {audit.n_hashed}; not written since they were hashed before, and believed: "
        f"{audit.n_files - audit.n_hashed} (--all hashes every file)\n"
        f"{removed if audit.n_removed else ''}"
        f"commits: {', '.join(commits) or 'none recorded'} ({dirty} runs with uncommitted "
        f"changes)\nSHA-256 of all results: {audit.root_sha256}\n"
    )
