"""File times of results that were copied or touched.

Snakemake runs a job again where an input is newer than an output, whatever is in it (it compares
the contents of small files only). A copy without times, or a `touch`, would so repeat days of work.
A file whose content is what the run record says gets the time back at which the record was ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from polyconcept.audit.runs import FileState, RecordError, RunRecord, read_record
from polyconcept.store.content import content_sha256

_TIMESTAMP = ".snakemake_timestamp"
"""File in a folder whose time Snakemake takes for the folder's."""


def restore_times(results: Path, folder: Path) -> list[str]:
    """Give outputs whose time lies their time back, where their content is that of their record.

    Only files that are newer than something made of them are looked into, so this reads nothing of
    a study whose times are in order. A file with another content is left as it is: what was made
    of it is outdated.

    Args:
        results: Folder of a study's results.
        folder: What the records' paths are relative to.

    Returns:
        The files that got another time.
    """
    records = list(_records(results))
    made = {output.path: (record, output) for record in records for output in record.outputs}
    restored: dict[str, None] = {}
    refused: set[str] = set()
    while True:
        lying = [
            path
            for path in dict.fromkeys(_newer_inputs(records, folder))
            if path in made and path not in restored and path not in refused
        ]
        if not lying:
            return list(restored)
        for path in lying:
            record, output = made[path]
            if _is_unchanged(folder / path, output):
                _set_time(folder / path, record)
                restored[path] = None
            else:
                refused.add(path)


def _records(results: Path) -> Iterator[RunRecord]:
    """Records that can be read; `polyconcept verify` says what is wrong with the others."""
    for path in sorted(results.rglob("*.run.json")):
        try:
            yield read_record(path)
        except (RecordError, OSError):
            continue


def _newer_inputs(records: Sequence[RunRecord], folder: Path) -> Iterator[str]:
    """Inputs that are newer than an output made of them."""
    times: dict[str, float | None] = {}

    def time_of(state: FileState) -> float | None:
        if state.path not in times:
            times[state.path] = _time(folder / state.path)
        return times[state.path]

    for record in records:
        outputs = [time for time in map(time_of, record.outputs) if time is not None]
        for state in record.inputs:
            time = time_of(state)
            if outputs and time is not None and time > min(outputs):
                yield state.path


def _time(path: Path) -> float | None:
    """The time that Snakemake goes by; None where there is no such file."""
    for place in (path / _TIMESTAMP, path):
        try:
            return place.stat().st_mtime
        except OSError:
            continue
    return None


def _is_unchanged(path: Path, state: FileState) -> bool:
    try:
        return content_sha256(path) == state.sha256
    except (OSError, ValueError):
        return False


def _set_time(path: Path, record: RunRecord) -> None:
    ended = datetime.fromisoformat(record.ended).timestamp()
    place = path / _TIMESTAMP if (path / _TIMESTAMP).is_file() else path
    os.utime(place, (ended, ended))
