"""The study of test_workflow, run once for the tests that look at finished results."""

import shutil
from pathlib import Path

from snakemake_runs import snakemake
from test_workflow import study_of, write_model, write_text

__all__ = ["copy_of", "finish_known_study", "study_of"]


def finish_known_study(folder: Path) -> Path:
    write_text(folder / "text")
    write_model(folder / "shared", language_distance=0)
    write_model(folder / "apart", language_distance=30)
    study_of(folder)
    run = snakemake(folder)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


def copy_of(finished: Path, folder: Path) -> Path:
    return Path(shutil.copytree(finished, folder, symlinks=True))
