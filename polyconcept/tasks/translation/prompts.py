"""How a model is asked for a translation: the way it was taught."""

from __future__ import annotations

from collections.abc import Sequence


def translation_prompt(words: Sequence[str], target: str) -> tuple[str, ...]:
    """Return the words that ask for a translation into the language of code `target`."""
    return ("translate", "to", f"{target}:", *words)
