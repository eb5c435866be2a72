"""Whether a job's inputs are as the jobs that made them left them: what their run records say."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from polyconcept.audit.runs import SUFFIX, RecordError, RunRecord, read_record, record_path
from polyconcept.store.faults import DamagedError

_SECONDS_BETWEEN_LOOKS = 1.0
_CURE = "Remove these files, and give the same command again, which makes them anew"


class DamagedInputError(RuntimeError):
    """A result that a job reads is not what the job that made it wrote."""


def check_results(
    study: str,
    found: Iterable[tuple[str, str | Exception]],
    *,
    all_recorded: bool,
    latency: float = 0.0,
) -> None:
    """Refuse those of a job's inputs that are results of the study and not as their records say.

    `found` are paths, as records name them, each with the SHA-256 of the content (`content_sha256`)
    or what went wrong when it was taken. Where they are `all_recorded`, one without a record is
    refused as well. A record that another machine has just written may be seen here only `latency`
    seconds later.

    Raises:
        DamagedInputError: Names each such file, the job that makes it, and what to do.
    """
    results = [(path, state) for path, state in found if path.startswith(f"results/{study}/")]
    until = time.monotonic() + latency
    while (faults := _all_faults(results, all_recorded)) and time.monotonic() < until:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    if faults:
        raise DamagedInputError(
            "\n  ".join(["results that this job reads are not as they were made:", *faults])
            + f"\n{_CURE}"
        )


def _all_faults(results: Iterable[tuple[str, str | Exception]], all_recorded: bool) -> list[str]:
    records: dict[Path, RunRecord] = {}
    faults = []
    for path, state in results:
        try:
            record = producer_of(path, records)
        except RecordError as error:
            faults.append(f"{path}: its run record is damaged: {error}")
            continue
        if record is not None:
            faults += _differences(path, state, record)
        elif all_recorded:
            faults.append(f"{path}: there is no run record of the job that made it")
    return faults


def _differences(path: str, state: str | Exception, record: RunRecord) -> Iterator[str]:
    [needed] = [output.sha256 for output in record.outputs if output.path == path]
    if state != needed:
        found = f"found {state}" if isinstance(state, str) else f"it cannot be read: {state}"
        yield f"{path}: damaged since {_name(record)} made it: needed sha256 {needed}, {found}"


def producer_of(path: str, records: dict[Path, RunRecord]) -> RunRecord | None:
    """Return the record that names a file as an output; None where there is none.

    It stands beside the first output of its job, whose others are in the same folder. What is read
    is added to `records`.

    Raises:
        RecordError: There is none, but one that cannot be believed.
    """
    own, name = record_path(path), Path(path).name
    # Many jobs may have their records there: those of names most like this one's come first.
    there = sorted(
        own.parent.glob(f"*{SUFFIX}"),
        key=lambda place: (place != own, -_n_alike(place.name, name), place),
    )
    damaged = None
    for place in there:
        try:
            record = records[place] = records.get(place) or read_record(place)
        except RecordError as error:
            damaged = damaged or error
            continue
        if any(output.path == path for output in record.outputs):
            return record
    if damaged:
        raise damaged
    return None


def found_damaged(error: DamagedError) -> DamagedInputError:
    """Return what is to be said of a result that a job found damaged while it read it.

    Raises:
        RecordError: As `producer_of`.
    """
    record = producer_of(error.path, {})
    maker = "a job without a record" if record is None else _name(record)
    return DamagedInputError(f"{error.path}: damaged since {maker} made it: {error.what}\n{_CURE}")


def _n_alike(first: str, second: str) -> int:
    """Return how many characters two names begin with in common."""
    pairs = zip(first, second, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _name(record: RunRecord) -> str:
    names = " ".join(value.rstrip("/") for value in record.wildcards.values() if value)
    return f"{record.rule} ({names})" if names else record.rule
