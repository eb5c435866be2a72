"""CoNLL files as we write them: a word, a tab and its IOB2 tag a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import TaggedSentences
from polyconcept.text.lines import check_start, check_words, few, read_lines

DOCUMENT = "-DOCSTART-"
"""Stands for a word where a document begins, in the files of the CoNLL-2003 task."""


def read_tagged(path: Path, language: str, labels: Collection[str]) -> TaggedSentences:
    """Read sentences with entity tags that `write_tagged` wrote.

    Files of users, in whatever layout and scheme, are for `conll.recognise_tagged`.

    Raises:
        ValueError: not UTF-8, no sentence, a line that is not a word and its tag, or a tag of none
            of `labels`; with file and line.
    """
    known = set(iob2_tags(labels))
    sentences: list[list[tuple[str, str]]] = [[]]
    # Neither headers, comments nor other schemes: it is a file of ours.
    for number, line in enumerate(read_lines(path), start=1):
        if not line:
            sentences.append([])
            continue
        word, tab, tag = line.partition("\t")
        if not (word and tab and tag in known):
            raise ValueError(
                f"{path}, line {number}: found {line!r}; needed a word, a tab and its tag: "
                f"{few(iob2_tags(labels), 12)}"
            )
        sentences[-1].append((word, tag))
    found = [tuple(zip(*sentence, strict=True)) for sentence in sentences if sentence]
    if not found:
        raise ValueError(f"{path}: no sentence found; lines 'word<TAB>tag' were needed")
    words, tags = zip(*found, strict=True)
    return TaggedSentences(language, words, tags)


def read_tagged_files(paths: Sequence[Path], labels: Collection[str]) -> list[TaggedSentences]:
    """Read files named ``{language}.conll``, as `read_tagged` does."""
    return [read_tagged(path, path.stem, labels) for path in paths]


def iob2_tags(labels: Iterable[str]) -> tuple[str, ...]:
    """Return all tags that sentences with these labels can have: ``O``, then two for each label."""
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def write_tagged(path: Path, sentences: TaggedSentences) -> None:
    """Write word, tab, tag a line and a blank line after each sentence; `read_tagged` reads it.

    Raises:
        ValueError: there is no sentence, words and tags differ in number, or a word or tag cannot
            be written.
    """
    if not sentences.words:
        raise ValueError(f"{path}: no sentence to write; at least one was needed")
    blocks = []
    for number, (words, tags) in enumerate(zip(sentences.words, sentences.tags, strict=True)):
        where = f"{path}, sentence {number}"
        if not words or len(words) != len(tags):
            raise ValueError(f"{where}: {len(words)} words and {len(tags)} tags; one tag per word")
        check_words(words, where)
        check_words(tags, where)
        if DOCUMENT in words:
            raise ValueError(f"{where}: the word {DOCUMENT} marks documents in CoNLL files")
        blocks.append("".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True)))
    text = "\n".join(blocks) + "\n"
    check_start(path, text)
    write_text_atomic(path, text)
