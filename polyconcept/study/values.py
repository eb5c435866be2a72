"""What the settings of a job are: plain values by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from polyconcept.study.base import Frozen
from polyconcept.study.schema import Study

__all__ = ["Stage", "Values", "Wildcards", "plain"]

Wildcards: TypeAlias = Mapping[str, str]
Values: TypeAlias = dict[str, Any]
Stage: TypeAlias = Callable[[Study, Wildcards], Values]


def plain(settings: Frozen | None, *names: str) -> Values:
    """Fields of a settings object as plain values; all of them where none is named."""
    if settings is None:
        raise KeyError("the data or model comes from elsewhere")
    return settings.model_dump(mode="json", include=set(names) or None)
