"""What a loaded model is: sides, layers, longest input."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

Side: TypeAlias = Literal["encoder", "decoder"]

# No real model is longer; transformers writes int(1e30) for "the tokenizer has no limit".
_LONGEST = 1_000_000


def sides(model: PreTrainedModel) -> tuple[Side, ...]:
    """Return the stacks of layers that a model has: encoder, decoder, or both in this order."""
    return sides_of(model.config)


def sides_of(config: PreTrainedConfig) -> tuple[Side, ...]:
    """Return the stacks of layers that a model of this configuration has."""
    if config.is_encoder_decoder:
        return ("encoder", "decoder")
    kind = type(config)
    causal = kind in MODEL_FOR_CAUSAL_LM_MAPPING and kind not in MODEL_FOR_MASKED_LM_MAPPING
    return ("decoder",) if causal or getattr(config, "is_decoder", False) else ("encoder",)


def n_layers(model: PreTrainedModel, side: Side = "encoder") -> int:
    """Return the number of blocks of a side; its layers run from 0 (embedding output) to this.

    Raises:
        ValueError: The model has no such side.
    """
    if side not in sides(model):
        raise ValueError(f"{type(model).__name__} has no {side}, only {' and '.join(sides(model))}")
    return n_blocks_of(model.config, side)


def n_blocks_of(config: PreTrainedConfig, side: Side) -> int:
    """Return the number of blocks that a configuration states for one of its sides.

    Raises:
        ValueError: It states none.
    """
    own = getattr(config, side, None)
    if isinstance(own, PreTrainedConfig):  # T5Gemma has a configuration for each side
        return n_blocks_of(own, side)
    if side == "decoder" and config.is_encoder_decoder:
        # T5's name, or that of BART's family.
        return int(getattr(config, "num_decoder_layers", None) or config.decoder_layers)
    stated = getattr(config.get_text_config(), "num_hidden_layers", None)
    if stated is None:
        raise ValueError(f"config.json of a {config.model_type} states no num_hidden_layers")
    return int(stated)


def max_subwords(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the longest input in subwords, special tokens included; None where nothing limits it.

    The smallest of the tokenizer's limit, the positions that the model's configuration states,
    and its table of absolute positions. The RoBERTa family counts positions from
    ``padding_idx + 1``, so its 514 positions hold 512 subwords.
    """
    limits = [int(tokenizer.model_max_length)]
    # Models of rotary positions have no table, but read well only what they were trained for.
    limits.append(int(getattr(model.config.get_text_config(), "max_position_embeddings", 0) or 0))
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            unused = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - unused)
    return min((limit for limit in limits if 0 < limit < _LONGEST), default=None)


def limit_length(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
    """Let a tokenizer cut where its model ends: a file may state no limit, or a larger one."""
    limit = max_subwords(model, tokenizer)
    if limit is not None:
        tokenizer.model_max_length = limit
