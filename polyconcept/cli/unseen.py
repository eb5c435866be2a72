"""Results that are not as a study asks, though Snakemake sees no change: it has no note on them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path

from polyconcept.audit.producers import producer_of
from polyconcept.audit.runs import SUFFIX, RecordError, RunRecord, record_path
from polyconcept.audit.verification import NO_RESULTS
from polyconcept.cli.asked import is_asked
from polyconcept.store.content import result_files
from polyconcept.study.jobs.table import job_inputs
from polyconcept.study.schema import Study

NOTES = Path(".snakemake/metadata")
"""Where Snakemake keeps its notes, from the folder in which it runs."""


def unseen(study: Study, root: Path) -> list[str]:
    """Return results in this folder that are not as a study asks for now, and have no note.

    Without a note, or with one that is cut off, Snakemake does not compare settings. What the
    study has no job for is left out. `root` is the project's.

    Raises:
        CodeError: No fingerprint can be taken of the code.
    """
    noted, records, found = frozenset(_noted(NOTES)), dict[Path, RunRecord](), set[str]()
    for place in _results(study):
        if noted.isdisjoint((place, *map(str, Path(place).parents))):
            output = _output(place)
            try:
                record = producer_of(output, records)
                if record and _has_job(record, study) and not is_asked(record, study, Path(), root):
                    found.add(output)
            except RecordError:
                found.add(output)
            except OSError:  # what a job reads is not there: Snakemake says so
                continue
    return sorted(found)


def _noted(folder: Path) -> Iterator[str]:
    """Yield the files and folders that Snakemake has a note on, where it can be read."""
    for path in folder.rglob("*"):
        if path.is_file():
            # A long name is cut into folders, whose names begin with @.
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            try:
                json.loads(path.read_bytes())
                yield urlsafe_b64decode(name).decode()
            except ValueError:
                continue


def _results(study: Study) -> Iterator[str]:
    folder = f"results/{study.name}"
    for name in result_files(Path(folder)):
        if not name.endswith(SUFFIX) and name.split("/")[0] not in NO_RESULTS:
            yield f"{folder}/{name}"


def _output(place: str) -> str:
    """Return the folder that a job made with this file in it, or the file itself."""
    above = [str(up) for up in Path(place).parents][:-1]  # the last has no name
    return next((up for up in above if record_path(up).exists()), place)


def _has_job(record: RunRecord, study: Study) -> bool:
    try:
        job_inputs(record.rule, study, record.wildcards)
    except ValueError:
        return False
    return True
