"""Results that are not as a study asks, though Snakemake sees no change: it has no note on them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from snakemake.persistence import RECORD_FORMAT_VERSION

from polyconcept.audit.code import CodeError
from polyconcept.audit.producers import producer_of
from polyconcept.audit.runs import SUFFIX, RecordError, RunRecord, record_path
from polyconcept.audit.verification import NO_RESULTS
from polyconcept.audit.why import changes_since
from polyconcept.cli.asked import asked_of
from polyconcept.store.content import result_files
from polyconcept.study.schema import Study

NOTES, INCOMPLETE = Path(".snakemake/metadata"), Path(".snakemake/incomplete")
"""Where Snakemake keeps its notes and its marks of what a job has begun, from where it runs."""

Behind: TypeAlias = Callable[[str, Mapping[str, str]], str]
"""Gives the param ``behind`` of a rule's job with its wildcards."""


def unseen(study: Study, root: Path, behind: Behind) -> list[str]:
    """Return results in this folder that are not as a study asks for now, and have no note.

    Snakemake compares no settings without a note, or with one that is cut off or of an older
    format. What it has marked as incomplete it makes anew by itself. What the study has no job for
    is left out. `root` is the project's.

    Raises:
        CodeError: No fingerprint can be taken of the code.
    """
    seen = frozenset(_noted()) | frozenset(name for name, _ in _named(INCOMPLETE))
    without = {
        _output(place)
        for place in _results(study)
        if seen.isdisjoint((place, *map(str, Path(place).parents)))
    }
    changes = _Changes(study, root, behind)
    return sorted(path for path in without if changes.are_in(path))


class _Changes:
    """Whether results are not as a study asks."""

    def __init__(self, study: Study, root: Path, behind: Behind) -> None:
        self._study, self._root, self._behind = study, root, behind
        self._records: dict[Path, RunRecord] = {}

    def are_in(self, path: str) -> bool:
        try:
            record = producer_of(path, self._records)
            return record is not None and self._are_since(record)
        except RecordError:
            return True
        except CodeError:  # a ValueError as well
            raise
        except (OSError, ValueError):
            # What the job reads is not there, which Snakemake says, or a run that is at work has
            # just removed its record; or the study has no such job.
            return False

    def _are_since(self, record: RunRecord) -> bool:
        asked = asked_of(self._study, record.rule, record.wildcards, Path(), self._root)
        if changes_since(record, asked, Path(), self._root):
            return True
        # An input that is there is looked at by itself, or has a note.
        if all(Path(state.path).exists() for state in record.inputs):
            return False
        before = record.params.get("behind")
        return before is not None and before != self._behind(record.rule, record.wildcards)


def _noted() -> Iterator[str]:
    """Yield the files and folders whose settings Snakemake compares."""
    for name, path in _named(NOTES):
        try:
            if json.loads(path.read_bytes())["record_format_version"] >= RECORD_FORMAT_VERSION:
                yield name
        except (OSError, ValueError, TypeError, KeyError):  # gone in the meantime, or no note
            continue


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what the files in one of Snakemake's folders are of, and these files."""
    for path in folder.rglob("*"):
        if path.is_file():
            # A long name is cut into folders, whose names begin with @.
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            try:
                yield urlsafe_b64decode(name).decode(), path
            except ValueError:  # no file of Snakemake's
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
