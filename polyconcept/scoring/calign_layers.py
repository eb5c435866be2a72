"""CALIGN of all clusterings of a language pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace

from polyconcept.records.concepts import (
    ClusteredWords,
    ConceptExample,
    ConceptKey,
    ConceptReader,
    ControlReader,
)
from polyconcept.records.scores import (
    CalignRule,
    ClusterAlignment,
    Resamples,
    Run,
    Score,
    ScoreKey,
    parted,
)
from polyconcept.records.text import Definition, Dictionary
from polyconcept.scoring.calign import align_clusters, translation_table
from polyconcept.scoring.calign_group import Group
from polyconcept.scoring.calign_rows import aligned_examples, calign_scores
from polyconcept.scoring.calign_statistics import Statistics, describe, summaries
from polyconcept.scoring.statistics import under_control

__all__ = [
    "Report",
    "Thresholds",
    "control_rows",
    "examples_of_layer",
    "group_layers",
    "score_layers",
]


@dataclass(frozen=True)
class Report:
    """All that is known of a pair's CALIGN."""

    scores: list[Score] = field(default_factory=list)
    alignments: list[tuple[ScoreKey, ClusterAlignment]] = field(default_factory=list)
    resamples: list[Resamples] = field(default_factory=list)


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of CALIGN (docs/METRICS.md)."""

    n: int
    """Translations of a word that count, best first."""
    match: float
    """Share of a source cluster's types to be matched."""
    size_ratio: float
    """Bound on the ratio of the two numbers of types."""
    min_types: int
    """A source cluster must have more types than this."""

    def rule(self, definition: Definition) -> CalignRule:
        """The rule under a definition."""
        return CalignRule(definition, **asdict(self))


def score_layers(
    concepts: ConceptReader,
    dictionaries: tuple[Dictionary, Dictionary],
    run: Run,
    thresholds: Thresholds,
    wanted: Statistics,
) -> Report:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Raises:
        ValueError: as `group_layers`.
    """
    report = Report()
    for group in group_layers(concepts, dictionaries, run, thresholds):
        for seed, alignment in zip(concepts.seeds, group.alignments, strict=True):
            key = replace(group.key, seed=seed)
            report.alignments.append((key, alignment))
            report.scores.extend(calign_scores(alignment, key))
        rows, resamples = parted(describe(group, wanted))
        report.scores.extend(rows)
        report.resamples.extend(resamples)
    return report


def group_layers(
    concepts: ConceptReader,
    dictionaries: tuple[Dictionary, Dictionary],
    run: Run,
    thresholds: Thresholds,
) -> Iterator[Group]:
    """The clusterings of a pair by definition, layer and direction, under all seeds each.

    `published` goes from source to target; `corrected` is scored both ways.

    Args:
        concepts: the pair's clusterings.
        dictionaries: from source to target, and from target to source.
        run: whose clusterings they are.
        thresholds: thresholds of CALIGN.

    Raises:
        ValueError: a dictionary translates between other languages, or a threshold is out of range.
    """
    _check_directions(concepts, dictionaries)
    for definition in concepts.definitions:
        for layer in concepts.layers:
            sides = tuple(_sides(concepts, layer, seed, definition) for seed in concepts.seeds)
            group = Group(run, layer, thresholds.rule(definition), sides, *dictionaries)
            yield group
            if definition == "corrected":
                yield replace(
                    group,
                    sides=tuple((target, source) for source, target in sides),
                    forward=group.backward,
                    backward=group.forward,
                )


def control_rows(
    controls: Iterable[ControlReader],
    dictionaries: tuple[Dictionary, Dictionary],
    run: Run,
    thresholds: Thresholds,
    wanted: Statistics,
) -> list[Score]:
    """Rows of clusterings under controls, of those that have clusterings for CALIGN.

    Args:
        controls: the pair's clusterings under each control.
        dictionaries: from source to target, and from target to source.
        run: whose clusterings they are.
        thresholds: thresholds of CALIGN.
        wanted: how much is drawn for nulls and intervals.
    """
    return [
        under_control(row, concepts.control)
        for concepts in controls
        if "calign" in concepts.metrics()
        for group in group_layers(concepts, dictionaries, run, thresholds)
        for row, _ in summaries(group, wanted)
    ]


def examples_of_layer(
    concepts: ConceptReader,
    dictionary: Dictionary,
    rule: CalignRule,
    *,
    layer: int,
    n_examples: int,
    n_shown: int,
) -> tuple[ConceptExample, ...]:
    """The best-aligned concepts of one layer (its first seed), from source to target.

    Fewer than `n_examples` where fewer align, and none where none does.
    """
    source, target = _sides(concepts, layer, concepts.seeds[0], rule.definition)
    table = translation_table(dictionary, source.types, target.types, n=rule.n)
    return aligned_examples(
        align_clusters(source, target, table, rule),
        source,
        target,
        dictionary,
        layer=layer,
        n_examples=n_examples,
        n_shown=n_shown,
    )


def _sides(
    concepts: ConceptReader, layer: int, seed: int, definition: Definition
) -> tuple[ClusteredWords, ClusteredWords]:
    """Both languages' words, each language clustered alone."""
    return (
        ClusteredWords.of_part(concepts, ConceptKey(layer, seed, "calign", definition, "source")),
        ClusteredWords.of_part(concepts, ConceptKey(layer, seed, "calign", definition, "target")),
    )


def _check_directions(concepts: ConceptReader, dictionaries: tuple[Dictionary, Dictionary]) -> None:
    pair = concepts.source.language, concepts.target.language
    found = [(dictionary.source, dictionary.target) for dictionary in dictionaries]
    if found != [pair, pair[::-1]]:
        raise ValueError(
            f"dictionaries translate {found}: expected {pair[0]}->{pair[1]} and back, as the "
            "clusters"
        )
