"""Words by the rules of Moses' tokenizer, which never part a letter from what belongs to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import chain, islice

import regex
from sacremoses import MosesTokenizer

# What a reader sees as one character: a letter with its marks, an emoji of several parts. Format
# characters (joiners, soft hyphens, direction marks) belong to the character before them, at the
# start of a word to the one behind.
_CHARACTER = regex.compile(r"[\p{M}\p{Cc}\p{Cf}]*\X[\p{M}\p{Cc}\p{Cf}]*")
_RIDES = regex.compile(r"[\p{M}\p{Cc}\p{Cf}]")
# Letters and digits as Unicode has them, and signs inside words such as the Armenian question mark
# or tone letters. Of Latin-1, sacremoses' own lists are right.
_LETTER = regex.compile(r"(?V1)[[\p{Alphabetic}\p{Nd}\p{Sk}\p{Word_Break=ALetter}]--[\x00-\xFF]]")
_LOWER, _CASELESS = "\N{LATIN SMALL LETTER TURNED A}", "\N{HEBREW LETTER ALEF}"


def moses_splitter(language: str) -> Callable[[str], list[str]]:
    """Return a function that cuts a line as sacremoses does, without escapes.

    sacremoses knows neither marks nor joiners, nor the letters of many scripts: it would cut words
    at each of them. So it is shown one letter for each character that a reader sees, and where it
    cuts, the text is cut. Joined, the words of a line are the line without its blanks.
    """
    moses = MosesTokenizer(language)
    known = frozenset(moses.IsAlnum)

    def cut(line: str) -> list[str]:
        words = [_CHARACTER.findall(word) for word in line.split()]
        shown = " ".join("".join(_shown(character, known) for character in word) for word in words)
        # Spelled so, it is the name that sacremoses gives to a row of dots.
        shown = shown.replace("DOTMULTI", "DOTMULTA")
        pieces = " ".join(moses.tokenize(shown, escape=False)).split()
        if "".join(pieces) != shown.replace(" ", ""):
            raise ValueError(f"sacremoses cut {line!r} into {pieces}, which is another text")
        characters = chain.from_iterable(words)
        return ["".join(islice(characters, len(piece))) for piece in pieces]

    return cut


def _shown(character: str, known: frozenset[str]) -> str:
    """Return one code point of the same kind to stand for a character."""
    if len(character) > 1:
        # Composed where Unicode can: so the lists of abbreviations have their letters.
        composed = unicodedata.normalize("NFC", character)
        character = next((part for part in composed if not _RIDES.match(part)), _CASELESS)
    if character in known or not _LETTER.match(character):
        return _CASELESS if _RIDES.match(character) else character
    if character.isdecimal():
        return "0"
    return _LOWER if character.islower() else _CASELESS
