"""How a text-to-text model is asked for a task, and how its answer is read.

Known to fine-tuning, scoring and pre-training alike: a model is asked the way it was taught.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["translation_prompt"]


def translation_prompt(words: Sequence[str], target: str) -> tuple[str, ...]:
    """Give the words that ask for a translation into the language of code `target`."""
    return ("translate", "to", f"{target}:", *words)
