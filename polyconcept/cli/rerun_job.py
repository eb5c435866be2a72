"""Run the script of one record, in the folder where it is started; no Snakemake.

    python rerun_job.py RECORD PROJECT

The object `snakemake` is built from the record; the code is PROJECT's. Nothing but the standard
library is imported here: the project may be of another commit than this file.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Named(list[Any]):
    """A list with names for some of its items, as Snakemake's."""

    def __init__(self, items: list[Any], places: dict[str, Any]) -> None:
        super().__init__(items)
        self._places = places
        for name, place in places.items():
            single = isinstance(place, int)
            value = self[place] if single else Named(list(self[slice(*place)]), {})
            setattr(self, name, value)

    def items(self) -> list[tuple[str, Any]]:
        """Return the names with what they stand for."""
        return [(name, getattr(self, name)) for name in self._places]

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - as Snakemake's
        """Return what a name stands for."""
        return getattr(self, name, default)

    # Jobs of earlier commits ask so.
    def _get_names(self) -> list[tuple[str, tuple[int, int | None]]]:
        places = self._places.items()
        return [(name, (at, None) if isinstance(at, int) else tuple(at)) for name, at in places]


def named(values: dict[str, Any]) -> Named:
    """Return items that all have a name."""
    return Named(list(values.values()), {name: place for place, name in enumerate(values)})


def job_of(record: dict[str, Any], project: Path) -> SimpleNamespace:
    """Return what Snakemake would hand to the script."""

    def place(path: str) -> str:
        return str(project / path) if Path(path).parts[0] == "polyconcept" else path

    keywords = record["keywords"]
    params = {"settings": record["settings"], **record["params"]}
    if record["code"]["fingerprint"] is not None:
        params["code"] = record["code"]["fingerprint"]
    return SimpleNamespace(
        rule=record["rule"],
        scriptdir=str(project / "workflow" / "scripts"),
        input=Named([place(state["path"]) for state in record["inputs"]], keywords["inputs"]),
        output=Named([state["path"] for state in record["outputs"]], keywords["outputs"]),
        params=named(params),
        wildcards=named(record["wildcards"]),
        threads=record["threads"],
        resources=Named([], {}),
        log=Named([record["log"]], {}),
        config={"name": record["study"]},
    )


if __name__ == "__main__":
    [record_file, project_folder] = sys.argv[1:]
    job = job_of(json.loads(Path(record_file).read_text(encoding="utf-8")), Path(project_folder))
    # As `script_of` of polyconcept.audit.places.
    script = Path(job.scriptdir) / f"{job.rule.partition('__')[0]}.py"
    runpy.run_path(str(script), init_globals={"snakemake": job}, run_name="__main__")
