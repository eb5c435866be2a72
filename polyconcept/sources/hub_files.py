"""Which files of a pinned repository are needed."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase

from polyconcept.records.repositories import (
    ADAPTER,
    INDEX,
    SETTINGS_FILES,
    TOKENIZER_FILES,
    UNSAFE_WEIGHTS,
    WEIGHTS,
    PinnedRepo,
)
from polyconcept.sources.hub_errors import HubError
from polyconcept.text.lines import few

CONVERT_ADVICE = (
    "name a revision that has safetensors, or convert the weights once where you trust them (load "
    "with transformers' from_pretrained, write with save_pretrained) and name that folder"
)
"""What to do about a model whose weights are in no readable format."""


def has_safetensors(pinned: PinnedRepo) -> bool:
    """Return whether the repository holds a model's weights as safetensors."""
    return WEIGHTS in pinned.paths or INDEX in pinned.paths


def needed_model_files(pinned: PinnedRepo) -> tuple[str, ...]:
    """Return the files that loading a model needs: settings, tokenizer, weights or their index.

    Of weights that are split, only the index is among them: it says which others are needed.

    Raises:
        HubError: a data set or an adapter; config.json, tokenizer or weights are missing; or the
            weights are in pickle, TensorFlow or Flax files only (with advice).
    """
    if pinned.kind != "model":
        raise HubError(f"{pinned}: needed a model")
    there = set(pinned.paths)
    if ADAPTER in there:
        raise HubError(
            f"{pinned}: holds an adapter ({ADAPTER}), needed a whole model: merge it into the "
            "model that it was made for, save that, and name its folder"
        )
    if "config.json" not in there:
        raise HubError(f"{pinned}: config.json is missing; needed a model for transformers")
    if not any(there.issuperset(group) for group in TOKENIZER_FILES):
        known = ", ".join("+".join(group) for group in TOKENIZER_FILES)
        raise HubError(f"{pinned}: no tokenizer; one of {known} is needed")
    wanted = {*SETTINGS_FILES, *(name for group in TOKENIZER_FILES for name in group)}
    return tuple(sorted(wanted & there | {_weights(pinned)}))


def matching_files(pinned: PinnedRepo, pattern: str, *, language: str) -> tuple[str, ...]:
    """Return the files that a pattern such as ``de/train-*.parquet`` names, sorted.

    A pattern is a shell pattern of the whole path, whose ``*`` does not cross a ``/``; `language`,
    the repository's code of a language or pair, is for the error only.

    Raises:
        HubError: no file matches; names the codes in the language's place, or near paths.
    """
    found = tuple(path for path in pinned.paths if _matches(path, pattern))
    if found:
        return found
    others = _codes_in_place(pinned.paths, pattern, language)
    if others:
        raise HubError(
            f"{pinned}: no file matches {pattern!r}: it lacks {language!r}; there are "
            f"{few(others, 12)}"
        )
    near = difflib.get_close_matches(pattern, pinned.paths, n=5, cutoff=0.3) or pinned.paths
    raise HubError(f"{pinned}: no file matches {pattern!r}; there are {few(near)}")


def _weights(pinned: PinnedRepo) -> str:
    found = next((name for name in (WEIGHTS, INDEX) if name in pinned.paths), None)
    if found is not None:
        return found
    unsafe = [name for name in UNSAFE_WEIGHTS if name in pinned.paths]
    what = f"weights only in {', '.join(unsafe)}" if unsafe else "no weights"
    raise HubError(
        f"{pinned}: {what}; {WEIGHTS} or {INDEX} is needed (a pickle can run code): set "
        f"`converted: true` to take the hub's own conversion, {CONVERT_ADVICE}"
    )


def _matches(path: str, pattern: str) -> bool:
    # Part by part, for the `*` of fnmatch crosses a `/`.
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _codes_in_place(paths: tuple[str, ...], pattern: str, language: str) -> list[str]:
    """Return what other paths have in the place of the language."""
    if not language or language not in pattern:
        return []
    before, _, after = pattern.partition(language)
    # The pattern may have the same code again, as in `de/de-train.tsv`.
    after = after.replace(language, "*")
    codes = set()
    for path in paths:
        if match := re.fullmatch(f"{_regex(before)}([^/]+?){_regex(after)}", path):
            codes.add(match[1])
    return sorted(codes)


def _regex(pattern: str) -> str:
    """Return a shell pattern without sets as a regular expression."""
    return re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
