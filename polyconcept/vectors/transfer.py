"""Copy arrays to a device and back, without waiting for a GPU."""

from __future__ import annotations

import numpy as np
import torch

from polyconcept.records.arrays import Int64


def to_device(values: Int64[np.ndarray, "..."], device: torch.device) -> torch.Tensor:
    """Return the values on the device; a GPU fetches them while the CPU goes on."""
    tensor = torch.from_numpy(values)
    if device.type != "cuda":
        return tensor.to(device)
    # Only from page-locked memory does a copy run beside the computing.
    return tensor.pin_memory().to(device, non_blocking=True)


def to_host(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensor on the CPU: from a GPU's memory it comes while the GPU goes on."""
    if tensor.device.type != "cuda":
        return tensor.cpu()
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return host.copy_(tensor, non_blocking=True)


def mark(device: torch.device) -> torch.cuda.Event | None:
    """Return an event that passes when a GPU has done all it was given so far; None elsewhere."""
    if device.type != "cuda":
        return None
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record(torch.cuda.current_stream(device))
    return event
