"""New, small BERT, XLM-R and mT5 models that fit a tokenizer."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    MT5Config,
    MT5ForConditionalGeneration,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from polyconcept.records.arrays import Float

Architecture: TypeAlias = Literal["bert", "xlm-roberta", "mt5"]


def build_model(
    architecture: Architecture,
    tokenizer: PreTrainedTokenizerFast,
    *,
    seed: int,
    hidden_size: int,
    n_layers: int,
    n_heads: int,
    intermediate_size: int,
    dropout: float = 0.1,
) -> PreTrainedModel:
    """Return a masked language model, or a text-to-text one, of random weights for `tokenizer`.

    Pieces, padding and the longest input are the tokenizer's. An mT5 has `n_layers` blocks in its
    encoder and as many in its decoder; `intermediate_size` is the width of a block's feed-forward
    part, and `dropout` the share of activations dropped while training.

    Raises:
        ValueError: `hidden_size` is no multiple of `n_heads`.
    """
    if hidden_size % n_heads:
        raise ValueError(f"hidden_size={hidden_size} should be a multiple of n_heads={n_heads}")
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden_size,
        "num_hidden_layers": n_layers,
        "num_attention_heads": n_heads,
        "intermediate_size": intermediate_size,
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
        "pad_token_id": tokenizer.pad_token_id,
        # 0.02 suits BERT's 768 dimensions. With it, a narrow model's attention starts out so
        # even that it learns nothing but word frequencies for thousands of steps.
        "initializer_range": 0.02 * math.sqrt(768 / hidden_size),
    }
    torch.manual_seed(seed)
    if architecture == "mt5":
        return _random_mt5(tokenizer, sizes)
    model = _random_model(architecture, tokenizer, sizes)
    _ready_attention(model)
    return model


def _random_model(
    architecture: Architecture, tokenizer: PreTrainedTokenizerFast, sizes: dict[str, Any]
) -> PreTrainedModel:
    if architecture == "bert":
        longest = tokenizer.model_max_length
        return BertForMaskedLM(BertConfig(**sizes, max_position_embeddings=longest))
    # RoBERTa counts places from the number after the padding's.
    longest = tokenizer.model_max_length + tokenizer.pad_token_id + 1
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = XLMRobertaConfig(
        **sizes, **ends, max_position_embeddings=longest, type_vocab_size=1, layer_norm_eps=1e-5
    )
    return XLMRobertaForMaskedLM(config)


def _random_mt5(
    tokenizer: PreTrainedTokenizerFast, sizes: dict[str, Any]
) -> MT5ForConditionalGeneration:
    config = MT5Config(
        vocab_size=sizes["vocab_size"],
        d_model=sizes["hidden_size"],
        d_kv=sizes["hidden_size"] // sizes["num_attention_heads"],
        d_ff=sizes["intermediate_size"],
        num_layers=sizes["num_hidden_layers"],
        num_heads=sizes["num_attention_heads"],
        dropout_rate=sizes["hidden_dropout_prob"],
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    model = MT5ForConditionalGeneration(config)
    _ready_mt5(model)
    return model


def _ready_mt5(model: MT5ForConditionalGeneration) -> None:
    """Let a narrow mT5 begin with even guesses, and with attention to similar and near subwords."""
    width = model.config.d_model
    rates = 0.5 ** torch.linspace(1, 4, model.config.num_heads)
    # T5 does not divide scores by the root of their dimension: those of a pair of equal subwords
    # add up over a head.
    deviation = 0.8 / math.sqrt(width * math.sqrt(model.config.d_kv))
    with torch.no_grad():
        # The words to write are scored by the same matrix. T5's deviation of 1 makes a new model
        # sure of the wrong word; this one makes scores of deviation 1.
        model.shared.weight.normal_(std=1 / math.sqrt(width))
        for name, module in model.named_modules():
            if name.endswith("Attention"):
                module.q.weight.normal_(std=deviation)
                # As in `_ready_attention`; the decoder attends to the encoder's similar states too.
                module.k.weight.copy_(module.q.weight)
                # In place of positions: biases that fall with the distance, at another rate in each
                # head (Press et al. 2022, Train Short, Test Long).
                if module.has_relative_attention_bias:
                    n_buckets = module.relative_attention_num_buckets
                    # Half of an encoder's buckets are for places before, half for those after.
                    distance = torch.arange(n_buckets) % (
                        n_buckets // (1 if module.is_decoder else 2)
                    )
                    module.relative_attention_bias.weight.copy_(-distance[:, None] * rates)
                # The blocks' outputs must not drown the embeddings, which are small now.
                module.o.weight.mul_(0.25)
            elif name.endswith("DenseReluDense"):
                module.wo.weight.mul_(0.25)


def _ready_attention(model: PreTrainedModel) -> None:
    """Let attention begin with similar subwords and near places, in both sentences of a pair."""
    # From plain noise a small model needs many times as many steps before it looks at the
    # translation at all.
    deviation = 0.8 / math.sqrt(model.config.hidden_size)
    with torch.no_grad():
        for name, module in model.named_modules():
            if name.endswith("attention.self"):
                # With keys equal to queries a subword attends to similar ones (Trockman & Kolter
                # 2023, Mimetic Initialization of Self-Attention Layers).
                module.query.weight.normal_(std=deviation)
                module.key.weight.copy_(module.query.weight)
            elif name.endswith("position_embeddings"):
                # In sinusoids near places are alike (Vaswani et al. 2017, section 3.5).
                module.weight.copy_(_sinusoids(*module.weight.shape))
                module.weight.mul_(model.config.initializer_range)


def _sinusoids(n_places: int, dim: int) -> Float[torch.Tensor, "place dim"]:
    """Return the sines and cosines of mean square 1, with wave lengths from 6 to 600 places."""
    rates = 100.0 ** (-torch.arange(0, dim, 2) / dim)
    angles = torch.arange(n_places)[:, None] * rates
    waves = math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], dim=1)
    return waves[:, :dim]
