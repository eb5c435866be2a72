"""Show what a study has given."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from pathlib import Path

from polyconcept.cli import project


def open_results(study: project.StudyFile, folder: project.Folder = Path()) -> None:
    """Open a study's explorer in the browser, else its report, else its figures.

    Its name is printed too, which is all that happens where there is no browser.
    """
    with project.faults_told():
        path = shown_first(folder / f"results/{project.read_study(study).name}")
    project.say(str(path))
    with suppress(webbrowser.Error):
        webbrowser.get().open(path.resolve().as_uri())


def shown_first(results: Path) -> Path:
    """Return the explorer in a study's results, else the report, else the folder of its figures.

    Raises:
        FileNotFoundError: There is none of them.
    """
    for path in (results / "explorer/index.html", results / "report.html", results / "figures"):
        if path.exists():
            return path
    raise FileNotFoundError(
        f"{results}: found neither explorer/, report.html nor figures/; run the study"
    )
