"""Which device torch computes on."""

from __future__ import annotations

import torch

__all__ = ["choose_device"]


def choose_device(name: str = "auto") -> str:
    """Return the device of that name; ``auto`` takes CUDA, else Apple's MPS, else the CPU.

    Raises:
        ValueError: torch finds no such device on this machine.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next((kind for kind, found in there.items() if found), "cpu")
    if not there.get(name.split(":")[0], name == "cpu"):
        raise ValueError(
            f"device {name!r}: torch {torch.__version__} finds none; needed cpu, auto, or one of "
            f"{[kind for kind, found in there.items() if found]}"
        )
    return name
