"""How a model is asked for entities, the way it was taught, and how its answer is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_NONE = "none"
_BETWEEN = ";"


@dataclass(frozen=True)
class EntityReading:
    """What an answer says about the entities of one sentence."""

    tags: tuple[str, ...]
    """IOB2 tag of each word of the sentence."""
    n_wrong: int
    """Entities of the answer that have no place in the sentence, or that cannot be read."""


def entities_prompt(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that ask for the named entities of a sentence."""
    return ("entities:", *words)


def entity_symbols(labels: Collection[str]) -> tuple[str, ...]:
    """Return all that `entities_answer` writes besides words of the sentence."""
    return (_NONE, _BETWEEN, *(f"{label}:" for label in labels))


def entities_answer(words: Sequence[str], tags: Sequence[str]) -> str:
    """Return the answer to `entities_prompt`: the entities in order of appearance, or ``none``.

    An answer is ``PER: Ada Lovelace ; LOC: Paris``. Tags are read as strict IOB2: an ``I-`` that
    does not continue an entity of its type belongs to none.
    """
    said = [f"{label}: {' '.join(words[start:end])}" for label, start, end in _entities(tags)]
    return f" {_BETWEEN} ".join(said) or _NONE


def read_entities(text: str, words: Sequence[str], labels: Collection[str]) -> EntityReading:
    """Read an answer to `entities_prompt`. None is refused: what is wrong in it is counted.

    Entities are placed one after the other, each at the leftmost place after the one before that
    has its words (compared under Unicode's NFKC, which the tokenizer of mT5 applies). An entity
    counts as wrong if it has an unknown type, no words, or words that are not there; so does a
    part between semicolons that is not written as an entity, and an empty answer.

    This gives the tags that `entities_answer` was given, with nothing wrong, unless the answer is
    ambiguous: an entity's words also occur between the entity before it and itself (the first
    occurrence is taken), or a word is itself a semicolon.
    """
    tags = ["O"] * len(words)
    if text.split() == [_NONE]:
        return EntityReading(tuple(tags), 0)
    pieces, word_of_piece = _pieces(words)
    n_wrong = 0
    free = 0  # first piece after the entities placed so far
    for part in _parts(text):
        label = part[0].removesuffix(":") if part else ""
        known = label in labels and part[0] == f"{label}:"
        place = _find(pieces, _spelt(part[1:]), free, word_of_piece) if known else None
        if place is None:
            n_wrong += 1
            continue
        free = place.stop
        first, last = word_of_piece[place.start], word_of_piece[place.stop - 1]
        tags[first : last + 1] = [f"B-{label}", *[f"I-{label}"] * (last - first)]
    return EntityReading(tuple(tags), n_wrong)


def _entities(tags: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the label, first word, and one past the last word, of each entity."""
    start = 0
    while start < len(tags):
        end = start + 1
        if tags[start].startswith("B-"):
            label = tags[start].removeprefix("B-")
            while end < len(tags) and tags[end] == f"I-{label}":
                end += 1
            yield label, start, end
        start = end


def _parts(text: str) -> Iterator[list[str]]:
    """Yield the words of each part between semicolons."""
    part: list[str] = []
    for word in text.split():
        if word == _BETWEEN:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _spelt(words: Sequence[str]) -> list[str]:
    # mT5's tokenizer applies NFKC, so answers come back in it.
    return unicodedata.normalize("NFKC", " ".join(words)).split()


def _pieces(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return pieces of words as an answer spells them, and their words: NFKC may add blanks."""
    spelt = [_spelt([word]) for word in words]
    return (
        [piece for pieces in spelt for piece in pieces],
        [word for word, pieces in enumerate(spelt) for _ in pieces],
    )


def _find(
    pieces: Sequence[str], said: Sequence[str], free: int, word_of_piece: Sequence[int]
) -> range | None:
    """Return the leftmost place of `said`, from piece `free` on, that is made of whole words."""
    bounds = {
        place
        for place in range(len(pieces) + 1)
        if place in (0, len(pieces)) or word_of_piece[place - 1] != word_of_piece[place]
    }
    for start in range(free, len(pieces) - len(said) + 1) if said else ():
        end = start + len(said)
        if start in bounds and end in bounds and list(pieces[start:end]) == list(said):
            return range(start, end)
    return None
