"""Translations of word types, counted from word links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.arrays import Int32, Int64
from polyconcept.records.text import Dictionary, Links, Sentences
from polyconcept.text.coverage import read_coverage, write_coverage
from polyconcept.text.lines import read_utf8
from polyconcept.text.pair import check_links

_HEADER = "word\ttranslation\tprobability\tcount"

# Word, translation, probability, count.
_Entry: TypeAlias = tuple[str, str, float, int]


def build_dictionary(
    links: Links, source: Sentences, target: Sentences, *, min_count: int = 1
) -> tuple[Dictionary, Dictionary]:
    """Count which words are linked, in both directions.

    p(translation | word) = links between the two types / links of the word's type. Words are types
    as they are spelt; nothing is lower-cased. Entries go by word, then best translation first:
    higher probability, then code points of the translation.

    Entries of fewer than `min_count` links are left out; these links still count in the
    probabilities of the others.

    Returns:
        Source to target, target to source.

    Raises:
        ValueError: unequal numbers of sentences, links of another language pair or outside the
            sentences, or min_count below 1.
    """
    if min_count < 1:
        raise ValueError(f"min_count={min_count} must be at least 1")
    check_links(links, source, target)
    source_types, source_type = _types(source, links.sentence, links.source_position)
    target_types, target_type = _types(target, links.sentence, links.target_position)
    return (
        _one_direction(
            (source.language, target.language),
            (source_types, source_type),
            (target_types, target_type),
            min_count,
        ),
        _one_direction(
            (target.language, source.language),
            (target_types, target_type),
            (source_types, source_type),
            min_count,
        ),
    )


def write_dictionary(dictionary: Dictionary, path: Path | str) -> None:
    """Write a table ``word, translation, probability, count``, whole or not at all.

    Raises:
        ValueError: a word or translation holds a tab or a line feed, or is empty.
    """
    lines = [_HEADER]
    for word, translation, probability, count in zip(
        dictionary.word,
        dictionary.translation,
        dictionary.probability.tolist(),
        dictionary.count.tolist(),
        strict=True,
    ):
        for text in (word, translation):
            if not text or "\t" in text or "\n" in text:
                raise ValueError(
                    f"{text!r} in the {dictionary.source}-{dictionary.target} dictionary: words "
                    "must not be empty nor hold tabs or line feeds"
                )
        # repr has the digits that read back as the same number.
        lines.append(f"{word}\t{translation}\t{probability!r}\t{count}")
    write_text_atomic(Path(path), "\n".join(lines) + "\n")


def write_dictionaries(
    dictionaries: tuple[Dictionary, Dictionary],
    forward: Path | str,
    backward: Path | str,
    coverage: Path | str,
) -> None:
    """Write a pair's dictionaries, and what they cover of held-out sentences, to three files.

    Raises:
        ValueError: Coverage was not counted, or as `write_dictionary`.
    """
    covered = [one.coverage for one in dictionaries]
    there, back = covered
    if there is None or back is None:
        raise ValueError(f"coverage of the dictionaries is {covered}: it has not been counted")
    for dictionary, path in zip(dictionaries, (forward, backward), strict=True):
        write_dictionary(dictionary, path)
    write_coverage((there, back), coverage)


def read_dictionary(path: Path | str, source: str, target: str) -> Dictionary:
    """Read what `write_dictionary` wrote.

    Raises:
        ValueError: bytes that are not UTF-8, another header, a line without four fields, a
            probability outside ]0, 1], a count below 1, a word whose entries are not adjacent or
            not best first, or a translation that stands twice; the message names file and line.
    """
    path = Path(path)
    entries = [_parse(line, f"{path}, line {number}") for number, line in _lines(path)]
    _check_order(entries, path)
    return Dictionary(
        source,
        target,
        tuple(entry[0] for entry in entries),
        tuple(entry[1] for entry in entries),
        np.array([entry[2] for entry in entries], dtype=np.float64),
        np.array([entry[3] for entry in entries], dtype=np.int64),
    )


def read_dictionaries(
    forward: Path | str,
    backward: Path | str,
    source: str,
    target: str,
    coverage: Path | str | None = None,
) -> tuple[Dictionary, Dictionary]:
    """Read a pair's dictionaries, from source to target and back, as `read_dictionary` does.

    What they cover of held-out sentences is read from the file of `coverage.write_coverage`.
    """
    there = read_dictionary(forward, source, target), read_dictionary(backward, target, source)
    if coverage is None:
        return there
    found = read_coverage(coverage)
    return replace(there[0], coverage=found[0]), replace(there[1], coverage=found[1])


def _types(
    side: Sentences,
    sentence: Int32[np.ndarray, " link"],
    position: Int32[np.ndarray, " link"],
) -> tuple[list[str], Int64[np.ndarray, " link"]]:
    """Return the linked types in code-point order, and the type of each link's word."""
    places = zip(sentence.tolist(), position.tolist(), strict=True)
    words = [side.words[i][j] for i, j in places]
    types = sorted(set(words))
    number = {word: place for place, word in enumerate(types)}
    return types, np.fromiter((number[word] for word in words), dtype=np.int64, count=len(words))


