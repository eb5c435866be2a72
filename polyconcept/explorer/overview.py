"""What the explorer shows first: the study, its scores by layer and its claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polyconcept.explorer.shards import Shard
from polyconcept.records.scores import Score

_METRICS = ("calign", "colap")
_COLUMNS = (
    "metric",
    "over",
    "model",
    "variant",
    "side",
    "source",
    "target",
    "layer",
    "seed",
    "n_hit",
    "n_total",
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
            thresholds of `calign` and `colap`.
    """
    shown = [
        score
        for score in scores
        if score.is_plain
        and score.metric in _METRICS
        and score.definition == about["definition"]
        and score.seed in (None, about["seed"])
    ]
    columns = {name: [_short(getattr(score, name)) for score in shown] for name in _COLUMNS}
    return Shard("overview", about={**about, "scores": columns, "claims": _claims(claims)})


def _claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims without the tables that claims.html has."""
    kept: Sequence[str] = ("least_effect", "notes", "claims")
    return {name: claims[name] for name in kept}


def _short(value: object) -> object:
    return float(f"{value:.6g}") if isinstance(value, float) else value
