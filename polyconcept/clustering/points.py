"""Centred vectors, and the threads that share out their row blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch

from polyconcept.clustering.checks import sum_rows
from polyconcept.records.arrays import Bool, Float32, Float64, Int64, Vectors

SEGMENT = 512
"""Words whose distances k-means++ adds up together."""


@dataclass(frozen=True)
class Points:
    """Vectors of one k-means problem: mean taken off in float64, kept as float32 on the device."""

    rows: Float32[torch.Tensor, "word dim"]
    """One row per word."""
    norm: Float32[torch.Tensor, " word"]
    """Length of each row."""
    mean: Float64[np.ndarray, " dim"]
    """What was taken off: centers are returned with it added again."""
    variance: float
    """Mean over the dims of their variance, which scikit-learn's tolerance is relative to."""

    @property
    def n_words(self) -> int:
        """Rows of the vectors."""
        return self.rows.shape[0]

    @property
    def n_dims(self) -> int:
        """Columns of the vectors."""
        return self.rows.shape[1]

    @property
    def device(self) -> torch.device:
        """Where the rows lie."""
        return self.rows.device

    @property
    def wide(self) -> torch.dtype:
        """Type for sums and near ties: float64, or float32 on Apple GPUs, which have no other."""
        return torch.float32 if self.device.type == "mps" else torch.float64

    @property
    def slack(self) -> float:
        """Share of a squared distance in `wide` that is far more than its rounding."""
        return 8 * (self.n_dims + 8) * torch.finfo(self.wide).eps

    def block_rows(self, width: int) -> int:
        """Return the rows of a block, of `width` numbers each, that suits the device."""
        # A CPU block of 2**19 float32 (2 MiB) stays in a core's cache from the matrix product to
        # the search for the nearest center; a GPU wants few and large blocks.
        n_numbers = 2**19 if self.device.type == "cpu" else 2**26
        return max(64, n_numbers // width)


def centred_points(vectors: Vectors, device: torch.device, *, overwrite: bool = False) -> Points:
    """Take the mean off finite vectors and move them to the device.

    With `overwrite` the memory of `vectors` is used, which then holds the centred ones.
    """
    # Without the mean the float32 distances lose no digits to a common shift of all words, which
    # hidden states have in a few dims.
    n_words, n_dims = vectors.shape
    mean = sum_rows(vectors) / n_words
    norm = np.empty(n_words, dtype=np.float32)

    def blocks() -> Iterator[tuple[slice, Vectors]]:
        for i in range(0, n_words, SEGMENT):
            block = slice(i, i + SEGMENT)
            centred = vectors[block].astype(np.float64) - mean
            norm[block] = np.sqrt(np.einsum("wd,wd->w", centred, centred))
            yield block, centred.astype(np.float32)

    usable = overwrite and vectors.flags.c_contiguous and vectors.flags.writeable
    rows = vectors if usable else np.empty_like(vectors, order="C", subok=False)
    for block, centred in blocks():
        rows[block] = centred
    variance = float(np.square(norm, dtype=np.float64).sum()) / (n_words * n_dims)
    on_device = torch.from_numpy(rows).to(device), torch.from_numpy(norm).to(device)
    return Points(*on_device, mean, variance)


def true_cells(mask: Bool[torch.Tensor, "..."]) -> Int64[torch.Tensor, " cell"]:
    """Return flat indices of the true cells, ascending."""
    if mask.device.type == "cpu":
        # numpy finds a few true cells in a large mask ten times faster than torch.
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.flatten().nonzero()[:, 0]


class Team:
    """Threads that share out blocks, each block computed by one thread alone.

    A matrix product or sum that torch splits over threads rounds differently for each number of
    threads; one draw of k-means++ is enough to turn that into other clusters. With fixed blocks
    and one thread per block the bits are the same for any number of threads. It is also faster:
    a block stays in the cache of the core that made it. As many threads as torch was set to are
    used; inside the context torch itself runs with one, and multiplies float32 without TF32 or
    bfloat16 shortcuts, whose error the search for near ties does not allow for.
    """

    def __init__(self, device: torch.device) -> None:
        self.size = torch.get_num_threads() if device.type == "cpu" else 1
        self._undo = ExitStack()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Team:
        with ExitStack() as undo:
            undo.callback(torch.set_num_threads, torch.get_num_threads())
            undo.callback(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision())
            torch.set_float32_matmul_precision("highest")
            if self.size > 1:
                torch.set_num_threads(1)
                # The number of threads is a setting of each thread: tell the new ones, too.
                self._pool = undo.enter_context(
                    ThreadPoolExecutor(self.size, initializer=torch.set_num_threads, initargs=(1,))
                )
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool = None
        self._undo.close()

    def share(self, task: Callable[[range], None], n_blocks: int) -> None:
        """Call the task with disjoint ranges that together are the blocks 0 .. n_blocks - 1."""
        n_parts = min(self.size, n_blocks)
        parts = [range(part, n_blocks, n_parts) for part in range(n_parts)]
        if self._pool is None or n_parts == 1:
            for part in parts:
                task(part)
        else:
            list(self._pool.map(task, parts))
