"""What the explorer shows first: the study, its scores by layer and its claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polyconcept.explorer.shards import Shard
from polyconcept.records.scores import Score

_METRICS = ("calign", "colap")
_COLUMNS = (
    "metric",
    "definition",
    "over",
    "model",
    "variant",
    "side",
    "source",
    "target",
    "layer",
    "value",
    "low",
    "high",
    "null_mean",
    "null_low",
    "null_high",
    "ceiling",
)


def overview(scores: Iterable[Score], claims: Mapping[str, Any], **about: object) -> Shard:
    """Return the first shard.

    Args:
        scores: The score table.
        claims: What ``claims.json`` holds.
        about: Of the study: `name`, `definition`, `seed` of the concepts shown, `pairs`, the
            thresholds of `calign` and `colap`; `commit` of the code, and SHA-256 of the score
            table, `scores_sha256`.
    """
    shown = [
        score
        for score in scores
        if score.is_plain and score.metric in _METRICS and score.seed is None
    ]
    columns = {name: [_short(getattr(score, name)) for score in shown] for name in _COLUMNS}
    return Shard("overview", about={**about, "scores": columns, "claims": _claims(claims)})


def _claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims without the rivals, of which claims.html has a table."""
    kept: Sequence[str] = ("least_effect", "notes", "claims", "settings")
    return {name: claims[name] for name in kept}


def _short(value: object) -> object:
    return float(f"{value:.6g}") if isinstance(value, float) else value
