"""Running text in the columns of a data set; nothing is left out without being counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from polyconcept.records.text import Dropped, Sentences
from polyconcept.text.escapes import unescape_lines
from polyconcept.text.lines import few
from polyconcept.text.running_text import Splitter, splitter

_LOG = logging.getLogger(__name__)


def parallel_from_columns(
    lines: Mapping[str, Sequence[Any]], *, tokenizer: Splitter = "none"
) -> tuple[dict[str, Sentences], Dropped]:
    """Return the sentences of one or several languages whose rows are translations of each other.

    Running text of the hub differs from a text file of ours: words are cut at all Unicode white
    space (a no-break space there is typography, as before a French colon), and invisible characters
    (control and format characters) are no words of their own. Escapes of Moses' tokenizer, such as
    ``&apos;``, are read as the characters they stand for.

    The tokenizer ``moses`` cuts punctuation off the words, which most texts of the hub need;
    ``none`` cuts at blanks only.

    Returns:
        Language -> sentences, all of the same length; and how many rows were left out (in all
        languages, where one has no words) and how many escapes read, by reason.

    Raises:
        ValueError: columns of different lengths, a value that is no text, or no row is left.
    """
    lengths = {language: len(column) for language, column in lines.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"found columns of the lengths {lengths}; needed languages of the same")
    cut = {language: splitter(language, tokenizer) for language in lines}
    for language, column in lines.items():
        refuse_other(language, "lines", column, str)
    plain = {language: unescape_lines(language, column) for language, column in lines.items()}
    kept: dict[str, list[tuple[str, ...]]] = {language: [] for language in lines}
    dropped: Counter[str] = Counter()
    for row in zip(*(column for column, _ in plain.values()), strict=True):
        words = [cut[language](line) for language, line in zip(lines, row, strict=True)]
        empty = [language for language, found in zip(lines, words, strict=True) if not found]
        # In all languages: line i of each has to be the same sentence.
        if empty:
            dropped[f"no words in {' and '.join(empty)}"] += 1
            continue
        for language, found in zip(lines, words, strict=True):
            kept[language].append(found)
    what = "-".join(lines)
    report(what, dropped, len(next(iter(kept.values()))))
    dropped.update({f"escape read in {code}": n for code, (_, n) in plain.items() if n})
    return {code: Sentences(code, tuple(kept[code])) for code in lines}, dict(dropped)


def sentences_from_column(
    language: str, lines: Sequence[Any], *, tokenizer: Splitter = "none"
) -> tuple[Sentences, int]:
    """Return the sentences of one language of a text that other languages share row by row.

    Arguments are those of `parallel_from_columns`.

    Returns:
        The sentences, and how many escapes were read.

    Raises:
        ValueError: a row has no words: it cannot be left out, as the other languages have it.
    """
    cut = splitter(language, tokenizer)
    refuse_other(language, "lines", lines, str)
    plain, n_escapes = unescape_lines(language, lines)
    words = tuple(cut(line) for line in plain)
    empty = [row for row, found in enumerate(words) if not found]
    if empty or not words:
        raise ValueError(
            f"{language}: no words in {f'row {few(empty)}' if empty else 'any row'} (0-based); "
            "every row needs a sentence in every language, unless the corpus is `pairwise`"
        )
    return Sentences(language, words), n_escapes


def refuse_other(where: str, what: str, column: Sequence[Any], kind: type) -> None:
    """Refuse a column that holds anything but values of one type."""
    for row, value in enumerate(column):
        if not isinstance(value, kind):
            raise ValueError(
                f"{where}, {what}: found {value!r} at {row}, needed {kind.__name__}; is it another "
                "column?"
            )


def report(what: str, dropped: Counter[str], n_kept: int) -> None:
    """Log what was left out; refuse where nothing is left."""
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in dropped.items())
    if not n_kept:
        raise ValueError(f"{what}: no sentence is left ({reasons or 'no rows'})")
    if dropped:
        _LOG.info("%s: %s sentences kept; %s", what, f"{n_kept:,}", reasons)
