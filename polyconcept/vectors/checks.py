"""What a model and a plan for it must be, asked before the model runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedModel

from polyconcept.models.directions import reads_both_ways
from polyconcept.records.concepts import BEFORE_NORM
from polyconcept.vectors.planned import ExtractionPlan
from polyconcept.vectors.stack import n_blocks


def n_embeddings(model: PreTrainedModel) -> int:
    """How many subwords the model has an embedding for."""
    embeddings: Any = model.get_input_embeddings()
    return len(embeddings.weight)


def check_layers(model: PreTrainedModel, plan: ExtractionPlan, layers: Sequence[int]) -> None:
    """Refuse layers that the plan's side of the model does not have, and none at all."""
    deepest = n_blocks(model.config, plan.side)
    numbered = [layer for layer in layers if layer != BEFORE_NORM]
    wrong = [layer for layer in numbered if not 0 <= layer <= deepest]
    if wrong or not numbered:
        raise ValueError(
            f"layers {list(layers)}: {wrong or 'none'} asked for, the model's {plan.side} has 0 "
            f"(embedding output) to {deepest}"
        )


def check_model(model: PreTrainedModel, plan: ExtractionPlan) -> None:
    """Refuse a plan for another kind of model or tokenizer, and a model in training mode."""
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
