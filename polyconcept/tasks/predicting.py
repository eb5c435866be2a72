"""What a classifier says of sentences, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.reader import Read

_BATCH = 64


def predictions(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, reads: list[Read]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Rows of a batch with the model's logits; sentences of like length go together."""
    order = sorted(range(len(reads)), key=lambda row: len(reads[row].ids))
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description="predicting"):
        longest = len(reads[rows[-1]].ids)
        ids = torch.full((len(rows), longest), int(tokenizer.pad_token_id))
        attention = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            n = len(reads[row].ids)
            ids[place, :n] = torch.tensor(reads[row].ids)
            attention[place, :n] = 1
        with torch.inference_mode():
            output = model(
                input_ids=ids.to(model.device), attention_mask=attention.to(model.device)
            )
        yield rows, output.logits.cpu()


def check_labels(model: PreTrainedModel, gold: Iterable[str], where: str) -> None:
    """Refuse labels that `model` can never predict: a score over them would be a wrong number.

    Args:
        model: A classifier.
        gold: True labels, or tags.
        where: What holds them, for the message.

    Raises:
        ValueError: Labels the model lacks.
    """
    known = set(model.config.label2id or {})
    unknown = sorted(set(gold) - known)
    if unknown:
        raise ValueError(
            f"{where} has labels {unknown} that the model lacks: it has {sorted(known)}"
        )
