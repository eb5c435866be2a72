"""Which repositories of the hub a study names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from polyconcept.study.schema import Study

Asked: TypeAlias = tuple[str, str, str | None, bool]
"""Kind, repository, revision, whether the hub's own conversion to safetensors is wanted."""


def pin_of(kind: str, repository: str, revision: str | None, converted: bool = False) -> str:
    """Return the name of the folder that says which commit of a repository a study uses."""
    which = f"{revision or 'latest'}{'-converted' if converted else ''}"
    # A revision such as refs/pr/1 has slashes, and a pin is one folder.
    return "--".join(Path(f"{kind}s/{repository}@{which}").parts)


def pins(study: Study) -> Mapping[str, Mapping[str, Any]]:
    """Return what to ask the hub for, by the name of the pin."""
    keys = ("kind", "repository", "revision", "converted")
    return {pin_of(*each): dict(zip(keys, each, strict=True)) for each in asked(study)}


def asked(study: Study) -> Iterator[Asked]:
    """Yield what a study asks of the hub, in the order of its models, corpora and tasks."""
    for model in study.models.values():
        if model.hub is not None:
            yield "model", model.hub.model, model.hub.revision, model.hub.converted
    tasks = study.tasks.values()
    data = [corpus.hub for corpus in study.corpora.values()]
    for hub in [*data, *(half.hub for task in tasks for half in (task.train, task.test))]:
        if hub is not None:
            yield "dataset", hub.dataset, hub.revision, False
