"""The content of a user's own files, as the jobs that read them carry it in their params."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_OF_A_MODEL = (".json", ".safetensors", ".txt", ".model")
# A safetensors file begins with its header, which says how the tensors lie, and ends in one of
# them: other weights, of the same shapes too, differ there.
_END_BYTES = 2**20


def content_hash(places: Iterable[Path]) -> str:
    """Return the SHA-256 (hex) of files; of a model's folder, of names, sizes and files' ends.

    Weights are too large to be read at every planning.
    """
    digest = hashlib.sha256()
    for place in places:
        if not place.is_dir():
            digest.update(place.read_bytes())
            continue
        for path in sorted(place.glob("*")):
            if path.suffix in _OF_A_MODEL and path.is_file():
                n_bytes = path.stat().st_size
                digest.update(f"{path.name} {n_bytes}\n".encode())
                with path.open("rb") as file:
                    digest.update(file.read(_END_BYTES))
                    file.seek(max(0, n_bytes - _END_BYTES))
                    digest.update(file.read())
    return digest.hexdigest()
