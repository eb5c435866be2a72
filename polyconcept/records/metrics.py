"""The metrics of concepts, and the simple measures that they are compared with.

What claims and figures have to know of a metric stands here: an entry each.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFINITIONS = ("published", "corrected")
"""Definitions of every metric."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of concepts."""

    title: str
    """Its name in texts."""
    share_of: str
    """What a score is a share of."""
    threshold: str = ""
    """The setting that its curve runs over; empty where it has no curve."""
    directed: bool
    """Whether source and target cannot be exchanged."""
    has_large: bool
    """Whether it is scored over large clusters too."""
    shows_ceiling: bool
    """Whether figures show the ceiling: it says nothing where it is 1 but for few words."""
    beside: str = ""
    """The metric that it stands beside, with less to choose; empty for one of its own."""

    def label(self, over: str) -> str:
        """Return what an axis shows."""
        large = "large " if over == "large" else ""
        return f"{self.title} (share of {large}{self.share_of})"


@dataclass(frozen=True)
class Rival:
    """A measure that needs no clusters."""

    title: str
    """Its name in texts."""
    label: str
    """What an axis shows."""


METRICS = {
    "calign": Metric(
        title="CALIGN", share_of="source concepts", threshold="match",
        directed=True, has_large=True, shows_ceiling=True,
    ),
    "calign_auc": Metric(
        title="Area under CALIGN", share_of="source concepts, mean over thresholds",
        directed=True, has_large=True, shows_ceiling=False, beside="calign",
    ),
    "matched_fraction": Metric(
        title="Matched fraction", share_of="a source concept's types, one to one",
        directed=True, has_large=False, shows_ceiling=False, beside="calign",
    ),
    "colap": Metric(
        title="COLAP", share_of="concepts", threshold="share",
        directed=False, has_large=False, shows_ceiling=False,
    ),
}  # fmt: skip
"""Metrics that the claims are judged by."""
MAIN_METRICS = tuple(name for name, metric in METRICS.items() if not metric.beside)
"""Those of their own: they have curves over thresholds, and rivals are compared with them."""
RIVALS = {
    "cka": Rival("CKA", "CKA of linked words"),
    "retrieval": Rival("Retrieval", "retrieval (share of sentences)"),
}

_FEWEST_ALIGNED = 5
"""With fewer, one cluster more or less changes the score by a fifth."""
_LOWEST_CEILING = 0.2
"""Below it the same language under another seed aligns fewer than one cluster in five."""


def near_floor(n_aligned: float, ceiling: float | None) -> bool:
    """Return whether the threshold and the number of clusters decide a CALIGN score.

    Args:
        n_aligned: Source clusters that align, mean over the seeds.
        ceiling: The score's ceiling; none where one seed alone gives none.
    """
    return n_aligned < _FEWEST_ALIGNED or (ceiling is not None and ceiling < _LOWEST_CEILING)
