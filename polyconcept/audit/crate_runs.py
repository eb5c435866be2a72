"""Run records of one study, and whether they tell of a finished one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from polyconcept.audit.runs import SUFFIX, RecordError, RunRecord, read_record, record_path
from polyconcept.store.content import result_files

N_SHOWN = 5


class CrateError(Exception):
    """The study cannot be packed; the message says what is missing or wrong."""


def read_runs(results: str, finals: Sequence[str], root: Path) -> tuple[RunRecord, ...]:
    """Return the run records of a finished study, in order of start.

    Only those behind its final files: what an older state of the study left is not read.

    `results` is their folder, such as ``results/demo``; `finals` are the tables, figures and checks
    that a finished study has. Paths start at `root`.

    Raises:
        CrateError: a record is damaged; a final file, an output, or the record of a file that a
            job read is missing; two records disagree about a file.
    """
    runs: dict[str, RunRecord] = {}
    faults: list[str] = []
    maker = _makers(results, root)
    waiting = list(finals)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        run = maker.get(path) or _maker_of_folder(path, maker)
        if run is None and path.startswith(f"{results}/"):
            faults.append(f"{path}: no run record tells how it was made")
        elif run is not None:
            runs[run.outputs[0].path] = run
            waiting += [file.path for file in run.inputs]
    found = sorted(runs.values(), key=lambda run: (run.started, run.outputs[0].path))
    _refuse([*sorted(faults), *_missing(found, root), *_disagreements(found)], results)
    return tuple(found)


def _makers(results: str, root: Path) -> dict[str, RunRecord]:
    """Return the record behind each output of a study."""
    folder = root / results
    maker: dict[str, RunRecord] = {}
    for name in result_files(folder):
        path = folder / name
        if not name.endswith(SUFFIX):
            continue
        try:
            run = read_record(path)
        except (RecordError, OSError) as error:
            raise CrateError(str(error)) from error
        if root / record_path(run.outputs[0].path) != path:
            raise CrateError(
                f"{path.relative_to(root).as_posix()}: is the record of {run.outputs[0].path}, "
                f"beside which it should stand"
            )
        maker |= {output.path: run for output in run.outputs}
    if not maker:
        raise CrateError(
            f"{results} holds no run records (*{SUFFIX}), so nothing says how its files were "
            f"made; results from before there were records need `--forceall`"
        )
    return maker


def _maker_of_folder(path: str, maker: Mapping[str, RunRecord]) -> RunRecord | None:
    """Return the job that wrote the folder in which `path` stands."""
    return next((maker[str(up)] for up in PurePosixPath(path).parents if str(up) in maker), None)


def _missing(runs: Sequence[RunRecord], root: Path) -> list[str]:
    made = [output.path for run in runs for output in run.outputs]
    return [f"{path}: missing" for path in made if not (root / path).exists()]


def _disagreements(runs: Sequence[RunRecord]) -> list[str]:
    """Return files that a job read in another state than the one that was written."""
    written = {output.path: output.sha256 for run in runs for output in run.outputs}
    return [
        f"{run.outputs[0].path}: made from {file.path} with SHA-256 {file.sha256[:12]}..., "
        f"which now is recorded as {written[file.path][:12]}..."
        for run in runs
        for file in run.inputs
        if written.get(file.path, file.sha256) != file.sha256
    ]


def _refuse(faults: Sequence[str], results: str) -> None:
    """Raise where there are faults; the first few are shown."""
    if faults:
        more = f"\n  and {len(faults) - N_SHOWN} more" if len(faults) > N_SHOWN else ""
        listed = "".join(f"\n  {fault}" for fault in faults[:N_SHOWN])
        raise CrateError(f"{results} is not finished:{listed}{more}")
