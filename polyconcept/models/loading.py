"""From a model directory to a tokenizer or a model in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from polyconcept.models.directory import OFFLINE, check_model_directory
from polyconcept.models.quiet import quiet_transformers
from polyconcept.models.shape import Side, sides

Device: TypeAlias = str | torch.device
AutoClass: TypeAlias = type[
    AutoModel
    | AutoModelForMaskedLM
    | AutoModelForSeq2SeqLM
    | AutoModelForSequenceClassification
    | AutoModelForTokenClassification
]


def load_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a model directory, exactly as its ``tokenizer.json`` has it.

    transformers 5 rebuilds the tokenizers of BERT and XLM-R from their vocabulary, with the
    family's usual normalizer in place of the file's: a tokenizer trained to keep capitals would
    silently lose them. So where there is such a file, its content is wrapped again as it is.

    Raises:
        ValueError: The directory is no usable model, or its tokenizer cannot be loaded as a fast
            one, or has no vocabulary.
    """
    check_model_directory(directory)
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(directory, **OFFLINE)
    except Exception as error:  # tokenizers raises bare Exception for a damaged file
        raise ValueError(
            f"model directory {directory}: the tokenizer cannot be read: {error}"
        ) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ValueError(
            f"model directory {directory}: {type(tokenizer).__name__} is no fast tokenizer, and "
            "words cannot be followed to their subwords without one; save it as tokenizer.json"
        )
    file = directory / "tokenizer.json"
    if file.is_file():
        tokenizer = _as_in_file(tokenizer, file)
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise ValueError(f"model directory {directory}: the tokenizer has only special tokens")
    return tokenizer


def _as_in_file(tokenizer: PreTrainedTokenizerFast, file: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of `file`, with the names of special tokens and the limits of `tokenizer`."""
    own = Tokenizer.from_file(str(file))
    special = {
        role: token
        for role, token in tokenizer.special_tokens_map.items()
        # A token that only the family has would get an id beyond the model's embeddings.
        if isinstance(token, str) and own.token_to_id(token) is not None
    }
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=own,
        model_max_length=tokenizer.model_max_length,
        model_input_names=tokenizer.model_input_names,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        **special,
    )


def load_backbone(
    directory: Path,
    *,
    side: Side | None = None,
    device: Device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """Load the model without any head, in evaluation mode; heads in the checkpoint are ignored.

    Args:
        directory: The model directory.
        side: Where given, a side that the model must have.
        device: Where the model computes.
        dtype: Precision that it computes in.

    Raises:
        ValueError: The directory is no usable model, weights of the model itself are missing, or
            it lacks the side.
    """
    model, _ = _load_backbone(directory, dtype=dtype)
    if side is not None and side not in sides(model):
        raise ValueError(
            f"model directory {directory}: {type(model).__name__} has no {side}, only "
            f"{' and '.join(sides(model))}"
        )
    if getattr(model, "pooler", None) is not None:
        # No hidden state depends on it, and it may be random.
        setattr(model, "pooler", None)  # noqa: B010 - the type checker knows no None there
    return _ready(model, device)


def load_for_token_classification(
    directory: Path, labels: Sequence[str], *, seed: int
) -> PreTrainedModel:
    """Load a pre-trained model under a new, random classifier of words (float32, on the CPU).

    A classifier that the checkpoint has is not used.

    Args:
        directory: The model directory.
        labels: Two or more labels, in the order of the outputs.
        seed: Seed of the new weights.

    Raises:
        ValueError: The directory is no usable model, weights of the model itself are missing, or
            the labels are fewer than two or not distinct.
    """
    return _with_new_classifier(AutoModelForTokenClassification, directory, labels, seed)


def load_for_sequence_classification(
    directory: Path, labels: Sequence[str], *, seed: int
) -> PreTrainedModel:
    """As `load_for_token_classification`, with one label for the whole sentence."""
    return _with_new_classifier(AutoModelForSequenceClassification, directory, labels, seed)


def load_for_masked_lm(directory: Path, *, seed: int) -> PreTrainedModel:
    """Load a pre-trained model with its masked-word head, new where the checkpoint has none.

    Raises:
        ValueError: The directory is no usable model, or weights of the model itself are missing.
    """
    with _seeded(seed):
        model, missing = _load(AutoModelForMaskedLM, directory)
    own = f"{model.base_model_prefix}."
    _refuse_missing(directory, [key for key in missing if key.startswith(own)])
    return model


def load_token_classifier(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """Load a model fine-tuned to label words, with its head, in evaluation mode.

    Raises:
        ValueError: The checkpoint is of another kind, or any weight is missing.
    """
    return _ready(_load_fine_tuned(AutoModelForTokenClassification, directory), device)


def load_sequence_classifier(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """Load a model fine-tuned to label sentences, with its head, in evaluation mode.

    Raises:
        ValueError: The checkpoint is of another kind, or any weight is missing.
    """
    return _ready(_load_fine_tuned(AutoModelForSequenceClassification, directory), device)


def _load(
    auto_class: AutoClass, directory: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, list[str]]:
    """A model, and the names of its weights that the checkpoint does not have."""
    check_model_directory(directory)
    try:
        # Loading draws first values for weights that it then reads: no trace of that outside.
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            model, report = auto_class.from_pretrained(
                directory, dtype=dtype, use_safetensors=True, output_loading_info=True, **OFFLINE
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"model directory {directory}: cannot be loaded: {error}") from error
    return model, sorted(report["missing_keys"])


def _load_backbone(
    directory: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, list[str]]:
    """The model without a head; of its weights, only a pooler's may be missing (second value)."""
    model, missing = _load(AutoModel, directory, dtype=dtype)
    _refuse_missing(directory, [key for key in missing if not _is_pooler(key)])
    return model, missing


def _load_fine_tuned(auto_class: AutoClass, directory: Path) -> PreTrainedModel:
    model, missing = _load(auto_class, directory)
    found, needed = model.config.architectures or ["no named class"], type(model).__name__
    if needed not in found:
        # Heads of two kinds may have weights of the same names and shapes.
        raise ValueError(f"model directory {directory}: holds {found[0]}, {needed} is needed")
    _refuse_missing(directory, missing)
    return model


def _with_new_classifier(
    auto_class: AutoClass, directory: Path, labels: Sequence[str], seed: int
) -> PreTrainedModel:
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise ValueError(f"a classifier needs two or more distinct labels, found {list(labels)}")
    backbone, missing = _load_backbone(directory)
    config = AutoConfig.from_pretrained(
        directory,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        **OFFLINE,
    )
    with _seeded(seed):
        model: PreTrainedModel = auto_class.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.float32
        )
    # What the checkpoint lacks (a pooler, if anything) keeps the seeded start.
    weights = {key: value for key, value in backbone.state_dict().items() if key not in missing}
    own: Any = getattr(model, model.base_model_prefix)
    unset = own.load_state_dict(weights, strict=False).missing_keys
    _refuse_missing(directory, [key for key in unset if not _is_pooler(key)])
    return model


def _is_pooler(key: str) -> bool:
    return "pooler" in key.split(".")


def _refuse_missing(directory: Path, missing: Collection[str]) -> None:
    if missing:
        raise ValueError(
            f"model directory {directory}: weights are missing and would be random "
            f"({len(missing)}): {', '.join(missing)}"
        )


def _ready(model: Any, device: Device) -> PreTrainedModel:  # noqa: ANN401 - torch hides its types
    loaded: PreTrainedModel = model.to(device).eval()
    return loaded


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Inside, torch's CPU generator starts from the seed; outside, it is as if never used."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
