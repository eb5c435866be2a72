"""Panics of libraries written in Rust: no ``except Exception`` stops them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Turn a panic in the block into an error that can be told like any other.

    Raises:
        RuntimeError: In place of pyo3's ``PanicException``, which no module gives a name to and
            which is a BaseException.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"a library gave up ({' '.join(str(error).split())})") from error


@contextmanager
def panics_in_silence() -> Iterator[None]:
    """Do as `panics_as_errors`, and drop what Rust prints of a panic, up to a whole backtrace.

    So is whatever else writes to the process's standard error meanwhile: keep the block short.
    """
    sys.stderr.flush()
    # Rust writes to the descriptor itself, past `sys.stderr`.
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        with panics_as_errors():
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
