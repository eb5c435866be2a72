"""Which files of the hub a study uses: a repository at one commit, and the names of model files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "INDEX",
    "SETTINGS_FILES",
    "TOKENIZER_FILES",
    "UNSAFE_WEIGHTS",
    "WEIGHTS",
    "Kind",
    "PinnedRepo",
    "RepoFile",
]

Kind: TypeAlias = Literal["model", "dataset"]
"""What a repository of the hub holds."""

WEIGHTS = "model.safetensors"
"""The one file of a model's weights that is not split."""
INDEX = "model.safetensors.index.json"
"""Names the shards of weights that are split."""
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
    ("spiece.model",),
    ("tokenizer.model",),
    ("vocab.json", "merges.txt"),
)
"""Groups of files, any one of which makes a tokenizer."""
SETTINGS_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
"""Settings of model and tokenizer; only the first is needed."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
        parts = self.path.split("/")
        if not self.path or "\\" in self.path or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"path {self.path!r}: needed a path inside the repository")
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
        """The file at `path`.

        Raises:
            ValueError: the repository has no such file.
        """
        for file in self.files:
            if file.path == path:
                return file
        raise ValueError(f"{self} has no file {path}")
