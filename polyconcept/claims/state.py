"""The verdicts on the paper's three claims, and the agreement table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from polyconcept.claims.evidence import Evidence, deeper_layers, fine_tuning, transfer
from polyconcept.claims.rows import Table, View
from polyconcept.claims.wording import TITLES, sentence
from polyconcept.records.metrics import DEFINITIONS, METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import AtSetting, Claim, Claims, Rival

_EVIDENCE: dict[int, Callable[[Table, View], Evidence]] = {
    1: deeper_layers,
    2: fine_tuning,
    3: transfer,
}


def state_claims(scores: Sequence[Score]) -> Claims:
    """Judge each claim by each metric and definition, at the study's and at all swept settings.

    Claims of Mousi et al. 2024 (arXiv 2405.14535); what counts: docs/STATISTICS.md, "Claims".

    Args:
        scores: The rows of a study's score table.

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
        sentence=sentence(claim, metric, definition, evidence, (same, len(verdicts))),
    )


def _rivals(scores: Sequence[Score]) -> tuple[Rival, ...]:
    """The table's rank correlations.

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
