"""The verdicts on the paper's three claims, in numbers and in English; the agreement table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from polyconcept.claims.effects import Effects, changed, deeper
from polyconcept.claims.evidence import (
    Evidence,
    deeper_layers,
    explains_transfer,
    fine_tuning,
    nothing,
)
from polyconcept.claims.notes import remarks, warnings
from polyconcept.claims.precision import Precision, precision
from polyconcept.claims.rows import Table, View
from polyconcept.claims.sentences import sentence
from polyconcept.records.metrics import DEFINITIONS, METRICS
from polyconcept.records.scores import Resamples, Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.verdicts import AtSetting, Claim, Claims, OfPair, Rival

_log = logging.getLogger(__name__)

TITLES = {
    1: "Deeper layers are better aligned",
    2: "Fine-tuning raises alignment",
    3: "Alignment explains zero-shot transfer",
}

_JUDGES: dict[int, Callable[[Table, View, float], Evidence]] = {
    1: deeper_layers,
    2: fine_tuning,
    3: explains_transfer,
}
_EFFECTS: dict[int, Callable[[View], Effects]] = {1: deeper, 2: changed}
"""Claims whose effect is a mean of scores, so that resampled scores say how well it is known."""


def state_claims(
    scores: Sequence[Score],
    resamples: Sequence[Resamples],
    *,
    least_effect: float,
    untrained: bool,
) -> Claims:
    """Judge each claim by each metric and definition, at the study's and at all swept settings.

    Claims of Mousi et al. 2024 (arXiv 2405.14535); what counts: docs/STATISTICS.md, "Claims".

    Args:
        scores: The score table.
        resamples: Scores of samples of the sentences, of the same runs; as many as there are.
        least_effect: Smallest difference of scores that counts.
        untrained: Whether fine-tunings that learnt nothing count in claims 2 and 3.

    Raises:
        ValueError: The table has two summary rows of one score, or two zero-shot scores of one
            run and language; or a score that counts has none resampled, though others have.
    """
    table = Table.of(scores, resamples, count_untrained=untrained)
    claims: list[Claim] = []
    settings: list[AtSetting] = []
    for metric in METRICS:
        for definition in DEFINITIONS:
            views = {("", None): table.own(metric, definition)} | table.swept(metric, definition)
            judged = {
                setting: {claim: _judge(claim, table, view, least_effect) for claim in TITLES}
                for setting, view in views.items()
            }
            settings += [
                AtSetting(
                    **asdict(found.finding),
                    metric=metric,
                    definition=definition,
                    parameter=parameter,
                    at=at,
                    claim=claim,
                )
                for (parameter, at), of_setting in judged.items()
                for claim, found in of_setting.items()
            ]
            own = judged.pop(("", None))
            claims += [
                _claim(
                    table, claim, metric, definition, own[claim],
                    [of_setting[claim] for of_setting in judged.values()],
                )
                for claim in TITLES
            ]  # fmt: skip
    found = list(warnings(table))
    for text in found:
        _log.warning(text)
    claims.sort(key=lambda claim: claim.claim)  # stable: metrics and definitions keep their order
    return Claims(
        least_effect=least_effect,
        notes=(*found, *remarks(table)),
        claims=tuple(claims),
        settings=tuple(settings),
        rivals=_rivals(scores),
    )


def _judge(claim: int, table: Table, view: View, least_effect: float) -> Evidence:
    if not view.every:
        return nothing("the score table has no such scores")
    return _JUDGES[claim](table, view, least_effect)


def _claim(
    table: Table,
    claim: int,
    metric: str,
    definition: str,
    own: Evidence,
    swept: Sequence[Evidence],
) -> Claim:
    # Of the same runs and pairs only: another K is tried on the controlled models alone.
    alike = [found for found in swept if found.basis == own.basis]
    verdicts = [found.finding.verdict for found in alike if found.finding.effect is not None]
    known = None
    if claim in _EFFECTS and own.finding.effect is not None:
        known = precision(table, metric, definition, _EFFECTS[claim])
    found = Claim(
        **asdict(own.finding),
        claim=claim,
        title=TITLES[claim],
        metric=metric,
        definition=definition,
        precision_low=None if known is None else known.low,
        precision_high=None if known is None else known.high,
        models=own.models,
        languages=own.languages,
        layers=own.layers,
        of_runs=own.of_runs,
        of_pairs=tuple(_of_pairs(table, own, known)),
        n_settings=len(verdicts),
        n_same=verdicts.count(own.finding.verdict),
        sentence="",
    )
    return replace(found, sentence=sentence(found, own, known, table))


def _of_pairs(table: Table, own: Evidence, known: Precision | None) -> Iterator[OfPair]:
    for unit, effect in own.of_units.items():
        low, high = (None, None) if known is None else known.of_units[unit]
        model, variant = unit.run
        pair = table.names[unit.pair]
        yield OfPair(model=model, variant=variant, pair=pair, effect=effect, low=low, high=high)


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
                n_points=row.n_total,
            )
        )
    return tuple(found)
