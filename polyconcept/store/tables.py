"""Parquet tables that carry their kind, version and what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from polyconcept.machine.atomic import atomic_path
from polyconcept.store.faults import StoreError, check_kind, version_of


def write_table(table: pa.Table, kind: str, about: Mapping[str, str], path: Path) -> None:
    """Write a Parquet table that carries its kind, version and what it is about."""
    marks = {"polyconcept_format": kind, "format_version": str(version_of(kind)), **about}
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(marks), temporary, compression="zstd")


def read_table(path: Path, kind: str) -> tuple[pa.Table, dict[str, str]]:
    """Return a Parquet table of `kind` and what it is about.

    Raises:
        StoreError: The file is truncated, is no Parquet, or is of another kind or version.
    """
    try:
        # `pq.read_table` reads data sets of many files as well, and imports 0.4 s more for that.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise  # its message says all
        raise StoreError(
            f"{path}: truncated, or no Parquet file ({error}); needed a {kind!r} file"
        ) from error
    marks = table.schema.metadata or {}
    about = {key.decode(): value.decode() for key, value in marks.items()}
    check_kind(path, kind, about)
    return table, about
