"""Show what a study has given."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from pathlib import Path

from polyconcept.cli import project


def open_results(study: project.StudyFile, folder: project.Folder = Path()) -> None:
    """Open a study's report in the browser, else its figures.

    Its name is printed too, which is all that happens where there is no browser.
    """
    with project.faults_told():
        path = shown_first(folder / f"results/{project.read_study(study).name}")
    project.say(str(path))
    with suppress(webbrowser.Error):
        webbrowser.get().open(path.resolve().as_uri())


def shown_first(results: Path) -> Path:
    """Return the report in a study's results, or the folder of its figures without one.

    Raises:
        FileNotFoundError: There is neither.
    """
    for path in (results / "report.html", results / "figures"):
        if path.exists():
            return path
    raise FileNotFoundError(f"{results}: found neither report.html nor figures/; run the study")
