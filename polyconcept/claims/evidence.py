"""What each of the three claims is judged by (docs/STATISTICS.md, "Claims")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from polyconcept.claims.effects import Effects, changed, deeper, of_models
from polyconcept.claims.intervals import (
    is_constant,
    judge,
    mean_interval,
    spearman,
    spearman_interval,
)
from polyconcept.claims.rows import Table, Unit, View
from polyconcept.claims.transfer import Transfer, transfer
from polyconcept.records.verdicts import LEAST_FOR_CORRELATION, Finding, OfRun


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A verdict, and what it rests on."""

    finding: Finding
    """Effect, interval and verdict."""
    models: tuple[str, ...] = ()
    """Models that count."""
    languages: tuple[str, ...] = ()
    """Pairs, or languages scored zero-shot, that count."""
    layers: tuple[int, ...] = ()
    """Layers whose scores count."""
    basis: frozenset[tuple[str, ...]] = frozenset()
    """Runs, with their pairs or languages, that count."""
    of_runs: tuple[OfRun, ...] = ()
    """Claim 3 inside each fine-tuned model."""
    of_units: Mapping[Unit, float] = field(default_factory=dict)
    """Claims 1 and 2 in each run and pair."""
    left_out: tuple[tuple[int, str], ...] = ()
    """How many zero-shot scores claim 3 leaves out, and why."""
    lacking: str = ""
    """Why there is no effect."""


_CONSTANT = "all scores are the same, so that none can rise"


def deeper_layers(table: Table, view: View, least_effect: float) -> Evidence:
    """Judge claim 1."""
    if _all_the_same(view):
        return nothing(_CONSTANT)
    lacking = "no run has scores of two layers above layer 0"
    return _of_models(table, deeper(view), least_effect, lacking)


def fine_tuning(table: Table, view: View, least_effect: float) -> Evidence:
    """Judge claim 2."""
    if _all_the_same(view):
        return nothing(_CONSTANT)
    lacking = (
        "the score table has no change of a fine-tuned model that counts against its base"
        if table.fine_tuned
        else "the study has no fine-tuned model"
    )
    return _of_models(table, changed(view), least_effect, lacking)


def explains_transfer(table: Table, view: View, _least_effect: float) -> Evidence:
    """Judge claim 3: Spearman's correlation of languages' alignment and zero-shot scores."""
    found = transfer(table, view)
    left_out = _left_out(table, found)
    languages = tuple(found.alignment)
    rho = spearman(*([of[code] for code in languages] for of in (found.alignment, found.scores)))
    if len(languages) == 2:
        return nothing(
            "of two languages a rank correlation is 1 or −1, whatever they are", left_out
        )
    if rho is None:
        return nothing(_what_transfer_lacks(table, found), left_out)
    n = len(languages)
    interval = spearman_interval(rho, n) if n >= LEAST_FOR_CORRELATION else None
    return Evidence(
        finding=judge(rho, interval, n, above=0.0),
        models=_unique(row.model for row in found.rows),
        languages=languages,
        layers=found.layers,
        basis=frozenset((row.model, row.variant, row.target) for row in found.rows),
        of_runs=found.of_runs,
        left_out=left_out,
    )


def _all_the_same(view: View) -> bool:
    """Return whether no two scores differ, such as 0 at a threshold that none passes."""
    scores = [value.item() for by_layer in view.every.values() for value in by_layer.values()]
    return is_constant(scores)


def nothing(lacking: str, left_out: tuple[tuple[int, str], ...] = ()) -> Evidence:
    """Return no effect, and why."""
    return Evidence(finding=judge(None, None, 0, above=0.0), lacking=lacking, left_out=left_out)


def _of_models(table: Table, effects: Effects, least_effect: float, lacking: str) -> Evidence:
    if not effects.of_units:
        return nothing(lacking)
    values = [effect.item() for effect in of_models(effects.of_runs, table.repeats).values()]
    finding = judge(fmean(values), mean_interval(values), len(values), above=least_effect)
    return Evidence(
        finding=finding,
        models=_unique(model for model, _ in effects.of_runs),
        languages=_unique(table.names[unit.pair] for unit in effects.of_units),
        layers=effects.layers,
        basis=frozenset((*unit.run, *sorted(unit.pair)) for unit in effects.of_units),
        of_units={unit: effect.item() for unit, effect in effects.of_units.items()},
    )


def _left_out(table: Table, found: Transfer) -> tuple[tuple[int, str], ...]:
    reasons = (
        (table.n_seen_before, "of languages met in pre-training, which are not zero-shot"),
        (found.n_untrained, "of fine-tunings that learnt nothing"),
        (found.n_without_pair, "whose language no pair joins with one fine-tuned on"),
        (found.n_without_order, "of runs whose languages score, or are aligned, all the same"),
    )
    return tuple((n, why) for n, why in reasons if n)


def _what_transfer_lacks(table: Table, found: Transfer) -> str:
    if not table.fine_tuned:
        return "the study has no fine-tuned model"
    if not table.tasks:
        return "the study has no zero-shot score"
    if found.n_untrained == len(table.tasks):
        return "no fine-tuning with zero-shot scores has learnt anything"
    if not found.rows and not found.n_without_order:
        return "no pair with such scores joins a language scored zero-shot with one fine-tuned on"
    return "no two zero-shot scores differ, or their languages are all aligned the same"


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
