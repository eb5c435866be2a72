"""Shards: named arrays and texts as a classic script, which a page reads from ``file://`` too.

A script calls ``polyconcept_shard(name, base64)``. Behind base64 and gzip stand the length of a
header as little-endian uint32, the header as JSON, and the arrays one after the other.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from polyconcept.machine.atomic import atomic_directory

Column: TypeAlias = "np.ndarray | str"

_WIDTHS = ("u1", "u2", "u4")
_SIGNED = ("i1", "i2", "i4")


@dataclass(frozen=True)
class Shard:
    """A piece of the explorer's data that the page loads as a whole."""

    name: str
    """Path under the folder of the data, without its ending."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Integers, float32 or texts by name."""
    about: Mapping[str, object] = field(default_factory=dict)
    """What JSON can hold."""


def shard_script(shard: Shard) -> str:
    """Return the script of a shard; the same shard gives the same bytes."""
    columns, blocks = [], []
    for name, column in shard.columns.items():
        kind, block = _packed(column)
        blocks.append(block)
        columns.append([name, kind, len(block)])
    header = json.dumps({"about": shard.about, "columns": columns}, ensure_ascii=False).encode()
    content = b"".join([len(header).to_bytes(4, "little"), header, *blocks])
    # A time in it would make each run's bytes others.
    coded = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")
    return f'polyconcept_shard({json.dumps(shard.name)},"{coded}");\n'


def shard_about(script: str) -> Any:  # noqa: ANN401 - JSON holds anything
    """Return what a shard says in JSON, from its script."""
    _, coded = json.loads(f"[{script[script.index('(') + 1 : script.rindex(')')]}]")
    content = gzip.decompress(base64.b64decode(coded))
    size = int.from_bytes(content[:4], "little")
    return json.loads(content[4 : 4 + size])["about"]


def write_shards(shards: Iterable[Shard], folder: Path) -> None:
    """Write the shards whose names begin with that of a folder, which then holds no others."""
    with atomic_directory(folder) as temporary:
        for shard in shards:
            path = temporary / f"{Path(shard.name).relative_to(folder.name)}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shard_script(shard), encoding="utf-8")


def _packed(column: Column) -> tuple[str, bytes]:
    """Return the kind of a column and its bytes, all lowest bytes first.

    Labels have a noisy low byte and a high one that hardly changes: apart they take less space.

    Raises:
        ValueError: An array is neither of integers that 32 bits hold nor of float32.
    """
    if isinstance(column, str):
        return "text", column.encode()
    if column.dtype == np.float32:
        kind = "f4"
    elif np.issubdtype(column.dtype, np.integer) or column.dtype == np.bool_:
        kind = _smallest(column)
    else:
        raise ValueError(f"column of {column.dtype}: expected integers or float32")
    values = np.ascontiguousarray(column.ravel(), dtype=f"<{kind}")
    planes = values.view(np.uint8).reshape(len(values), values.dtype.itemsize)
    return kind, planes.T.tobytes()


def _smallest(column: np.ndarray) -> str:
    lowest, highest = (int(column.min()), int(column.max())) if column.size else (0, 0)
    for kind in _SIGNED if lowest < 0 else _WIDTHS:
        limits = np.iinfo(kind)
        if limits.min <= lowest and highest <= limits.max:
            return kind
    raise ValueError(f"column from {lowest} to {highest}: expected what 32 bits hold")
