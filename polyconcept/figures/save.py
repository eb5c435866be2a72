"""Figures to files, the same bytes for the same figure."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from polyconcept.figures.style import style
from polyconcept.machine.atomic import atomic_path

# Neither the time nor the version of matplotlib belongs to the picture.
_METADATA: dict[str, dict[str, str | None]] = {
    ".pdf": {"CreationDate": None, "Creator": "polyconcept", "Producer": None},
    ".png": {"Software": None},
    ".svg": {"Creator": "polyconcept", "Date": None},
}
_LARGEST = 1000.0
"""Pixels that a PNG is wide or high at most."""
_SCREEN = 650.0
"""Pixels. Snakemake's report shows an image pixel by pixel, and in Chromium nothing above the
window's upper edge can be scrolled to: on a screen of 1366 x 768 no higher one is seen whole."""
_COARSEST, _FINEST = 105.0, 150.0
"""Dots per inch. Fewer would make letters of 7 points hard to read, so that a high figure is higher
than `_SCREEN`; more would make small figures large on the screen."""


def save_figure(figure: Figure, *paths: Path) -> None:
    """Write a figure to each path, whole or not at all; same figure, same bytes.

    The suffix chooses the format: ``.pdf`` is for print, ``.svg`` to be edited or put into a page,
    ``.png`` for the screen, of 1000 x 1000 pixels at most. The letters of an SVG are outlines: it
    looks the same where its fonts are missing.

    Raises:
        ValueError: No path, or one with another suffix.
        OSError: As raised by the system; no half-written file is left.
    """
    if not paths:
        raise ValueError("no path to write the figure to")
    other = [str(path) for path in paths if path.suffix not in _METADATA]
    if other:
        raise ValueError(f"{', '.join(other)}: the suffix should be one of {', '.join(_METADATA)}")
    with style():
        # Once for all files: text measured with the dots of each would place the panels anew.
        dots = resolution(figure)
        figure.set_dpi(dots)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for path in paths:
            with atomic_path(path) as temporary:
                figure.savefig(
                    temporary, format=path.suffix[1:], metadata=_METADATA[path.suffix],
                    dpi=dots,
                )  # fmt: skip


def resolution(figure: Figure) -> float:
    """Return the dots per inch with which the figure fits on the screen, if it can be read so."""
    width, height = map(float, figure.get_size_inches())
    return min(_FINEST, _LARGEST / width, _LARGEST / height, max(_SCREEN / height, _COARSEST))
