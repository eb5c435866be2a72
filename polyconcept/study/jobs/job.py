"""What the workflow says of a kind of job besides its outputs, which stand in its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from polyconcept.study.base import Frozen
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study

Values: TypeAlias = dict[str, Any]
"""Settings of a job, by name."""
Inputs: TypeAlias = Mapping[str, str | list[str]]
"""Keyword under which a script reads it -> a file, or a list of files."""


def plain(settings: Frozen | None, *names: str) -> Values:
    """Return fields of a settings object as plain values; all of them where none is named."""
    if settings is None:
        raise KeyError("the data or model comes from elsewhere")
    return settings.model_dump(mode="json", include=set(names) or None)


def language_codes(study: Study, names: Names) -> Values:
    """Return the codes that a job's model has for languages, where the study names any."""
    codes = dict(study.models[names["model"]].language_codes)
    return {"language_codes": codes} if codes else {}


def before_text(study: Study, names: Names) -> Values:
    """Return what a job's model reads before each sentence, where the study names anything."""
    prefix = study.models[names["model"]].prefix
    return language_codes(study, names) | ({"prefix": prefix} if prefix else {})


def _no_settings(_study: Study, _names: Names) -> Values:
    return {}


def _no_input(_files: Files, _names: Names) -> Inputs:
    return {}


def _no_kinds(_study: Study, _names: Names) -> tuple[str, ...]:
    return ()


def _small(_work: Work, _names: Names) -> Cost:
    return Cost()


@dataclass(frozen=True)
class Job:
    """One kind of job."""

    stage: str
    """Under which it is counted in a plan."""
    inputs: Callable[[Files, Names], Inputs] = _no_input
    settings: Callable[[Study, Names], Values] = _no_settings
    """What it uses of the study, and nothing else: it runs again where one of these changes."""
    kinds: Callable[[Study, Names], tuple[str, ...]] = _no_kinds
    """Modules that its script loads by name: they count as its code beside what it imports."""
    cost: Callable[[Work, Names], Cost] = _small
    """Work and disk; nothing for a small job, besides what stands around the work."""
    sources: tuple[str, ...] = ()
    """Keywords of inputs that come from outside: their content counts and not their time."""
    start: Literal["plain", "drawing", "torch", "transformers"] = "plain"
    """What its script imports, by which its start takes time and memory."""
    gpu: bool = False
    """Whether it asks for a GPU on a cluster."""
    local: bool = False
    """Whether it runs beside Snakemake: it is small, or needs the network."""
    has_code: bool = True
    """Whether it runs again for its code."""