def _one_direction(
    languages: tuple[str, str],
    words: tuple[list[str], Int64[np.ndarray, " link"]],
    translations: tuple[list[str], Int64[np.ndarray, " link"]],
    min_count: int,
) -> Dictionary:
    """Return both sides as their types in code-point order and the type of each link's word."""
    # One number stands for a word and a translation.
    key, count = np.unique(words[1] * len(translations[0]) + translations[1], return_counts=True)
    word, translation = np.divmod(key, max(1, len(translations[0])))
    total = np.bincount(word, weights=count, minlength=len(words[0]))
    # Types are numbered by code point, so the last key of the sort is the spelling's order.
    order = np.lexsort((translation, -count, word))
    order = order[count[order] >= min_count]
    return Dictionary(
        *languages,
        tuple(words[0][i] for i in word[order].tolist()),
        tuple(translations[0][i] for i in translation[order].tolist()),
        count[order] / total[word[order]],
        count[order].astype(np.int64),
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line after the header; only a line feed ends a line."""
    lines = read_utf8(path).split("\n")
    if lines[0] != _HEADER:
        raise ValueError(f"{path}, line 1: found {lines[0]!r}, need the header {_HEADER!r}")
    if lines[-1] != "":
        raise ValueError(f"{path}, line {len(lines)}: no line feed at its end; the file is cut off")
    yield from enumerate(lines[1:-1], start=2)


def _check_order(entries: list[_Entry], path: Path) -> None:
    """Refuse entries of a word that are not adjacent, distinct and best first."""
    # CALIGN takes the first n translations of a word as its best.
    done: set[str] = set()
    seen: set[str] = set()
    last = ("", 0.0)
    for number, (word, translation, probability, _) in enumerate(entries, start=2):
        where = f"{path}, line {number}"
        if word != last[0]:
            done.add(last[0])
            seen.clear()
        elif probability > last[1]:
            raise ValueError(f"{where}: {word!r}: entries of a word must be best first")
        if word in done:
            raise ValueError(f"{where}: {word!r} stood further up: its entries must be adjacent")
        if translation in seen:
            raise ValueError(f"{where}: {word!r} has the translation {translation!r} twice")
        seen.add(translation)
        last = word, probability


def _parse(line: str, where: str) -> _Entry:
    fields = line.split("\t")
    if len(fields) != 4 or not all(fields):
        raise ValueError(
            f"{where}: {line!r} has {len(fields)} fields; need word, translation, probability and "
            "count, separated by tabs and none empty"
        )
    try:
        # int() would also take "1_0" and digits of other scripts.
        if not (fields[3].isascii() and fields[3].isdigit()):
            raise ValueError(f"{fields[3]!r} is no count")
        probability, count = float(fields[2]), int(fields[3])
    except ValueError as error:
        raise ValueError(
            f"{where}: {fields[2]!r} and {fields[3]!r} must be a probability and a count"
        ) from error
    if not 0 < probability <= 1 or count < 1:
        raise ValueError(
            f"{where}: probability {fields[2]} must be in ]0, 1] and count {fields[3]} at least 1"
        )
    return fields[0], fields[1], probability, count
