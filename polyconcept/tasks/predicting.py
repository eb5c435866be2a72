"""What a classifier says of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.reader import Read, read_words
from polyconcept.tasks.scorer import ScoreOptions, batches_by_length, padded

_BATCH = 64


def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    options: ScoreOptions,
    language: str,
) -> list[tuple[Read, Any]]:
    """Return each sentence as it is read, and the number of its label, or those of its subwords."""
    reads = read_words(
        sentences,
        tokenizer,
        max_length=options.max_length,
        language=language,
        language_codes=options.language_codes,
        prefix=options.prefix,
    )
    best: list[Any] = [None] * len(reads)
    batches = batches_by_length(reads, _BATCH)
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description="predicting"):
        with torch.inference_mode():
            output = model(**padded([reads[row] for row in rows], tokenizer, model.device))
        found = output.logits.cpu().argmax(dim=-1).tolist()
        for row, label in zip(rows, found, strict=True):
            best[row] = label
    return list(zip(reads, best, strict=True))
