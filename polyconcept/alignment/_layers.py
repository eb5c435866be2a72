"""CALIGN of all clusterings of a language pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from scipy.sparse import csr_array

from polyconcept.alignment._align import align_clusters, translation_table
from polyconcept.alignment._report import aligned_examples
from polyconcept.records import ConceptExample, ConceptKey, Definition, Dictionary
from polyconcept.results import (
    CalignRule,
    ClusterAlignment,
    ClusteredWords,
    ConceptReader,
    Run,
    ScoreKey,
)


def align_layers(
    concepts: ConceptReader,
    dictionaries: tuple[Dictionary, Dictionary],
    run: Run,
    *,
    n: int,
    match: float,
    size_ratio: float,
    min_types: int,
) -> Iterator[tuple[ScoreKey, ClusterAlignment]]:
    """Align the clusters of a pair in every layer and seed, under every definition.

    `published` goes from source to target; `corrected` is scored both ways.

    Args:
        concepts: the pair's clusterings.
        dictionaries: from source to target, and from target to source.
        run: whose clusterings they are.
        n: translations of a word that count, best first.
        match: share of a source cluster's types to be matched.
        size_ratio: bound on the ratio of the two numbers of types.
        min_types: a source cluster must have more types than this.

    Raises:
        ValueError: a dictionary translates between other languages, or a threshold is out of range.
    """
    types = concepts.source.types, concepts.target.types
    _check_directions(concepts, dictionaries)
    tables = (
        translation_table(dictionaries[0], *types, n=n),
        translation_table(dictionaries[1], *types[::-1], n=n),
    )
    for definition in concepts.definitions:
        rule = CalignRule(definition, n, match, size_ratio, min_types)
        for layer in concepts.layers:
            for seed in concepts.seeds:
                sides = _sides(concepts, layer, seed, definition)
                for words, table in _ways(sides, tables, definition):
                    alignment = align_clusters(*words, table, rule)
                    pair = alignment.source, alignment.target
                    yield (
                        ScoreKey(
                            **asdict(run), source=pair[0], target=pair[1], layer=layer, seed=seed
                        ),
                        alignment,
                    )


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


def _ways(
    sides: tuple[ClusteredWords, ClusteredWords],
    tables: tuple[csr_array, csr_array],
    definition: Definition,
) -> Iterator[tuple[tuple[ClusteredWords, ClusteredWords], csr_array]]:
    """The directions that a definition compares, each with its table of translations."""
    yield sides, tables[0]
    if definition == "corrected":
        yield sides[::-1], tables[1]


def _check_directions(concepts: ConceptReader, dictionaries: tuple[Dictionary, Dictionary]) -> None:
    pair = concepts.source.language, concepts.target.language
    found = [(dictionary.source, dictionary.target) for dictionary in dictionaries]
    if found != [pair, pair[::-1]]:
        raise ValueError(
            f"dictionaries translate {found}: expected {pair[0]}->{pair[1]} and back, as the "
            "clusters"
        )
