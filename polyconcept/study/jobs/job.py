"""What the workflow says of a kind of job besides its outputs, which stand in its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.values import Values

Inputs: TypeAlias = Mapping[str, str | list[str]]
"""Keyword under which a script reads it -> a file, or a list of files."""


def nothing(_study: Study, _names: Names) -> Values:
    """Return the settings of a job that uses none."""
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
    settings: Callable[[Study, Names], Values] = nothing
    """What it uses of the study, and nothing else: it runs again where one of these changes."""
    kinds: Callable[[Study, Names], tuple[str, ...]] = _no_kinds
    """Modules that its script loads by name: they count as its code beside what it imports."""
    cost: Callable[[Work, Names], Cost] = _small
    """Work and disk; nothing for a small job, besides what stands around the work."""
    sources: tuple[str, ...] = ()
    """Keywords of inputs that come from outside: their content counts and not their time."""
    gpu: bool = False
    """Whether it asks for a GPU on a cluster."""
    local: bool = False
    """Whether it runs beside Snakemake: it is small, or needs the network."""
    has_code: bool = True
    """Whether it runs again for its code."""
