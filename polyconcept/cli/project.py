"""What the commands share: where the workflow stands, a study's file, how faults are told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from polyconcept.audit.runs import SUFFIX
from polyconcept.cli.yaml_file import read_yaml
from polyconcept.store.content import result_files
from polyconcept.study.checks import cautions
from polyconcept.study.parse import parse_study
from polyconcept.study.schema import Study

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: workflow, profiles and studies stand there beside the package."""

StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study's file, such as studies/demo.yaml.")
]
Folder = Annotated[
    Path, typer.Option(help="Where Snakemake ran; the results are in its results/{name}/.")
]


def say(line: str) -> None:
    """Write a line to stdout at once."""
    sys.stdout.write(f"{line}\n")
    # Else it would stand behind what Snakemake, another process, writes to the same place.
    sys.stdout.flush()


@contextmanager
def faults_told(
    status: int = 1, foreseen: tuple[type[Exception], ...] = (OSError, ValueError)
) -> Iterator[None]:
    """Write a fault that can be foreseen (no such file, no study) as a message to stderr.

    Raises:
        SystemExit: After such a fault, with `status`.
    """
    try:
        yield
    except foreseen as error:
        notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", []))
        sys.stderr.write(f"{error}{notes}\n")
        raise SystemExit(status) from None


def read_study(path: Path) -> Study:
    """Return the study of a configuration file.

    Raises:
        SettingsError: The file cannot be read or is no study; with every fault.
    """
    return parse_study(read_yaml(path), where=str(path))


def caution(study: Study) -> None:
    """Write to stderr what weakens a study."""
    for line in cautions(study):
        sys.stderr.write(f"note: {line}\n")


def check_ran(study: Study, folder: Path) -> None:
    """Refuse a study of which `folder` holds nothing of a run.

    Raises:
        FileNotFoundError: There are no run records in its results.
    """
    results = folder / f"results/{study.name}"
    if not any(name.endswith(SUFFIX) for name in result_files(results)):
        found = "no run records" if results.is_dir() else "no such folder"
        raise FileNotFoundError(
            f"{results}: {found}: the study {study.name} never ran here; run it first"
        )


def snakefile() -> Path:
    """Return the workflow's Snakefile.

    Raises:
        FileNotFoundError: The package was installed without the workflow.
    """
    path = ROOT / "Snakefile"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; the workflow is in the checkout: pip install -e it"
        )
    return path
