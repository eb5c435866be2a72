"""CALIGN of all clusterings of a language pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from polyconcept.records.concepts import (
    AlignedConcepts,
    ClusteredWords,
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
)
from polyconcept.records.text import Definition, Dictionary
from polyconcept.scoring import describe
from polyconcept.scoring.calign import align_clusters, translation_table
from polyconcept.scoring.calign_rows import aligned_examples
from polyconcept.scoring.calign_statistics import CalignMeasure, Statistics


@dataclass(frozen=True)
class Report:
    """All that is known of a pair's CALIGN."""

    scores: list[Score]
    alignments: list[tuple[ScoreKey, ClusterAlignment]]
    resamples: list[Resamples]


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

    `published` goes from source to target; `corrected` is scored both ways.

    Args:
        concepts: the pair's clusterings.
        dictionaries: from source to target, and from target to source.
        run: whose clusterings they are.
        thresholds: thresholds of CALIGN.
        wanted: what is computed besides the plain scores.

    Raises:
        ValueError: a dictionary translates between other languages, or a threshold is out of range.
    """
    measures = _measures(concepts, dictionaries, run, thresholds, wanted)
    return Report(*describe.score_measures(measures, concepts.seeds, wanted.classes))


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
        dictionaries: as the next three, as of `score_layers`.
        run: whose clusterings they are.
        thresholds: thresholds of CALIGN.
        wanted: how much is drawn for nulls and intervals.
    """
    return list(
        describe.control_rows(
            (concepts.control, _measures(concepts, dictionaries, run, thresholds, wanted))
            for concepts in controls
            if "calign" in concepts.metrics()
        )
    )


def _measures(
    concepts: ConceptReader,
    dictionaries: tuple[Dictionary, Dictionary],
    run: Run,
    thresholds: Thresholds,
    wanted: Statistics,
) -> Iterator[CalignMeasure]:
    """The clusterings of a pair by definition, layer and direction, under all seeds each."""
    _check_directions(concepts, dictionaries)
    for definition in concepts.definitions:
        for layer in concepts.layers:
            sides = [_sides(concepts, layer, seed, definition) for seed in concepts.seeds]
            rule = thresholds.rule(definition)
            measure = CalignMeasure(run, layer, definition, sides, rule, *dictionaries, wanted)
            yield measure
            if definition == "corrected":
                yield measure.reversed()


def examples_of_layer(
    concepts: ConceptReader,
    dictionary: Dictionary,
    rule: CalignRule,
    *,
    layer: int,
    n_examples: int,
) -> AlignedConcepts:
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
