"""Words made drawable: fonts, direction of writing, missing characters, languages' names."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import matplotlib
from matplotlib import font_manager

from polyconcept.figures.style import FAMILY

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
_HAN = {"ja": "JP", "ko": "KR", "zh-Hant": "TC", "zh-TW": "TC", "zh-HK": "HK"}
"""Language -> the end of the names of fonts that draw Han characters as its readers know them;
simplified Chinese for all others."""
_LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT_MARK = "\u200f"
_JOINERS = "\u200c\u200d"
# Bidirectional classes (Unicode annex 9) of format characters without a picture: soft hyphen and
# zero-width space, whose glyphs PDF viewers do draw, and embeddings, which reorder other words.
_INVISIBLE = ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_BOXES = ("last resort", "lastresort", "adobe blank", "adobeblank")
"""Fonts that have a box, or nothing, for every character."""
_CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
"""Scripts that one family of fonts has together."""
_OTHER = "other"
_AFTER_SCRIPT = frozenset(
    ("LETTER", "SYLLABLE", "CHARACTER", "VOWEL", "SIGN", "DIGIT", "CONSONANT", "UNIFIED", "SMALL",
     "CAPITAL", "COMPATIBILITY", "NUMBER", "MARK")
)  # fmt: skip
"""What follows the script's name in the Unicode name of a character."""


@dataclass(frozen=True)
class Lettering:
    """The fonts that the words of a language are drawn with."""

    families: tuple[str, ...]
    """Families of fonts: each character is drawn with the first that has it."""
    codes: frozenset[int]
    """Code points that one of them has, regular and bold."""

    def drawable(self, word: str) -> str:
        """Return the word with `MISSING` for each character that cannot be drawn."""
        # Those are control characters, lone surrogates and characters that no font has. Invisible
        # characters are left out; the joiners stay, they shape Persian and Indic words.
        return "".join(self._drawn(character) for character in word) or MISSING

    def missing(self, words: Iterable[str]) -> set[str]:
        """Return the characters of `words` that no font has."""
        characters = {character for word in words for character in word}
        return {c for c in characters if self._drawn(c) == MISSING} - {MISSING}

    def _drawn(self, character: str) -> str:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs"):
            return MISSING
        if category == "Cf" and unicodedata.bidirectional(character) in _INVISIBLE:
            return character if character in _JOINERS else ""
        return character if ord(character) in self.codes else MISSING


def lettering(words: Iterable[str], language: str) -> Lettering:
    """Return fonts that have the characters of `words`, as far as this machine has any.

    DejaVu Sans, which comes with matplotlib, is asked first (Latin, Greek, Cyrillic, Arabic,
    Hebrew, Armenian, Georgian), then installed ones: those made for the language, Noto Sans,
    and all others by their names.
    """
    needed = {ord(character) for word in words for character in word}
    families, codes = [FAMILY], set(_codes(FAMILY))
    others = iter(_installed(language) if needed - codes else ())
    while needed - codes and (family := next(others, None)) is not None:
        more = _codes(family)
        if more & (needed - codes):
            families.append(family)
            codes |= more
    return Lettering(tuple(families), frozenset(codes))


@lru_cache
def _codes(family: str) -> frozenset[int]:
    """Return code points that a family has, regular and bold."""
    # Asked of the files themselves: `findfont` logs each family that has no bold.
    upright = [
        entry for entry in font_manager.fontManager.ttflist
        if entry.name == family and entry.style == "normal"
    ]  # fmt: skip
    return frozenset(_file_codes(upright, "normal") & _file_codes(upright, "bold"))


def _file_codes(entries: Sequence[font_manager.FontEntry], weight: str) -> set[int]:
    """Return code points of the file that comes nearest to a weight; none without files."""
    if not entries:
        return set()
    far = font_manager.fontManager.score_weight
    entry = min(entries, key=lambda entry: (far(weight, entry.weight), entry.fname))
    return set(font_manager.get_font(font_manager.FontPath(entry.fname, entry.index)).get_charmap())


def _installed(language: str) -> list[str]:
    """Return the other families that this machine has, those first that suit the language."""
    # Those of matplotlib itself are for Latin and mathematics.
    own = matplotlib.get_data_path()
    entries = font_manager.fontManager.ttflist
    found = {entry.name for entry in entries if not entry.fname.startswith(own)} - {FAMILY}
    base = language.replace("_", "-").split("-")[0]
    han = _HAN.get(language.replace("_", "-"), _HAN.get(base, "SC"))

    def order(name: str) -> tuple[bool, bool, bool, str]:
        sans = name.startswith("Noto Sans") and "Mono" not in name
        return not (sans and name.endswith(f" {han}")), not sans, "Serif" in name, name

    plain = [name for name in found if not name.lower().lstrip(".").startswith(_BOXES)]
    return sorted((name for name in plain if not name.startswith(".")), key=order)


def report_missing(characters: Iterable[str]) -> list[str]:
    """Return the scripts of characters that no font has; a log line says which font to install."""
    missing = sorted(set(characters))
    if not missing:
        return []
    by_script: dict[str, list[str]] = {}
    for character in missing:
        by_script.setdefault(_script(character), []).append(character)
    _log.warning(
        "%d character%s in no font of this machine and drawn as %s: %s",
        len(missing),
        " is" if len(missing) == 1 else "s are",
        MISSING,
        "; ".join(_told(script, of_script) for script, of_script in sorted(by_script.items())),
    )
    return sorted(by_script)


def _told(script: str, characters: Sequence[str]) -> str:
    """Return a script with its first characters, and the fonts that have it."""
    named = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'unnamed')}" for c in characters[:3])
    more = f" and {len(characters) - 3} more" if len(characters) > 3 else ""
    if script == _OTHER:
        return f"{script} ({named}{more})"
    family, package = ("Noto Sans CJK", "fonts-noto-cjk") if script == "CJK" else (
        f"Noto Sans {script}", "fonts-noto-core"
    )  # fmt: skip
    return f"{script} ({named}{more}): install {family}, on Debian and Ubuntu the package {package}"


def _script(character: str) -> str:
    """Return the script of a character by its Unicode name, such as ``Devanagari``."""
    words = unicodedata.name(character, "").replace("-", " ").split()
    end = next((place for place, word in enumerate(words) if word in _AFTER_SCRIPT), 0)
    if words[:1] and words[0] in _CJK:
        return "CJK"
    return " ".join(words[:end]).title() if end else _OTHER


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
