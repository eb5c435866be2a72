"""From a model directory to a tokenizer or a model in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import torch
from tokenizers import Tokenizer
from transformers import (
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from polyconcept.machine.memory import give_back_memory
from polyconcept.machine.panics import panics_in_silence
from polyconcept.models.directory import OFFLINE, check_model_directory, quiet_transformers
from polyconcept.models.shape import Side, needs_side

Device: TypeAlias = str | torch.device
AutoClass: TypeAlias = type[Any]  # AutoModel and its likes, which have no class in common

# Letters of many scripts, combining marks, and runs, on which patterns stumble.
_TRIALS = (
    "",
    "The doctor's house, built in 1984 (at 3.5 km).",
    "Größe naïve e\u0301 o\u0308 \u200b\u00ad",
    "Αλφάβητο Здесь дом ქართული Հայերեն",
    "بيت قديم می\u200cخواهم שָׁלוֹם",
    "नमस्ते दुनिया বাংলা தமிழ் ไทย ລາວ ខ្មែរ မြန်မာ አማርኛ",
    "中文汉字 日本語カタカナ 한국어",
    "𝒳𐍈 🙂 👩\u200d👩\u200d👧 <s> [MASK] \ufffd \ue000",
    *(run * 300 for run in ("a", "1", "-", "ab ", "ا", "न", "中", "\u0301")),
)


def load_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a model directory, exactly as its ``tokenizer.json`` has it.

    Raises:
        ValueError: The directory is no usable model, or its tokenizer cannot be loaded as a fast
            one, has no vocabulary, or fails at a text of some script.
    """
    check_model_directory(directory)
    try:
        with quiet_transformers(), panics_in_silence():
            tokenizer = _tokenizer_of(directory)
    except Exception as error:  # tokenizers raises bare Exception for a damaged file
        said = " ".join(str(error).split())
        raise ValueError(
            f"model directory {directory}: the tokenizer cannot be read: {said}"
        ) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ValueError(
            f"model directory {directory}: {type(tokenizer).__name__} is no fast tokenizer, and "
            "words cannot be followed to their subwords without one; save it as tokenizer.json"
        )
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise ValueError(f"model directory {directory}: the tokenizer has only special tokens")
    for text in _TRIALS:
        try:
            with panics_in_silence():
                tokenizer(text, verbose=False)
        except Exception as error:  # bare ones, too, come from tokenizers
            said = " ".join(str(error).split())
            raise ValueError(
                f"model directory {directory}: the tokenizer cannot split {text[:40]!r}: {said}"
            ) from error
    return tokenizer


def _tokenizer_of(directory: Path) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(directory, **OFFLINE)
    # transformers 5 rebuilds the tokenizers of BERT and XLM-R from their vocabulary, with the
    # family's usual normalizer in place of the file's: a tokenizer trained to keep capitals would
    # silently lose them. So the content of such a file is wrapped again as it is.
    file = directory / "tokenizer.json"
    if not isinstance(tokenizer, PreTrainedTokenizerFast) or not file.is_file():
        return tokenizer
    special = dict(tokenizer.special_tokens_map)
    limits = {
        name: getattr(tokenizer, name)
        for name in ("model_max_length", "model_input_names", "padding_side", "truncation_side")
    }
    # One with 250,000 subwords takes 280 MB: of the three that are loaded, one is there at a time.
    del tokenizer
    give_back_memory()
    own = Tokenizer.from_file(str(file))
    # A token that only the family has would get an id beyond the model's embeddings.
    special = {
        role: token
        for role, token in special.items()
        if isinstance(token, str) and own.token_to_id(token) is not None
    }
    del own
    give_back_memory()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(file), **limits, **special
    )


