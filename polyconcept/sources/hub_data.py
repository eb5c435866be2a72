"""Which files of a data set hold a language, by a pattern that names languages as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from polyconcept.records.repositories import PinnedRepo
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_files import matching_files

__all__ = ["download_data", "fill_codes"]


def fill_codes(
    pattern: str, language: str, *, pair: Sequence[str] = (), codes: Mapping[str, str] | None = None
) -> str:
    """Fill ``{language}`` and ``{pair}`` of a pattern with the codes that a data set uses.

    Args:
        pattern: such as ``{pair}/train-*.parquet`` or ``translation.{language}``.
        language: our code of the language.
        pair: our codes of the pair's languages, in any order: the data set's stand in
            alphabetical order, joined by ``-``.
        codes: our code -> the data set's, where they differ.
    """
    known = codes or {}
    both = "-".join(sorted(known.get(code, code) for code in pair))
    return pattern.replace("{pair}", both).replace("{language}", known.get(language, language))


def download_data(
    pinned: PinnedRepo,
    pattern: str,
    language: str,
    *,
    pair: Sequence[str] = (),
    codes: Mapping[str, str] | None = None,
) -> list[Path]:
    """Files of a data set that hold a language, in the order of their names.

    Arguments are those of `fill_codes`; `pattern` is one of `matching_files`.

    Raises:
        HubError: as `matching_files` and `download_files`.
    """
    wanted = fill_codes(pattern, language, pair=pair, codes=codes)
    name = fill_codes(
        "{pair}" if "{pair}" in pattern else "{language}", language, pair=pair, codes=codes
    )
    return list(download_files(pinned, matching_files(pinned, wanted, language=name)).values())
