"""Characters that Moses' tokenizer has escaped, such as ``&apos;``."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences

AnySentences = TypeVar("AnySentences", Sentences, LabelledSentences, TaggedSentences)

_LOG = logging.getLogger(__name__)
# Just those of Moses: `&nbsp;` and the like may be what the text is about.
_CHARACTERS = {
    "&amp;": "&",
    "&#124;": "|",
    "&lt;": "<",
    "&gt;": ">",
    "&apos;": "'",
    "&quot;": '"',
    "&#91;": "[",
    "&#93;": "]",
}
_ESCAPE = re.compile("|".join(_CHARACTERS))


def unescape_lines(language: str, lines: Sequence[str]) -> tuple[list[str], int]:
    """Return lines with the characters that Moses' escapes stand for, and the number of escapes."""
    # Each is read once: &amp;lt; is &lt;.
    found = [_ESCAPE.subn(lambda match: _CHARACTERS[match[0]], line) for line in lines]
    n_escapes = sum(n for _, n in found)
    if n_escapes:
        n_lines = sum(n > 0 for _, n in found)
        _LOG.info(
            "%s: %s escapes such as &apos; read as the characters they stand for (lines: %s)",
            language,
            f"{n_escapes:,}",
            f"{n_lines:,}",
        )
    return [line for line, _ in found], n_escapes


def unescaped(sentences: AnySentences) -> tuple[AnySentences, int]:
    """Return the sentences as `unescape_lines` gives them; no word becomes two or none."""
    lines = [" ".join(words) for words in sentences.words]
    lines, n_escapes = unescape_lines(sentences.language, lines)
    words = tuple(tuple(line.split(" ")) for line in lines)
    return replace(sentences, words=words), n_escapes
