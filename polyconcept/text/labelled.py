"""TSV files: one sentence a line with its label (sentiment)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import LabelledSentences
from polyconcept.text.lines import check_words, few, read_lines, split_words

_COLUMNS = ("sentence", "label")
# Sentences that show what a column holds.
_ENOUGH = 10


def read_labelled(
    path: Path,
    language: str,
    labels: Mapping[str, str] | Sequence[str],
    *,
    columns: Mapping[str, int | str] | None = None,
) -> LabelledSentences:
    """Return the sentences with one label each from a TSV file with a header, the layout of SST-2.

    The header names the columns ``sentence`` and ``label``, in any order; other columns are not
    read. Quotation marks are plain characters, as in SST-2.

    `labels` gives the label of each spelling in the file, such as ``{"0": "negative"}``, or just
    the labels where the file spells them out. `columns` gives the number (from 1) or the name of
    the columns ``sentence`` and ``label``; with two numbers, a file whose first line has a known
    label has no header.

    Raises:
        ValueError: not UTF-8, no header, no sentence, another number of columns than the header,
            a sentence without words, an unknown label, quoted fields, or a column that is no text;
            with file and line.
    """
    known = labels if isinstance(labels, Mapping) else {label: label for label in labels}
    lines = read_lines(path)
    names = lines[0].split("\t")
    places = _places(path, names, columns or {})
    start = 0 if _no_header(names, places, columns or {}, known) else 1
    if not lines[start:]:
        raise ValueError(f"{path}: there is only the header; at least one sentence was needed")
    rows = [
        _row(f"{path}, line {n}", names, places, line)
        for n, line in enumerate(lines[start:], start=start + 1)
    ]
    unknown = [n for n, (_, label) in enumerate(rows, start=start + 1) if label not in known]
    if unknown:
        raise ValueError(
            f"{path}, line {few(unknown)}: unknown label {rows[unknown[0] - start - 1][1]!r}; "
            f"known are {', '.join(sorted(known))}"
        )
    check_sentences(f"{path}, column {places[0] + 1}", [text for text, _ in rows])
    words, label = zip(*((split_words(text), known[label]) for text, label in rows), strict=True)
    return LabelledSentences(language, words, label)


def read_labelled_files(paths: Sequence[Path], labels: Sequence[str]) -> list[LabelledSentences]:
    """Read files named ``{language}.tsv``, as `read_labelled` does."""
    return [read_labelled(path, path.stem, labels) for path in paths]


def check_sentences(where: str, texts: Sequence[str]) -> None:
    """Refuse a column of sentences that holds something else, or fields in CSV's quotation marks.

    Raises:
        ValueError: all are numbers, or the same; or quotation marks that are CSV's.
    """
    plain = [text.strip(" ") for text in texts]
    if len(plain) >= _ENOUGH and all(text.replace(".", "", 1).isdecimal() for text in plain):
        raise ValueError(f"{where}: found numbers in the place of sentences; is it another column?")
    if len(plain) >= _ENOUGH and len(set(plain)) == 1:
        raise ValueError(f"{where}: found {plain[0]!r} as every sentence; is it another column?")
    marked = [text for text in plain if '"' in text]
    quoted = [text for text in marked if _is_quoted(text)]
    doubled = next((text for text in quoted if '""' in text[1:-1]), None)
    # One sentence in quotation marks may be a quotation. If all are, or if one has doubled marks
    # inside, a program has written CSV.
    if len(quoted) == len(marked) and (doubled or 1 < len(quoted) == len(plain)):
        raise ValueError(
            f"{where}: found {doubled or quoted[0]!r}, a field in CSV's quotation marks; they "
            "would become words: write the file without quoting (pandas: quoting=csv.QUOTE_NONE)"
        )


def write_labelled(path: Path, sentences: LabelledSentences) -> None:
    """Write the header and sentence, tab, label a line; `read_labelled` gives it back.

    Raises:
        ValueError: there is no sentence, a sentence has no word, or a word or label cannot be
            written.
    """
    if not sentences.words:
        raise ValueError(f"{path}: no sentence to write; at least one was needed")
    lines = ["\t".join(_COLUMNS)]
    pairs = zip(sentences.words, sentences.label, strict=True)
    for number, (words, label) in enumerate(pairs, start=2):
        if not words:
            raise ValueError(f"{path}, line {number}: the sentence has no words")
        check_words((*words, *label.split(" ")), f"{path}, line {number}")
        lines.append(f"{' '.join(words)}\t{label}")
    write_text_atomic(path, "\n".join(lines) + "\n")


def _places(path: Path, names: Sequence[str], columns: Mapping[str, int | str]) -> tuple[int, int]:
    """Return the places of the sentence and the label, from 0."""
    header = "\t".join(names)
    places = [_place(names, columns.get(what, what)) for what in _COLUMNS]
    if None in places:
        needed = " and ".join(repr(columns.get(what, what)) for what in _COLUMNS)
        raise ValueError(
            f"{path}, line 1: found the header {header!r}; the columns {needed}, "
            "separated by a tab, were needed, each once (`columns` in the study may name others, "
            "such as {sentence: 2, label: 1})"
        )
    sentence, label = (place for place in places if place is not None)
    if sentence == label:
        raise ValueError(f"{path}: `columns` names column {label + 1} as sentence and as label")
    return sentence, label


def _place(names: Sequence[str], column: int | str) -> int | None:
    if isinstance(column, int):
        return column - 1 if column <= len(names) else None
    for wanted, found in (
        (column, list(names)),
        (column.casefold(), [name.strip(" ").casefold() for name in names]),
    ):
        if found.count(wanted) == 1:
            return found.index(wanted)
    return None


def _no_header(
    names: Sequence[str],
    places: tuple[int, int],
    columns: Mapping[str, int | str],
    known: Mapping[str, str],
) -> bool:
    """Return whether line 1 is a sentence: only where the study gives numbers for both columns."""
    numbered = all(isinstance(columns.get(what), int) for what in _COLUMNS)
    return numbered and names[places[1]].strip(" ") in known


def _row(where: str, names: Sequence[str], places: tuple[int, int], line: str) -> tuple[str, str]:
    """Return the text and label of a line."""
    columns = line.split("\t")
    if not line.strip(" \t"):
        raise ValueError(f"{where}: the line is blank; a sentence and its label were needed")
    if len(columns) != len(names):
        raise ValueError(
            f"{where}: found {len(columns)} columns in {line!r}; the header has {len(names)}: "
            f"{', '.join(names)}"
        )
    text = columns[places[0]]
    if not split_words(text):
        raise ValueError(f"{where}: the sentence has no words")
    return text, columns[places[1]].strip(" ")


def _is_quoted(text: str) -> bool:
    """Return whether a field is as CSV writes one: in quotation marks, those inside it doubled."""
    return re.fullmatch(r'"(?:[^"]|"")+"', text) is not None
