"""Whether a model will give the hidden states that a study wants, asked before any training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import CONFIG_MAPPING, MODEL_MAPPING, AutoConfig, AutoModel, PreTrainedConfig

from polyconcept.models.directory import OFFLINE
from polyconcept.models.quiet import quiet_transformers
from polyconcept.models.shape import Side, n_blocks_of, sides_of


def check_states(directory: Path, *, side_names: Sequence[str], layers: Sequence[int]) -> None:
    """Refuse a model that lacks a wanted side or layer; of its files only config.json is read.

    The model is built without weights (torch's ``meta`` device) and run on three subwords, which
    computes shapes but no numbers. Where an architecture needs numbers to choose its way, the
    blocks that its configuration states are counted instead.

    Args:
        directory: The model directory.
        side_names: Sides to be read, ``encoder`` or ``decoder``.
        layers: Layers to be read on each side: 0 is the embedding output, n after block n.

    Raises:
        ValueError: The configuration cannot be used, or is of an unknown type; the architecture
            reads no subwords or gives no hidden states; a side or layer that it does not have.
    """
    config = _config(directory)
    known = sides_of(config)
    missing = [side for side in dict.fromkeys(side_names) if side not in known]
    if missing:
        raise ValueError(
            f"model directory {directory}: {config.model_type} has no {' and no '.join(missing)}, "
            f"only {' and '.join(known)}"
        )
    wanted = [side for side in known if side in side_names]
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


def _why_unusable(directory: Path, error: Exception) -> str:
    try:
        stated = json.loads((directory / "config.json").read_bytes()).get("model_type")
    except (OSError, ValueError, AttributeError):
        stated = None
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
    """Number of hidden states of each wanted side; None where meta tensors do not do."""
    with quiet_transformers(), torch.random.fork_rng(devices=[]), torch.device("meta"):
        model: Any = AutoModel.from_config(  # type: ignore[no-untyped-call]
            config, attn_implementation="eager"
        ).eval()
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
