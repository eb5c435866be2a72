"""Whether a run record fits the place it stands at, the study, and the code as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from polyconcept.audit.code import CodeError
from polyconcept.audit.places import script_of
from polyconcept.audit.runs import SUFFIX, CodeState, RunRecord, record_path, seeds_in
from polyconcept.audit.watch import code_state

# A pin is kept whatever happens to the code that asked for it.
_WITHOUT_CODE = ("pin_repository",)

MISSING = "missing"
"""What is wrong with a file that a record names and that is not there."""
NEITHER = "neither file nor record"
"""What is found where a record of what made a file is needed, and both are gone."""


@dataclass(frozen=True)
class Fault:
    """A broken link."""

    place: str
    """The file, as records name it."""
    what: str
    needed: str
    found: str

    @property
    def is_absence(self) -> bool:
        """Whether a result is not there, which need not be wrong: it may have been removed."""
        return self.what == MISSING or self.found == NEITHER

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n  needed: {self.needed}\n  found:  {self.found}"


@dataclass(frozen=True)
class Expected:
    """What a study asks for."""

    study: str
    finals: Sequence[str]
    """Its score tables, figures and checks of models."""
    settings_of: Callable[[str, Mapping[str, str]], Mapping[str, Any]]
    """The settings of the job of a rule with its wildcards; ValueError where there is none."""
    inputs_of: Callable[[str, Mapping[str, str]], Sequence[str]]
    """The input files of that job; ValueError as well."""
    kinds_of: Callable[[str, Mapping[str, str]], Sequence[str]] = lambda _rule, _names: ()
    """The modules that its script loads by name."""
    is_removed: Callable[[str], bool] = lambda _path: False
    """Whether a result is removed once all jobs have read it; then its records stand for it."""


def record_faults(place: str, record: RunRecord, expected: Expected, root: Path) -> Iterator[Fault]:
    """Yield every way in which a record does not fit; no file that it names is read.

    `place` is where it stands, from the folder in which Snakemake ran.
    """
    yield from _place_faults(place, record, expected.study)
    yield from _settings_faults(place, record, expected)
    yield from _input_faults(place, record, expected)
    yield from _code_faults(place, record, expected, root)


def _place_faults(place: str, record: RunRecord, study: str) -> Iterator[Fault]:
    beside = str(record_path(record.outputs[0].path))
    if beside != place:
        what = "the run record of another output (swapped or moved)"
        yield Fault(place, what, f"the record of {place.removesuffix(SUFFIX)}", f"{beside}")
    if record.study != study:
        yield Fault(place, "study", study, record.study)
    for path in (record.log, *(output.path for output in record.outputs)):
        for name, value in record.wildcards.items():
            if value not in path:
                yield Fault(place, f"wildcard {name} and file", f"{value!r} in it", path)
    if not record.log.startswith(f"results/{study}/logs/{record.rule}"):
        yield Fault(place, "rule and log", f"a log of {record.rule}", record.log)
    if record.seeds != seeds_in(record.settings):
        needed = f"those of its settings, {seeds_in(record.settings)}"
        yield Fault(place, "seeds", needed, str(record.seeds))


def _settings_faults(place: str, record: RunRecord, expected: Expected) -> Iterator[Fault]:
    try:
        needed = expected.settings_of(record.rule, record.wildcards)
    except ValueError as error:
        yield Fault(place, "job", "one of the study's", str(error))
        return
    # As JSON has it: lists for tuples, text for the names of keys.
    for key, wanted, found in _differences(json.loads(json.dumps(needed)), record.settings):
        what = f"setting {key}: the study was edited after the run, or the record is another's"
        yield Fault(place, what, f"{wanted} (study)", f"{found} (record)")


def _input_faults(place: str, record: RunRecord, expected: Expected) -> Iterator[Fault]:
    try:
        needed = expected.inputs_of(record.rule, record.wildcards)
    except ValueError as error:
        yield Fault(place, "job", "one of the study's", str(error))
        return
    # A user may write ./text and text//de for the same file.
    wanted = {os.path.normpath(path) for path in needed}
    found = {os.path.normpath(state.path) for state in record.inputs}
    if wanted != found:
        what = "inputs: the study was edited after the run, or the record is another's"
        more = ", ".join(sorted(wanted - found)) or "no more than it read"
        less = ", ".join(sorted(found - wanted)) or "a run without them"
        yield Fault(place, what, f"{more} (study)", f"{less} (record)")


def _code_faults(place: str, record: RunRecord, expected: Expected, root: Path) -> Iterator[Fault]:
    before = record.code
    if before.fingerprint is None and record.rule in _WITHOUT_CODE:
        return
    try:
        kinds = tuple(expected.kinds_of(record.rule, record.wildcards))
    except ValueError:
        return  # said of its settings
    now = _code_of(record.rule, kinds, root)
    if isinstance(now, str):
        yield Fault(place, f"code of {record.rule}", "the code that made it", now)
    elif now.fingerprint != before.fingerprint:
        names = sorted({*now.files, *before.files})
        changed = [name for name in names if now.files.get(name) != before.files.get(name)]
        what = f"code of {record.rule}: changed since the run: {', '.join(changed)}"
        yield Fault(place, what, str(before.fingerprint), str(now.fingerprint))


# All records of a rule share its code.
@cache
def _code_of(rule: str, kinds: tuple[str, ...], root: Path) -> CodeState | str:
    """Return the code of a rule as it is; or what is wrong with it."""
    try:
        return code_state(script_of(rule, root / "workflow" / "scripts"), root, kinds)
    except (CodeError, OSError) as error:
        return str(error)


def _differences(wanted: object, found: object, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted key and both values wherever two settings differ."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys([*wanted, *found]):
            inner = f"{key}.{name}" if key else str(name)
            yield from _differences(wanted.get(name, "nothing"), found.get(name, "nothing"), inner)
    elif wanted != found:
        yield key, wanted, found
