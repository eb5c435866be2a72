"""What all classifiers that learn have in common."""

from __future__ import annotations

import logging

from transformers import PreTrainedModel

__all__ = ["label_numbers", "tell_lost"]

_log = logging.getLogger(__name__)


def label_numbers(model: PreTrainedModel, needed: set[str]) -> dict[str, int]:
    """Return the number of each label of `model`.

    Raises:
        ValueError: One of `needed` is none of its labels.
    """
    numbers = {str(label): int(number) for label, number in (model.config.label2id or {}).items()}
    unknown = sorted(needed - set(numbers))
    if unknown:
        raise ValueError(
            f"the training data has labels {unknown} that the model lacks; it has {sorted(numbers)}"
        )
    return numbers


def tell_lost(language: str, n_lost: int) -> None:
    """Log how many words are not trained on, where there are any."""
    if n_lost:
        _log.warning(
            "%s: %d words are cut off or have no subword: not trained on", language, n_lost
        )
