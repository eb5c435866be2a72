"""Verdicts in English."""

from __future__ import annotations

from polyconcept.claims.evidence import Evidence
from polyconcept.claims.notes import named
from polyconcept.claims.precision import Precision
from polyconcept.claims.rows import Table
from polyconcept.records.metrics import METRICS
from polyconcept.records.verdicts import (
    LEAST_FOR_CORRELATION,
    LEAST_FOR_MEAN,
    Claim,
    signed,
)

_VERDICTS = {"holds": "Holds", "does not hold": "Does not hold", "undecided": "Undecided"}

_EFFECTS = {
    1: "on average the upper half of the layers differs from the lower half by",
    2: "on average fine-tuning changes it by",
    3: "its rank correlation with zero-shot scores, over languages, is",
}
_COUNTED = {
    1: ("model", "models", LEAST_FOR_MEAN),
    2: ("model", "models", LEAST_FOR_MEAN),
    3: ("language", "languages", LEAST_FOR_CORRELATION),
}


def sentence(claim: Claim, evidence: Evidence, known: Precision | None, table: Table) -> str:
    """State a verdict and what it rests on."""
    name = f"{METRICS[claim.metric].title} ({claim.definition})"
    verdict = _VERDICTS[claim.verdict]
    if claim.effect is None:
        parts = [f"{verdict} by {name}: {evidence.lacking}."]
    else:
        effect = f"{_EFFECTS[claim.claim]} {signed(claim.effect)}"
        parts = [f"{verdict} by {name}: {effect} ({_basis(claim, known)}).", _too_few(claim)]
    if claim.claim != 1 and table.untrained:
        done = "Counted, though" if table.count_untrained else "Left out, since"
        parts.append(f"{done} nothing was learnt: {named(table.untrained)}.")
    if evidence.left_out:
        reasons = "; ".join(f"{n} {why}" for n, why in evidence.left_out)
        parts.append(f"Zero-shot scores left out: {reasons}.")
    if claim.n_settings:
        parts.append(
            f"The verdict is the same at {claim.n_same} of {claim.n_settings} swept settings."
        )
    return " ".join(part for part in parts if part)


def _basis(claim: Claim, known: Precision | None) -> str:
    one, several, _ = _COUNTED[claim.claim]
    points = f"{claim.n_points} {one if claim.n_points == 1 else several}"
    if claim.low is None or claim.high is None:
        text = f"{points}, no interval"
    else:
        text = f"95 % interval {signed(claim.low)} to {signed(claim.high)} over {points}"
    if known is not None:
        reach = f"{signed(known.low)} to {signed(known.high)}"
        text += f"; for these models, {_joined(known.varied)}, {reach}"
    return text


def _joined(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _too_few(claim: Claim) -> str:
    _, several, least = _COUNTED[claim.claim]
    return "" if claim.n_points >= least else f"A verdict needs at least {least} {several}."
