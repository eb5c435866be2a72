"""Files and folders that appear whole or not at all: write beside, fsync, rename."""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OUT_OF_ROOM = {errno.ENOSPC, errno.EDQUOT}

_LONGEST_STEM = 60
_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{32})\.(?:part(?:\..+)?|old)")

_checks: list[Callable[[], None]] = []
"""Of the blocks of `checked_by` that are open."""


@contextmanager
def checked_by(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` before any file or folder takes its name in the block.

    Where it raises an error, the name keeps what it had.
    """
    _checks.append(check)
    try:
        yield
    finally:
        _checks.remove(check)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` when the block ends without an error.

    The file is synced, then renamed over `path`, then the folder is synced: after a crash there is
    the old file or the new one. After an error the temporary file is gone and `path` is as before.

    The temporary path has a hidden, unique name and the same suffix. A missing folder is made.

    Raises:
        FileNotFoundError: The block wrote nothing.
        OSError: As raised by the block or by the system; where no space is left, a note says
            where, how much was written and how much is free.
    """
    with _beside(path, remove=lambda temporary: temporary.unlink(missing_ok=True)) as temporary:
        yield temporary
        if not temporary.is_file():
            raise FileNotFoundError(errno.ENOENT, "nothing was written for", str(path))
        _sync(temporary)
        _check()
        temporary.replace(path)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path` that becomes `path` when the block ends with no error.

    Every file inside is synced before the rename. A folder that stands at `path` is replaced: it
    is moved aside first, and moved back where the rename fails.

    Raises:
        NotADirectoryError: `path` is something else than a folder.
        OSError: As for `atomic_path`.
    """
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder goes", str(path))
    with _beside(path, remove=lambda folder: shutil.rmtree(folder, ignore_errors=True)) as folder:
        folder.mkdir()
        yield folder
        # Each on its own: to sync a folder brings its names to the disk, not its files (fsync(2)).
        for inside in sorted(folder.rglob("*")):
            _sync(inside)
        _sync(folder)
        _check()
        _replace_directory(folder, path)


def remove_half_written(path: Path) -> None:
    """Remove what a process that was killed was writing as `path`, or had moved aside for it.

    Nobody else may be writing it.
    """
    # A name that was cut may be another file's.
    if len(path.name) <= _LONGEST_STEM and path.parent.is_dir():
        for found in path.parent.iterdir():
            if found.name in _temporary_names(path, found.name):
                remove = shutil.rmtree if found.is_dir() and not found.is_symlink() else Path.unlink
                remove(found)


def is_half_written(name: str) -> bool:
    """Return whether a file or folder of this name is one that a killed process was writing."""
    return _TEMPORARY.fullmatch(name) is not None


def _temporary_names(path: Path, found: str) -> tuple[str, ...]:
    """Return the names that stand for `path` with the number that the name `found` has."""
    match = _TEMPORARY.fullmatch(found)
    return (_temporary(path, match[1]).name, _aside(path, match[1]).name) if match else ()


def _temporary(path: Path, number: str) -> Path:
    # The suffix stays last: writers such as matplotlib read the format from it. The stem is cut so
    # that the whole stays a name that Linux takes (255 bytes).
    return path.with_name(f".{path.stem[:_LONGEST_STEM]}.{number}.part{path.suffix}")


def _aside(path: Path, number: str) -> Path:
    return path.with_name(f".{path.name[:_LONGEST_STEM]}.{number}.old")


def write_text_atomic(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with its line ends as they are, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _check() -> None:
    for check in _checks:
        check()


@contextmanager
def _beside(path: Path, *, remove: Callable[[Path], None]) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path, uuid.uuid4().hex)
    try:
        yield temporary
        # A rename is on the disk only once its folder is (fsync(2)).
        _sync(path.parent)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno in _OUT_OF_ROOM:
            error.add_note(_note_on_space(path, temporary))
        with suppress(OSError):  # the block's own error says more
            remove(temporary)
        raise


def _note_on_space(path: Path, temporary: Path) -> str:
    """Say how much was written and how much is free, before the temporary file is removed."""
    free = shutil.disk_usage(path.parent).free
    written = sum(
        item.stat().st_size for item in (temporary, *temporary.rglob("*")) if item.is_file()
    )
    return (
        f"writing {path}: no space left after {written:,} bytes, {free:,} bytes are free in "
        f"{path.parent}; free more than {written:,} bytes there; nothing half-written was left"
    )


def _replace_directory(folder: Path, path: Path) -> None:
    """Rename `folder` to `path`; rename() itself replaces empty folders only."""
    if not os.path.lexists(path):
        folder.rename(path)
        return
    old = _aside(path, uuid.uuid4().hex)
    path.rename(old)
    try:
        folder.rename(path)
    except BaseException:
        old.rename(path)
        raise
    if old.is_symlink():  # what it leads to is not ours
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    if path.is_symlink():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
