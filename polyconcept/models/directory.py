"""What a model directory must hold; writing and copying one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import transformers
from safetensors import SafetensorError, safe_open
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedModel, PreTrainedTokenizerBase

from polyconcept.machine.atomic import atomic_directory
from polyconcept.models.quiet import quiet_transformers
from polyconcept.records.repositories import (
    INDEX,
    SETTINGS_FILES,
    TOKENIZER_FILES,
    UNSAFE_WEIGHTS,
    WEIGHTS,
)

OFFLINE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
"""What every ``from_pretrained`` here is told: no network, no code from the directory."""


def check_model_directory(directory: Path) -> None:
    """Refuse a directory that holds no usable model, before anything expensive starts.

    Raises:
        ValueError: Names the directory and everything that is wrong with it: config.json missing
            or unusable, no safetensors weights (or weights in pickle or TensorFlow files only),
            missing shards, weights damaged or cut short, no tokenizer.
    """
    if not directory.is_dir():
        raise ValueError(f"model directory {directory}: no such directory")
    problems = [*_config_problems(directory), *_weight_problems(directory)]
    if not any(all((directory / file).is_file() for file in group) for group in TOKENIZER_FILES):
        known = ", ".join("+".join(group) for group in TOKENIZER_FILES)
        problems.append(f"no tokenizer: one of {known} is needed")
    problems += _tokenizer_problems(directory)
    if problems:
        raise ValueError(f"model directory {directory}: " + "; ".join(problems))


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, directory: Path) -> None:
    """Write weights (safetensors), config and tokenizer; the directory appears whole or not at all.

    A directory that stands there is replaced.
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
    names = [*SETTINGS_FILES, *(file for group in TOKENIZER_FILES for file in group)]
    names += [INDEX] if not (source / WEIGHTS).is_file() else []
    with atomic_directory(destination) as partial:
        for name in (*names, *_weight_files(source)):
            if (source / name).is_file():
                shutil.copyfile(source / name, partial / name)


def _config_problems(directory: Path) -> Iterator[str]:
    if not (directory / "config.json").is_file():
        yield "config.json is missing"
        return
    remote = _remote_code(directory / "config.json")
    if remote:
        yield remote
        return
    try:
        AutoConfig.from_pretrained(directory, **OFFLINE)
    except Exception as error:  # huggingface_hub has classes of its own for wrong types
        yield f"config.json cannot be used ({' '.join(str(error).splitlines()[:2])})"


def _remote_code(file: Path) -> str | None:
    """What is wrong with a model whose code lies beside it; such code is never run."""
    try:
        config = json.loads(file.read_bytes())
        own, family = config.get("auto_map"), config.get("model_type")
    except (ValueError, AttributeError):
        return None  # transformers says what is wrong with it
    if not own or family in CONFIG_MAPPING:
        return None
    return (
        f"config.json cannot be used (it contains custom code, auto_map, for the model type "
        f"{family!r}, which transformers {transformers.__version__} does not have; such code is "
        "never run)"
    )


def _tokenizer_problems(directory: Path) -> Iterator[str]:
    file = directory / "tokenizer.json"
    if not file.is_file():
        return
    try:
        json.loads(file.read_bytes())
    except ValueError as error:
        yield f"{file.name} is damaged or cut short ({error})"


def _weight_problems(directory: Path) -> Iterator[str]:
    try:
        files = _weight_files(directory)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"{INDEX} cannot be read ({error})"
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
    for file in files:
        try:
            with safe_open(directory / file, framework="pt"):
                pass  # opening checks the header, and that the file is as long as it says
        except FileNotFoundError:
            yield f"{file}, named in {INDEX}, is missing"
        except SafetensorError as error:
            yield f"{file} is damaged or cut short ({error})"


def _weight_files(directory: Path) -> list[str]:
    """Names of the weight files: the single one, or the shards that the index names."""
    if (directory / WEIGHTS).is_file():
        return [WEIGHTS]
    if (directory / INDEX).is_file():
        return sorted(set(json.loads((directory / INDEX).read_bytes())["weight_map"].values()))
    return []
