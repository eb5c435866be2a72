"""A side of the model: whether it fits a plan, and its state before the final norm, if it has one.

transformers gives the last layer after that norm (T5, Llama, GPT-2, mBART, ModernBERT) and nothing
before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

from polyconcept.models.shape import Side, n_blocks_of, reads_both_ways
from polyconcept.records.concepts import BEFORE_NORM
from polyconcept.vectors.planned import ExtractionPlan

# What the architectures call the norm after all blocks: T5 and GPT-NeoX, Llama, GPT-2, Phi, mBART,
# ModernBERT.
_NAMES = ("final_layer_norm", "norm", "ln_f", "final_layernorm", "layer_norm", "final_norm")


def layers_to_read(model: PreTrainedModel, side: Side, layers: Sequence[int]) -> tuple[int, ...]:
    """Return the wanted layers; with the last, also the state before the final norm."""
    if n_blocks_of(model.config, side) in layers and _final_norm(model, side) is not None:
        return (*layers, BEFORE_NORM)
    return tuple(layers)


@contextmanager
def watched(model: PreTrainedModel, side: Side, *, wanted: bool) -> Iterator[list[torch.Tensor]]:
    """Put what the model's final norm reads into the list, while the block runs.

    Raises:
        ValueError: It is wanted, and the model has no final norm.
    """
    seen: list[torch.Tensor] = []
    if not wanted:
        yield seen
        return
    norm = _final_norm(model, side)
    if norm is None:
        raise ValueError(f"{type(model).__name__} has no norm after the last block of its {side}")
    hook = norm.register_forward_pre_hook(lambda _, read: seen.append(read[0]))
    try:
        yield seen
    finally:
        hook.remove()


def n_embeddings(model: PreTrainedModel) -> int:
    """Return how many subwords the model has an embedding for."""
    embeddings: Any = model.get_input_embeddings()
    return len(embeddings.weight)


def check_plan(model: PreTrainedModel, plan: ExtractionPlan, layers: Sequence[int]) -> None:
    """Refuse a plan, or layers, for another kind of model, and a model in training mode."""
    deepest = n_blocks_of(model.config, plan.side)
    numbered = [layer for layer in layers if layer != BEFORE_NORM]
    wrong = [layer for layer in numbered if not 0 <= layer <= deepest]
    if wrong or not numbered:
        raise ValueError(
            f"layers {list(layers)}: {wrong or 'none'} asked for, the model's {plan.side} has 0 "
            f"(embedding output) to {deepest}"
        )
    name, forced = type(model).__name__, model.config.is_encoder_decoder and plan.side == "decoder"
    if forced and not plan.given:
        raise ValueError(f"the decoder of {name} needs a text that its encoder is given")
    if plan.given and not forced:
        raise ValueError(f"{name} has no encoder to give a text in {plan.given} to")
    if forced and plan.start is None and model.config.decoder_start_token_id is None:
        raise ValueError(f"config of {name}: no decoder_start_token_id, the decoder cannot start")
    if model.training:
        raise ValueError("the model is in training mode: dropout would change its vectors")
    if plan.side == "decoder" and not forced and reads_both_ways(model):
        raise ValueError(f"{name} reads both ways, as an encoder; the plan is for a decoder")
    largest = max(plan.subwords.max(), plan.given_subwords.max(initial=0))
    if largest >= n_embeddings(model):
        raise ValueError(
            f"the tokenizer is not the model's: subword number {largest} found, the model has "
            f"{n_embeddings(model)} embeddings"
        )


def _final_norm(model: PreTrainedModel, side: Side) -> torch.nn.Module | None:
    whole: Any = model
    stack = whole
    if model.config.is_encoder_decoder:
        stack = whole.get_encoder() if side == "encoder" else whole.get_decoder()
    found = [module for name, module in stack.named_children() if name in _NAMES]
    # Where there are several, no name says which is the last.
    return found[0] if len(found) == 1 else None
