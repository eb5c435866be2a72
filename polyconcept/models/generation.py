"""Models that write text: encoder, decoder and vocabulary head."""

from __future__ import annotations

from pathlib import Path

from transformers import (
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForSeq2SeqLM,
    GenerationConfig,
    PreTrainedModel,
)

from polyconcept.models.directory import OFFLINE, check_model_directory
from polyconcept.models.loading import Device, _load, _ready, _refuse_missing


def load_for_generation(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """Load a model that reads a text and writes one (float32), in evaluation mode.

    Of the directory's settings for generation, only the subwords that begin, fill and end a text
    are kept: whoever asks for an answer says how it is searched for, never a file.

    Raises:
        ValueError: The directory is no usable model, its model has no decoder or no vocabulary
            head, weights are missing, or no subword begins, fills or ends a text.
    """
    check_model_directory(directory)
    config = AutoConfig.from_pretrained(directory, **OFFLINE)
    if type(config) not in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        raise ValueError(
            f"model directory {directory}: holds a model of type {config.model_type!r}; to write "
            "text it needs encoder, decoder and vocabulary head, as mt5 has them"
        )
    model, missing = _load(AutoModelForSeq2SeqLM, directory)
    _refuse_missing(directory, missing)
    _forget_settings(model, directory)
    return _ready(model, device)


def _forget_settings(model: PreTrainedModel, directory: Path) -> None:
    """Leave no setting of generation behind, in either of the two files that may have them."""
    needed = ("decoder_start_token_id", "pad_token_id", "eos_token_id")
    ids = {name: getattr(model.config, name, None) for name in needed}
    # mBART's decoder may begin with the code of the language that it shall write.
    begins_with_code = model.config.model_type == "mbart"
    unknown = [name for name, number in ids.items() if number is None]
    unknown = [name for name in unknown if not (begins_with_code and name == needed[0])]
    if unknown:
        raise ValueError(f"model directory {directory}: config.json lacks {', '.join(unknown)}")
    model.generation_config = GenerationConfig(**ids)  # type: ignore[no-untyped-call]
    # Older checkpoints have some in config.json, with which transformers 5 saves no model.
    for name in model.config._get_generation_parameters():
        delattr(model.config, name)
