"""What the settings of a job are: plain values by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from polyconcept.study.base import Frozen
from polyconcept.study.schema import Study

Values: TypeAlias = dict[str, Any]


def plain(settings: Frozen | None, *names: str) -> Values:
    """Return fields of a settings object as plain values; all of them where none is named."""
    if settings is None:
        raise KeyError("the data or model comes from elsewhere")
    return settings.model_dump(mode="json", include=set(names) or None)


def language_codes(study: Study, names: Mapping[str, str]) -> Values:
    """Return the codes that a job's model has for languages, where the study names any."""
    codes = dict(study.models[names["model"]].language_codes)
    return {"language_codes": codes} if codes else {}
