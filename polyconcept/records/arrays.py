"""Named array types.

Axis names are singular nouns and mean the same size wherever they stand in one signature:
``word`` (occurrences of words), ``dim`` (hidden size), ``cluster``, ``link``, ``entry``,
``restart``, ``sentence``, ``type`` (distinct spellings).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, Int32, Int64

__all__ = [
    "Bool",
    "Centers",
    "ClusterOfWord",
    "Float",
    "Float32",
    "Float64",
    "Int",
    "Int32",
    "Int64",
    "Rows",
    "Vectors",
]

Vectors: TypeAlias = Float32[np.ndarray, "word dim"]


Centers: TypeAlias = Float32[np.ndarray, "cluster dim"]


Rows: TypeAlias = Int64[np.ndarray, " word"]


ClusterOfWord: TypeAlias = Int32[np.ndarray, " word"]
