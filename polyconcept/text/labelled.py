"""TSV files: one sentence a line with its label (sentiment)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import LabelledSentences
from polyconcept.text.lines import check_words, few, read_lines, split_words

_COLUMNS = ("sentence", "label")


def read_labelled(
    path: Path, language: str, labels: Mapping[str, str] | Sequence[str]
) -> LabelledSentences:
    """Sentences with one label each from a TSV file with a header, the layout of SST-2.

    The header names the columns ``sentence`` and ``label``, in any order; other columns are not
    read. Quotation marks are plain characters, as in SST-2.

    Args:
        path: the file.
        language: code of its language.
        labels: spelling in the file -> label, such as ``{"0": "negative", "1": "positive"}``, or
            just the labels where the file spells them out.

    Raises:
        ValueError: not UTF-8, no header, no sentence, another number of columns than the header,
            a sentence without words, or an unknown label; with file and line.
    """
    known = labels if isinstance(labels, Mapping) else {label: label for label in labels}
    header, *lines = read_lines(path)
    names = header.split("\t")
    if any(names.count(column) != 1 for column in _COLUMNS):
        raise ValueError(
            f"{path}, line 1: found the header {header!r}; the columns 'sentence' and 'label', "
            "separated by a tab, were needed, each once"
        )
    if not lines:
        raise ValueError(f"{path}: there is only the header; at least one sentence was needed")
    rows = [_row(f"{path}, line {n}", names, line) for n, line in enumerate(lines, start=2)]
    unknown = [n for n, (_, label) in enumerate(rows, start=2) if label not in known]
    if unknown:
        raise ValueError(
            f"{path}, line {few(unknown)}: unknown label {rows[unknown[0] - 2][1]!r}; known are "
            f"{', '.join(sorted(known))}"
        )
    words, label = zip(*((words, known[label]) for words, label in rows), strict=True)
    return LabelledSentences(language, words, label)


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


def _row(where: str, names: Sequence[str], line: str) -> tuple[tuple[str, ...], str]:
    columns = line.split("\t")
    if not line.strip(" \t"):
        raise ValueError(f"{where}: the line is blank; a sentence and its label were needed")
    if len(columns) != len(names):
        raise ValueError(
            f"{where}: found {len(columns)} columns in {line!r}; the header has {len(names)}: "
            f"{', '.join(names)}"
        )
    words = split_words(columns[names.index("sentence")])
    if not words:
        raise ValueError(f"{where}: the sentence has no words")
    return words, columns[names.index("label")].strip(" ")
