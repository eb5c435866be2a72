"""The study of a configuration file, as every tool reads it."""

from __future__ import annotations

import sys
from pathlib import Path

from polyconcept.audit.runs import SUFFIX
from polyconcept.store.content import files_inside
from polyconcept.study.parse import parse_study
from polyconcept.study.schema import Study

sys.path.append(str(Path(__file__).resolve().parents[1] / "workflow"))

from study_yaml import read_yaml

__all__ = ["never_ran", "read_study", "read_yaml"]


def read_study(path: Path) -> Study:
    """The study of a configuration file.

    Raises:
        SettingsError: The file cannot be read or is no study; with every fault.
    """
    return parse_study(read_yaml(path), where=str(path))


def never_ran(study: Study, folder: Path) -> str | None:
    """One line where `folder` holds nothing of a run of the study; None where it does.

    Args:
        study: The study.
        folder: Where Snakemake would have run.
    """
    results = f"results/{study.name}"
    if any(name.endswith(SUFFIX) for name in files_inside(folder / results)):
        return None
    found = "no run records" if (folder / results).is_dir() else "no such folder"
    return f"{folder / results}: {found}: the study {study.name} never ran here; run it first"
