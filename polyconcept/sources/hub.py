"""Text and labels of data sets of the hub, at their pinned commits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyconcept.records.repositories import PinnedRepo
from polyconcept.records.text import Sentences
from polyconcept.sources.columns import parallel_from_columns, sentences_from_column
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_errors import HubError
from polyconcept.sources.hub_files import matching_files
from polyconcept.sources.kinds import About, Found, LabelKind, Labelled
from polyconcept.store.datasets import existing_column, read_columns
from polyconcept.store.sources import read_pin

_LOG = logging.getLogger(__name__)


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
        # Both languages are read, for a row without words in one of them is left out in both.
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


# --- files that hold a language, by patterns that name languages as the data set does


def fill_codes(
    pattern: str,
    language: str,
    *,
    pair: Sequence[str] = (),
    codes: Mapping[str, str] | None = None,
    swapped: bool = False,
) -> str:
    """Fill ``{language}`` and ``{pair}`` of a pattern with the codes that a data set uses.

    A pattern is such as ``{pair}/train-*.parquet`` or ``translation.{language}``. `codes` has the
    data set's codes where they differ from ours; those of a pair are joined by ``-`` in
    alphabetical order, or in the other if `swapped`.
    """
    known = codes or {}
    # OPUS and its likes name a pair in alphabetical order.
    both = "-".join(sorted((known.get(code, code) for code in pair), reverse=swapped))
    return pattern.replace("{pair}", both).replace("{language}", known.get(language, language))


def possible_names(
    pattern: str, language: str, *, pair: Sequence[str], codes: Mapping[str, str] | None = None
) -> list[str]:
    """Return what a pattern may stand for, the pair's codes in alphabetical order first.

    Arguments are those of `fill_codes`.
    """
    orders = (False, True) if "{pair}" in pattern else (False,)
    return [fill_codes(pattern, language, pair=pair, codes=codes, swapped=s) for s in orders]


def download_data(
    pinned: PinnedRepo, pattern: str, language: str, *, codes: Mapping[str, str] | None = None
) -> list[Path]:
    """Return the files of a data set that hold a language, in the order of their names.

    Arguments are those of `fill_codes`; `pattern` is one of `matching_files`.

    Raises:
        HubError: as `matching_files` and `download_files`.
    """
    wanted = fill_codes(pattern, language, codes=codes)
    name = fill_codes("{language}", language, codes=codes)
    return list(download_files(pinned, matching_files(pinned, wanted, language=name)).values())


def download_pair(
    pinned: PinnedRepo,
    pattern: str,
    pair: Sequence[str],
    *,
    codes: Mapping[str, str] | None = None,
) -> dict[str, list[Path]]:
    """Return the files that hold each language of a pair, in the order of their names.

    ``{pair}`` is the data set's codes in alphabetical order, or in the other where the data set has
    files of both languages in that order only.

    Arguments are those of `fill_codes`; `pattern` is one of `matching_files`.

    Returns:
        Language -> its files.

    Raises:
        HubError: as `matching_files` and `download_files`.
    """
    failures: list[HubError] = []
    for swapped in (False, True) if "{pair}" in pattern else (False,):
        try:
            found = {
                language: _pair_files(pinned, pattern, language, pair, codes, swapped=swapped)
                for language in pair
            }
        except HubError as error:
            failures.append(error)
            continue
        if swapped:
            both = fill_codes("{pair}", "", pair=pair, codes=codes, swapped=True)
            _LOG.info("%s names the pair %s", pinned, both)
        return {
            language: list(download_files(pinned, paths).values())
            for language, paths in found.items()
        }
    other = fill_codes("{pair}", "", pair=pair, codes=codes, swapped=True)
    raise HubError(f"{failures[0]}" + (f" (nor is {other!r} there)" if len(failures) > 1 else ""))


def _pair_files(
    pinned: PinnedRepo,
    pattern: str,
    language: str,
    pair: Sequence[str],
    codes: Mapping[str, str] | None,
    *,
    swapped: bool,
) -> tuple[str, ...]:
    def filled(text: str) -> str:
        return fill_codes(text, language, pair=pair, codes=codes, swapped=swapped)

    name = filled("{pair}" if "{pair}" in pattern else "{language}")
    return matching_files(pinned, filled(pattern), language=name)
