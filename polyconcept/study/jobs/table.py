"""The one table of the kinds of job: rules, `verify`, `explain` and `plan` take them from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from polyconcept.study.jobs import concepts, models, reader, scores, tasks, text, vectors
from polyconcept.study.jobs.figures import figure_names
from polyconcept.study.jobs.job import Inputs, Job, Values
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.schema import Study

JOBS: Mapping[str, Job] = {
    **text.JOBS,
    **models.JOBS,
    **tasks.JOBS,
    **vectors.JOBS,
    **concepts.JOBS,
    **scores.JOBS,
    **reader.JOBS,
}
"""Name of a rule -> what it is, in the order of the stages."""

_Found = TypeVar("_Found")


def job_settings(rule: str, study: Study, names: Names) -> Values:
    """Return the settings of one job as plain values by name.

    `names` are its wildcards, such as ``{"model": "mbert", "variant": "ner"}``.

    Raises:
        ValueError: There is no such rule, or the study has no such job.
    """
    return _of_job(rule, study, names, lambda job: job.settings(study, names))


def job_inputs(rule: str, study: Study, names: Names, folder: Path = Path()) -> Inputs:
    """Return what one job reads, by keyword.

    Arguments and errors are those of `job_settings`; `folder` is where Snakemake runs.
    """
    return _of_job(rule, study, names, lambda job: job.inputs(Files(study, folder), names))


def job_kinds(rule: str, study: Study, names: Names) -> tuple[str, ...]:
    """Return the modules that its script loads by name; arguments and errors as above."""
    return _of_job(rule, study, names, lambda job: job.kinds(study, names))


def flat(inputs: Inputs) -> list[str]:
    """Return all files of a job's inputs."""
    lists = [[found] if isinstance(found, str) else found for found in inputs.values()]
    return [path for paths in lists for path in paths]


def final_files(study: Study) -> tuple[str, ...]:
    """Return the score tables, claims, figures, report and explorer that a finished study has."""
    results = f"results/{study.name}"
    tables = ("scores.parquet", "scores.csv", "claims.json", "claims.html")
    pages = ("index.html", "explorer/index.html")
    figures = [
        f"figures/{name}.{suffix}"
        for name in figure_names(study)
        for suffix in ("pdf", "png", "svg")
    ]
    return tuple(f"{results}/{name}" for name in (*tables, *pages, *figures))


def check_files(study: Study) -> tuple[str, ...]:
    """Return the checks of models that are fine-tuned or drawn anew.

    No job waits for them: they are asked for beside the final files, so that they run early. Models
    that come with the project need none: its tests have looked at them.
    """
    checked = [
        name
        for name, model in study.models.items()
        if study.variants_of(name) != ("base",) and model.builtin is None
    ]
    return tuple(f"results/{study.name}/models/{name}/checked.json" for name in checked)


def _of_job(rule: str, study: Study, names: Names, ask: Callable[[Job], _Found]) -> _Found:
    if rule not in JOBS:
        raise ValueError(f"no rule {rule!r}; the rules are {', '.join(sorted(JOBS))}")
    try:
        return ask(JOBS[rule])
    # What an entry runs into that asks for a model, task or source which the study does not have.
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError(
            f"the study {study.name!r} has no job of {rule} with {dict(names)}: {error}"
        ) from error
