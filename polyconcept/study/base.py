"""Types that all settings share: names that may become parts of paths, counts, shares."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "NAME",
    "PAIR",
    "REPOSITORY",
    "Count",
    "Frozen",
    "Layer",
    "Name",
    "Pair",
    "Repository",
    "Revision",
    "Seed",
    "Share",
    "needs_one_of",
]

NAME = r"[A-Za-z0-9][A-Za-z0-9_.]{0,63}"
PAIR = f"{NAME}-{NAME}"
REPOSITORY = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,95}"
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
"""A name that becomes part of a path: no separator, no hyphen (pairs are joined by one)."""
Pair = Annotated[str, Field(pattern=f"^{PAIR}$")]
Repository = Annotated[str, Field(pattern=f"^{REPOSITORY}$")]
"""Name of a repository on the hub, ``owner/name``."""
Revision = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$")]
"""A branch, tag, pull request (``refs/pr/1``) or commit."""
Count = Annotated[int, Field(ge=1)]
Layer = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Frozen(BaseModel):
    """Settings that cannot change once read; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def needs_one_of(settings: Any, *names: str) -> None:  # noqa: ANN401 - any settings class
    """Refuse settings where not exactly one of the keys `names` is given.

    Raises:
        ValueError: Naming the keys and those that are given.
    """
    given = [name for name in names if getattr(settings, name) is not None]
    if len(given) != 1:
        *first, last = [f"`{name}`" for name in names]
        raise ValueError(
            f"needs exactly one of {', '.join(first)} and {last}, has {given or 'none'}"
        )
