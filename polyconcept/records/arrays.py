"""Named array types.

Axis names are singular nouns and mean the same size wherever they stand in one signature:
``word`` (occurrences of words), ``dim`` (hidden size), ``cluster``, ``link``, ``entry``,
``restart``, ``sentence``, ``type`` (distinct spellings).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

# Imported from here with the shapes below.
from jaxtyping import Bool as Bool
from jaxtyping import Float as Float
from jaxtyping import Float32 as Float32
from jaxtyping import Float64 as Float64
from jaxtyping import Int as Int
from jaxtyping import Int32 as Int32
from jaxtyping import Int64 as Int64

Vectors: TypeAlias = Float32[np.ndarray, "word dim"]

Centers: TypeAlias = Float32[np.ndarray, "cluster dim"]

Rows: TypeAlias = Int64[np.ndarray, " word"]

ClusterOfWord: TypeAlias = Int32[np.ndarray, " word"]
