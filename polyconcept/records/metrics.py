"""The metrics of concepts, and the simple measures that they are compared with.

What claims and figures have to know of a metric stands here: a line each.
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
    threshold: str
    """The setting that its curve runs over."""
    directed: bool
    """Whether source and target cannot be exchanged."""
    has_large: bool
    """Whether it is scored over large clusters too."""
    shows_ceiling: bool
    """Whether figures show the ceiling: it says nothing where it is 1 but for few words."""

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
    "colap": Metric(
        title="COLAP", share_of="concepts", threshold="share",
        directed=False, has_large=False, shows_ceiling=False,
    ),
}  # fmt: skip
WITHOUT_THRESHOLD = {
    "calign_auc": "area under CALIGN at every match",
    "matched_fraction": "matched fraction (mean of source concepts)",
}
"""What stands beside CALIGN and does not depend on its threshold, and what an axis shows."""
RIVALS = {
    "cka": Rival("CKA", "CKA of linked words"),
    "retrieval": Rival("Retrieval", "retrieval (share of sentences)"),
}
