"""What a model directory must hold; writing and copying one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import transformers
from safetensors import SafetensorError, safe_open
from transformers import CONFIG_MAPPING, AutoConfig
from transformers.utils import logging

from polyconcept.machine.atomic import atomic_directory
from polyconcept.machine.names import plain_name
from polyconcept.records.repositories import (
    ADAPTER,
    INDEX,
    SETTINGS_FILES,
    TOKENIZER_FILES,
    UNSAFE_WEIGHTS,
    WEIGHTS,
    shard_names,
)

if TYPE_CHECKING:
    # Whatever these stand for loads half of transformers, which to copy a model takes none of.
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

OFFLINE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
"""Options of every ``from_pretrained`` here: no network, no code from the directory."""

_SETTINGS = (*SETTINGS_FILES, *(file for group in TOKENIZER_FILES for file in group))
_READ = (*_SETTINGS, WEIGHTS, INDEX, ADAPTER, "chat_template.jinja")
_TEMPLATES = "additional_chat_templates"


def check_model_directory(directory: Path) -> None:
    """Refuse a directory that holds no usable model, before anything expensive starts.

    Raises:
        ValueError: Names the directory and everything that is wrong with it: config.json missing
            or unusable, no safetensors weights (or weights in pickle or TensorFlow files only),
            missing shards, weights damaged or cut short, no tokenizer; an adapter; a link, or a
            name in a file, that leads out of the directory.
    """
    if not directory.is_dir():
        raise ValueError(f"model directory {directory}: no such directory")
    # First of all: nothing is read through a link that leads elsewhere.
    templates = (f"{_TEMPLATES}/{file.name}" for file in (directory / _TEMPLATES).glob("*"))
    problems = list(_links_out(directory, [*_READ, _TEMPLATES, *templates]))
    if problems:
        raise ValueError(f"model directory {directory}: " + "; ".join(problems))
    problems = [*_config_problems(directory), *_weight_problems(directory)]
    if not any(all((directory / file).is_file() for file in group) for group in TOKENIZER_FILES):
        known = ", ".join("+".join(group) for group in TOKENIZER_FILES)
        problems.append(f"no tokenizer: one of {known} is needed")
    problems += _tokenizer_problems(directory)
    if problems:
        raise ValueError(f"model directory {directory}: " + "; ".join(problems))


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence load reports and progress bars; callers check what these would warn of."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, directory: Path) -> None:
    """Write weights (safetensors), config and tokenizer; the directory appears whole or not at all.

    An existing directory is replaced.
    """
    with atomic_directory(directory) as partial, quiet_transformers():
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)


def copy_model(source: Path, destination: Path) -> None:
    """Copy the files of a checked model directory that loading needs, and no others.

    Raises:
        ValueError: The source is no usable model directory.
    """
    check_model_directory(source)
    names = {*_SETTINGS, *weight_files(source)}
    names |= {INDEX} if not (source / WEIGHTS).is_file() else set()
    with atomic_directory(destination) as partial:
        for name in sorted(names):
            if (source / name).is_file():
                shutil.copyfile(source / name, partial / name)


def weight_files(directory: Path) -> tuple[str, ...]:
    """Return the names of a model directory's weight files: the single one, or the index's shards.

    Raises:
        ValueError: The index cannot be read, or names something else than files beside it.
    """
    if (directory / WEIGHTS).is_file():
        return (WEIGHTS,)
    if (directory / INDEX).is_file():
        return shard_names((directory / INDEX).read_bytes(), INDEX)
    return ()


def read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a JSON file of a model; none where it is missing or cannot be used."""
    # transformers reads it too, and says what is wrong with it.
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _links_out(directory: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield links that lead out of the directory: its owner may not know what they let us read."""
    own = directory.resolve()
    # Only the hub's cache is built so: its folders snapshots/COMMIT hold links into blobs.
    allowed = [own, own.parent.parent / "blobs"] if own.parent.name == "snapshots" else [own]
    for name in names:
        if not (directory / name).is_symlink():
            continue
        target = (directory / name).resolve()
        if not any(target.is_relative_to(folder) for folder in allowed):
            yield f"{name} is a link out of it, to {target}; put a copy in its place"


def _config_problems(directory: Path) -> Iterator[str]:
    if not (directory / "config.json").is_file():
        yield "config.json is missing"
        return
    if (directory / ADAPTER).is_file():
        yield (
            f"holds an adapter ({ADAPTER}), a whole model is needed: merge it into the model that "
            "it was made for, and save that"
        )
    config = read_settings(directory / "config.json")
    problems = [*_remote_code(config), *_other_weights(config)]
    yield from problems
    if problems:
        return
    try:
        AutoConfig.from_pretrained(directory, **OFFLINE)
    except Exception as error:  # huggingface_hub has classes of its own for wrong types
        yield f"config.json cannot be used ({' '.join(str(error).splitlines()[:2])})"


def _remote_code(config: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a model whose code lies beside it; such code is never run."""
    family = config.get("model_type")
    if config.get("auto_map") and not (isinstance(family, str) and family in CONFIG_MAPPING):
        yield (
            f"config.json cannot be used (it contains custom code, auto_map, for the model type "
            f"{family!r}, which transformers {transformers.__version__} does not have; such code "
            "is never run)"
        )


def _other_weights(config: dict[str, Any]) -> Iterator[str]:
    """Yield whether transformers would read other weights than those that are checked."""
    named = config.get("transformers_weights")
    if named not in (None, WEIGHTS, INDEX):
        yield f"config.json: transformers_weights is {named!r}, needed {WEIGHTS} or {INDEX}"


def _tokenizer_problems(directory: Path) -> Iterator[str]:
    about = read_settings(directory / "tokenizer_config.json")
    if about.get("gguf_file") is not None:
        yield "tokenizer_config.json: gguf_file names another file, which is never read"
    versions = about.get("fast_tokenizer_files")
    if versions is not None:
        try:
            for name in versions:
                plain_name(name, "tokenizer_config.json, fast_tokenizer_files")
        except (TypeError, ValueError) as error:
            yield str(error)
    file = directory / "tokenizer.json"
    if not file.is_file():
        return
    try:
        json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        yield f"{file.name} is damaged or cut short ({error})"


def _weight_problems(directory: Path) -> Iterator[str]:
    try:
        files = weight_files(directory)
    except ValueError as error:
        yield str(error)
        return
    unsafe = [file for file in UNSAFE_WEIGHTS if (directory / file).is_file()]
    if not files and unsafe:
        yield (
            f"weights only in {', '.join(unsafe)}, {WEIGHTS} is needed (a pickle can run code); "
            "where you trust the file, convert it once: load it with transformers' "
            "from_pretrained and write it with save_pretrained"
        )
    elif not files:
        yield f"no weights: {WEIGHTS} or {INDEX} is needed"
    links = list(_links_out(directory, files))
    yield from links
    for file in files if not links else ():
        try:
            with safe_open(directory / file, framework="pt"):
                pass  # opening checks the header, and that the file is as long as it says
        except FileNotFoundError:
            yield f"{file}, named in {INDEX}, is missing"
        except SafetensorError as error:
            yield f"{file} is damaged or cut short ({error})"
