"""Which files of a data set hold a language, by a pattern that names languages as it does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from polyconcept.records.repositories import PinnedRepo
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_errors import HubError
from polyconcept.sources.hub_files import matching_files

_LOG = logging.getLogger(__name__)


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
