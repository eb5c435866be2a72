"""CoNLL files: one word a line with its entity tag in the last column."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import TaggedSentences
from polyconcept.text.lines import check_start, check_words, read_lines, split_words

_LOG = logging.getLogger(__name__)
_DOCUMENT = "-DOCSTART-"
_TAG = re.compile(r"O|[BI]-.+")


@dataclass(frozen=True)
class _Layout:
    """How a CoNLL file separates its columns; taken from its first word."""

    tabs: bool
    """Columns are cut at tabs; else at runs of spaces."""
    n_columns: int
    """Columns of every word line."""

    def columns(self, line: str) -> tuple[str, ...]:
        if self.tabs:
            return tuple(column.strip(" ") for column in line.split("\t"))
        return split_words(line)


def read_tagged(
    path: Path, language: str, labels: Collection[str], *, ignored: Collection[str] = ()
) -> TaggedSentences:
    """Sentences with entity tags from a CoNLL file under the strict IOB2 rule.

    One word a line, its tag in the last column, columns cut at tabs (or, in a file without tabs,
    at spaces), a blank line between sentences. ``-DOCSTART-`` lines and comments are skipped; a
    comment starts with ``#``, stands between sentences and is no word with its tag (``#`` may be
    a word: it is one in AQMAR).

    Strict IOB2 (as conlleval and seqeval's strict mode read it): an entity starts with ``B-`` and
    goes on only with ``I-`` of the same label. An ``I-`` tag without such a word before it belongs
    to no entity: it is read as ``O``, and one warning gives their number and the first line.

    Args:
        path: the file.
        language: code of its language.
        labels: entity labels known to the study, such as ``PER``.
        ignored: labels of the file that the study leaves out; their tags are read as ``O``.

    Raises:
        ValueError: not UTF-8, no sentence, another number of columns, a tag that is not ``O``,
            ``B-x`` or ``I-x``, or a label neither known nor ignored; with file and line.
    """
    sentences = list(_sentences(path, read_lines(path)))
    if not sentences:
        raise ValueError(f"{path}: no sentence found; lines 'word<TAB>tag' were needed")
    _check_tags(path, sentences, labels, ignored)
    orphans: list[int] = []
    tags = tuple(_strict(tokens, ignored, orphans) for tokens in sentences)
    if orphans:
        _LOG.warning(
            "%s: %d I- tags follow no B- or I- tag of their label and are read as O "
            "(strict IOB2); the first is in line %d",
            path,
            len(orphans),
            orphans[0],
        )
    words = tuple(tuple(token.word for token in tokens) for tokens in sentences)
    return TaggedSentences(language, words, tags)


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
        if _DOCUMENT in words:
            raise ValueError(f"{where}: the word {_DOCUMENT} marks documents in CoNLL files")
        blocks.append("".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True)))
    text = "\n".join(blocks) + "\n"
    check_start(path, text)
    write_text_atomic(path, text)


@dataclass(frozen=True)
class _Token:
    line: int
    word: str
    tag: str


def _sentences(path: Path, lines: Sequence[str]) -> Iterator[list[_Token]]:
    layout = _layout(path, lines)
    tokens: list[_Token] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip(" \t") or line.startswith(_DOCUMENT):
            if tokens:
                yield tokens
            tokens = []
        elif tokens or not _is_comment(line, layout):
            tokens.append(_token(f"{path}, line {number}", number, layout, line))
    if tokens:
        yield tokens


def _layout(path: Path, lines: Sequence[str]) -> _Layout:
    """Layout of the first line that is surely a word: a comment could pass for another layout."""
    for number, line in enumerate(lines, start=1):
        if not line.strip(" \t") or line.startswith(_DOCUMENT):
            continue
        if line.startswith("#") and not re.fullmatch(r"#\S*\t(O|[BI]-\S+)", line):
            continue
        layout = _Layout(tabs="\t" in line, n_columns=0)
        n_columns = len(layout.columns(line))
        if n_columns < 2:
            raise ValueError(
                f"{path}, line {number}: found one column in {line!r}; a word and its tag, "
                "separated by a tab or a space, were needed"
            )
        return _Layout(layout.tabs, n_columns)
    raise ValueError(f"{path}: no sentence found; lines 'word<TAB>tag' were needed")


def _is_comment(line: str, layout: _Layout) -> bool:
    """Whether a line between two sentences is a comment; ``#`` and a tag make a word line."""
    if not line.startswith("#"):
        return False
    if layout.tabs:
        return "\t" not in line
    columns = layout.columns(line)
    return len(columns) != layout.n_columns or not _TAG.fullmatch(columns[-1])


def _token(where: str, number: int, layout: _Layout, line: str) -> _Token:
    columns = layout.columns(line)
    if len(columns) != layout.n_columns:
        raise ValueError(
            f"{where}: found {len(columns)} columns in {line!r}; the file's first word has "
            f"{layout.n_columns}, separated by {'tabs' if layout.tabs else 'spaces'}"
        )
    check_words(columns[:1], where)
    return _Token(number, columns[0], columns[-1])


def _check_tags(
    path: Path,
    sentences: Sequence[Sequence[_Token]],
    labels: Collection[str],
    ignored: Collection[str],
) -> None:
    """Report every malformed tag and unknown label of the file at once, each with a first line."""
    first: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for token in (token for tokens in sentences for token in tokens):
        if _TAG.fullmatch(token.tag):
            if token.tag == "O" or token.tag[2:] in labels or token.tag[2:] in ignored:
                continue
            problem = f"unknown label {token.tag[2:]!r}"
        else:
            problem = f"malformed tag {token.tag!r}"
        first.setdefault(problem, token.line)
        counts[problem] += 1
    if counts:
        shown = "; ".join(
            f"{problem} ({counts[problem]}x, first in line {first[problem]})"
            for problem in list(first)[:10]
        )
        raise ValueError(
            f"{path}: {shown}; needed were O, or B- or I- and one of the labels "
            f"{', '.join(sorted(labels))}"
        )


def _strict(
    tokens: Sequence[_Token], ignored: Collection[str], orphans: list[int]
) -> tuple[str, ...]:
    """Tags of a sentence with ignored labels and I- tags outside entities as O."""
    tags: list[str] = []
    before = "O"  # as the file has it, so that ignored entities make no orphans
    for token in tokens:
        tag = token.tag
        if tag.startswith("I-") and before[2:] != tag[2:]:
            orphans.append(token.line)
            tag = "O"
        before = tag
        tags.append("O" if tag[2:] in ignored else tag)
    return tuple(tags)
