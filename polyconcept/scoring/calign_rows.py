"""From an alignment to rows of the score table and to examples for figures."""

from __future__ import annotations

import logging

import numpy as np

from polyconcept.records.arrays import Int
from polyconcept.records.concepts import AlignedConcepts, ClusteredWords, ConceptExample
from polyconcept.records.scores import ClusterAlignment, Score, ScoreKey
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import translations_between
from polyconcept.scoring.statistics import Measured

_logger = logging.getLogger(__name__)


def calign_scores(alignment: ClusterAlignment, key: ScoreKey) -> list[Score]:
    """Rows of the score table: over all clusters with words, and over the large ones.

    Where no cluster is large there is no such share: that row is left out and a warning logged.

    Raises:
        ValueError: the key names other languages than the alignment.
    """
    if (key.source, key.target) != (alignment.source, alignment.target):
        raise ValueError(
            f"key says {key.source}->{key.target}: "
            f"expected {alignment.source}->{alignment.target}, as aligned"
        )
    rows = []
    for over, total in (("all", alignment.n_clusters), ("large", alignment.n_large)):
        if total == 0:
            _logger.warning(
                "no cluster has more than %d types: no score over large ones for %s",
                alignment.rule.min_types,
                key,
            )
            continue
        share = Measured([alignment.n_aligned / total], (alignment.n_aligned, total))
        rows.append(share.row("calign", alignment.rule.definition, over, key))
    return rows


def aligned_examples(
    alignment: ClusterAlignment,
    source: ClusteredWords,
    target: ClusteredWords,
    dictionary: Dictionary,
    *,
    layer: int,
    n_examples: int,
) -> AlignedConcepts:
    """The best-aligned pairs of clusters as lists of word types; no cluster stands in two.

    Pairs come by matched share, then by matched types, then by the clusters' numbers; types by
    number of words here, then in the order of `types`. Fewer pairs than asked for where fewer
    align.

    Args:
        alignment: what `calign` found.
        source: the source words it was found with.
        target: the target words it was found with.
        dictionary: the dictionary it was found with.
        layer: the layer that was clustered; it stands in the result.
        n_examples: number of pairs, at most.
    """
    translations = translations_between(source, target, dictionary, alignment.rule)
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
    """Aligned pairs, best first, without those whose source or target cluster came before."""
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
