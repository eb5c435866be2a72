"""What a loaded model is: sides, layers, longest input."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from polyconcept.models.directions import reads_both_ways

Side: TypeAlias = Literal["encoder", "decoder"]

# No real model is longer; transformers writes int(1e30) for "the tokenizer has no limit".
_LONGEST = 1_000_000


def sides(model: PreTrainedModel) -> tuple[Side, ...]:
    """Return the stacks of layers that a model has: encoder, decoder, or both in this order.

    A model of one stack is an encoder where it reads both ways, whatever its class is called.

    Raises:
        ValueError: As `reads_both_ways`; or its encoder, before a decoder, reads one way only.
    """
    both_ways = reads_both_ways(model)
    if not model.config.is_encoder_decoder:
        return ("encoder",) if both_ways else ("decoder",)
    if not both_ways:
        raise ValueError(f"the encoder of {type(model).__name__} reads one way only")
    return ("encoder", "decoder")


def needs_side(model: PreTrainedModel, side: Side) -> None:
    """Refuse a model that lacks a side.

    Raises:
        ValueError: It has no such side; says what it was found to do.
    """
    known = sides(model)
    if side in known:
        return
    found = f"{type(model).__name__} has no {side}, only {' and '.join(known)}"
    if known == ("decoder",):
        raise ValueError(
            f"{found}: it reads one way, for no subword changes an earlier one's state (its "
            "`family` is decoder)"
        )
    if known == ("encoder",):
        raise ValueError(
            f"{found}: it reads both ways, for a subword changes earlier ones' states (its "
            "`family` is encoder), so no state of it predicts a word"
        )
    raise ValueError(found)


def n_layers(model: PreTrainedModel, side: Side = "encoder") -> int:
    """Return the number of blocks of a side; its layers run from 0 (embedding output) to this.

    Raises:
        ValueError: The model has no such side.
    """
    needs_side(model, side)
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
        t5 = getattr(config, "num_decoder_layers", None)
        return int(config.decoder_layers if t5 is None else t5)
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
