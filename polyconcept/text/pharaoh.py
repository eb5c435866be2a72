"""Word links in Pharaoh files: a line ``i-j i-j ...`` for each sentence pair, 0-based."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import Links, Sentences
from polyconcept.text.lines import read_utf8
from polyconcept.text.pair import check_parallel

_ITEM = re.compile(r"([0-9]+)-([0-9]+)", re.ASCII)


def read_pharaoh(path: Path | str, source: Sentences, target: Sentences) -> Links:
    """Read links, source position first; an empty line is a sentence pair without links.

    A link that a line has twice counts once.

    Raises:
        ValueError: unequal numbers of sentences or lines, an item that is not ``i-j``, or a
            position outside its sentence; the message names file and line.
    """
    path = Path(path)
    check_parallel(source, target)
    lines = read_utf8(path).split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) != len(source):
        raise ValueError(
            f"{path} has {len(lines)} lines, but {source.language}-{target.language} has "
            f"{len(source)} sentence pairs: need one line for each"
        )
    links: list[tuple[int, int, int]] = []
    for sentence, line in enumerate(lines):
        n_words = len(source.words[sentence]), len(target.words[sentence])
        where = f"{path}, line {sentence + 1}"
        links.extend((sentence, i, j) for i, j in sorted(_parse(line, n_words, where)))
    columns = np.array(links, dtype=np.int32).reshape(-1, 3)
    return Links(
        source.language,
        target.language,
        *(np.ascontiguousarray(column) for column in columns.T),
    )


def read_links(
    paths: Sequence[Path | str], pairs: Sequence[str], texts: Mapping[str, Sentences]
) -> list[Links]:
    """Read the links of several pairs.

    Raises:
        ValueError: another number of files than pairs, or as `read_pharaoh` raises.
    """
    languages = [pair.split("-") for pair in pairs]
    return [
        read_pharaoh(path, texts[source], texts[target])
        for path, (source, target) in zip(paths, languages, strict=True)
    ]


def links_of_first(links: Links, n_sentences: int) -> Links:
    """Return the links of the first `n_sentences` sentence pairs."""
    kept = links.sentence < n_sentences
    return Links(
        links.source,
        links.target,
        links.sentence[kept],
        links.source_position[kept],
        links.target_position[kept],
    )


def write_pharaoh(links: Links, path: Path | str, n_sentences: int) -> None:
    """Write links, whole or not at all.

    Raises:
        ValueError: a link belongs to a sentence pair beyond the last.
    """
    beyond = links.sentence[(links.sentence < 0) | (links.sentence >= n_sentences)]
    if len(beyond):
        raise ValueError(
            f"a link of {links.source}-{links.target} is in sentence pair {beyond[0]} (0-based), "
            f"but there are {n_sentences}"
        )
    lines: list[list[str]] = [[] for _ in range(n_sentences)]
    for sentence, i, j in zip(
        links.sentence.tolist(),
        links.source_position.tolist(),
        links.target_position.tolist(),
        strict=True,
    ):
        lines[sentence].append(f"{i}-{j}")
    write_text_atomic(Path(path), "".join(" ".join(line) + "\n" for line in lines))


def _parse(line: str, n_words: tuple[int, int], where: str) -> set[tuple[int, int]]:
    links = set()
    for item in line.split():
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(
                f"{where}: {item!r} is no link; need source-target positions such as 0-2"
            )
        link = int(match[1]), int(match[2])
        for position, n, side in zip(link, n_words, ("source", "target"), strict=True):
            if position >= n:
                raise ValueError(
                    f"{where}: {item!r} names {side} position {position}, but the {side} sentence "
                    f"has {n} words (positions are 0-based)"
                )
        links.add(link)
    return links
