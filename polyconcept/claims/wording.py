"""Verdicts in English."""

from __future__ import annotations

from polyconcept.claims.evidence import Evidence
from polyconcept.claims.intervals import LEAST_FOR_CORRELATION, LEAST_FOR_MEAN
from polyconcept.records.metrics import METRICS
from polyconcept.records.verdicts import Finding

TITLES = {
    1: "Deeper layers are better aligned",
    2: "Fine-tuning raises alignment",
    3: "Alignment explains zero-shot transfer",
}

_LEAST = {1: LEAST_FOR_MEAN, 2: LEAST_FOR_MEAN, 3: LEAST_FOR_CORRELATION}
_POINTS = {
    1: ("run and pair", "runs and pairs"),
    2: ("fine-tuned run and pair", "fine-tuned runs and pairs"),
    3: ("zero-shot score", "zero-shot scores"),
}
_VERDICTS = {"holds": "Holds", "does not hold": "Does not hold", "undecided": "Undecided"}


def sentence(
    claim: int, metric: str, definition: str, evidence: Evidence, agreement: tuple[int, int]
) -> str:
    """State a verdict and what it rests on.

    Args:
        claim: 1, 2 or 3.
        metric: `calign` or `colap`.
        definition: `published` or `corrected`.
        evidence: The verdict.
        agreement: At how many swept settings the verdict is the same, and how many there are.
    """
    finding = evidence.finding
    name = f"{METRICS[metric].title} ({definition})"
    verdict = _VERDICTS[finding.verdict]
    if finding.effect is None:
        text = f"{verdict} by {name}: {evidence.lacking}."
    else:
        effect = _effect(claim, name, finding.effect)
        text = f"{verdict}: {effect} ({_basis(claim, finding)}).{_too_few(claim, finding)}"
    if evidence.n_left_out and finding.effect is not None:
        text += (
            f" Left out of all {finding.n_points + evidence.n_left_out} zero-shot scores: "
            f"{evidence.n_left_out}, whose language no pair joins with one fine-tuned on, or whose "
            "metric has one score or equal ones."
        )
    same, settings = agreement
    if settings:
        text += f" The verdict is the same at {same} of {settings} swept settings."
    return text


def number(value: float) -> str:
    """Three decimals with a sign; minus signs as wide as plus signs."""
    rounded = f"{value:+.3f}"
    return "0.000" if rounded in ("+0.000", "-0.000") else rounded.replace("-", "−")


def _effect(claim: int, name: str, effect: float) -> str:
    if claim == 3:
        return f"{name} and zero-shot scores have a rank correlation of {number(effect)}"
    compared = {
        1: f"in the upper half of the layers {name} differs from the lower half's by",
        2: f"fine-tuning changes {name} by",
    }
    return f"{compared[claim]} {number(effect)} on average"


def _basis(claim: int, finding: Finding) -> str:
    one, several = _POINTS[claim]
    points = f"{finding.n_points} {one if finding.n_points == 1 else several}"
    if finding.low is None or finding.high is None:
        return f"{points}, no interval"
    return f"95 % interval {number(finding.low)} to {number(finding.high)}, {points}"


def _too_few(claim: int, finding: Finding) -> str:
    least = _LEAST[claim]
    if finding.n_points >= least:
        return ""
    return f" A verdict needs at least {least} {_POINTS[claim][1]}."
