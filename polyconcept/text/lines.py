"""Lines of a text file, checked: the one place that turns bytes into text."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

_LOG = logging.getLogger(__name__)
# Some editors begin UTF-8 with it; it would make the first word another word.
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def read_lines(path: Path) -> list[str]:
    r"""Return the lines of a UTF-8 file without their ends, which are ``\n`` or ``\r\n`` only.

    A byte order mark at the start is taken off, with a line in the log.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty, is not UTF-8, or holds a character that no text holds (NUL)
            or a carriage return inside a line; the message says where.
    """
    text = read_utf8(path)
    if text.startswith(_BOM):
        _LOG.info("%s: byte order mark at the start taken off", path)
        text = text.removeprefix(_BOM)
    if not text:
        raise ValueError(f"{path}: the file is empty; at least one line was needed")
    # U+0085, U+2028 and the like stay inside a line: parallel files would get out of step.
    lines = text.removesuffix("\n").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    _refuse(path, lines, "\0", "a NUL character (is it UTF-16?)")
    _refuse(path, lines, "\r", "a carriage return inside the line; lines end with \\n or \\r\\n")
    return lines


def read_utf8(path: Path) -> str:
    """Return the text of a UTF-8 file, its line ends as they are.

    Raises:
        ValueError: it is not UTF-8; the message says in which line.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} at offset {error.start} of the "
            f"file is not UTF-8 ({error.reason}); save the file as UTF-8"
        ) from error


def split_words(line: str) -> tuple[str, ...]:
    """Return the words of a line: it is cut at runs of ASCII spaces and tabs, at nothing else.

    A no-break space and other Unicode spaces stay inside their word (``1 000`` is one word): they
    were put there to hold it together, and tools that count words would disagree on them.
    """
    return tuple(word for word in line.replace("\t", " ").split(" ") if word)


def check_words(words: Iterable[str], where: str) -> None:
    """Refuse words that would be read back as none, as two, or as a line end."""
    for word in words:
        if not word or any(blank in word for blank in " \t\n\r\0"):
            raise ValueError(
                f"{where}: found the word {word!r}; a word is not empty and holds no space, tab, "
                "line end or NUL"
            )


def check_start(path: Path, text: str) -> None:
    """Refuse a text whose first character would be read back as a byte order mark."""
    if text.startswith(_BOM):
        raise ValueError(
            f"{path}: the first word starts with U+FEFF, which is read as a byte order mark there"
        )


def few(items: Sequence[object], limit: int = 5) -> str:
    """Return the first items of a list that may be long: ``3, 7, 9 and 12 more``."""
    shown = ", ".join(str(item) for item in items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"


def _refuse(path: Path, lines: Sequence[str], character: str, what: str) -> None:
    for number, line in enumerate(lines, start=1):
        if character in line:
            raise ValueError(f"{path}, line {number}: found {what}")
