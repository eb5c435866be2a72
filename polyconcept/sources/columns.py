"""From the columns of a data set to sentences; nothing is left out without being counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from polyconcept.records.text import Dropped, LabelledSentences, Sentences, TaggedSentences
from polyconcept.text.escapes import unescape_lines
from polyconcept.text.labelled import check_sentences
from polyconcept.text.layout import DOCUMENT
from polyconcept.text.lines import few
from polyconcept.text.recognise import Reading, Token, recognise
from polyconcept.text.running_text import Splitter, clean, is_visible, splitter
from polyconcept.text.tag_spelling import Source

_LOG = logging.getLogger(__name__)


def parallel_from_columns(
    lines: Mapping[str, Sequence[Any]], *, tokenizer: Splitter = "none"
) -> tuple[dict[str, Sentences], Dropped]:
    """Sentences of one or several languages whose rows are translations of each other.

    Running text of the hub differs from a text file of ours: words are cut at all Unicode white
    space (a no-break space there is typography, as before a French colon, not part of a number),
    and characters that nobody sees (control and format characters) make no word of their own.
    Escapes of Moses' tokenizer, such as ``&apos;``, are read as the characters they stand for.

    Args:
        lines: language -> its lines; line i of all languages is the same sentence.
        tokenizer: ``moses`` cuts punctuation off the words, which most texts of the hub need
            (`moses_splitter`); ``none`` cuts at blanks only.

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
        _refuse_other(language, "lines", column, str)
    plain = {language: unescape_lines(language, column) for language, column in lines.items()}
    kept: dict[str, list[tuple[str, ...]]] = {language: [] for language in lines}
    dropped: Counter[str] = Counter()
    for row in zip(*(column for column, _ in plain.values()), strict=True):
        words = [cut[language](line) for language, line in zip(lines, row, strict=True)]
        empty = [language for language, found in zip(lines, words, strict=True) if not found]
        if empty:
            dropped[f"no words in {' and '.join(empty)}"] += 1
            continue
        for language, found in zip(lines, words, strict=True):
            kept[language].append(found)
    what = "-".join(lines)
    _report(what, dropped, len(next(iter(kept.values()))))
    dropped.update({f"escape read in {code}": n for code, (_, n) in plain.items() if n})
    return {code: Sentences(code, tuple(kept[code])) for code in lines}, dict(dropped)


def sentences_from_column(
    language: str, lines: Sequence[Any], *, tokenizer: Splitter = "none"
) -> tuple[Sentences, int]:
    """Sentences of one language of a text that other languages share row by row.

    Arguments are those of `parallel_from_columns`.

    Returns:
        The sentences, and how many escapes were read.

    Raises:
        ValueError: a row has no words: it cannot be left out, as the other languages have it.
    """
    cut = splitter(language, tokenizer)
    _refuse_other(language, "lines", lines, str)
    plain, n_escapes = unescape_lines(language, lines)
    words = tuple(cut(line) for line in plain)
    empty = [row for row, found in enumerate(words) if not found]
    if empty or not words:
        raise ValueError(
            f"{language}: no words in {f'row {few(empty)}' if empty else 'any row'} (0-based); "
            "every row needs a sentence in every language, unless the corpus is `pairwise`"
        )
    return Sentences(language, words), n_escapes


def tagged_from_columns(
    language: str,
    words: Sequence[Any],
    tags: Sequence[Any],
    labels: Collection[str],
    *,
    ignored: Collection[str] = (),
    classes: Sequence[str] = (),
    codes: Collection[str] = (),
) -> tuple[TaggedSentences, Reading]:
    """Sentences with entity tags from two list columns, read as `recognise_tagged` reads a file.

    A word with blanks inside stays one word: they become no-break spaces. A word of which nothing
    is visible is left out with its tag; where it began an entity, the next word of it does.

    Args:
        language: code of the language.
        words: the words of each sentence.
        tags: the tags of each sentence, in any scheme that `recognise_tagged` knows.
        labels: entity labels known to the study, such as ``PER``.
        ignored: labels of the data that the study leaves out; their tags are read as ``O``.
        classes: tags that the numbers 0, 1, ... stand for, where the data set does not say so.
        codes: what the data set calls the language.

    Returns:
        The sentences; and what the columns were found to be.

    Raises:
        ValueError: columns or rows of different lengths, numbers instead of tags, tags or words
            that `recognise_tagged` would refuse (language and row), or no sentence is left.
    """
    if len(words) != len(tags):
        raise ValueError(f"{language}: {len(words)} rows of words, {len(tags)} of tags")
    _refuse_other(language, "words", words, list)
    _refuse_other(language, "tags", tags, list)
    counts: Counter[str] = Counter()
    sentences = []
    for row, (sentence, tagged) in enumerate(zip(words, tags, strict=True)):
        if len(sentence) != len(tagged):
            raise ValueError(
                f"{language}, row {row}: {len(sentence)} words and {len(tagged)} tags; needed one "
                "tag per word"
            )
        _refuse_other(f"{language}, row {row}", "words", sentence, str)
        named = [_named(language, row, tag, classes) for tag in tagged]
        if DOCUMENT in sentence:
            counts[f"sentence with {DOCUMENT}"] += 1
            continue
        visible = [_visible(word, counts) for word in sentence]
        sentences.append(
            [Token(row, word, (tag,)) for word, tag in zip(visible, named, strict=True)]
        )
    source = Source(language, "row", "is it another column? Name it in `words` and `tags`")
    return recognise(
        source, language, sentences, labels, ignored=ignored, codes=codes, changed=counts
    )


