"""Text and labels of data sets of the hub, at their pinned commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.text import Sentences
from polyconcept.sources.columns import parallel_from_columns, sentences_from_column
from polyconcept.sources.hub_data import download_data, fill_codes
from polyconcept.sources.kinds import About, LabelKind, Labelled
from polyconcept.store.datasets import read_columns
from polyconcept.store.sources import read_pin

__all__ = ["labels", "text"]


def text(
    files: Mapping[str, str], settings: Mapping[str, Any], language: str, pair: str
) -> tuple[Sentences, About]:
    """Return one language of a data set; of a pair with sentences of its own, those of both.

    Args:
        files: ``pin``: which commit is used.
        settings: Which files, column and rows.
        language: The language.
        pair: The pair that has sentences of its own, such as ``en-de``; else empty. A row without
            words in one of its languages is left out in both.
    """
    pin, codes = Path(files["pin"]), pair.split("-") if pair else [language]
    lines = {code: _lines(pin, settings, code, codes if pair else ()) for code in codes}
    about = {"from": str(read_pin(pin)), **settings}
    if not pair:
        own = sentences_from_column(language, lines[language], tokenizer=settings["tokenizer"])
        return own, about
    both, dropped = parallel_from_columns(lines, tokenizer=settings["tokenizer"])
    return both[language], about | {"dropped": dropped}


def labels(
    files: Mapping[str, str], settings: Mapping[str, Any], language: str, kind: LabelKind
) -> tuple[Labelled, About]:
    """Return labelled sentences of one language; arguments as of `text`."""
    source, pinned = settings["hub"], read_pin(Path(files["pin"]))
    rows = read_columns(
        download_data(pinned, source["files"], language, codes=source["codes"]),
        {argument: source[column] for argument, column in kind.COLUMNS.items()},
        first=source["first"],
        n_rows=source["n_sentences"],
    )
    sentences, dropped = kind.from_columns(language, rows, settings)
    return sentences, {"from": str(pinned), "dropped": dropped, **source}


def _lines(
    pin: Path, settings: Mapping[str, Any], language: str, pair: Sequence[str]
) -> Sequence[Any]:
    codes = {"pair": pair, "codes": settings["codes"]}
    return read_columns(
        download_data(read_pin(pin), settings["files"], language, **codes),
        {"text": fill_codes(settings["column"], language, **codes)},
        first=settings["first"],
        n_rows=settings["n_sentences"],
    )["text"]
