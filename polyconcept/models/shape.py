"""What a loaded model is: sides, layers, longest input."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import torch
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

Side: TypeAlias = Literal["encoder", "decoder"]

# No real model is longer; transformers writes int(1e30) for "the tokenizer has no limit".
_LONGEST = 1_000_000

_LENGTH, _CHANGED = 7, 3
_N_TRIALS = 3
# Least effect on earlier states, as a share of that on later ones. Where a model reads both ways
# the two are similar; where it does not, only rounding is left (and, in a mixture of experts,
# another choice of experts).
_LEAST_SHARE = 0.05


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

    It is the least of the tokenizer's limit, the positions that the model's configuration states,
    and its table of absolute positions.
    """
    limits = [int(tokenizer.model_max_length)]
    # Models of rotary positions have no table, but read well only what they were trained for.
    limits.append(int(getattr(model.config.get_text_config(), "max_position_embeddings", 0) or 0))
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # RoBERTa's family counts positions from padding_idx + 1: 514 of them hold 512 subwords.
            unused = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - unused)
    return min((limit for limit in limits if 0 < limit < _LONGEST), default=None)


def limit_length(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
    """Let a tokenizer cut where its model ends: a file may state no limit, or a larger one."""
    limit = max_subwords(model, tokenizer)
    if limit is not None:
        tokenizer.model_max_length = limit


# --- which way a model reads
# It is found out by running the model: a causal class may read both ways (Gemma 3 with
# use_bidirectional_attention), and a class of encoders one way (BERT with is_decoder). In a model
# that reads one way, no subword changes the state of an earlier one.


def reads_both_ways(model: PreTrainedModel) -> bool:
    """Return whether a subword changes the states of earlier ones too; of two stacks, the encoder.

    One subword in the middle of a short input is changed, so what it does to later states is the
    measure of what it does to earlier ones, however small the weights and the windows are.

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
    """Return what a change does to the states before it and after it (norms over all layers).

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
    """Return the states after each block, float32 (block, subword, dim)."""
    ids = subwords[None].to(model.device)
    output = stack(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
    return torch.stack([state[0].float() for state in output.hidden_states[1:]])


def _ordinary(n_subwords: int, config: PreTrainedConfig) -> torch.Tensor:
    """Return the subwords that the configuration gives no special part (padding, an image)."""
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
