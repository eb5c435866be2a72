"""Labels of sentences, from wherever they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.text import Dropped, LabelledSentences
from polyconcept.sources.columns import refuse_other, report
from polyconcept.sources.kinds import Found
from polyconcept.text.escapes import unescape_lines, unescaped
from polyconcept.text.labelled import check_sentences, read_labelled, write_labelled
from polyconcept.text.lines import few
from polyconcept.text.running_text import Splitter, splitter

COLUMNS = {"texts": "sentence", "labels": "label"}
write = write_labelled


def from_file(
    path: Path, language: str, settings: Mapping[str, Any]
) -> tuple[LabelledSentences, Found]:
    """Read a user's TSV file."""
    labels = settings["spellings"] or settings["labels"]
    found = read_labelled(path, language, labels, columns=settings["columns"])
    sentences, n_escapes = unescaped(found)
    return sentences, {"n_escapes": n_escapes}


def from_builtin(generated: Any, language: str) -> LabelledSentences:  # noqa: ANN401 - of builtin
    """Take the labels of the built-in text."""
    labels: LabelledSentences = generated.labels[language]
    return labels


def from_columns(
    language: str, rows: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> tuple[LabelledSentences, Dropped, Found]:
    """Take the labels of a data set's columns."""
    sentences, dropped = labelled_from_columns(
        language,
        rows["texts"],
        rows["labels"],
        spellings=settings["spellings"] or {label: label for label in settings["labels"]},
        ignored=settings["ignored"],
    )
    return sentences, dropped, {}


def labelled_from_columns(
    language: str,
    texts: Sequence[Any],
    labels: Sequence[Any],
    spellings: Mapping[str, str],
    *,
    ignored: Collection[str] = (),
    tokenizer: Splitter = "none",
) -> tuple[LabelledSentences, Dropped]:
    """Return the sentences with one label each (sentiment) from two columns.

    `spellings` gives the label of each spelling in the data, such as ``{"0": "negative"}``; numbers
    count as their digits. Sentences with `ignored` spellings, such as ``neutral``, are left out.

    Returns:
        The sentences; and how many were left out and how many escapes read, by reason.

    Raises:
        ValueError: columns of different lengths, a value that is no text, a label neither known
            nor ignored (language, labels and rows), or no sentence is left.
    """
    if len(texts) != len(labels):
        raise ValueError(f"{language}: {len(texts)} rows of text, {len(labels)} of labels")
    refuse_other(language, "texts", texts, str)
    # Classes without names come as numbers.
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
    report(language, dropped, len(kept))
    dropped.update({f"escape read in {language}": n_escapes} if n_escapes else {})
    words_of, label_of = zip(*kept, strict=True)
    return LabelledSentences(language, words_of, label_of), dict(dropped)


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
