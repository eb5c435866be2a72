"""CoNLL files: one word a line with its entity tag in another column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import TaggedSentences
from polyconcept.text.columns import Chosen, ColumnNames, choose_columns, tags_of
from polyconcept.text.layout import DOCUMENT, Table, read_table
from polyconcept.text.lines import check_start, check_words, read_lines
from polyconcept.text.recognise import Reading, Token, recognise
from polyconcept.text.tag_spelling import Source


def read_tagged(
    path: Path, language: str, labels: Collection[str], *, ignored: Collection[str] = ()
) -> TaggedSentences:
    """Sentences with entity tags that `write_tagged` wrote: `recognise_tagged` without its log.

    A file without entities is none to learn from or to score, but can be read back.
    """
    return _recognised(path, language, labels, ignored, {}, own=True)[0]


def read_tagged_files(paths: Sequence[Path], labels: Collection[str]) -> list[TaggedSentences]:
    """Read files named ``{language}.conll``, as `read_tagged` does."""
    return [read_tagged(path, path.stem, labels) for path in paths]


def recognise_tagged(
    path: Path,
    language: str,
    labels: Collection[str],
    *,
    ignored: Collection[str] = (),
    columns: ColumnNames | None = None,
) -> tuple[TaggedSentences, Reading]:
    """Sentences with entity tags from a CoNLL file, and what the file was found to be.

    One word a line, columns cut at tabs (or, in a file without tabs, at spaces), a blank line
    between sentences. ``-DOCSTART-`` lines and comments are skipped; a comment starts with ``#``,
    stands between sentences and is no word with its tag (``#`` may be a word: it is one in AQMAR).
    docs/INPUT.md lists the layouts and schemes that are recognised, and what is refused.

    Whatever the scheme, the result is IOB2 in which every entity is whole: one that breaks the
    file's scheme is read as ``O``, and one warning gives their number and the first line. In IOB2
    that is an entity that begins with ``I-`` (as conlleval and seqeval's strict mode read it).

    Args:
        path: the file.
        language: code of its language.
        labels: entity labels known to the study, such as ``PER``.
        ignored: labels of the file that the study leaves out; their tags are read as ``O``.
        columns: ``word`` and ``tag`` -> number of the column from 1, or its name in the file.

    Raises:
        ValueError: not UTF-8, no sentence, another number of columns, columns or tags that cannot
            be told, a label neither known nor ignored, words of another language; with file and
            line.
    """
    return _recognised(path, language, labels, ignored, columns or {}, own=False)


def _recognised(
    path: Path,
    language: str,
    labels: Collection[str],
    ignored: Collection[str],
    given: ColumnNames,
    *,
    own: bool,
) -> tuple[TaggedSentences, Reading]:
    table = read_table(path, read_lines(path), [n for n in given.values() if isinstance(n, str)])
    source = Source(
        str(path), "line", "is it another column? Name it in `columns`, such as {word: 1, tag: 4}"
    )
    chosen = choose_columns(source, table, [*labels, *ignored], given)
    tags = tags_of(source, table, chosen)
    sentences = [
        [Token(row.line, row.cells[chosen.word], tag) for row, tag in zip(rows, found, strict=True)]
        for rows, found in zip(table.sentences, tags, strict=True)
    ]
    for token in (token for tokens in sentences for token in tokens):
        check_words([token.word], source.at(token.place))
    return recognise(
        source,
        language,
        sentences,
        labels,
        ignored=ignored,
        own=own,
        layout=_layout(table, chosen),
        changed={
            name: count
            for name, count in (
                ("surface word of several, which are not read", table.n_ranges),
                ("word that is not written, left out", table.n_empty),
            )
            if count
        },
    )


def iob2_tags(labels: Iterable[str]) -> tuple[str, ...]:
    """All tags that sentences with these labels can have: ``O``, then two for each label."""
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


def _layout(table: Table, chosen: Chosen) -> Mapping[str, Any]:
    """Columns of a file as the log and the record give them."""
    tag = f"{chosen.tag + 1}.{chosen.key}" if chosen.key else chosen.tag + 1
    return {
        "columns": table.n_columns,
        "word_column": chosen.word + 1,
        "tag_column": tag,
        "counted": table.counted,
        "header": table.header,
        "columns_of_nested_entities": [column + 1 for column in chosen.nested],
    }
