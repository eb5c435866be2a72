"""A study's settings: the configuration file as frozen, checked values.

Unknown keys are refused with the nearest known one; names that become parts of paths are plain
words, so that nothing a configuration says leaves its folder.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from polyconcept.study.base import NAME, PAIR, REPOSITORY
from polyconcept.study.checks import cross_faults, nearest
from polyconcept.study.schema import Study

_PATTERNS = {
    f"^{NAME}$": "a name of letters, digits, `_` and `.` (64 at most, a letter or digit first)",
    f"^{PAIR}$": "two such languages as `en-de`, of letters, digits, `_` and `.` (no hyphen)",
    f"^{REPOSITORY}$": "a repository on the hub, such as `google/mt5-base`",
}

_LONGEST = 64
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 100


class SettingsError(ValueError):
    """A configuration that cannot be used; the message lists every fault with its key."""


def parse_study(config: Mapping[str, Any], *, where: str = "the configuration") -> Study:
    """Return the study that `config` (the parsed YAML) describes; messages name the file `where`.

    Raises:
        SettingsError: Listing every unknown key, wrong value and dangling name at once.
    """
    try:
        study = Study.model_validate(dict(config))
    except ValidationError as error:
        # Of pydantic's own message every line names a page of its documents.
        raise _settings_error([_explain(fault) for fault in error.errors()], where) from None
    faults = list(cross_faults(study))
    if faults:
        raise _settings_error(faults, where)
    return study


def _settings_error(faults: list[str], where: str) -> SettingsError:
    lines = "".join(f"\n  {fault}" for fault in faults)
    return SettingsError(f"{where} cannot be used:{lines}")


def _explain(fault: ErrorDetails) -> str:
    loc, kind, found = fault["loc"], fault["type"], fault["input"]
    name = ".".join(_shown(part) for part in loc)
    if loc[-1:] == ("[key]",):
        # The fault is a name that the user chose; pydantic writes `no`, which YAML reads as false,
        # as 0 into its place.
        name = ".".join(_shown(part) for part in loc[:-2])
    if kind == "extra_forbidden":
        known = _fields_at(loc[:-1])
        return f"{name}: unknown key{nearest(str(loc[-1]), known)}; known: {sorted(known)}"
    if kind == "missing":
        return f"{name}: missing"
    if kind == "string_pattern_mismatch":
        pattern = fault["ctx"]["pattern"]
        return f"{name}: found {_REPR.repr(found)}; needed {_PATTERNS.get(pattern, pattern)}"
    if kind == "string_type" and isinstance(found, bool | int | float):
        return f"{name}: needed text, found {found!r}; put it in quotes{_hint_on_yaml(found)}"
    message = fault["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"{name}: {message}" if name else message
    return f"{name}: {message}, found {_REPR.repr(found)}"


def _shown(part: int | str) -> str:
    """Return a key as it can stand in a line of a message."""
    text = str(part)
    return text if text.isprintable() and len(text) <= _LONGEST else _REPR.repr(text)


def _hint_on_yaml(found: object) -> str:
    if not isinstance(found, bool):
        return ""
    return f" (YAML reads {'yes and on' if found else 'no and off'} as {str(found).lower()})"


def _fields_at(loc: tuple[int | str, ...]) -> set[str]:
    """Return the known keys of the settings at the place `loc` of a fault."""
    annotation: Any = Study
    for part in loc:
        fields = _model_of(annotation).model_fields
        if part in fields:
            annotation = fields[str(part)].annotation
    return set(_model_of(annotation).model_fields)


def _model_of(annotation: object) -> type[BaseModel]:
    """Return the settings class inside an annotation such as ``Mapping[Name, Model] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        try:
            return _model_of(argument)
        except TypeError:  # of None, a type of numbers, or the names of keys
            continue
    raise TypeError(f"no settings in {annotation}")
