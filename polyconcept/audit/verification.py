"""Follow the records of a study from its last results to its sources, and check every link."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from polyconcept.audit.downloads import download_faults
from polyconcept.audit.hashes import KnownHashes
from polyconcept.audit.links import MISSING, NEITHER, Expected, Fault, record_faults
from polyconcept.audit.places import locate
from polyconcept.audit.runs import (
    SUFFIX,
    FileState,
    RecordError,
    RunRecord,
    read_record,
    record_path,
)
from polyconcept.machine.atomic import is_half_written
from polyconcept.store.content import MOVABLE, content_bytes, result_files
from polyconcept.store.faults import StoreError

NO_RESULTS = ("logs", "checkpoints", "report.html")
"""Folders and files among a study's results that tell of the work."""
# Says when the scores were made: another run that gives the same results has another one.
_DATED = "index.html"
# hashlib lets other threads run while it works on large blocks: see its documentation.
_HASHING_THREADS = 4

DAMAGED_RECORD = "run record damaged"
"""What is wrong with a record that cannot be believed or read."""

Progress: TypeAlias = Callable[[int, int], None]


class Audit:
    """One walk through a study.

    Snakemake ran in `folder`; `root` is the project's, with code and built-in data. Of files that
    look as they did when `known` hashes were taken, these are believed. `progress` is called with
    the number of files seen, and of all.
    """

    def __init__(
        self,
        expected: Expected,
        folder: Path,
        root: Path,
        *,
        known: KnownHashes | None = None,
        progress: Progress = lambda *_: None,
    ) -> None:
        self._expected, self._folder, self._root = expected, folder, root
        self._known = known or KnownHashes()
        self._progress = progress
        self._results = f"results/{expected.study}"
        self._records: dict[str, RunRecord] = {}
        """Place of a record -> record, in the order in which they were reached."""
        self._hashes: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._removed: set[str] = set()

    # --- what was verified; complete once `faults` has come to its end

    @property
    def records(self) -> Mapping[str, RunRecord]:
        """The records behind the last results: place -> record."""
        return self._records

    @property
    def n_files(self) -> int:
        """Files and folders whose content is known."""
        return len(self._hashes)

    @property
    def n_hashed(self) -> int:
        """Those of them that were hashed now, and not believed."""
        return len(self._known.hashed & self._hashes.keys())

    @property
    def n_removed(self) -> int:
        """Results that were removed once all jobs had read them, as the study asks."""
        return len(self._removed)

    @property
    def n_bytes(self) -> int:
        """Their size."""
        return sum(self._sizes.values())

    @property
    def sources(self) -> list[str]:
        """Files that no job made: the user's own and the project's."""
        made = {output.path for output in self._outputs()}
        return sorted(self._hashes.keys() - made)

    @property
    def root_sha256(self) -> str:
        """One SHA-256 of all outputs but the dated page: of lines ``{path} {SHA-256}``, sorted."""
        outputs = [one for one in self._outputs() if one.path != f"{self._results}/{_DATED}"]
        lines = sorted({f"{output.path} {output.sha256}\n" for output in outputs})
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def left_over(self) -> list[str]:
        """Return files in the results that no record behind the last results made.

        Also what a job that was killed had begun to write.
        """
        made = {output.path for output in self._outputs()} | self._records.keys()
        found = []
        for name in result_files(self._folder / self._results):
            place = f"{self._results}/{name}"
            above = {place, *map(str, Path(place).parents)}
            if name.split("/")[0] not in NO_RESULTS and not above & made:
                found.append(place)
        return sorted(found + self._half_written())

    def _half_written(self) -> list[str]:
        results = self._folder / self._results
        found = {
            f"{self._results}/{Path(place, name).relative_to(results)}"
            for top in (results, *(results / name for name in MOVABLE))
            for place, folders, files in os.walk(top)
            for name in (*folders, *files)
            if is_half_written(name)
        }
        return sorted(found)

    # --- the walk

    def faults(self) -> Iterator[Fault]:
        """Yield every broken link, beginning at the last results; none where all is well."""
        yield from self.walk()
        yield from self.faults_of_records()
        yield from self.faults_of_contents()

    def faults_of_contents(self) -> Iterator[Fault]:
        """Yield every file that is not as the records say that `walk` has reached."""
        yield from self._hash_all()
        made = {output.path: output for output in self._outputs()}
        for place, record in self._records.items():
            yield from self._content_faults(place, record, made)
        self._known.keep()

    def walk(self) -> Iterator[Fault]:
        """Reach every record behind the last results, which `records` then holds; hash nothing."""
        known, damaged = self._read_all()
        yield from damaged
        yield from self._reach(known, dict(_producers(known)))

    def faults_of_records(self) -> Iterator[Fault]:
        """Yield what is not as the study asks for now in the records that `walk` has reached."""
        for place, record in self._records.items():
            yield from record_faults(place, record, self._expected, self._root)

    def _outputs(self) -> Iterator[FileState]:
        for record in self._records.values():
            yield from record.outputs

    def _read_all(self) -> tuple[dict[str, RunRecord], list[Fault]]:
        found, damaged = {}, []
        for name in result_files(self._folder / self._results):
            place = f"{self._results}/{name}"
            if not name.endswith(SUFFIX) or name.split("/")[0] in NO_RESULTS:
                continue
            try:
                found[place] = read_record(self._folder / place)
            except (RecordError, OSError) as error:
                fault = str(error).removeprefix(f"{self._folder / place}: ")
                damaged.append(Fault(place, DAMAGED_RECORD, "a record as written", fault))
        return found, damaged

    def _reach(
        self, known: Mapping[str, RunRecord], producers: Mapping[str, str]
    ) -> Iterator[Fault]:
        """Reach records from the last results, each before those of what it read."""
        waiting = [(path, "the study") for path in self._expected.finals]
        seen = set()
        # Grows while it is gone through: what is nearest to the last results is told of first.
        for path, asker in waiting:
            if path in seen:
                continue
            seen.add(path)
            place = producers.get(path)
            if place is None:
                there = locate(path, self._folder, self._root).exists()
                yield Fault(
                    path,
                    f"no run record names it as an output; {asker} needs it",
                    f"a record such as {record_path(path)}",
                    "the file without a record" if there else NEITHER,
                )
            elif place not in self._records:
                record = self._records[place] = known[place]
                inside = [state.path for state in record.inputs if self._is_result(state.path)]
                waiting += [(path, place) for path in inside]

    def _is_result(self, path: str) -> bool:
        return path.startswith(f"{self._results}/")

    # --- contents

    def _hash_all(self) -> Iterator[Fault]:
        """Learn the hash of every file once; what cannot be hashed is a fault."""
        states = [s for r in self._records.values() for s in (*r.outputs, *r.inputs)]
        paths = list(dict.fromkeys(state.path for state in states))
        with ThreadPoolExecutor(_HASHING_THREADS) as pool:
            hashed = pool.map(self._hash, paths)
            for done, (path, found) in enumerate(zip(paths, hashed, strict=True), start=1):
                self._progress(done, len(paths))
                if isinstance(found, Fault):
                    yield found
                elif found is None:
                    self._removed.add(path)
                else:
                    self._hashes[path], self._sizes[path] = found

    def _hash(self, path: str) -> tuple[str, int] | Fault | None:
        """Return hash and size; None of what was removed as the study asks."""
        file = locate(path, self._folder, self._root)
        if file.exists() and not (file.is_file() or file.is_dir()):
            return Fault(path, "cannot be read", "a file or folder", "a device or pipe")
        try:
            return self._known.content(path, file), content_bytes(file)
        except FileNotFoundError:
            if self._expected.is_removed(path):
                return None
            return Fault(path, MISSING, "the file that its record names", "nothing there")
        except (OSError, StoreError) as error:
            return Fault(path, "cannot be read", "the file that its record names", str(error))

    def _content_faults(
        self, place: str, record: RunRecord, made: Mapping[str, FileState]
    ) -> Iterator[Fault]:
        for state in record.outputs:
            now = self._hashes.get(state.path, state.sha256)
            if now != state.sha256:
                what = "content changed since the run"
                yield Fault(state.path, what, f"sha256 {state.sha256} ({place})", f"sha256 {now}")
            elif state.path in record.hdf5_bytes:
                yield from self._byte_faults(state.path, record.hdf5_bytes[state.path])
        for state in record.inputs:
            source = made.get(state.path)
            now = source.sha256 if source else self._hashes.get(state.path, state.sha256)
            if now != state.sha256:
                what = "its record says another content than " if source else "changed since "
                what += f"{place} read it"
                yield Fault(state.path, what, f"sha256 {state.sha256}", f"sha256 {now}")
        if record.rule == "fetch_model" and any(state.name == "pin" for state in record.inputs):
            for file, needed, found in download_faults(record, self._folder, self._known):
                yield Fault(file, "not the file that the hub gave", needed, found)

    def _byte_faults(self, path: str, needed: str) -> Iterator[Fault]:
        file = locate(path, self._folder, self._root)
        if path in self._hashes and (found := self._known.bytes(path, file)) != needed:
            what = "its bytes changed since the run, though no content did"
            yield Fault(path, what, f"sha256 of the bytes {needed}", found)


def _producers(records: Mapping[str, RunRecord]) -> Iterator[tuple[str, str]]:
    """Yield output and place of its record; where two name it, the one where it belongs."""
    misplaced = {
        place
        for place, record in records.items()
        if str(record_path(record.outputs[0].path)) != place
    }
    # Of two of one path the later counts, where a dict is made of them.
    for place, record in sorted(records.items(), key=lambda item: item[0] not in misplaced):
        for output in record.outputs:
            yield output.path, place
        if place in misplaced:
            yield place.removesuffix(SUFFIX), place
