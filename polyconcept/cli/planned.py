"""The jobs that would run, as the commands ask for them; Snakemake is imported only then."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from polyconcept.audit.why import Planned
from polyconcept.cli import project

Wildcards: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """The jobs that would run, and all that there are."""

    study: str
    planned: tuple[Planned, ...]
    """Before each job stand those that it needs."""
    all_jobs: tuple[Wildcards, ...]
    """Wildcards of every job of the study."""

    def told_apart(self, jobs: Sequence[Planned]) -> str:
        """Return the wildcards that `jobs` share, and not with all other jobs of the study."""
        first, *others = jobs
        return ", ".join(
            f"{key} {value.rstrip('/')}"
            for key, value in first.wildcards.items()
            if value
            and all(job.wildcards.get(key) == value for job in others)
            and any(of.get(key, value) != value for of in self.all_jobs)
        )


def planned(study: Path, profile: Path | None = None) -> Plan:
    """Plan a study in the working directory; arguments and errors are those of `planned_jobs`.

    Raises:
        SystemExit: Snakemake cannot plan it, and has said why.
    """
    # Snakemake takes longer to import than most commands take to run.
    from snakemake.exceptions import WorkflowError, print_exception

    from polyconcept.cli.planned_jobs import planned_jobs

    try:
        return planned_jobs(
            study, profile or project.ROOT / "profiles/local", project.snakefile().parent
        )
    except WorkflowError as error:
        logging.getLogger("snakemake").setLevel(logging.ERROR)
        print_exception(error)
        raise SystemExit(1) from None
