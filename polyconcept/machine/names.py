"""Names that come from a file or from outside, before they become a path of ours."""

from __future__ import annotations

import reprlib
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

# Linux takes no longer name (NAME_MAX).
_LONGEST = 255
# What is found may be of any length, and stands in a message.
_SHORT = reprlib.Repr()
_SHORT.maxstring = 120
# Control characters (NUL, line ends), lone halves of surrogate pairs, ends of lines and paragraphs.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


def plain_name(name: object, where: str) -> str:
    """Return the name of a file as it is, if it can lead nowhere out of its folder.

    `where` it was found begins the error's message.

    Raises:
        ValueError: It is no text; empty, ``.`` or ``..``; a path, by the separators and drives of
            any system; longer than 255 bytes; or it holds control characters.
    """
    if isinstance(name, str) and _is_plain(name):
        return name
    raise ValueError(
        f"{where}: found {_SHORT.repr(name)}, needed the plain name of a file (no folders, no "
        f"control characters, 1 to {_LONGEST} bytes)"
    )


def _is_plain(name: str) -> bool:
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        return False
    one_part = PurePosixPath(name).name == name == PureWindowsPath(name).name
    return one_part and name not in ("", ".", "..") and len(name.encode()) <= _LONGEST
