"""What a run that was killed has left: processes, SLURM jobs, a lock, and files without notes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from polyconcept.audit.runs import RunRecord, record_path
from polyconcept.cli import project
from polyconcept.cli.asked import is_asked, records_in
from polyconcept.slurm.drivers import Driver, read_drivers
from polyconcept.slurm.leftovers import end_processes, settle_jobs
from polyconcept.slurm.queue import is_queued
from polyconcept.study.schema import Study


def clear_killed_runs(study: Study, folder: Path, words: Sequence[str]) -> None:
    """Settle what killed runs of a study have left, unless one is alive, which is told.

    `words` stand behind `snakemake` on the line that runs the study in `folder`.

    Raises:
        ValueError: A run from another machine, of which one cannot see whether it is alive.
        ClusterError: SLURM does not answer, or does not cancel.
    """
    drivers = read_drivers(folder / f"results/{study.name}/logs")
    alive = [driver for driver in drivers if driver.alive]
    for driver in alive:
        project.say(
            f"another run is at work in this folder ({driver}); where both make the same files, "
            "Snakemake refuses to start: wait for it, do not unlock"
        )
    # Else its files would be judged while it makes them.
    for driver in [] if alive else drivers:
        if driver.here or (driver.own_job and not is_queued(driver.own_job)):
            _clear_after(driver, study, folder, words)
        else:
            raise ValueError(
                f"a run from another machine holds this folder: {driver}. From here, one cannot "
                f"see whether it is alive. If it is, wait for it. If it was killed, run the same "
                f"command on {driver.host}. If that machine is gone: `squeue --me -o '%i %j'` must "
                f"list no job whose name begins with {driver.token}; then remove {driver.note}, "
                "run `snakemake --unlock` with the same study, and start again."
            )


def _clear_after(driver: Driver, study: Study, folder: Path, words: Sequence[str]) -> None:
    project.say(f"an earlier run was killed ({driver}); clearing what it left")
    if ended := end_processes(driver.token):
        project.say(f"ended its processes on this machine: {ended}")
    if driver.submits:
        settle_jobs(driver.token, say=project.say)
    # Snakemake's lock is of the folder, not of a run: of whatever study, and on whatever machine.
    notes = [note for logs in folder.glob("results/*/logs") for note in read_drivers(logs)]
    others = [note for note in notes if note.token != driver.token]
    if not any(other.alive or not other.here for other in others):
        _snakemake(*words, "--unlock")
        project.say("released its lock")
    kept, outdated = _judged(driver, study, folder)
    for path in outdated:
        shutil.rmtree(folder / path) if (folder / path).is_dir() else (folder / path).unlink()
    # Else Snakemake would take them for half-made, and make them again.
    if kept:
        _snakemake(*words, "--touch", "--force", "--", *kept)
    project.say(f"kept {len(kept)} files that its jobs made, removed {len(outdated)}")
    driver.forget()


def _snakemake(*words: str) -> None:
    """Run Snakemake, whose words are shown where it fails.

    Raises:
        OSError: It fails.
    """
    line = [sys.executable, "-m", "snakemake", *words]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    if run.returncode:
        raise OSError(f"{run.stderr}{run.stdout}")


def _judged(driver: Driver, study: Study, folder: Path) -> tuple[list[str], list[str]]:
    """Return what the jobs of a killed run made: what the study asks for, and what it does not.

    Snakemake has no notes on what jobs finished when nobody looked after them: of these files it
    would see no change of a setting. All files of the run are judged alike.
    """
    records = list(records_in(study, folder))
    made = {state.path: (record, state.sha256) for record in records for state in record.outputs}
    known: dict[str, bool] = {}

    def is_current(record: RunRecord) -> bool:
        place = record.outputs[0].path
        if place not in known:
            known[place] = (
                all((folder / output.path).exists() for output in record.outputs)
                and is_asked(record, study, folder, project.ROOT)
                and all(
                    state.path in made
                    and made[state.path][1] == state.sha256
                    and is_current(made[state.path][0])
                    for state in record.inputs
                    if state.path.startswith(f"results/{study.name}/")
                )
            )
        return known[place]

    kept, outdated = [], []
    for record in records:
        # Of an earlier run, which ended as it should or was cleared after.
        if datetime.fromisoformat(record.ended).timestamp() < driver.started:
            continue
        outputs = [output.path for output in record.outputs]
        if is_current(record):
            kept += outputs
        else:
            outputs.append(str(record_path(outputs[0])))
            outdated += [path for path in outputs if (folder / path).exists()]
    return kept, outdated
