"""The stack of blocks of a side, and its state before the final norm, where it has one.

transformers gives the last layer after that norm (T5, Llama, GPT-2, mBART, ModernBERT) and nothing
before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel

from polyconcept.records.concepts import BEFORE_NORM

# What the architectures call the norm after all blocks: T5 and GPT-NeoX, Llama, GPT-2, Phi, mBART,
# ModernBERT.
_NAMES = ("final_layer_norm", "norm", "ln_f", "final_layernorm", "layer_norm", "final_norm")


def n_blocks(config: PreTrainedConfig, side: str) -> int:
    """Blocks of a side of the model."""
    own = getattr(config, side, None)
    if isinstance(own, PreTrainedConfig):  # T5Gemma has a configuration for each side
        return n_blocks(own, side)
    if side == "decoder" and config.is_encoder_decoder:
        # T5's name, or that of BART's family.
        t5 = getattr(config, "num_decoder_layers", None)
        return int(config.decoder_layers if t5 is None else t5)
    return int(config.get_text_config().num_hidden_layers)


def layers_to_read(model: PreTrainedModel, side: str, layers: Sequence[int]) -> tuple[int, ...]:
    """The wanted layers, and the state before the final norm where the last is among them.

    Args:
        model: A model without head.
        side: ``encoder`` or ``decoder``.
        layers: Layers that are wanted.
    """
    if n_blocks(model.config, side) in layers and _final_norm(model, side) is not None:
        return (*layers, BEFORE_NORM)
    return tuple(layers)


@contextmanager
def watched(model: PreTrainedModel, side: str, *, wanted: bool) -> Iterator[list[torch.Tensor]]:
    """While the model runs here, what its final norm reads comes into the list.

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


def _final_norm(model: PreTrainedModel, side: str) -> torch.nn.Module | None:
    whole: Any = model
    stack = whole
    if model.config.is_encoder_decoder:
        stack = whole.get_encoder() if side == "encoder" else whole.get_decoder()
    found = [module for name, module in stack.named_children() if name in _NAMES]
    return found[0] if len(found) == 1 else None
