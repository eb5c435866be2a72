"""Chunks of vectors as HDF5's filters `shuffle` and `deflate` would leave them, made much faster.

They are float32, or the bits of bfloat16. A float's highest byte (sign, most of the exponent) takes
few values and packs well; the others are close to noise, and deflate spends most of its time on
finding that out. So the highest bytes are packed, by ISA-L's deflate, and bytes that are noise are
put into the stream as they are. What comes out is an ordinary zlib stream (RFC 1950, 1951): every
HDF5 library reads it.
"""

from __future__ import annotations

from math import gcd
from typing import TypeAlias

import numpy as np
from isal import isal_zlib
from jaxtyping import Float32, UInt8, UInt16

FILTERS = {"shuffle": True, "compression": "gzip", "compression_opts": 1}
"""Options of `h5py.Group.create_dataset` whose chunks `packed_chunk` makes."""

# Deflate with a window of 32 KiB (RFC 1950); a last block, stored and empty (RFC 1951, 3.2.4).
_HEADER, _END = b"\x78\x01", b"\x01\x00\x00\xff\xff"
_LONGEST = 0xFFFF  # bytes of a block that deflate stores as they are
_SHORTEST, _BLOCK_HEADER = 2**14, 5
_SAMPLE = 2**12
"""Bytes that a plane's entropy is told by: to a twentieth of a bit."""
_MOST_BITS = 7.0
"""Bytes of more bits of entropy are stored: packing gains too little."""
_FLUSH_BYTES = 64

_Bytes: TypeAlias = UInt8[np.ndarray, " _"]


def packed_chunk(
    values: Float32[np.ndarray, "row dim"] | UInt16[np.ndarray, "row dim"],
) -> memoryview:
    """Return a whole chunk of a data set, ready for HDF5's direct write."""
    size = values.dtype.itemsize
    kind = values.dtype.newbyteorder("<")
    of_values = np.ascontiguousarray(values, dtype=kind).view(np.uint8).reshape(-1, size)
    # The longest that it can be, as zlib's own blocks are shorter: no bytes are copied twice.
    n_blocks = -(-len(of_values) // _SHORTEST)
    out = np.empty(
        size * (len(of_values) + _BLOCK_HEADER * n_blocks + _FLUSH_BYTES), dtype=np.uint8
    )
    end, check = _put(out, 0, _HEADER), 1
    for plane in of_values.T:
        if _entropy(plane) < _MOST_BITS:
            whole = np.ascontiguousarray(plane)
            check = isal_zlib.adler32(whole.data, check)
            end = _put(out, end, _packed(whole))
        else:
            end, check = _put_stored(out, end, plane, check)
    end = _put(out, end, _END + check.to_bytes(4, "big"))
    return out[:end].data


def _put(out: _Bytes, start: int, data: bytes) -> int:
    end = start + len(data)
    out[start:end] = np.frombuffer(data, dtype=np.uint8)
    return end


def _entropy(plane: _Bytes) -> float:
    """Return the bits that a value of a plane needs, by some of them."""
    step = max(1, len(plane) // _SAMPLE)
    # Without a common factor, so that the sample meets every dim: 64 would see 8 of 512.
    while gcd(step, len(plane)) > 1:
        step -= 1
    counts = np.bincount(plane[::step])
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _packed(plane: _Bytes) -> bytes:
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
    # Flushed, not finished: the next block begins at a whole byte.
    return packer.compress(plane.data) + packer.flush(isal_zlib.Z_FULL_FLUSH)


def _put_stored(out: _Bytes, start: int, plane: _Bytes, check: int) -> tuple[int, int]:
    """Return the end of what is put, and the checksum of the stream so far."""
    for first in range(0, len(plane), _LONGEST):
        data = plane[first : first + _LONGEST]
        size = len(data)
        sizes = size.to_bytes(2, "little") + (size ^ _LONGEST).to_bytes(2, "little")
        start = _put(out, start, b"\x00" + sizes)
        block = out[start : start + size]
        block[:] = data
        check = isal_zlib.adler32(block.data, check)
        start += size
    return start, check
