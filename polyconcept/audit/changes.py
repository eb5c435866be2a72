"""What differs between two sets of settings, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MOST_SHOWN = 60
_MOST_NAMED = 3


def first_few(files: Sequence[str]) -> str:
    """Return the names of some files, and the number of the others."""
    more = len(files) - _MOST_NAMED
    return ", ".join(files[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


def setting_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return each value that is another, with its path of keys: ``finetuning.epochs: 1 -> 3``.

    Lists of plain values are compared by what came and went, all others leaf by leaf.
    """
    return list(_differences("", json.loads(json.dumps(before)), json.loads(json.dumps(now))))


def _differences(path: str, before: Any, now: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(before, dict) and isinstance(now, dict):
        prefix = f"{path}." if path else ""
        for key in [*before, *(key for key in now if key not in before)]:
            if key not in now:
                yield f"{prefix}{key}: gone{_was(before[key])}"
            elif key not in before:
                yield f"{prefix}{key}: new{_is(now[key])}"
            else:
                yield from _differences(prefix + key, before[key], now[key])
        # Snakemake compares dicts as text.
        common = [key for key in before if key in now]
        if common != [key for key in now if key in before]:
            yield f"{path or 'settings'}: another order of keys"
    elif isinstance(before, list) and isinstance(now, list):
        yield from _list_differences(path, before, now)
    # To Python 1, 1.0 and true are equal; Snakemake compares them as text.
    elif before != now or type(before) is not type(now):
        yield f"{path}: {_shown(before)} -> {_shown(now)}"


def _list_differences(path: str, before: list[Any], now: list[Any]) -> Iterator[str]:
    if before == now:
        return
    if any(isinstance(item, dict | list) for item in before + now):
        for place, (old, new) in enumerate(zip(before, now, strict=False)):
            yield from _differences(f"{path}[{place}]", old, new)
        for place in range(len(now), len(before)):
            yield f"{path}[{place}]: gone{_was(before[place])}"
        for place in range(len(before), len(now)):
            yield f"{path}[{place}]: new{_is(now[place])}"
        return
    came = [item for item in now if item not in before]
    went = [item for item in before if item not in now]
    if (not came and not went) or len(_shown(before) + _shown(now)) <= _MOST_SHOWN:
        yield f"{path}: {_shown(before)} -> {_shown(now)}"
        return
    yield from (f"{path}: {_shown(item)} came" for item in came)
    yield from (f"{path}: {_shown(item)} went" for item in went)


def _shown(value: Any) -> str:  # noqa: ANN401 - JSON
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 4] + " ..."


def _is(value: Any) -> str:  # noqa: ANN401 - JSON
    return "" if isinstance(value, dict | list) else f", {_shown(value)}"


def _was(value: Any) -> str:  # noqa: ANN401 - JSON
    return "" if isinstance(value, dict | list) else f", was {_shown(value)}"
