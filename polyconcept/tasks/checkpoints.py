"""Checkpoints of a fine-tuning: which may be resumed, and which are left over."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from transformers import PreTrainedModel

from polyconcept.machine.atomic import write_text_atomic

_NAME = re.compile(r"checkpoint-(\d+)")
_MARK = "complete.txt"


def fingerprint(model: PreTrainedModel, parts: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of a fine-tuning's first weights and all else that decides its end.

    `parts` are options, labels and training data: what makes another fine-tuning when it changes.
    """
    digest = hashlib.sha256()
    for name, weights in model.state_dict().items():
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().view(-1).numpy())
    for part in parts:
        # The length keeps apart what two lists of parts would spell together.
        digest.update(f"\0{len(part)}\0".encode())
        digest.update(part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def mark_complete(checkpoint: Path, key: str) -> None:
    """Note that `checkpoint` is complete, what its files hold, and which fine-tuning it is of.

    The Trainer writes a checkpoint file by file: one without this mark was interrupted.
    """
    write_text_atomic(checkpoint / _MARK, "\n".join([key, *_inventory(checkpoint)]) + "\n")


def last_checkpoint(directory: Path, key: str) -> Path | None:
    """Return the newest complete checkpoint of the fine-tuning `key`, or None.

    Others are removed: half-written ones, those of other options, data or weights, and newer ones
    that are damaged.
    """
    usable = [path for path in _checkpoints(directory) if not _removed(path, _fault(path, key))]
    # All are large: only the one to go on from is read.
    while usable and _removed(usable[-1], _damage(usable[-1])):
        usable.pop()
    return usable[-1] if usable else None


def _removed(checkpoint: Path, reason: str | None) -> bool:
    """Remove a checkpoint for a reason, where there is one; return whether there was."""
    if reason is not None:
        logging.getLogger(__name__).warning("removing %s: %s", checkpoint, reason)
        shutil.rmtree(checkpoint)
    return reason is not None


def remove_checkpoints(directory: Path) -> None:
    """Remove all checkpoints, once the fine-tuned model has been saved."""
    for checkpoint in _checkpoints(directory):
        shutil.rmtree(checkpoint)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def _checkpoints(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("checkpoint-")))


def _fault(checkpoint: Path, key: str) -> str | None:
    mark = checkpoint / _MARK
    if not mark.is_file():
        return "it was cut off while it was written"
    if _lines(mark)[:1] != [key]:
        return "it belongs to other options, data or starting weights"
    return None


def _damage(checkpoint: Path) -> str | None:
    if _lines(checkpoint / _MARK)[1:] != _inventory(checkpoint):
        return "its files have changed since it was written"
    return None


def _inventory(checkpoint: Path) -> list[str]:
    files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != _MARK)
    return [f"{_sha256(path)} {path.relative_to(checkpoint)}" for path in files]


def _lines(mark: Path) -> list[str]:
    return mark.read_text(encoding="utf-8", errors="replace").splitlines()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
