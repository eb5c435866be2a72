"""Words made drawable: fonts, direction of writing, missing characters, languages' names."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from matplotlib import font_manager

from polyconcept.figures.style import installed_families

_log = logging.getLogger(__name__)

MISSING = "□"
"""Stands for a character that no font has."""

_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "sw": "Swahili",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
_LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT_MARK = "\u200f"
_JOINERS = "\u200c\u200d"
# Bidirectional classes (Unicode annex 9) of format characters without a picture: soft hyphen and
# zero-width space, whose glyphs PDF viewers do draw, and embeddings, which reorder other words.
_INVISIBLE = ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    """Return code points that one of our fonts has, regular and bold."""
    covered: set[int] = set()
    for family in installed_families():
        codes = [
            set(font_manager.get_font(font_manager.findfont(properties)).get_charmap())
            for properties in (
                font_manager.FontProperties(family=[family]),
                font_manager.FontProperties(family=[family], weight="bold"),
            )
        ]
        covered |= codes[0] & codes[1]
    return frozenset(covered)


def drawable(word: str) -> str:
    """Return the word with `MISSING` for each character that cannot be drawn."""
    # Those are control characters, lone surrogates and characters that no font has. Invisible
    # characters are left out; the joiners stay, they shape Persian and Indic words.
    return "".join(_drawable_character(character) for character in word) or MISSING


def _drawable_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs"):
        return MISSING
    if category == "Cf" and unicodedata.bidirectional(character) in _INVISIBLE:
        return character if character in _JOINERS else ""
    return character if ord(character) in _covered() else MISSING


def report_missing(words: Iterable[str]) -> bool:
    """Return whether a character of `words` cannot be drawn; a log line names all such."""
    characters = sorted({c for word in words for c in word if _drawable_character(c) == MISSING})
    missing = [character for character in characters if character != MISSING]
    if not missing:
        return False
    named = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'unnamed')}" for c in missing[:10])
    more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
    _log.warning(
        "%d characters are in no font here and are drawn as %s: %s%s; fonts: %s; install a Noto "
        "font of the script",
        len(missing),
        MISSING,
        named,
        more,
        ", ".join(installed_families()),
    )
    return True


def _strong_direction(word: str) -> str:
    """Return ``rtl`` or ``ltr`` by the first strong character, or nothing."""
    # Unicode annex 9, rule P2.
    for character in word:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return ""


def is_right_to_left(words: Sequence[str]) -> bool:
    """Return whether most words that have a direction are written from right to left."""
    directions = [_strong_direction(word) for word in words]
    return directions.count("rtl") > directions.count("ltr")


def directed(word: str, *, right_to_left: bool) -> str:
    """Return the word, marked where it would else be laid out against its list's direction."""
    direction = _strong_direction(word)
    if right_to_left and direction != "rtl":
        return _RIGHT_TO_LEFT_MARK + word
    if not right_to_left and direction == "rtl":
        return _LEFT_TO_RIGHT_MARK + word
    return word


def language_name(code: str) -> str:
    """Return ``German (de)`` for ``de``; the code alone where its name is not known here."""
    name = _NAMES.get(code.split("-")[0].split("_")[0])
    return f"{name} ({code})" if name else code
