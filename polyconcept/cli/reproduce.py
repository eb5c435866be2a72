"""Do randomly drawn runs of a finished study again, and compare what they give.

Each drawn run record is executed in a fresh clone of the repository at the commit that it names,
in a folder that holds its inputs and nothing else. docs/AUDIT.md says what counts as equal.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from polyconcept.audit.code import CodeError
from polyconcept.audit.places import locate, script_of
from polyconcept.audit.runs import FileState, RecordError, RunRecord, read_record, record_path
from polyconcept.audit.verification import Audit
from polyconcept.audit.watch import code_state
from polyconcept.cli import project
from polyconcept.cli.project import say
from polyconcept.cli.verify import expected_of
from polyconcept.store.content import content_sha256
from polyconcept.store.difference import content_difference
from polyconcept.study.jobs.paths import Files
from polyconcept.study.schema import Study

TRAINING_RULES = ("pretrain", "finetune")
DATED_RULES = ("build_report",)
# Where a run computed on another device: docs/AUDIT.md, "What counts as equal", gives the reasons.
MOST_RELATIVE = 1e-3
MOST_OTHERS = 0.01
LAST_LINES = 15


class CannotRepeatError(RuntimeError):
    """A run that cannot be done again, and why."""


@dataclass(frozen=True)
class Place:
    """Where a run is done again."""

    study_folder: Path
    project: Path
    """The code that it runs."""
    temporary: Path


def reproduce(
    study: project.StudyFile,
    folder: project.Folder = Path(),
    n: Annotated[int, typer.Option("-n", min=1, help="How many jobs.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    rule: Annotated[str | None, typer.Option(help="Draw jobs of this rule only.")] = None,
    here: Annotated[
        bool,
        typer.Option("--here", help="Use the working tree instead of a clone."),
    ] = False,
) -> None:
    """Rerun randomly drawn jobs of a finished study, and compare what they give.

    In a fresh clone of the repository at their commit. docs/AUDIT.md says what counts as equal.
    Ends with status 1 where a run gives another result or could not be done.
    """
    folder = folder.resolve()  # runs are done in other folders
    with project.faults_told(2):
        settings = project.read_study(study)
        project.check_ran(settings, folder)
        audit = Audit(expected_of(settings, folder), folder, project.ROOT)
        if broken := next((str(fault) for fault in audit.walk()), None):
            raise ValueError(f"{broken}\n`polyconcept verify` names what is wrong; nothing was run")
    is_there = not_removed(settings, folder)
    drawn = draw(audit.records, n, seed, rule, is_there)
    with tempfile.TemporaryDirectory(prefix="polyconcept-") as temporary:
        results = [
            repeat(number, record, folder, Path(temporary), here=here)
            for number, record in enumerate(drawn, start=1)
        ]
    say(f"{sum(results)} of {len(results)} runs gave the same results")
    raise typer.Exit(0 if all(results) and results else 1)


def not_removed(study: Study, folder: Path) -> Callable[[RunRecord], bool]:
    """Return what says of a run whether its inputs are there, of those that a study removes."""
    is_removed = Files(study).is_removed

    def is_there(record: RunRecord) -> bool:
        paths = [state.path for state in record.inputs if is_removed(state.path)]
        return all((folder / path).exists() for path in paths)

    return is_there


def draw(
    records: Mapping[str, RunRecord],
    n: int,
    seed: int,
    rule: str | None = None,
    is_there: Callable[[RunRecord], bool] = lambda _record: True,
) -> list[RunRecord]:
    """Return `n` records to do again, in random order, and say which were left out.

    So are those of which not all that they read `is_there`.
    """

    def why_not(record: RunRecord) -> str | None:
        removed = "that read vectors which were removed since (vectors.keep: false)"
        return left_out_because(record) or (None if is_there(record) else removed)

    left_out = Counter(why for why in map(why_not, records.values()) if why)
    for why, n_runs in sorted(left_out.items()):
        say(f"left out of the draw: {n_runs} runs {why}")
    places = sorted(
        place
        for place, record in records.items()
        if not why_not(record) and rule in (None, record.rule)
    )
    if not places:
        wanted = f"of --rule {rule}" if rule else "that can be done again"
        rules = sorted({record.rule for record in records.values()})
        say(f"there are no runs {wanted}; there are runs of {', '.join(rules)}")
    # Of sorted places, so that the seed draws the same in any order of the walk.
    drawn = random.Random(seed).sample(places, min(n, len(places)))
    say(f"drawn with seed {seed}: {len(drawn)} of {len(places)} runs")
    return [records[place] for place in drawn]


def left_out_because(record: RunRecord) -> str | None:
    """Return why a run cannot be drawn; None where it can."""
    if record.rule == "pin_repository" or any(state.name == "pin" for state in record.inputs):
        return "that need the network"
    if record.rule in TRAINING_RULES and record.machine.device != "cpu":
        return "that trained on a GPU (training there does not give the same numbers twice)"
    if record.rule in DATED_RULES:
        return "whose page says when the scores were made"
    return None


def repeat(number: int, record: RunRecord, study: Path, temporary: Path, *, here: bool) -> bool:
    """Do one run again and say how its outputs compare."""
    say(f"\n{number}. {record.rule} {dict(record.wildcards)}: {record.outputs[0].path}")
    try:
        code = project.ROOT if here else clone_of(record, temporary)
        check_code(record, code)
        folder = run_folder(record, temporary / f"run{number}")
        place = Place(study, code, folder)
        bring_inputs(record, place)
        run_again(record, place)
        again = read_record(folder / record_path(record.outputs[0].path))
        # Each is compared and told of, also after one that differs.
        equal = [compare(state, record, again, place) for state in record.outputs]
        return all(equal)
    except (CannotRepeatError, RecordError, OSError, ValueError) as error:
        say(f"   not done: {error}")
        return False


def clone_of(record: RunRecord, temporary: Path) -> Path:
    """Return a clone of the repository at the record's commit; one for all records of a commit.

    Raises:
        CannotRepeatError: The record names no commit, or the repository does not hold it.
    """
    if record.git is None:
        raise CannotRepeatError(
            "no commit was recorded (no repository, or no git); --here uses the working tree"
        )
    commit = record.git.commit
    folder = temporary / f"commit-{commit}"
    if not folder.is_dir():
        # Without the branch's files: those of the commit follow, which may be on no branch.
        git("clone", "--quiet", "--no-checkout", str(project.ROOT), str(folder))
        git("-C", str(folder), "checkout", "--quiet", "--detach", commit)
    return folder


def git(*arguments: str) -> None:
    """Call git.

    Raises:
        CannotRepeatError: It fails; with its message.
    """
    command = ["git", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise CannotRepeatError(
            f"git {' '.join(arguments)}: {run.stderr.strip()}; --here uses the working tree"
        )


def check_code(record: RunRecord, root: Path) -> None:
    """Refuse to run other code than that of the record.

    Raises:
        CannotRepeatError: Naming the files that differ.
    """
    try:
        script = script_of(record.rule, root / "workflow" / "scripts")
        code = code_state(script, root, record.params.get("kinds", ()))
    except (CodeError, OSError) as error:
        raise CannotRepeatError(str(error)) from error
    before = record.code
    same = before.fingerprint or before.files
    if same in (code.fingerprint, code.files):
        return
    names = sorted({*code.files, *before.files})
    changed = [name for name in names if code.files.get(name) != before.files.get(name)]
    if root == project.ROOT:
        raise CannotRepeatError(
            f"the working tree's code is not that of the run: {', '.join(changed)}"
        )
    why = (
        "it ran with changes that were not committed"
        if record.git and record.git.dirty
        else "the record is not of this commit"
    )
    raise CannotRepeatError(
        f"the code at commit {root.name.removeprefix('commit-')[:12]} is not that of the run "
        f"({why}): {', '.join(changed)}; --here uses the working tree instead"
    )


def run_folder(record: RunRecord, parent: Path) -> Path:
    """Return an empty folder, so deep that inputs in folders above it stay inside `parent`."""
    n_up = max((Path(state.path).parts.count("..") for state in record.inputs), default=0)
    folder = parent.joinpath(*["in"] * (n_up + 1))
    folder.mkdir(parents=True)
    return folder


def bring_inputs(record: RunRecord, place: Place) -> None:
    """Copy the inputs; check that they are what the run read.

    Raises:
        CannotRepeatError: An input is not there, or another.
    """
    for state in record.inputs:
        path = state.path
        source = locate(path, place.study_folder, place.project)
        own = source.is_relative_to(place.project / "polyconcept")
        target = source if own or Path(path).is_absolute() else place.temporary / path
        if not source.exists():
            raise CannotRepeatError(f"input {path}: not there; `polyconcept verify` says more")
        if target != source and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        found = content_sha256(target)
        if found != state.sha256:
            raise CannotRepeatError(
                f"input {path}: sha256 {found}, but the run read {state.sha256}; "
                "`polyconcept verify` says where it was changed"
            )


def run_again(record: RunRecord, place: Place) -> None:
    """Execute the record's script in a fresh process.

    Raises:
        CannotRepeatError: It fails; with its last lines.
    """
    record_file = place.study_folder / record_path(record.outputs[0].path)
    tool = Path(__file__).with_name("rerun_job.py")
    # -P: else modules of any name would be looked for beside rerun_job.py, before PYTHONPATH.
    run = subprocess.run(
        [sys.executable, "-P", str(tool), str(record_file), str(place.project)],
        cwd=place.temporary,
        env=os.environ | {"PYTHONPATH": str(place.project), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        lines = run.stderr.strip().splitlines()[-LAST_LINES:]
        raise CannotRepeatError("the job failed:\n   " + "\n   ".join(lines))


def compare(state: FileState, record: RunRecord, again: RunRecord, place: Place) -> bool:
    """Say whether an output is what the record says, and if not by how much it differs."""
    new = place.temporary / state.path
    found = content_sha256(new)
    if found == state.sha256:
        say(f"   equal: {state.path}")
        return True
    old = place.study_folder / state.path
    if not old.exists():
        say(f"   differs: {state.path}: sha256 {found}, recorded {state.sha256}; it was removed")
        return False
    if content_sha256(old) != state.sha256:
        say(f"   differs: {state.path}; the study's own is not the recorded one (see verify)")
        return False
    difference = content_difference(old, new)
    if difference is None:
        say(f"   differs: {state.path}: sha256 {found}, recorded {state.sha256}")
        return False
    if difference.structure:
        say(f"   differs: {state.path}: {difference.structure}")
        return False
    devices = [f"{run.machine.device} {run.machine.device_name}" for run in (record, again)]
    tolerated = devices[0] != devices[1] or record.machine.device != "cpu"
    near = difference.largest <= MOST_RELATIVE and difference.others <= MOST_OTHERS
    amount = (
        f"fractional numbers by at most {difference.largest:.1e} of their array's largest (in "
        f"{difference.where}), {difference.others:.2%} of whole numbers and texts"
    )
    word = "within the tolerance of another device" if tolerated and near else "differs"
    say(f"   {word}: {state.path}: {amount} ({' -> '.join(devices)})")
    return tolerated and near
