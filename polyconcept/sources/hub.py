"""Text and labels of data sets of the hub, at their pinned commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.repositories import PinnedRepo
from polyconcept.records.text import Sentences
from polyconcept.sources.columns import parallel_from_columns, sentences_from_column
from polyconcept.sources.hub_data import download_data, download_pair, fill_codes, possible_names
from polyconcept.sources.kinds import About, Found, LabelKind, Labelled
from polyconcept.store.datasets import existing_column, read_columns
from polyconcept.store.sources import read_pin


def text(
    files: Mapping[str, str], settings: Mapping[str, Any], language: str, pair: str
) -> tuple[Sentences, About]:
    """Return one language of a data set; of a pair with sentences of its own, those of both.

    A row of a pair with sentences of its own is left out in both languages if it has no words in
    one.
    """
    pinned = read_pin(Path(files["pin"]))
    about = {"from": str(pinned), **settings}
    if pair:
        lines = _lines_of_pair(pinned, settings, pair.split("-"))
        both, dropped = parallel_from_columns(lines, tokenizer=settings["tokenizer"])
        return both[language], about | {"dropped": dropped}
    codes = settings["codes"]
    paths = download_data(pinned, settings["files"], language, codes=codes)
    lines_of_one = _lines(paths, fill_codes(settings["column"], language, codes=codes), settings)
    own, n_escapes = sentences_from_column(language, lines_of_one, tokenizer=settings["tokenizer"])
    return own, about | {"n_escapes": n_escapes}


def labels(
    files: Mapping[str, str], settings: Mapping[str, Any], language: str, kind: LabelKind
) -> tuple[Labelled, About, Found]:
    """Return labelled sentences of one language; arguments as of `text`."""
    source, pinned = settings["hub"], read_pin(Path(files["pin"]))
    rows = read_columns(
        download_data(pinned, source["files"], language, codes=source["codes"]),
        {argument: source[column] for argument, column in kind.COLUMNS.items()},
        first=source["first"],
        n_rows=source["n_sentences"],
    )
    sentences, dropped, found = kind.from_columns(language, rows, settings)
    return sentences, {"from": str(pinned), "dropped": dropped, **source}, found


def _lines_of_pair(
    pinned: PinnedRepo, settings: Mapping[str, Any], pair: Sequence[str]
) -> dict[str, Sequence[Any]]:
    """Return the lines of both languages, whichever of them the data set names first."""
    codes = settings["codes"]
    found = download_pair(pinned, settings["files"], pair, codes=codes)
    return {
        language: _lines(
            paths,
            existing_column(
                paths, possible_names(settings["column"], language, pair=pair, codes=codes)
            ),
            settings,
        )
        for language, paths in found.items()
    }


def _lines(paths: Sequence[Path], column: str, settings: Mapping[str, Any]) -> Sequence[Any]:
    rows = {"first": settings["first"], "n_rows": settings["n_sentences"]}
    return read_columns(paths, {"text": column}, **rows)["text"]
