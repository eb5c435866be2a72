"""Pack a finished study as a Workflow Run RO-Crate; docs/CRATE.md says what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
import yaml

from polyconcept.audit.crate_files import Choice
from polyconcept.audit.crate_graph import FinishedStudy
from polyconcept.audit.crate_pack import CratePaths, pack
from polyconcept.audit.crate_runs import CrateError, read_runs
from polyconcept.audit.links import record_faults
from polyconcept.audit.runs import RunRecord, record_path
from polyconcept.cli import project
from polyconcept.cli.verify import expected_of
from polyconcept.study.jobs.table import check_files, final_files
from polyconcept.study.schema import Study


def check_asked(runs: Sequence[RunRecord], study: Study, root: Path) -> None:
    """Refuse results that were made before the study, or the code, was edited.

    Raises:
        CrateError: Naming the first record that does not fit them.
    """
    expected = expected_of(study, root)
    for run in runs:
        place = str(record_path(run.outputs[0].path))
        for fault in record_faults(place, run, expected, root):
            raise CrateError(f"{fault}\nrun the study first, or put back what was changed")


def make_crate(study_file: Path, choice: Choice, root: Path) -> CratePaths:
    """Pack the study that a configuration file describes.

    Raises:
        CrateError: the study is not finished, its files were changed, or its configuration lies
            outside of the project.
        SettingsError: the configuration is none.
    """
    study = project.read_study(study_file)
    # It is packed under its path in the project.
    if not study_file.resolve().is_relative_to(root):
        raise CrateError(f"{study_file}: lies outside of {root}; copy it into studies/")
    path = study_file.resolve().relative_to(root).as_posix()
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    finals = final_files(study)
    try:
        runs = read_runs(f"results/{study.name}", (*finals, *check_files(study)), root)
    except CrateError as error:
        error.add_note(
            f"run first: snakemake --workflow-profile profiles/local --configfile {path}"
        )
        raise
    check_asked(runs, study, root)
    finished = FinishedStudy(study.name, path, finals, runs, citation)
    return pack(finished, root, replace(choice, kept=study.vectors.keep))


def crate(
    study: project.StudyFile,
    vectors: Annotated[
        bool, typer.Option("--with-vectors", help="Pack word vectors and models as well.")
    ] = False,
    text: Annotated[
        bool, typer.Option("--with-text", help="Pack corpora and labels as well.")
    ] = False,
    host: Annotated[
        bool, typer.Option("--with-host", help="Leave the names of the machines in.")
    ] = False,
) -> None:
    """Pack a finished study as an RO-Crate, to hand in.

    A folder and a zip of the profile Workflow Run RO-Crate; docs/CRATE.md says what is in it.
    """
    root = project.ROOT
    with project.faults_told(foreseen=(OSError, ValueError, CrateError)):
        made = make_crate(study, Choice(vectors=vectors, text=text, host=host), root)
    size = made.zip.stat().st_size / 2**20
    project.say(f"{made.folder.relative_to(root)}/\n{made.zip.relative_to(root)}  {size:.1f} MiB")