def labelled_from_columns(
    language: str,
    texts: Sequence[Any],
    labels: Sequence[Any],
    spellings: Mapping[str, str],
    *,
    ignored: Collection[str] = (),
    tokenizer: Splitter = "none",
) -> tuple[LabelledSentences, Dropped]:
    """Sentences with one label each (sentiment) from two columns.

    Args:
        language: code of the language.
        texts: the sentences, cut into words as `parallel_from_columns` does.
        labels: their labels as the data spells them; numbers count as their digits.
        spellings: spelling in the data -> label, such as ``{"0": "negative"}``.
        ignored: spellings whose sentences are left out, such as ``neutral``.
        tokenizer: as for `parallel_from_columns`.

    Returns:
        The sentences; and how many were left out and how many escapes read, by reason.

    Raises:
        ValueError: columns of different lengths, a value that is no text, a label neither known
            nor ignored (language, labels and rows), or no sentence is left.
    """
    if len(texts) != len(labels):
        raise ValueError(f"{language}: {len(texts)} rows of text, {len(labels)} of labels")
    _refuse_other(language, "texts", texts, str)
    found = [str(label) for label in labels]
    _refuse_unknown(language, found, {*spellings, *ignored}, spellings)
    check_sentences(f"{language}, texts", texts)
    cut = splitter(language, tokenizer)
    dropped: Counter[str] = Counter()
    kept = []
    plain, n_escapes = unescape_lines(language, texts)
    for text, label in zip(plain, found, strict=True):
        if label in ignored:
            dropped[f"label {label!r} is ignored"] += 1
        elif words := cut(text):
            kept.append((words, spellings[label]))
        else:
            dropped["no words"] += 1
    _report(language, dropped, len(kept))
    dropped.update({f"escape read in {language}": n_escapes} if n_escapes else {})
    words_of, label_of = zip(*kept, strict=True)
    return LabelledSentences(language, words_of, label_of), dict(dropped)


def _visible(word: str, counts: Counter[str]) -> str:
    """The word in one piece; empty where nothing of it is visible."""
    parts = clean(word).split()
    if not is_visible("".join(parts)):
        counts["word with nothing visible"] += 1
        return ""
    if len(parts) > 1:
        counts["word with blanks inside, kept as one"] += 1
    return "\N{NO-BREAK SPACE}".join(parts)


def _named(language: str, row: int, tag: Any, classes: Sequence[str]) -> str:  # noqa: ANN401
    """The tag, also where a number stands for it."""
    # Numbers without a name come as their digits from a column of classes, else as numbers.
    number = int(tag) if isinstance(tag, int) or (isinstance(tag, str) and tag.isdecimal()) else -1
    named = classes[number] if 0 <= number < len(classes) else tag
    if not isinstance(named, str) or named.lstrip("-").isdecimal():
        raise ValueError(
            f"{language}, row {row}: found the tag {named!r}; needed names such as 'B-PER' (the "
            "file does not say what its numbers stand for: name them in `classes`)"
        )
    return named


def _refuse_unknown(
    language: str, found: Sequence[str], known: Collection[str], spellings: Mapping[str, str]
) -> None:
    unknown = [row for row, label in enumerate(found) if label not in known]
    if unknown:
        labels = sorted({found[row] for row in unknown})
        raise ValueError(
            f"{language}: unknown label {few([repr(label) for label in labels])} in row "
            f"{few(unknown)}; known are {', '.join(sorted(spellings))} (-1 stands for hidden "
            "labels: choose a split that has them)"
        )


def _refuse_other(where: str, what: str, column: Sequence[Any], kind: type) -> None:
    for row, value in enumerate(column):
        if not isinstance(value, kind):
            raise ValueError(
                f"{where}, {what}: found {value!r} at {row}, needed {kind.__name__}; is it another "
                "column?"
            )


def _report(what: str, dropped: Counter[str], n_kept: int) -> None:
    """Log what was left out; refuse where nothing is left."""
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in dropped.items())
    if not n_kept:
        raise ValueError(f"{what}: no sentence is left ({reasons or 'no rows'})")
    if dropped:
        _LOG.info("%s: %s sentences kept; %s", what, f"{n_kept:,}", reasons)
