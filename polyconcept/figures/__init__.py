"""The score table as figures, one per question.

Every figure stands alone: made without pyplot, under one style (`_style`), the caller's
matplotlib settings neither read nor changed. The same input gives the same bytes.
"""

from __future__ import annotations

from polyconcept.figures._controls import plot_controls
from polyconcept.figures._examples import plot_concept_examples
from polyconcept.figures._layers import plot_by_layer, plot_change_by_layer
from polyconcept.figures._rivals import plot_rivals
from polyconcept.figures._save import save_figure
from polyconcept.figures._tasks import plot_task_scores
from polyconcept.figures._thresholds import plot_curves

__all__ = [
    "plot_by_layer",
    "plot_change_by_layer",
    "plot_concept_examples",
    "plot_controls",
    "plot_curves",
    "plot_rivals",
    "plot_task_scores",
    "save_figure",
]
