"""Pack a finished study as a Workflow Run RO-Crate: ``make crate STUDY=studies/demo.yaml``.

docs/CRATE.md says what is in it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from polyconcept.audit.crate_files import Choice
from polyconcept.audit.crate_graph import FinishedStudy
from polyconcept.audit.crate_pack import CratePaths, pack
from polyconcept.audit.crate_runs import CrateError, read_runs
from polyconcept.store.faults import StoreError
from polyconcept.study.jobs.table import final_files
from polyconcept.study.parse import SettingsError
from studies import read_study

ROOT = Path(__file__).resolve().parents[1]


def make_crate(study_file: Path, choice: Choice, root: Path) -> CratePaths:
    """Pack the study that a configuration file describes.

    Raises:
        CrateError: the study is not finished, its files were changed, or its configuration lies
            outside of the project.
        SettingsError: the configuration is none.
    """
    study = read_study(study_file)
    if not study_file.resolve().is_relative_to(root):
        raise CrateError(f"{study_file}: lies outside of {root}; copy it into studies/")
    path = study_file.resolve().relative_to(root).as_posix()
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    finals = final_files(study)
    try:
        runs = read_runs(f"results/{study.name}", finals, root)
    except CrateError as error:
        error.add_note(
            f"run first: snakemake --workflow-profile profiles/local --configfile {path}"
        )
        raise
    finished = FinishedStudy(study.name, path, finals, runs, citation)
    return pack(finished, root, choice)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, pack, say where the crate is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="the study's configuration file")
    parser.add_argument("--with-vectors", action="store_true", help="word vectors and models")
    parser.add_argument("--with-text", action="store_true", help="corpora and labels")
    parser.add_argument("--with-host", action="store_true", help="names of the machines")
    given = parser.parse_args(arguments)
    choice = Choice(vectors=given.with_vectors, text=given.with_text, host=given.with_host)
    try:
        made = make_crate(given.study, choice, ROOT)
    except (CrateError, SettingsError, StoreError, OSError) as error:
        notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", []))
        sys.exit(f"no crate was made: {error}{notes}")
    size = made.zip.stat().st_size / 2**20
    print(f"{made.folder.relative_to(ROOT)}/\n{made.zip.relative_to(ROOT)}  {size:.1f} MiB")


if __name__ == "__main__":
    main()
