"""Split running text of the hub into words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal, TypeAlias

Splitter: TypeAlias = Literal["none", "moses"]
"""How running text is cut into words: at blanks, or by the rules of the Moses tokenizer."""

# Unicode categories: control, format, and the three kinds of blank.
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def splitter(language: str, tokenizer: Splitter) -> Callable[[str], tuple[str, ...]]:
    """Return the function that cuts a line into words.

    Raises:
        ValueError: an unknown tokenizer.
    """
    if tokenizer not in ("none", "moses"):
        raise ValueError(f"tokenizer {tokenizer!r}: expected 'none' or 'moses'")
    if tokenizer == "none":
        return lambda line: tuple(filter(is_visible, clean(line).split()))
    # Imported here: no other step on text needs it, and it takes longer than most of them.
    from polyconcept.text.moses import moses_splitter

    moses = moses_splitter(language)
    return lambda line: tuple(filter(is_visible, moses(clean(line))))


def clean(line: str) -> str:
    """Return the line without the characters that no text file may hold, or only at its start."""
    return line.replace("\0", " ").replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")


def is_visible(word: str) -> bool:
    """Return whether a word has more than control and format characters and blanks."""
    return any(unicodedata.category(character) not in _INVISIBLE for character in word)
