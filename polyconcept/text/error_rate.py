"""How far links are from gold links."""

from __future__ import annotations

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.text import Links


def alignment_error_rate(links: Links, gold: Links, *, possible: Links | None = None) -> float:
    """Return 1 - (|A n S| + |A n P|) / (|A| + |S|): 0 is perfect (Och & Ney 2003, section 7.1).

    Args:
        links: A, the links to judge.
        gold: S, the links that must be there.
        possible: P, further links that may be there; sure links always count as possible. Without
            it P = S, and the rate is one minus the F1 of the links.

    Raises:
        ValueError: language pairs differ, or there is neither a link nor a gold link.
    """
    for other in (gold, possible):
        if other is not None and (other.source, other.target) != (links.source, links.target):
            raise ValueError(
                f"links are of {links.source}-{links.target}, "
                f"gold links of {other.source}-{other.target}; both must be of one pair"
            )
    if len(links) + len(gold) == 0:
        raise ValueError("no links and no gold links: the alignment error rate is undefined")
    a, s = _points(links), _points(gold)
    p = s if possible is None else np.union1d(s, _points(possible))
    hits = len(np.intersect1d(a, s)) + len(np.intersect1d(a, p))
    return 1 - hits / (len(a) + len(s))


def _points(links: Links) -> Int64[np.ndarray, " point"]:
    """Return one number for each link."""
    for positions in (links.source_position, links.target_position):
        if positions.max(initial=0) >= 1 << 16:
            raise ValueError(f"position {positions.max()} in a sentence; at most 65535 are handled")
    # Sentence, source and target position in one number: sets of numbers are faster than of tuples.
    point = (links.sentence.astype(np.int64) << 32) | (links.source_position.astype(np.int64) << 16)
    return np.unique(point | links.target_position)
