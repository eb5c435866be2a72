"""Float32 as bfloat16 and back: the upper half of its bits, rounded to the nearest, ties to even.

NumPy has no such type, nor has HDF5: files hold the bits as uint16. A number keeps its range and 8
of its 24 binary digits: it is off by at most 1/256 of itself.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt16

from polyconcept.records.arrays import Vectors


def to_bits(values: Vectors) -> UInt16[np.ndarray, "word dim"]:
    """Return the bits of finite numbers, rounded."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    # Half a unit of what is kept, less one where what is kept is even: ties go to even.
    half = ((bits >> 16) & 1) + np.uint32(0x7FFF)
    return ((bits + half) >> 16).astype(np.uint16)


def from_bits(bits: UInt16[np.ndarray, "word dim"]) -> Vectors:
    """Return the numbers."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
