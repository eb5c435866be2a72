"""What a job says while it works: a log file for each job, bars on a terminal, a line a minute."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from polyconcept.machine.panics import panics_as_errors

Item = TypeVar("Item")

FAILED = "the job failed"
"""Stands in the log of a job that ended with an error."""
SECONDS_BETWEEN_LINES = 60.0
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def log_to(path: str | Path, *, threads: int | None = None) -> Iterator[None]:
    """Send all log records, warnings and an error's traceback to `path` and to stderr.

    The folder is created, an old file is replaced. torch may use so many `threads`.

    Raises:
        SystemExit: With status 1 after any exception: the file holds the traceback, stderr the
            message and the file's name, so that a failing job leads to its reason.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _JobLog(path, mode="w", encoding="utf-8")
    handlers: list[logging.Handler] = [file, logging.StreamHandler()]
    # force: a library that was imported may have handlers of its own, and nothing would be set up.
    logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(True)
    # Their INFO lines (each HTTP request, each font found) say nothing about a study.
    for noisy in ("httpx", "httpx2", "fontTools", "matplotlib", "urllib3", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if threads is not None:
        _limit_threads(threads)
    try:
        with panics_as_errors():
            yield
    except Exception as error:
        file.handle(_error_record(error))
        notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", []))
        sys.stderr.write(f"{type(error).__name__}: {error}{notes}\n  (log: {path})\n")
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("%s: interrupted", FAILED)
        raise


class _JobLog(logging.FileHandler):
    """A log file that keeps quiet where it cannot be written.

    On a full disk, logging's own tracebacks would bury the one message that says so.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass


def _error_record(error: Exception) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__)
    return logging.LogRecord("polyconcept", logging.ERROR, "", 0, FAILED, (), info)


def _limit_threads(threads: int) -> None:
    # Only where torch is in use already: importing it costs a job more than most jobs take.
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


def progress(
    items: Iterable[Item], *, total: int | None = None, description: str
) -> Iterator[Item]:
    """Yield `items`, of `total` where known, showing a bar on a terminal or a log line a minute."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=description, leave=False)
        return
    log = logging.getLogger(__name__)
    started = last = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            of_total = f" of {total}" if total is not None else ""
            log.info("%s: %d%s after %.0f s", description, done, of_total, now - started)
            last = now
        yield item
