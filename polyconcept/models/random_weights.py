"""A control: a model's architecture and tokenizer with weights that have learnt nothing."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModel

from polyconcept.models.directory import (
    OFFLINE,
    check_model_directory,
    quiet_transformers,
    save_model,
)
from polyconcept.models.loading import load_tokenizer


def randomise_model(directory: Path, randomised: Path, *, seed: int) -> None:
    """Draw the weights of a model anew, as its architecture begins its training.

    The tokenizer is that of the model; torch's own random state stays as it is.

    Raises:
        ValueError: The directory is no usable model.
    """
    check_model_directory(directory)
    tokenizer = load_tokenizer(directory)
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = AutoConfig.from_pretrained(directory, **OFFLINE)
        # It draws weights as the architecture's own code does before pre-training.
        model = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    save_model(model, tokenizer, randomised)
