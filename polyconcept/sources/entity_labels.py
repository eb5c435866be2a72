"""Named entities, from wherever they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyconcept.records.text import Dropped, TaggedSentences
from polyconcept.sources.columns import refuse_other
from polyconcept.sources.kinds import Found
from polyconcept.text.conll import recognise_tagged
from polyconcept.text.escapes import unescaped
from polyconcept.text.recognise import Reading, Token, recognise
from polyconcept.text.running_text import clean, is_visible
from polyconcept.text.tag_spelling import Source
from polyconcept.text.tagged import DOCUMENT, write_tagged

COLUMNS = {"words": "words", "tags": "tags"}
write = write_tagged


def from_file(
    path: Path, language: str, settings: Mapping[str, Any]
) -> tuple[TaggedSentences, Found]:
    """Find out how a user's CoNLL file is tagged, and read it."""
    labels, options = settings["labels"], {key: settings[key] for key in ("ignored", "columns")}
    return _plain(*recognise_tagged(path, language, labels, **options))


def from_builtin(generated: Any, language: str) -> TaggedSentences:  # noqa: ANN401 - of builtin
    """Take the tags of the built-in text."""
    tags: TaggedSentences = generated.tags[language]
    return tags


def from_columns(
    language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> tuple[TaggedSentences, Dropped, Found]:
    """Take the tags of a data set's columns."""
    source = settings["hub"]
    sentences, reading = tagged_from_columns(
        language,
        **rows,
        labels=settings["labels"],
        ignored=settings["ignored"],
        classes=source["classes"],
        codes=[source["codes"].get(language, language)],
    )
    sentences, found = _plain(sentences, reading)
    return sentences, reading.changed, found


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
    """Return sentences with entity tags from two list columns, as `recognise_tagged` does.

    A word with blanks inside stays one word: they become no-break spaces. A word of which nothing
    is visible is left out with its tag; an entity that it began begins with its next word.

    Tags with `ignored` labels are read as ``O``. `classes` are the tags that the numbers 0, 1, ...
    stand for where the data set does not say so, and `codes` what it calls the language.

    Returns:
        The sentences; and what the columns were found to be.

    Raises:
        ValueError: columns or rows of different lengths, numbers instead of tags, tags or words
            that `recognise_tagged` would refuse (language and row), or no sentence is left.
    """
    if len(words) != len(tags):
        raise ValueError(f"{language}: {len(words)} rows of words, {len(tags)} of tags")
    refuse_other(language, "words", words, list)
    refuse_other(language, "tags", tags, list)
    counts: Counter[str] = Counter()
    sentences = []
    for row, (sentence, tagged) in enumerate(zip(words, tags, strict=True)):
        where = f"{language}, row {row}"
        if len(sentence) != len(tagged):
            raise ValueError(
                f"{where}: {len(sentence)} words and {len(tagged)} tags; needed one tag per word"
            )
        refuse_other(where, "words", sentence, str)
        named = [(_named(where, tag, classes),) for tag in tagged]
        # Data sets made from CoNLL-2003 have these lines as sentences.
        if DOCUMENT in sentence:
            counts[f"sentence with {DOCUMENT}"] += 1
            continue
        visible = [_visible(word, counts) for word in sentence]
        sentences.append([Token(row, *token) for token in zip(visible, named, strict=True)])
    source = Source(language, "row", "is it another column? Name it in `words` and `tags`")
    return recognise(
        source, language, sentences, labels, ignored=ignored, codes=codes, changed=counts
    )


def _visible(word: str, counts: Counter[str]) -> str:
    """Return the word in one piece; empty where nothing of it is visible."""
    parts = clean(word).split()
    if not is_visible("".join(parts)):
        counts["word with nothing visible"] += 1
        return ""
    if len(parts) > 1:
        counts["word with blanks inside, kept as one"] += 1
    # With other blanks inside, it would be read back from the study's file as several words.
    return "\N{NO-BREAK SPACE}".join(parts)


def _named(where: str, tag: Any, classes: Sequence[str]) -> str:  # noqa: ANN401
    """Return the tag, or the one that a number stands for."""
    # Numbers without a name come as their digits from a column of classes, else as numbers.
    number = int(tag) if isinstance(tag, int) or (isinstance(tag, str) and tag.isdecimal()) else -1
    named = classes[number] if 0 <= number < len(classes) else tag
    if not isinstance(named, str) or named.lstrip("-").isdecimal():
        raise ValueError(
            f"{where}: found the tag {named!r}; needed names such as 'B-PER' (the "
            "file does not say what its numbers stand for: name them in `classes`)"
        )
    return named


def _plain(sentences: TaggedSentences, reading: Reading) -> tuple[TaggedSentences, Found]:
    """Return the sentences without escapes, and all that was found."""
    sentences, n_escapes = unescaped(sentences)
    return sentences, {**asdict(reading), "n_escapes": n_escapes}
