"""Which files of the hub a study uses: a repository at one commit, and the names of model files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from polyconcept.machine.names import plain_name

Kind: TypeAlias = Literal["model", "dataset"]
"""What a repository of the hub holds."""

WEIGHTS = "model.safetensors"
"""The one file of a model's weights that is not split."""
INDEX = "model.safetensors.index.json"
"""Names the shards of weights that are split."""
ADAPTER = "adapter_config.json"
"""Says that the weights are those of an adapter, to be added to another model's."""
UNSAFE_WEIGHTS = (
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "tf_model.h5",
    "flax_model.msgpack",
)
"""Weights in formats that are never read: a pickle can run code."""
TOKENIZER_FILES = (
    ("tokenizer.json",),
    ("vocab.txt",),
    ("sentencepiece.bpe.model",),
    ("sentencepiece.model",),
    ("spiece.model",),
    ("spm.model",),
    ("tokenizer.model",),
    ("vocab.json", "merges.txt"),
)
"""Groups of files, any one of which makes a fast tokenizer in transformers."""
SETTINGS_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "entity_vocab.json",
    "normalizer.json",
)
"""Settings of model and tokenizer; only the first is needed. The last two are those of LUKE and
Whisper."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


_ID = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}")
_REVISION_PART = re.compile(r"[A-Za-z0-9_+@#=][A-Za-z0-9_.+@#=-]*")


def check_repository(name: str) -> str:
    """Return the name of a repository if it can be one on the hub; it becomes a folder of ours.

    Raises:
        ValueError: It is none of the hub's names.
    """
    # The hub has neither `--` nor `..`; two names with `--` could have one folder.
    if not _ID.fullmatch(name) or "--" in name or ".." in name:
        raise ValueError(f"found {name!r}; needed a repository on the hub, such as google/mt5-base")
    return name


def check_revision(name: str) -> str:
    """Return the name of a revision if git can have it; it becomes a path of ours.

    Raises:
        ValueError: A part between slashes is empty, `..`, or begins with a dot or hyphen.
    """
    parts = name.split("/")
    if len(name) > 255 or ".." in name or not all(map(_REVISION_PART.fullmatch, parts)):
        raise ValueError(
            f"found {name!r}; needed a branch, tag or commit (no `..`, no part that is empty or "
            "begins with a dot or hyphen)"
        )
    return name


def shard_names(index: bytes, where: str) -> tuple[str, ...]:
    """Return the names of the files that split weights lie in, sorted, each once.

    Args:
        index: Content of the file `INDEX`.
        where: That file, for the message of an error.

    Raises:
        ValueError: It is no JSON, lacks ``metadata`` or a ``weight_map`` of names to files, or
            names something else than a ``.safetensors`` file beside it.
    """
    try:
        found = json.loads(index)
        _, files = found["metadata"], found["weight_map"].items()  # transformers needs both
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{where} cannot be read ({type(error).__name__}: {error}); needed `metadata` and a "
            "`weight_map` from the names of weights to those of files"
        ) from error
    names = {plain_name(file, f"{where}, weight {weight[:80]!r}") for weight, file in files}
    wrong = sorted(name for name in names if not name.endswith(".safetensors"))
    if wrong or not names:
        raise ValueError(f"{where} names {wrong or 'no files'}, needed .safetensors files")
    return tuple(sorted(names))


@dataclass(frozen=True)
class RepoFile:
    """A file of a repository, as the hub describes it."""

    path: str
    """Path inside the repository, with forward slashes."""
    size: int
    """Bytes of the file itself (not of an LFS pointer)."""
    sha256: str | None
    """SHA-256 (hex) of a large file (LFS); None for a file that git holds itself."""
    blob: str
    """Git's SHA-1 (hex): of the file, or of the LFS pointer to it."""

    def __post_init__(self) -> None:
        for part in self.path.split("/"):
            plain_name(part, f"path {self.path!r}: needed a path inside the repository")
        if self.size < 0:
            raise ValueError(f"{self.path}: size {self.size}, needed 0 or more bytes")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.path}: sha256 {self.sha256!r}, needed 64 hex digits")
        if not _COMMIT.fullmatch(self.blob):
            raise ValueError(f"{self.path}: blob {self.blob!r}, needed 40 hex digits")

    @property
    def digest(self) -> str:
        """What the content is checked by: SHA-256 of a large file, else git's SHA-1."""
        return self.sha256 or self.blob


@dataclass(frozen=True)
class PinnedRepo:
    """A repository of the hub at one commit: the same files for ever."""

    repository: str
    """Id, such as ``google/mt5-base``."""
    kind: Kind
    """``model`` or ``dataset``."""
    asked: str | None
    """Revision that was asked for: branch, tag or commit; None for the main branch."""
    commit: str
    """Commit (40 hex digits) that it was resolved to."""
    files: tuple[RepoFile, ...]
    """Files of that commit, by path."""

    def __post_init__(self) -> None:
        check_repository(self.repository)
        if self.asked is not None:
            check_revision(self.asked)
        if not _COMMIT.fullmatch(self.commit):
            raise ValueError(f"commit {self.commit!r}: needed 40 hex digits")
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)):
            raise ValueError(f"{self}: the files must be in the order of their paths, each once")

    def __str__(self) -> str:
        return f"{self.kind} {self.repository} at commit {self.commit[:12]}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of all files, sorted."""
        return tuple(file.path for file in self.files)

    def file(self, path: str) -> RepoFile:
        """Return the file at `path`.

        Raises:
            ValueError: the repository has no such file.
        """
        for file in self.files:
            if file.path == path:
                return file
        raise ValueError(f"{self} has no file {path}")
