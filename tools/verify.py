"""Check a finished study: from its last tables and figures through every run record to the sources.

Reads the study's configuration, the run records and the files; runs nothing, asks no network, and
needs neither Snakemake nor torch. docs/AUDIT.md says what is checked. Exits with status 1 at the
first broken link (`--all`: after naming every one).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from polyconcept.audit.links import Expected
from polyconcept.audit.verification import Audit
from polyconcept.study.jobs.table import final_files, flat, job_inputs, job_kinds, job_settings
from polyconcept.study.parse import SettingsError
from polyconcept.study.schema import Study
from studies import never_ran, read_study

ROOT = Path(__file__).resolve().parents[1]
MOST_LEFT_OVER = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the study that the command line names."""
    options = parsed_arguments(arguments)
    try:
        study = read_study(options.study)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if nothing := never_ran(study, options.folder):
        sys.stderr.write(f"{nothing}\n")
        return 2
    started = time.monotonic()
    audit = Audit(expected_of(study, options.folder), options.folder, ROOT, shown_progress())
    n_faults = 0
    for fault in audit.faults():
        n_faults += 1
        sys.stderr.write(f"broken: {fault}\n")
        if not options.all:
            break
    if n_faults:
        sys.stderr.write(f"the results of {study.name} are not what their records say\n")
        return 1
    warn_of_left_over(audit)
    report(audit, study, time.monotonic() - started)
    return 0


def parsed_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("study", type=Path, help="the configuration, such as studies/demo.yaml")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(),
        help="where snakemake ran (its --directory); the results are there in results/{name}/",
    )
    parser.add_argument("--all", action="store_true", help="name every broken link")
    return parser.parse_args(arguments)


def expected_of(study: Study, folder: Path) -> Expected:
    """What the records of a study that ran in `folder` must agree with."""
    return Expected(
        study=study.name,
        finals=final_files(study),
        settings_of=lambda rule, names: job_settings(rule, study, names),
        inputs_of=lambda rule, names: flat(job_inputs(rule, study, names, folder)),
        kinds_of=lambda rule, names: job_kinds(rule, study, names),
    )


def shown_progress():  # noqa: ANN201 - a function
    """A function that shows on a terminal, once a second, how many files are hashed."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if sys.stderr.isatty() and (time.monotonic() - last > 1 or done == total):
            last = time.monotonic()
            sys.stderr.write(f"\r{done} of {total} files hashed" + "\n" * (done == total))

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
    sys.stdout.write(
        f"verified {study.name}: {len(audit.records)} run records, {audit.n_files} files "
        f"({len(audit.sources)} of them sources), {audit.n_bytes / 1e6:,.1f} MB, "
        f"in {seconds:.1f} s\n"
        f"commits: {', '.join(commits) or 'none recorded'} ({dirty} runs with uncommitted "
        f"changes)\nSHA-256 of all results: {audit.root_sha256}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
