"""Whether a study could run: its settings, and the files that they name."""

from __future__ import annotations

from polyconcept.cli import project


def check(study: project.StudyFile) -> None:
    """Say what is wrong with a study's file, and whether it could run.

    Nothing is run. Ends with status 1 where it could not run.
    """
    from polyconcept.cli.planned import planned

    with project.faults_told():
        settings = project.read_study(study)
        plan = planned(study)
    project.caution(settings)
    project.say(f"{settings.name}: in order; {len(plan.planned)} jobs would run")
