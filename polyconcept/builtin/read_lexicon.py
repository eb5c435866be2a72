"""The lexicon: one entry per lemma with its cell of every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "es", "it", "ar")
CONTENT: tuple[str, ...] = ("nouns", "verbs", "adjectives", "adverbs")
FILES: tuple[str, ...] = (*CONTENT, "names", "particles")
_POLARITIES = {"+": 1, "-": -1, "0": 0, "": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One lemma; compared by identity, since the lexicon holds each once."""

    key: str
    """Name of the lemma in its file, mostly its English form."""
    kind: str
    """Frame of a verb (t, i, d, s); kind of an adverb or particle; empty otherwise."""
    classes: frozenset[str]
    """Semantic classes: of the noun itself, or of the nouns an adjective describes."""
    subjects: frozenset[str]
    """Classes a verb takes as subject."""
    objects: frozenset[str]
    """Classes a verb takes as object."""
    gender: str
    """Natural gender: ``m``, ``f``, or ``x`` where none is told."""
    polarity: int
    """1 speaks well of its subject matter, -1 badly, 0 neither."""
    cells: Mapping[str, str]
    """Language -> forms, as the comment of the file explains."""
    n_words: int
    """Words of the English form: so many leaves the entry takes in a sentence."""


def _entry(file: str, row: Mapping[str, str]) -> Entry:
    words = row["en"].split()
    several = file in ("adverbs", "names")
    return Entry(
        key=row["key"],
        kind=row.get("frame", row.get("kind", "")),
        classes=frozenset(row.get("class", "").split()),
        subjects=frozenset(row.get("subject", "").split()),
        objects=frozenset(row.get("object", "").split()),
        gender=row.get("gender", "x"),
        polarity=_POLARITIES[row.get("polarity", "")],
        cells=MappingProxyType({language: row[language] for language in LANGUAGES}),
        n_words=len(words) - (words[0] == "def") if several else 1,
    )


def _read(file: str) -> tuple[Entry, ...]:
    path = resources.files(__package__).joinpath("lexicon", f"{file}.tsv")
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [
        (number, line.split("\t"))
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]
    header = rows[0][1]
    entries = []
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            raise ValueError(
                f"{file}.tsv line {number}: found {len(cells)} cells, needed {len(header)}"
            )
        entries.append(_entry(file, dict(zip(header, cells, strict=True))))
    return tuple(entries)


@cache
def lexicon() -> Mapping[str, Mapping[str, Entry]]:
    """Return all entries, by file (``nouns``, ``verbs``, …) and key, in the order of the files."""
    return MappingProxyType(
        {file: MappingProxyType({entry.key: entry for entry in _read(file)}) for file in FILES}
    )


@cache
def pieces(entry: Entry, language: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return an entry's words, each with the English words that it realises (0-based).

    ``Banque/2 mondiale/1`` gives ``(("Banque", (1,)), ("mondiale", (0,)))``; a word without mark
    realises the English word at its own place. Leading marks (``def:f``) are left out.
    """
    words = [word for word in entry.cells[language].split() if not is_mark(word)]
    result = []
    for place, word in enumerate(words):
        text, _, mark = word.partition("/")
        result.append((text, tuple(int(digit) - 1 for digit in mark) if mark else (place,)))
    return tuple(result)


def is_mark(word: str) -> bool:
    """Return whether a word of a names cell is a mark, such as ``def`` or ``g:f``, not a form."""
    return word == "def" or word.partition(":")[0] in ("def", "g", "m", "f", "fp")
