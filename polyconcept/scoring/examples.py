"""The best-aligned concepts of a layer as lists of words to look at."""

from __future__ import annotations

import numpy as np

from polyconcept.records.arrays import Int
from polyconcept.records.concepts import (
    AlignedConcepts,
    ClusteredWords,
    ConceptExample,
    ConceptReader,
)
from polyconcept.records.scores import CalignRule, ClusterAlignment
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import calign, translations_between
from polyconcept.scoring.sentences import sentence_shares


def examples_of_layer(
    concepts: ConceptReader,
    dictionary: Dictionary,
    rule: CalignRule,
    *,
    layer: int,
    n_examples: int,
) -> AlignedConcepts:
    """Return the best-aligned concepts of one layer (its first seed), from source to target.

    Fewer than `n_examples` where fewer align, and none where none does.
    """
    seed = concepts.seeds[0]
    sides = ClusteredWords.of_pair(concepts, "calign", rule.definition, layer=layer, seed=seed)
    alignment = calign(*sides, dictionary, rule)
    return aligned_examples(alignment, *sides, dictionary, layer=layer, n_examples=n_examples)


def aligned_examples(
    alignment: ClusterAlignment,
    source: ClusteredWords,
    target: ClusteredWords,
    dictionary: Dictionary,
    *,
    layer: int,
    n_examples: int,
) -> AlignedConcepts:
    """Return the best-aligned pairs of clusters as lists of word types; no cluster is in two.

    Pairs come by matched share, then by matched types, then by the clusters' numbers; types by
    number of words here, then in the order of `types`.

    Args:
        alignment: What `calign` found with these words and this dictionary.
        source: The source words.
        target: The target words.
        dictionary: From source to target.
        layer: The layer that was clustered; it stands in the result.
        n_examples: Number of pairs, at most.
    """
    translations = translations_between(source, target, dictionary, alignment.rule)
    shares = sentence_shares(source)
    examples = []
    for pair in _distinct(alignment)[:n_examples]:
        source_types = _types_by_count(source, alignment.pair_source[pair])
        target_types = _types_by_count(target, alignment.pair_target[pair])
        between = translations[source_types][:, target_types]
        examples.append(
            ConceptExample(
                source_types=tuple(source.types[i] for i in source_types),
                target_types=tuple(target.types[i] for i in target_types),
                source_matched=tuple((between.sum(axis=1) > 0).tolist()),
                target_matched=tuple((between.sum(axis=0) > 0).tolist()),
                sentence_share=float(shares[alignment.pair_source[pair]]),
            )
        )
    return AlignedConcepts(
        source=source.language,
        target=target.language,
        layer=layer,
        n_aligned=alignment.n_aligned,
        n_concepts=alignment.n_clusters,
        examples=tuple(examples),
    )


def _distinct(alignment: ClusterAlignment) -> list[int]:
    """Return aligned pairs, best first, none with a source or target cluster of one before it."""
    share = alignment.pair_matched / alignment.n_types[alignment.pair_source]
    order = np.lexsort((-alignment.pair_matched, -share))
    sources: set[int] = set()
    targets: set[int] = set()
    kept = []
    for pair in order:
        source, target = int(alignment.pair_source[pair]), int(alignment.pair_target[pair])
        if source not in sources and target not in targets:
            kept.append(int(pair))
            sources.add(source)
            targets.add(target)
    return kept


def _types_by_count(words: ClusteredWords, cluster: np.int32) -> Int[np.ndarray, " type"]:
    inside = words.word_type[words.cluster == cluster]
    types, counts = np.unique(inside, return_counts=True)
    return types[np.argsort(-counts, kind="stable")]
