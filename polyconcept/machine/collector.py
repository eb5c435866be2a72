"""Python's garbage collector, kept from what lasts as long as the process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Make no collection in here.

    For imports of torch and transformers: they make 400,000 objects, all of which stay, and the
    collector goes through all of them every time that there are a quarter more.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
