"""Figures to files, the same bytes for the same figure."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from polyconcept.figures.style import style
from polyconcept.machine.atomic import atomic_path

__all__ = ["save_figure"]

# Neither the time nor the version of matplotlib belongs to the picture.
_METADATA: dict[str, dict[str, str | None]] = {
    ".pdf": {"CreationDate": None, "Creator": "polyconcept", "Producer": None},
    ".png": {"Software": None},
}


def save_figure(figure: Figure, *paths: Path) -> None:
    """Write a figure to each path, whole or not at all; same figure, same bytes.

    Args:
        figure: what one of this package's functions returned.
        paths: where to; the suffix chooses the format, ``.pdf`` or ``.png``.

    Raises:
        ValueError: no path, or one with another suffix.
        OSError: as raised by the system; no half-written file is left.
    """
    if not paths:
        raise ValueError("no path to write the figure to")
    other = [str(path) for path in paths if path.suffix not in _METADATA]
    if other:
        raise ValueError(f"{', '.join(other)}: the suffix should be one of {', '.join(_METADATA)}")
    with style():
        for path in paths:
            with atomic_path(path) as temporary:
                figure.savefig(temporary, format=path.suffix[1:], metadata=_METADATA[path.suffix])
