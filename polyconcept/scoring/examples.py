"""The best concepts of a layer, by either metric, as lists of words to look at."""

from __future__ import annotations

import numpy as np

from polyconcept.records.arrays import Int
from polyconcept.records.concepts import (
    AlignedConcepts,
    ClusteredWords,
    ConceptExample,
    ConceptReader,
)
from polyconcept.records.examples import OverlapExample, OverlappingConcepts, PairExamples
from polyconcept.records.scores import CalignRule, ClusterAlignment, ClusterOverlap
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import calign, translations_between
from polyconcept.scoring.colap import colap
from polyconcept.scoring.sentences import sentence_shares


def examples_of_layer(
    concepts: ConceptReader,
    dictionary: Dictionary,
    rule: CalignRule,
    *,
    share: float,
    layer: int,
    n_examples: int,
) -> PairExamples:
    """Return the best concepts of one layer (its first seed), by CALIGN and by COLAP.

    Fewer than `n_examples` of a metric where fewer align or overlap, and none where none does.

    Args:
        concepts: The clusterings of a pair.
        dictionary: From source to target.
        rule: When a concept aligns.
        share: Share of a concept's words that each language must hold for COLAP.
        layer: The layer.
        n_examples: Number of concepts of each metric, at most.
    """
    seed, definition = concepts.seeds[0], rule.definition
    alone = ClusteredWords.of_pair(concepts, "calign", definition, layer=layer, seed=seed)
    together = ClusteredWords.of_pair(concepts, "colap", definition, layer=layer, seed=seed)
    overlap = colap(
        *(words.cluster for words in together),
        n_clusters=together[0].n_clusters,
        share=share,
        definition=definition,
    )
    return PairExamples(
        aligned_examples(
            calign(*alone, dictionary, rule), *alone, dictionary, layer=layer, n_examples=n_examples
        ),
        overlap_examples(
            overlap, *together, layer=layer, n_examples=n_examples, min_types=rule.min_types
        ),
    )


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


def overlap_examples(
    overlap: ClusterOverlap,
    source: ClusteredWords,
    target: ClusteredWords,
    *,
    layer: int,
    n_examples: int,
    min_types: int,
) -> OverlappingConcepts:
    """Return the most even of the clusters that both languages share, as lists of word types.

    Clusters of more than `min_types` types come first, then by the share of the language that has
    fewer words, then by their types, then by number; types by number of words here, then in the
    order of `types`.

    Args:
        overlap: What `colap` found with these words.
        source: The source words.
        target: The target words, in the same clusters.
        layer: The layer that was clustered; it stands in the result.
        n_examples: Number of clusters, at most.
        min_types: A cluster of no more types shows little.
    """
    found = np.flatnonzero(overlap.overlaps).astype(np.int32)
    types = [[_types_by_count(words, cluster) for words in (source, target)] for cluster in found]
    n_types = np.array([sum(map(len, of_both)) for of_both in types], dtype=np.int64)
    n_source, n_target = overlap.n_source[found], overlap.n_target[found]
    fewer = np.minimum(n_source, n_target) / np.maximum(n_source + n_target, 1)
    order = np.lexsort((-n_types, -fewer, n_types <= min_types))[:n_examples]
    return OverlappingConcepts(
        source=source.language,
        target=target.language,
        layer=layer,
        n_overlapping=overlap.n_overlapping,
        n_concepts=overlap.n_clusters,
        examples=tuple(
            OverlapExample(
                source_types=tuple(source.types[i] for i in types[place][0]),
                target_types=tuple(target.types[i] for i in types[place][1]),
                n_source=int(n_source[place]),
                n_target=int(n_target[place]),
            )
            for place in order
        ),
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
