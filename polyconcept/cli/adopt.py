"""Take over results that were copied without their times or without Snakemake's notes on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from polyconcept.cli import project
from polyconcept.cli.run import snakemake_words
from polyconcept.cli.verify import verify


def adopt(study: project.StudyFile, folder: project.Folder = Path()) -> None:
    """Take over the results of a finished study that were copied here.

    They are verified by their records, as by `polyconcept verify`. Then Snakemake's own `--touch`
    marks them as made, so that only what is changed from now on runs again.
    """
    verify(study, folder)
    words = [*snakemake_words(study, folder, []), "--touch", "--forceall", "--quiet", "all"]
    line = [sys.executable, "-m", "snakemake", *words]
    raise typer.Exit(subprocess.run(line, check=False).returncode)
