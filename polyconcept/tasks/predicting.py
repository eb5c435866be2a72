"""What a classifier says of sentences."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.reader import Read
from polyconcept.tasks.scorer import batches_by_length, padded

_BATCH = 64


def predict(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, reads: list[Read]
) -> list[Any]:
    """Return the number of the likeliest label of each sentence, or of each of its subwords."""
    best: list[Any] = [None] * len(reads)
    batches = batches_by_length(reads, _BATCH)
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description="predicting"):
        with torch.inference_mode():
            output = model(**padded([reads[row] for row in rows], tokenizer, model.device))
        found = output.logits.cpu().argmax(dim=-1).tolist()
        for row, label in zip(rows, found, strict=True):
            best[row] = label
    return best
