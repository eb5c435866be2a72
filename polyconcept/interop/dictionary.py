"""Dictionary files of the released code: ``a -> b: Probability = p, Count = c`` a line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from polyconcept.interop.clusters import text_lines
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import Dictionary

_SHAPE = "word -> translation: Probability = p, Count = c"
_LINE = re.compile(r"(.*): Probability = (\S+), Count = ([0-9]{1,18})", re.DOTALL)


def read_dictionary(path: Path, *, source: str, target: str) -> Dictionary:
    r"""Read a dictionary file, entries in the order of its lines, which is what counts.

    Lines end at "\n" only; both words lose white space at their ends. Words may contain ``->``
    and colons; phrases (with blanks) are read too, but never equal a word. Probabilities are kept
    as written, adjacent or not, whatever they sum to.

    Raises:
        ValueError: No line, bytes that are not UTF-8, or a line that is no entry or can be parted
            into word and translation in two ways; the message names file and line.
    """
    entries = [_entry(line.strip(), place) for place, line in text_lines(path)]
    if not entries:
        raise ValueError(f"{path}: found no line: expected at least one {_SHAPE}")
    word, translation, probability, count = zip(*entries, strict=True)
    return Dictionary(
        source=source,
        target=target,
        word=word,
        translation=translation,
        probability=np.array(probability, dtype=np.float64),
        count=np.array(count, dtype=np.int64),
    )


def write_dictionary(dictionary: Dictionary, path: Path) -> None:
    """Write a dictionary file that `read_dictionary` and the released code read; whole or not.

    Raises:
        ValueError: An entry that would not be read back as it is, such as a word with white space
            at an end.
    """
    # The released code parts words at any ``->``: there such words are cut, here they are not.
    lines = []
    entries = zip(
        dictionary.word,
        dictionary.translation,
        dictionary.probability.tolist(),
        dictionary.count.tolist(),
        strict=True,
    )
    for entry in entries:
        word, translation, probability, count = entry
        line = f"{word} -> {translation}: Probability = {probability!r}, Count = {count}"
        if "\n" in line or _entry(line.strip(), f"{path}, entry {word!r}") != entry:
            raise ValueError(f"{path}: entry {entry!r} would not be read back: {line!r}")
        lines.append(line + "\n")
    write_text_atomic(path, "".join(lines))


def _entry(line: str, place: str) -> tuple[str, str, float, int]:
    """Return word, translation, probability and count of one line."""
    found = _LINE.fullmatch(line)
    probability = _probability(found[2]) if found else None
    if found is None or probability is None:
        raise ValueError(f"{place}: found {line!r}: expected {_SHAPE}, p from 0 to 1")
    pieces = found[1].split(" ")
    # An arrow between two words stands alone: a word may be "->" itself, or contain it.
    arrows = [i for i in range(1, len(pieces) - 1) if pieces[i] == "->"]
    if len(arrows) == 1:
        word, translation = " ".join(pieces[: arrows[0]]), " ".join(pieces[arrows[0] + 1 :])
    elif not arrows and found[1].count("->") == 1:
        word, translation = found[1].split("->")
    else:
        raise ValueError(
            f"{place}: found {line!r} with {len(arrows)} lone arrows: expected one, {_SHAPE}"
        )
    if not word.strip() or not translation.strip():
        raise ValueError(f"{place}: found {line!r} with an empty word: expected {_SHAPE}")
    return word.strip(), translation.strip(), probability, int(found[3])


def _probability(text: str) -> float | None:
    """Return the number from 0 to 1 that a text spells, if it spells one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
