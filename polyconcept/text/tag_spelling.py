"""How the tags of a file are written: ``B-PER``, ``PER``, ``b_per`` or ``PER-B``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

BLANK = "_"
"""Stands for no tag, in CoNLL-U."""
_OUTSIDE = "O"
_STYLES = {
    "B-PER": r"(?P<kind>[BIMELSUW])-(?P<label>.+)",
    "PER": r"(?P<label>.+)",
    "B_PER": r"(?P<kind>[BIMELSUW])_(?P<label>.+)",
    "PER-B": r"(?P<label>.+)-(?P<kind>[BIMELSUW])",
    "PER_B": r"(?P<label>.+)_(?P<kind>[BIMELSUW])",
}

Parsed: TypeAlias = tuple[str, str] | None
"""Kind (``B``, ``I``, ...) and label of a tag; None outside entities."""


@dataclass(frozen=True)
class Source:
    """Where labelled words come from, for messages."""

    name: str
    """Of the file, or the language of a column."""
    unit: str
    """What its numbers count: ``line`` or ``row``."""
    advice: str
    """What to do where it cannot be read as it is."""

    def at(self, number: int) -> str:
        """Return one place in it."""
        return f"{self.name}, {self.unit} {number}"


@dataclass(frozen=True)
class Spelling:
    """How the tags of a file are written."""

    style: str
    """The tag that begins an entity PER, as the file writes it."""
    tags: Mapping[str, Parsed]
    """Every tag of the file and what it says."""


def spellings_of(tags: Collection[str], labels: Iterable[str]) -> list[Spelling]:
    """Return the ways of writing tags in which all these have known labels, in any case if need be.

    ``B-PER`` is what everybody writes: where it fits, no other is looked at.
    """
    names = list(labels)
    for known, exact in ((dict(zip(names, names, strict=True)), True), (_folded(names), False)):
        outside = {_OUTSIDE} if exact else {_OUTSIDE, _OUTSIDE.lower()}
        if not outside & {*tags}:
            outside = {BLANK}
        found: list[Spelling] = []
        for style in _STYLES:
            parsed = _parse_all(tags, style, known, outside, exact=exact)
            if parsed is not None:
                found.append(Spelling(style, parsed))
            if found and style == "B-PER":
                return found
        if found:
            return found
    return []


def _folded(labels: Iterable[str]) -> dict[str, str]:
    """Label in small letters -> label, of those that small letters leave apart."""
    known = list(labels)
    small = [label.casefold() for label in known]
    return {s: label for s, label in zip(small, known, strict=True) if small.count(s) == 1}


def _parse_all(
    tags: Iterable[str],
    style: str,
    known: Mapping[str, str],
    outside: Collection[str],
    *,
    exact: bool,
) -> dict[str, Parsed] | None:
    pattern = re.compile(_STYLES[style], 0 if exact else re.IGNORECASE)
    parsed: dict[str, Parsed] = {}
    for tag in tags:
        if tag in outside:
            parsed[tag] = None
            continue
        match = pattern.fullmatch(tag)
        label = known.get(match["label"] if exact else match["label"].casefold()) if match else None
        if match is None or label is None:
            return None
        parsed[tag] = (match.groupdict().get("kind", "I").upper(), label)
    return parsed


def unreadable(
    source: Source,
    sentences: Sequence[Sequence[str]],
    places: Sequence[Sequence[int]],
    labels: Collection[str],
    ignored: Collection[str],
) -> str:
    """Say every malformed tag and unknown label of a file at once, each with its first place."""
    tags = {tag for row in sentences for tag in row}
    bare = not any(re.fullmatch(r"[BIMELSUW][-_].+", tag, re.IGNORECASE) for tag in tags)
    style = "PER" if bare else "B-PER" if any(tag[1:2] == "-" for tag in tags) else "B_PER"
    known = {*labels, *ignored}
    first: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for row, where in zip(sentences, places, strict=True):
        for tag, place in zip(row, where, strict=True):
            match = re.fullmatch(_STYLES[style], tag)
            if tag == _OUTSIDE or (match and match["label"] in known):
                continue
            if match is None or (bare and not re.search(r"[^\W\d_]", tag)):
                problem = f"malformed tag {tag!r}"
            else:
                problem = f"unknown label {match['label']!r}"
            first.setdefault(problem, place)
            counts[problem] += 1
    shown = "; ".join(
        f"{problem} ({counts[problem]}x, first in {source.unit} {first[problem]})"
        for problem in list(first)[:10]
    )
    return (
        f"{source.name}: {shown}; needed were O, or B- or I- and one of the "
        f"labels {', '.join(sorted(labels))} (labels of the data that the study leaves out go into "
        f"`ignored`); {source.advice}"
    )
