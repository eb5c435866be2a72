"""Which device torch computes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def choose_device(name: str, *, n_gpus: int = 0) -> str:
    """Return the device of that name; ``auto`` takes CUDA, else Apple's MPS, else the CPU.

    A number after a colon (``cuda:1``) means one of several. Where the job asked its cluster for
    `n_gpus`, ``auto`` means one of them: no job shall hold a GPU for days beside its CPU.

    Raises:
        ValueError: torch finds no such device on this machine.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if n_gpus and name == "auto" and not there["cuda"]:
        raise ValueError(
            f"the job asked for {n_gpus} GPU, but torch {torch.__version__} finds none on this "
            f"node (CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'not set')}); "
            "check the build of torch and the partition, or set `device: cpu` in the study"
        )
    if name == "auto":
        return next((kind for kind, found in there.items() if found), "cpu")
    if not there.get(name.split(":")[0], name == "cpu"):
        raise ValueError(
            f"device {name!r}: torch {torch.__version__} finds none; needed cpu, auto, or one of "
            f"{[kind for kind, found in there.items() if found]}"
        )
    return name


@contextmanager
def cpu_threads(n_threads: int) -> Iterator[None]:
    """Let torch compute with so many threads of the CPU inside the block.

    Training adds in another order with another number, and ends in other weights: so there it is a
    setting of the study and not of the run.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
