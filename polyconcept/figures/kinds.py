"""The kinds of figure: a module each, with a function `draw` from rows to a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from matplotlib.figure import Figure

from polyconcept.machine.kinds import load_kind

__all__ = ["load_figure"]


def load_figure(module: str) -> Callable[..., Figure]:
    """Return a figure's function ``draw(rows, **settings)``; errors as of `load_kind`.

    Rows are those of the score table, or whatever the figure's inputs hold; settings are those
    that `polyconcept.study.jobs.figures` names.
    """
    found: Any = load_kind(module, "figures")
    return cast("Callable[..., Figure]", found.draw)
