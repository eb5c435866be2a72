"""The verdicts on the paper's three claims, in numbers and in English; the agreement table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from polyconcept.claims.evidence import Evidence, deeper_layers, fine_tuning, transfer
from polyconcept.claims.intervals import LEAST_FOR_CORRELATION, LEAST_FOR_MEAN
from polyconcept.claims.rows import Table, View
from polyconcept.records.metrics import DEFINITIONS, METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import AtSetting, Claim, Claims, Finding, Rival

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
_EVIDENCE: dict[int, Callable[[Table, View], Evidence]] = {
    1: deeper_layers,
    2: fine_tuning,
    3: transfer,
}


def state_claims(scores: Sequence[Score]) -> Claims:
    """Judge each claim by each metric and definition, at the study's and at all swept settings.

    Claims of Mousi et al. 2024 (arXiv 2405.14535); what counts: docs/STATISTICS.md, "Claims".

    Raises:
        ValueError: The table has two summary rows of one score, or two zero-shot scores of one
            run, metric and language.
    """
    table = Table.of(scores)
    claims: list[Claim] = []
    settings: list[AtSetting] = []
    for metric in METRICS:
        for definition in DEFINITIONS:
            own = table.own(metric, definition)
            swept = table.swept(metric, definition)
            rows = [
                row
                for (parameter, at), view in ({("", None): own} | swept).items()
                for row in _at_setting(table, view, metric, definition, parameter, at)
            ]
            settings += rows
            claims += [
                _claim(claim, metric, definition, _EVIDENCE[claim](table, own), rows)
                for claim in TITLES
            ]
    claims.sort(key=lambda claim: claim.claim)  # stable: metrics and definitions keep their order
    return Claims(claims=tuple(claims), settings=tuple(settings), rivals=_rivals(scores))


def _at_setting(
    table: Table, view: View, metric: str, definition: str, parameter: str, at: float | None
) -> list[AtSetting]:
    return [
        AtSetting(
            **asdict(evidence(table, view).finding),
            metric=metric,
            definition=definition,
            parameter=parameter,
            at=at,
            claim=claim,
        )
        for claim, evidence in _EVIDENCE.items()
    ]


def _claim(
    claim: int, metric: str, definition: str, evidence: Evidence, rows: Sequence[AtSetting]
) -> Claim:
    # Of the same runs and pairs only: another K is tried on the controlled models alone.
    verdicts = [
        row.verdict
        for row in rows
        if row.claim == claim
        and row.parameter
        and row.effect is not None
        and row.n_points == evidence.finding.n_points
    ]
    same = verdicts.count(evidence.finding.verdict)
    return Claim(
        **asdict(evidence.finding),
        claim=claim,
        title=TITLES[claim],
        metric=metric,
        definition=definition,
        models=evidence.models,
        languages=evidence.languages,
        layers=evidence.layers,
        of_runs=evidence.of_runs,
        n_settings=len(verdicts),
        n_same=same,
        sentence=_sentence(claim, metric, definition, evidence, (same, len(verdicts))),
    )


def _rivals(scores: Sequence[Score]) -> tuple[Rival, ...]:
    """Return the table's rank correlations.

    Raises:
        ValueError: One does not say of how many points it is.
    """
    found = []
    for row in ScoreTable(scores).where(metric="rank_correlation"):
        if row.n_total is None:
            raise ValueError(
                f"rank_correlation of {row.over} ({row.definition}) with {row.control} for "
                f"{row.model}, {row.side}: no n_total, its number of points is needed"
            )
        found.append(
            Rival(
                model=row.model,
                side=row.side,
                metric=row.over,
                definition=row.definition,
                rival=row.control,
                effect=row.value,
                low=row.low,
                high=row.high,
                p=row.p,
                n_points=row.n_total,
            )
        )
    return tuple(found)


def _sentence(
    claim: int, metric: str, definition: str, evidence: Evidence, agreement: tuple[int, int]
) -> str:
    """State a verdict and what it rests on.

    `agreement`: at how many swept settings the verdict is the same, and how many there are.
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
    """Return three decimals with a sign; minus signs as wide as plus signs."""
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
