"""How many words of sentences that a dictionary has not seen it translates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import Coverage, Links, Sentences
from polyconcept.text.lines import read_utf8

N_FOLDS = 10
"""Parts of the sentences, each held out once: a dictionary of nine tenths is nearly the whole."""

_HEADER = "direction\tcovered\ttypes"
_DIRECTIONS = ("forward", "backward")

# Sentence, word, translation.
_Pair: TypeAlias = tuple[int, str, str]


def held_out_coverage(
    own: Links, counted: Links, source: Sentences, target: Sentences, *, n_sentences: int
) -> tuple[Coverage, Coverage]:
    """Count the linked word types of held-out sentences that a dictionary of the others translates.

    Sentence i is of fold i modulo `N_FOLDS`. A type of a fold is covered where links outside the
    fold join it to a type that is linked in these sentences too. The aligner has seen all
    sentences: it is the counting of links that leaves the fold out, not the linking.

    Args:
        own: Links of the sentences whose words are clustered.
        counted: Links that the dictionary counts; some or all of `own` may be among them.
        source: Sentences of the source language: those of `own`, then further ones.
        target: Likewise of the target language.
        n_sentences: How many are those of `own`.

    Returns:
        From source to target, and back; types of all folds added up.
    """
    asked, known = (list(_pairs(links, source, target)) for links in (own, counted))
    forward = _covered(asked, known, n_sentences)
    return forward, _covered(_turned(asked), _turned(known), n_sentences)


def _pairs(links: Links, source: Sentences, target: Sentences) -> Iterable[_Pair]:
    columns = (links.sentence, links.source_position, links.target_position)
    for sentence, i, j in zip(*(column.tolist() for column in columns), strict=True):
        yield sentence, source.words[sentence][i], target.words[sentence][j]


def _turned(pairs: list[_Pair]) -> list[_Pair]:
    return [(sentence, translation, word) for sentence, word, translation in pairs]


def _covered(own: list[_Pair], counted: list[_Pair], n_sentences: int) -> Coverage:
    here = {translation for _, _, translation in own}
    folds: dict[str, set[int]] = {}
    for sentence, word, translation in counted:
        if translation in here:
            # Further sentences are of no fold.
            folds.setdefault(word, set()).add(sentence % N_FOLDS if sentence < n_sentences else -1)
    asked = {(word, sentence % N_FOLDS) for sentence, word, _ in own}
    covered = sum(bool(folds.get(word, set()) - {fold}) for word, fold in asked)
    return Coverage(covered, len(asked))


def write_coverage(coverage: tuple[Coverage, Coverage], path: Path | str) -> None:
    """Write a table ``direction, covered, types``, from source to target and back."""
    rows = zip(_DIRECTIONS, coverage, strict=True)
    lines = [_HEADER, *(f"{name}\t{one.covered}\t{one.n_types}" for name, one in rows)]
    write_text_atomic(Path(path), "\n".join(lines) + "\n")


def read_coverage(path: Path | str) -> tuple[Coverage, Coverage]:
    """Read what `write_coverage` wrote.

    Raises:
        ValueError: It is no such table, or a number does not fit; the message names the file.
    """
    path = Path(path)
    header, *lines = read_utf8(path).removesuffix("\n").split("\n")
    fields = [line.split("\t") for line in lines]
    if header != _HEADER or [one[0] for one in fields] != [*_DIRECTIONS]:
        raise ValueError(
            f"{path} is no table of coverage: need the header {_HEADER!r}, then a line each for "
            f"{' and '.join(_DIRECTIONS)}"
        )
    try:
        forward, backward = (Coverage(int(covered), int(n)) for _, covered, n in fields)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; need two whole numbers in each line") from None
    return forward, backward
