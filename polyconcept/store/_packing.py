"""Float32 chunks as HDF5's filters `shuffle` and `deflate` would leave them, made much faster.

A float's highest byte (sign, most of the exponent) takes few values and packs well; the others are
close to noise, and deflate spends most of its time on finding that out. So the highest bytes are
packed, and bytes that are noise are put into the stream as they are. What comes out is an ordinary
zlib stream (RFC 1950, 1951): every HDF5 library reads it.
"""

from __future__ import annotations

import zlib

import numpy as np
from jaxtyping import Float32, UInt8

__all__ = ["FILTERS", "packed_chunk"]

FILTERS = {"shuffle": True, "compression": "gzip", "compression_opts": 1}
"""Options of `h5py.Group.create_dataset` whose chunks `packed_chunk` makes."""

_HEADER, _END = b"\x78\x01", b"\x01\x00\x00\xff\xff"
_LONGEST = 0xFFFF  # bytes of a block that deflate stores as they are
_STEP = 16
_MOST_BITS = 7.0
"""Bytes of more bits of entropy are stored: packing them gains too little."""


def packed_chunk(values: Float32[np.ndarray, "row dim"]) -> bytes:
    """Return a whole chunk of a data set, ready for HDF5's direct write."""
    of_values = np.ascontiguousarray(values, dtype="<f4").view(np.uint8).reshape(-1, 4)
    planes = [np.ascontiguousarray(of_values[:, place]) for place in range(4)]
    parts, check = [_HEADER], 1
    for plane in planes:
        check = zlib.adler32(plane.data, check)
        parts += _packed(plane) if _entropy(plane) < _MOST_BITS else _stored(plane)
    return b"".join([*parts, _END, check.to_bytes(4, "big")])


def _entropy(plane: UInt8[np.ndarray, " byte"]) -> float:
    """Bits a byte that its values need, by some of them."""
    counts = np.bincount(plane[::_STEP])
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _packed(plane: UInt8[np.ndarray, " byte"]) -> list[bytes]:
    # Runs and Huffman codes only: no other repeats are worth looking for.
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_RLE)
    # Flushed, not finished: the next block begins at a whole byte.
    return [packer.compress(plane.data), packer.flush(zlib.Z_FULL_FLUSH)]


def _stored(plane: UInt8[np.ndarray, " byte"]) -> list[bytes]:
    parts: list[bytes] = []
    for first in range(0, len(plane), _LONGEST):
        data = plane[first : first + _LONGEST].tobytes()
        parts += [b"\x00", len(data).to_bytes(2, "little")]
        parts += [(len(data) ^ _LONGEST).to_bytes(2, "little"), data]
    return parts