def load_backbone(
    directory: Path,
    *,
    side: Side | None = None,
    device: Device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """Load the model without any head, in evaluation mode; heads in the checkpoint are ignored.

    If a side is given, the model must have it.

    Raises:
        ValueError: The directory is no usable model, weights of the model itself are missing, or
            it lacks the side, as running it shows (`needs_side`).
    """
    model, _ = _load_backbone(directory, dtype=dtype)
    return _ready_backbone(model, directory, side, device)


def load_random_backbone(
    directory: Path,
    *,
    seed: int,
    side: Side | None = None,
    device: Device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """Load the model as `load_backbone` does, with weights drawn anew: a control.

    They are drawn as the architecture's own code does before pre-training, in float32 and on the
    CPU whatever is computed with: the same weights on every device. Torch's own random state stays
    as it is.

    Raises:
        ValueError: The directory is no usable model, or it lacks the side.
    """
    check_model_directory(directory)
    with quiet_transformers(), _seeded(seed):
        config = AutoConfig.from_pretrained(directory, **OFFLINE)
        drawn: Any = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        # As weights of a file: an architecture may keep some in float32 whatever `dtype` says.
        model = type(drawn).from_pretrained(
            None, config=config, state_dict=drawn.state_dict(), dtype=dtype
        )
    return _ready_backbone(model, directory, side, device)


def _ready_backbone(
    model: PreTrainedModel, directory: Path, side: Side | None, device: Device
) -> PreTrainedModel:
    if getattr(model, "pooler", None) is not None:
        # No hidden state depends on it, and it may be random.
        setattr(model, "pooler", None)  # noqa: B010 - the type checker knows no None there
    ready = _ready(model, device)
    if side is not None:
        try:
            needs_side(ready, side)
        except ValueError as error:
            raise ValueError(f"model directory {directory}: {error}") from error
    return ready


def load_for_token_classification(
    directory: Path, labels: Sequence[str], *, seed: int
) -> PreTrainedModel:
    """Load a pre-trained model under a new, random classifier of words (float32, on the CPU).

    Its outputs are two or more `labels`, in this order; a classifier that the checkpoint has is not
    used.

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


def load_token_classifier(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """Load a model fine-tuned to label words, with its head, in evaluation mode.

    Raises:
        ValueError: The checkpoint is of another kind, or any weight is missing.
    """
    return _ready(_load_fine_tuned(AutoModelForTokenClassification, directory), device)


def load_sequence_classifier(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """As `load_token_classifier`, of a model fine-tuned to label sentences."""
    return _ready(_load_fine_tuned(AutoModelForSequenceClassification, directory), device)


def load_for_generation(directory: Path, *, device: Device = "cpu") -> PreTrainedModel:
    """Load a model that reads a text and writes one (float32), in evaluation mode.

    Of the directory's settings for generation, only the subwords that begin, fill and end a text
    are kept: how an answer is searched for is said by who asks for it, never by a file.

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


def _load(
    auto_class: AutoClass, directory: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, list[str]]:
    """Return a model, and the names of its weights that the checkpoint does not have."""
    check_model_directory(directory)
    try:
        # Loading first draws weights at random and then reads them: no trace of that outside.
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            model, report = auto_class.from_pretrained(
                directory, dtype=dtype, use_safetensors=True, output_loading_info=True, **OFFLINE
            )
    except Exception as error:  # each architecture fails in its own way
        said = " ".join(str(error).split())
        raise ValueError(f"model directory {directory}: cannot be loaded: {said}") from error
    return model, sorted(report["missing_keys"])


def _load_backbone(
    directory: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, list[str]]:
    """Return the model without a head, and the names of missing weights: a pooler's, if any."""
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
        model: PreTrainedModel = auto_class.from_config(config, dtype=torch.float32)
    # What the checkpoint lacks (a pooler, if anything) keeps the seeded start.
    weights = {key: value for key, value in backbone.state_dict().items() if key not in missing}
    own: Any = getattr(model, model.base_model_prefix)
    unset = own.load_state_dict(weights, strict=False).missing_keys
    _refuse_missing(directory, [key for key in unset if not _is_pooler(key)])
    return model


def _forget_settings(model: PreTrainedModel, directory: Path) -> None:
    """Leave no setting of generation behind, in either of the two files that may have them."""
    needed = ("decoder_start_token_id", "pad_token_id", "eos_token_id")
    ids = {name: getattr(model.config, name, None) for name in needed}
    # mBART's decoder may begin with the code of the language to write.
    begins_with_code = model.config.model_type == "mbart"
    unknown = [name for name, number in ids.items() if number is None]
    unknown = [name for name in unknown if not (begins_with_code and name == needed[0])]
    if unknown:
        raise ValueError(f"model directory {directory}: config.json lacks {', '.join(unknown)}")
    model.generation_config = GenerationConfig(**ids)  # type: ignore[no-untyped-call]
    # Older checkpoints have some in config.json, with which transformers 5 saves no model.
    for name in model.config._get_generation_parameters():
        delattr(model.config, name)


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
    """Seed torch's CPU generator inside the block, and leave no trace of that outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
