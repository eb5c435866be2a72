"""The one place for sizes, colours and matplotlib settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import matplotlib

_LineStyle: TypeAlias = Literal["-", "--", ":", "-."]

COLUMN_WIDTH = 3.03
"""Inches; one column of an ACL paper."""
TEXT_WIDTH = 6.3
"""Inches; both columns of an ACL paper, or the text of an A4 page."""
WIDE, PAGE_HEIGHT = 9.5, 6.15
"""Inches; the text of an A4 page on its side: its width, and the height of any figure that can be
drawn as low as that."""
UPRIGHT_HEIGHT = 9.3
"""Inches; the most of an upright A4 page."""
GREY = "#595959"
"""7:1 on white: readable in print where something counts less."""
NULL: dict[str, Any] = {
    "facecolor": "#E8E8E8",
    "edgecolor": "#C4C4C4",
    "hatch": "//////",
    "linewidth": 0.6,
}
"""Range of permuted input: hatched, so that it is no interval in grey-scale either; with a rim, so
that a range without width is seen."""
CEILING: dict[str, Any] = {"color": GREY, "linestyle": ":", "linewidth": 0.9}
"""Ceiling: a thin dotted line without markers."""
RANDOM: dict[str, Any] = {
    "color": GREY,
    "linestyle": (0, (6, 1.5, 1, 1.5, 1, 1.5)),
    "linewidth": 1.1,
}
"""Random weights: dash, dot, dot, without markers; nothing else has this line."""

FAMILY = "DejaVu Sans"
"""Family of fonts that comes with matplotlib: figures look alike on every machine. Words that it
has no characters for are drawn as `fonts.lettering` says."""
# Okabe & Ito (2008), "Color universal design"; their yellow is left out, too pale on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9")
# Eight, which has no common factor with the seven colours: 56 curves differ in one or the other.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINE_STYLES: tuple[_LineStyle, ...] = ("-", "--", "-.", ":")
"""Told apart without colour."""

_SETTINGS = {
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "figure.titlesize": 9.0,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    # Words of a corpus are drawn as they are: "$" starts no formula.
    "text.parse_math": False,
    # What names the parts of an SVG: by default they are drawn afresh each time.
    "svg.hashsalt": "polyconcept",
    # TrueType in the PDF: text can be searched, and journals refuse Type 3.
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Look:
    """How one of several curves is drawn: three signs, so that grey-scale loses nothing."""

    color: str
    """Okabe-Ito colour."""
    marker: str
    """Marker at each layer."""
    linestyle: _LineStyle
    """Line between the markers."""


def look(index: int) -> Look:
    """Return the look of the curve with this number; repeats after 56 curves."""
    return Look(
        color=_COLOURS[index % len(_COLOURS)],
        marker=_MARKERS[index % len(_MARKERS)],
        linestyle=LINE_STYLES[index % len(LINE_STYLES)],
    )


@contextmanager
def style() -> Iterator[None]:
    """Set matplotlib's defaults with this package's settings; on leaving, the caller's again."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: dict[Any, Any] = {**_SETTINGS, "font.family": [FAMILY]}
        matplotlib.rcParams.update(settings)
        yield
