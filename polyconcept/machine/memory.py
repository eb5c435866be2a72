"""Where vectors are held: in memory, or where that is short in a file that stands for it."""

from __future__ import annotations

import ctypes
import logging
import tempfile
from pathlib import Path

import numpy as np

from polyconcept.machine.allowed import free_bytes
from polyconcept.records.arrays import Vectors

_MOST_SHARE = 0.5
"""Of free memory that one array may take: what works on it, and a job beside it, need some too."""
_BLOCK_BYTES = 1 << 24

_log = logging.getLogger(__name__)


def vectors_for(n_words: int, n_dims: int) -> Vectors:
    """Return an array to be filled, float32 [word, dim]; its values are the same wherever it lies.

    One that would take more than half of `free_bytes` lies in a temporary file, in the folder that
    TMPDIR names.

    Raises:
        OSError: The file's disk is full.
    """
    n_bytes, free = 4 * n_words * n_dims, free_bytes()
    if n_bytes <= _MOST_SHARE * free:
        return np.empty((n_words, n_dims), dtype=np.float32)
    folder = Path(tempfile.gettempdir())
    _log.warning(
        "%d words x %d dims take %.1f GiB, and %.1f GiB of memory are free: they are held in a "
        "temporary file in %s, which is slower",
        *(n_words, n_dims, n_bytes / 2**30, free / 2**30, folder),
    )
    return vectors_in_file((n_words, n_dims), folder)


def vectors_in_file(shape: tuple[int, ...], folder: Path) -> Vectors:
    """Return zeros in a nameless temporary file, of which the system keeps in memory what fits.

    Written, not only mapped: a full disk is then an error, not the end of the process.

    Raises:
        OSError: The folder is not there, or its disk is full.
    """
    left = 4 * int(np.prod(shape))
    zeros = bytes(min(left, _BLOCK_BYTES))
    with tempfile.TemporaryFile(dir=folder) as file:
        while left:
            left -= file.write(zeros[:left])
        file.flush()
        # The mapping lasts when the file is closed; both go with the process.
        return np.memmap(file, dtype=np.float32, mode="r+", shape=shape)


def give_back_memory() -> None:
    """Return to the system what is free, which glibc keeps for the next that asks.

    Elsewhere nothing is done.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
