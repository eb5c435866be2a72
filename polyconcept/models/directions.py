"""Which way a model reads, found out by running it: classes and settings may say otherwise.

A causal class may read both ways (Gemma 3 with ``use_bidirectional_attention``), and a class of
encoders one way (BERT with ``is_decoder``). In a model that reads one way, no subword changes the
state of an earlier one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel

_LENGTH, _CHANGED = 7, 3
_N_TRIALS = 3
# Least effect on earlier states, as a share of that on later ones. Where a model reads both ways
# the two are alike; where it does not, there is rounding (a mixture of experts counts otherwise).
_LEAST_SHARE = 0.05


def reads_both_ways(model: PreTrainedModel) -> bool:
    """Return whether a subword changes the states of earlier ones too; of two stacks, the encoder.

    One subword in the middle of a short input is changed, so what it does to later states is the
    measure of what it does to earlier ones, however small the weights and the windows are.

    Args:
        model: A model without head. It computes where it lies, without dropout.

    Raises:
        ValueError: It cannot read a short input, its states are not finite, or no subword changes
            any other's state.
    """
    stack: Any = model.get_encoder() if model.config.is_encoder_decoder else model
    name, was_training = type(model).__name__, model.training
    model.train(False)
    try:
        earlier, later = _effects(stack, model)
    except Exception as error:  # each architecture fails in its own way
        raise ValueError(
            f"{name} cannot read an input of {_LENGTH} subwords ({' '.join(str(error).split())})"
        ) from error
    finally:
        model.train(was_training)
    if not math.isfinite(earlier + later):
        raise ValueError(f"{name}: the states of a short input are not finite")
    if earlier + later == 0:
        raise ValueError(f"{name}: no subword changes another's state; are its weights all zero?")
    return earlier > _LEAST_SHARE * later


@torch.inference_mode()
def _effects(stack: Any, model: PreTrainedModel) -> tuple[float, float]:  # noqa: ANN401
    """What a change does to the states before and after it (norms over all layers but the first).

    Both inputs run apart and in the same shape: equal numbers then come out equal to the last bit.
    """
    table: Any = model.get_input_embeddings()
    known = _ordinary(len(table.weight), model.config)
    generator = torch.Generator().manual_seed(0)
    earlier = later = 0.0
    for _ in range(_N_TRIALS):
        drawn = known[torch.randint(len(known), (_LENGTH + 1,), generator=generator)]
        changed = drawn[:_LENGTH].clone()
        changed[_CHANGED] = drawn[_LENGTH]
        difference = _states(stack, drawn[:_LENGTH], model) - _states(stack, changed, model)
        earlier += float(difference[:, :_CHANGED].norm())
        later += float(difference[:, _CHANGED + 1 :].norm())
    return earlier, later


def _states(stack: Any, subwords: torch.Tensor, model: PreTrainedModel) -> torch.Tensor:  # noqa: ANN401
    """States after each block, float32 (block, subword, dim)."""
    ids = subwords[None].to(model.device)
    output = stack(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
    return torch.stack([state[0].float() for state in output.hidden_states[1:]])


def _ordinary(n_subwords: int, config: PreTrainedConfig) -> torch.Tensor:
    """Numbers of subwords that the configuration gives no special part (padding, an image)."""
    stated = {**config.to_dict(), **config.get_text_config().to_dict()}
    special = set(_numbers(value for key, value in stated.items() if "token_i" in key))
    known = [number for number in range(n_subwords) if number not in special]
    return torch.tensor(known)


def _numbers(values: Iterable[Any]) -> Iterable[int]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _numbers(value)
        elif isinstance(value, int):
            yield value
