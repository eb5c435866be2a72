"""Whether a model can be used as a study wants, asked before anything is trained."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.directory import read_settings, weight_files
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.shape import Side, max_subwords
from polyconcept.models.states import check_states

_log = logging.getLogger(__name__)

_FLOATS = ("F16", "BF16", "F32", "F64")
"""What safetensors calls the types of number that are loaded as they are."""
_LEAST_LENGTH = 8
"""Subwords: with fewer, hardly a sentence would keep a word."""


def check_model(
    directory: Path, *, side_names: Sequence[Side], layers: Sequence[int], trained: bool
) -> None:
    """Refuse a model that a study could not use; it is loaded, and run on a short input.

    Args:
        directory: The model directory.
        side_names: Sides to be read. Of a model with one stack of layers, the one that it is said
            to be: running it shows whether it is.
        layers: Layers to be read on each side.
        trained: Whether it is to be fine-tuned.

    Raises:
        ValueError: As `load_tokenizer`, `check_states` and `load_backbone`; weights that are not
            finite, or of a type that is not computed with; a tokenizer that is not the model's, or
            that lacks a symbol which training needs; a nonsensical longest input.
    """
    tokenizer = load_tokenizer(directory)
    check_states(directory, side_names=side_names, layers=layers)
    n_weights = _check_weights(directory)
    model = load_backbone(directory, side=side_names[0])
    problems = [*_length_problems(directory, model, tokenizer), *_symbol_problems(model, tokenizer)]
    if trained:
        problems += _training_problems(model, tokenizer)
    if problems:
        raise ValueError(f"model directory {directory}: " + "; ".join(problems))
    _log.info(
        "%s: its %d weights are finite, and it reads %s",
        type(model).__name__,
        n_weights,
        "one way" if side_names[0] == "decoder" else "both ways",
    )


def _check_weights(directory: Path) -> int:
    """Refuse weights that are no finite numbers; the number of tensors. One is held at a time.

    Raises:
        ValueError: Names directory, file and tensor.
    """
    count = 0
    for file in weight_files(directory):
        with safe_open(directory / file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - no mapping
                problem = _tensor_problem(tensors, name)
                if problem:
                    raise ValueError(f"model directory {directory}: {file}: {name} {problem}")
                count += 1
    return count


def _tensor_problem(tensors: Any, name: str) -> str | None:  # noqa: ANN401 - it has no types
    kind = tensors.get_slice(name).get_dtype()
    if kind not in _FLOATS:
        # Buffers such as positions are whole numbers; a weight would be one that was quantised.
        if name.endswith(("weight", "bias")) or kind[0] not in "IUB":
            return f"is of type {kind}, needed {', '.join(_FLOATS)} (is it quantised?)"
        return None
    values = tensors.get_tensor(name).float()  # as it is loaded
    wrong = ~torch.isfinite(values)
    n_wrong = int(wrong.sum())
    if not n_wrong:
        return None
    return (
        f"holds {n_wrong:,} of {values.numel():,} values that are no finite numbers, the first "
        f"{float(values[wrong][0])}"
    )


def _length_problems(
    directory: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> Iterator[str]:
    config = read_settings(directory / "config.json")
    inner = config.get("text_config")
    for settings in (config, inner if isinstance(inner, dict) else {}):
        stated = settings.get("max_position_embeddings")
        if isinstance(stated, int) and stated < _LEAST_LENGTH and stated != -1:  # XLNet: no limit
            yield (
                f"config.json: max_position_embeddings is {stated}, needed {_LEAST_LENGTH} or more"
            )
            return
    limit = max_subwords(model, tokenizer)
    if limit is not None and limit < _LEAST_LENGTH:
        yield f"it reads {limit} subwords at most, needed {_LEAST_LENGTH} or more"


def _symbol_problems(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Iterator[str]:
    """Subwords that the model has no embedding for, those apart that no text contains."""
    embeddings: Any = model.get_input_embeddings()
    of_text = tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False)
    around: Any = tokenizer("").input_ids
    largest = max([*of_text.values(), *around, tokenizer.unk_token_id or 0])
    if largest >= len(embeddings.weight):
        yield (
            f"the tokenizer is not the model's: its subwords have numbers up to {largest}, the "
            f"model has {len(embeddings.weight)} embeddings"
        )


def _training_problems(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Iterator[str]:
    embeddings: Any = model.get_input_embeddings()
    roles = ("pad_token", "eos_token") if model.config.is_encoder_decoder else ("pad_token",)
    for role in roles:
        number = getattr(tokenizer, f"{role}_id")
        if number is None:
            yield f"the tokenizer has no {role}, which fine-tuning needs"
        elif number >= len(embeddings.weight):
            yield (
                f"fine-tuning needs the {role}, number {number}; the model has "
                f"{len(embeddings.weight)} embeddings"
            )
