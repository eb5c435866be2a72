"""How a model is asked for a sentiment, the way it was taught, and how its answer is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def sentiment_prompt(words: Sequence[str]) -> tuple[str, ...]:
    """Give the words that ask for the sentiment of a sentence."""
    return ("sentiment:", *words)


def sentiment_answer(label: str) -> str:
    """Give the answer to `sentiment_prompt`: the label itself."""
    return label


def read_label(text: str, labels: Collection[str]) -> str | None:
    """Give the label that an answer names, None where it is none of `labels`, letter by letter."""
    said = text.split()
    return next((label for label in labels if label.split() == said), None)
