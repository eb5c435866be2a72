"""How a model is asked for a sentiment, the way it was taught, and how its answer is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def sentiment_prompt(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that ask for the sentiment of a sentence."""
    return ("sentiment:", *words)


def sentiment_answer(label: str) -> str:
    """Return the answer to `sentiment_prompt`: the label itself."""
    return label


def read_label(text: str, labels: Collection[str]) -> str | None:
    """Return the label that an answer is, letter by letter, or None where it is none of them."""
    said = text.split()
    return next((label for label in labels if label.split() == said), None)
