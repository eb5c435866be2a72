"""Check that a model can be used as a study asks, before anything is trained."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import torch
import transformers
from safetensors import safe_open
from transformers import (
    CONFIG_MAPPING,
    MODEL_MAPPING,
    AutoConfig,
    AutoModel,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from polyconcept.models.directory import OFFLINE, quiet_transformers, read_settings, weight_files
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.shape import Side, max_subwords, n_blocks_of

_log = logging.getLogger(__name__)

# What safetensors calls the types of number that are loaded as they are.
_FLOATS = ("F16", "BF16", "F32", "F64")
# Subwords: with fewer, hardly a sentence would keep a word.
_LEAST_LENGTH = 8
_PART = 2**20


def check_model(
    directory: Path, *, side_names: Sequence[Side], layers: Sequence[int], trained: bool
) -> None:
    """Refuse a model that a study could not use; it is loaded, and run on a short input.

    Of a model with one stack of layers, `side_names` has the one that it is said to be: running it
    shows whether it is.

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
    """Refuse weights that are not finite, and return how many tensors there are.

    Raises:
        ValueError: Names directory, file and tensor.
    """
    count = 0
    for file in weight_files(directory):
        # One tensor at a time is in memory.
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
    values = tensors.get_tensor(name).flatten()
    # By part: what is worked out of a table of 250,000 subwords would be larger than the table.
    parts = (part.float() for part in values.split(_PART))  # as it is loaded
    wrong = torch.cat([part[~torch.isfinite(part)] for part in parts])
    if not len(wrong):
        return None
    return (
        f"holds {len(wrong):,} of {values.numel():,} values that are no finite numbers, the first "
        f"{float(wrong[0])}"
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
    """Yield the subwords that the model has no embedding for, those apart that no text contains."""
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


# --- hidden states


def check_states(directory: Path, *, side_names: Sequence[str], layers: Sequence[int]) -> None:
    """Refuse a model that lacks a wanted layer; of its files only config.json is read.

    The model is built without weights (torch's ``meta`` device) and run on three subwords, which
    computes shapes but no numbers. Where an architecture needs numbers to choose its way, the
    blocks that its configuration states are counted instead. No file says whether a single
    stack of layers is an encoder or a decoder: `check_model` finds out.

    Raises:
        ValueError: The configuration cannot be used, or is of an unknown type; the architecture
            reads no subwords or gives no hidden states; more sides than it has stacks of layers;
            no blocks, or a layer that is not there.
    """
    config = _config(directory)
    wanted: list[Side] = [side for side in get_args(Side) if side in side_names]
    if len(wanted) > 1 and not config.is_encoder_decoder:
        raise ValueError(
            f"model directory {directory}: {config.model_type} has one stack of layers, not "
            f"{' and '.join(wanted)}"
        )
    _refuse_no_blocks(directory, config, wanted)
    n_states = _n_states(directory, config, wanted)
    for side in wanted:
        n_blocks = n_blocks_of(config, side) if n_states is None else n_states[side] - 1
        wrong = [layer for layer in layers if not 0 <= layer <= n_blocks]
        if wrong:
            raise ValueError(
                f"model directory {directory}: the {side}'s {n_blocks} blocks have the layers 0 to "
                f"{n_blocks}, not {wrong}"
            )


def _config(directory: Path) -> PreTrainedConfig:
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(directory, **OFFLINE)
    except Exception as error:  # huggingface_hub has classes of its own for wrong types
        raise ValueError(_why_unusable(directory, error)) from error
    if type(config) not in MODEL_MAPPING:
        raise ValueError(
            f"model directory {directory}: transformers {transformers.__version__} has no model "
            f"without head of type {config.model_type!r}"
        )
    return config


def _refuse_no_blocks(directory: Path, config: PreTrainedConfig, wanted: Sequence[Side]) -> None:
    for side in wanted:
        try:
            stated = n_blocks_of(config, side)
        except (ValueError, AttributeError):
            continue  # they are counted
        if stated < 1:
            raise ValueError(
                f"model directory {directory}: config.json states {stated} blocks for the {side}, "
                "needed 1 or more"
            )


def _why_unusable(directory: Path, error: Exception) -> str:
    stated = read_settings(directory / "config.json").get("model_type")
    if stated is not None and stated not in CONFIG_MAPPING:
        return (
            f"model directory {directory}: transformers {transformers.__version__} knows no "
            f"architecture of model_type {stated!r} (code of the model's own is never run)"
        )
    said = " ".join(str(error).splitlines()[:2])
    return f"model directory {directory}: config.json cannot be used ({said})"


def _n_states(
    directory: Path, config: PreTrainedConfig, wanted: Sequence[Side]
) -> dict[Side, int] | None:
    """Return the number of each wanted side's hidden states; None where it depends on numbers."""
    with quiet_transformers(), torch.random.fork_rng(devices=[]), torch.device("meta"):
        try:
            model: Any = AutoModel.from_config(  # type: ignore[no-untyped-call]
                config, attn_implementation="eager"
            ).eval()
        except Exception as error:  # each architecture fails in its own way
            raise ValueError(
                f"model directory {directory}: config.json describes no {config.model_type} that "
                f"can be built ({type(error).__name__}: {' '.join(str(error).split())})"
            ) from error
        inputs = {"input_ids": torch.ones((1, 3), dtype=torch.long)}
        if config.is_encoder_decoder:
            inputs |= {"decoder_input_ids": inputs["input_ids"]}
        unknown = [name for name in inputs if name not in signature(model.forward).parameters]
        if unknown:
            raise ValueError(
                f"model directory {directory}: architecture {type(model).__name__} reads no "
                f"subwords (no {' and no '.join(unknown)})"
            )
        try:
            with torch.inference_mode():
                output = model(**inputs, output_hidden_states=True)
        except (RuntimeError, NotImplementedError):
            return None  # the way through it depends on numbers
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"model directory {directory}: architecture {type(model).__name__} cannot read a "
                f"sentence by itself ({error})"
            ) from error
    name = "{}_hidden_states" if config.is_encoder_decoder else "hidden_states"
    found = {side: len(getattr(output, name.format(side), None) or ()) for side in wanted}
    silent = [side for side in wanted if not found[side]]
    if silent:
        raise ValueError(
            f"model directory {directory}: architecture {type(model).__name__} gives no hidden "
            f"states of its {' and '.join(silent)}"
        )
    return found
