"""Show what a study has given."""

from __future__ import annotations

import sys
import webbrowser
from contextlib import suppress
from pathlib import Path

from polyconcept.audit.runs import RecordError, RunRecord, read_record, record_path
from polyconcept.cli import project

_PAGES = {
    "explorer/index.html": "explorer/index.html",
    "index.html": "index.html",
    "claims.html": "claims.json",
}
"""Page of a study, the first to be opened first -> the result whose run record tells of it."""
_SCORES = "scores.parquet"


def open_results(study: project.StudyFile, folder: project.Folder = Path()) -> None:
    """Open a study's explorer in the browser, else its report, else its claims.

    Its name is printed too, which is all that happens where there is no browser. A page that was
    made of other scores than those that are there now is opened with a warning.
    """
    with project.faults_told():
        name = project.read_study(study).name
        results = folder / f"results/{name}"
        page = first_page(results)
        outdated = is_outdated(page, results)
    project.say(str(results / page))
    if outdated:
        sys.stderr.write(
            f"warning: {results / page} is older than {results / _SCORES}: it shows other scores. "
            f"`polyconcept run {study} results/{name}/{page}` makes it anew\n"
        )
    with suppress(webbrowser.Error):
        webbrowser.get().open((results / page).resolve().as_uri())


def first_page(results: Path) -> str:
    """Return which page of a study's results is opened, by its name in them.

    Raises:
        FileNotFoundError: There is none.
    """
    for page in _PAGES:
        if (results / page).exists():
            return page
    raise FileNotFoundError(f"{results}: found none of {', '.join(_PAGES)}; run the study")


def is_outdated(page: str, results: Path) -> bool:
    """Return whether a page was made of other scores than those that are there now.

    By the run records, as times change where files are copied; without them it cannot be told.
    """
    made, scored = (_record(results / name) for name in (_PAGES[page], _SCORES))
    if made is None or scored is None:
        return False
    read = {state.sha256 for state in made.inputs if Path(state.path).name == _SCORES}
    return not read & {state.sha256 for state in scored.outputs}


def _record(output: Path) -> RunRecord | None:
    """Return the run record of a result; none where it cannot be read or believed."""
    with suppress(OSError, RecordError):
        return read_record(record_path(output))
    return None
