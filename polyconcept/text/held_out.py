"""Dictionaries that know nothing of two parts of a text (docs/STATISTICS.md, "Same sentences")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.arrays import Int64
from polyconcept.records.held_out import HeldOut
from polyconcept.records.text import Sentences
from polyconcept.text.align import align_words
from polyconcept.text.dictionary import build_dictionary, read_dictionaries, write_dictionary
from polyconcept.text.lines import read_utf8


def hold_out(
    text: tuple[Sentences, Sentences],
    extra: tuple[Sentences, Sentences],
    *,
    seed: int,
    **options: Any,  # noqa: ANN401 - those of `align_words`
) -> HeldOut:
    """Deal a pair's sentences into two parts, and learn a dictionary each way without them.

    It is learnt from further text where there is some; else a third part is.

    Args:
        text: The two languages' sentences whose words are clustered.
        extra: Further sentences of both; there may be none.
        seed: Of the dealing.
        options: Those of `align_words`.

    Raises:
        ValueError: There are fewer sentences than parts, or as `align_words`.
    """
    n_parts = 2 if len(extra[0]) else 3
    if len(text[0]) < n_parts:
        raise ValueError(
            f"{len(text[0])} sentences cannot be dealt into {n_parts} parts: take more text, or "
            "set `controls.same_sentences: false`"
        )
    part = deal_sentences(len(text[0]), n_parts=n_parts, seed=seed)
    learnt = extra
    if n_parts == 3:
        kept = (replace(side, words=tuple(compress(side.words, part == 2))) for side in text)
        learnt = next(kept), next(kept)
    links = align_words(*learnt, **options)
    return HeldOut(part, build_dictionary(links, *learnt))


def deal_sentences(n_sentences: int, *, n_parts: int, seed: int) -> Int64[np.ndarray, " sentence"]:
    """Deal sentences at random into parts of equal size, or nearly; return the part of each."""
    return np.random.default_rng(seed).permutation(np.arange(n_sentences) % n_parts)


def write_held_out(held: HeldOut, paths: Sequence[Path | str]) -> None:
    """Write the dictionaries, from source to target and back, and the part of each sentence."""
    *files, last = paths
    for dictionary, path in zip(held.dictionaries, files, strict=True):
        write_dictionary(dictionary, path)
    write_text_atomic(Path(last), "".join(f"{part}\n" for part in held.part.tolist()))


def read_held_out(paths: Sequence[Path | str], source: str, target: str) -> HeldOut | None:
    """Read what `write_held_out` wrote; None where no file is given.

    Raises:
        ValueError: A line of parts is not 0, 1 or 2, or as `read_dictionary`.
    """
    if not paths:
        return None
    forward, backward, last = paths
    lines = read_utf8(Path(last)).removesuffix("\n").split("\n")
    wrong = next((i for i, line in enumerate(lines, start=1) if line not in ("0", "1", "2")), None)
    if wrong is not None:
        raise ValueError(f"{last}, line {wrong}: {lines[wrong - 1]!r} is no part: 0, 1 or 2")
    part = np.array(lines, dtype=np.int64)
    return HeldOut(part, read_dictionaries(forward, backward, source, target))
