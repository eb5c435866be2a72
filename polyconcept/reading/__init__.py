"""The one way in which words become the subwords of a model, and its answers words again.

Training, scoring and extraction all read sentences here, so a model is trained and scored on the
same subwords that its vectors are read from (docs/EXTRACTION.md, "Tokenising").
"""

from polyconcept.reading._codes import LanguageCode, check_languages, language_code, text_end
from polyconcept.reading._reader import (
    Read,
    Reader,
    Tokens,
    bounds,
    control_symbols,
    read_words,
    written_text,
)

__all__ = [
    "LanguageCode",
    "Read",
    "Reader",
    "Tokens",
    "bounds",
    "check_languages",
    "control_symbols",
    "language_code",
    "read_words",
    "text_end",
    "written_text",
]
