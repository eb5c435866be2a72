"""What a device computes beside what the CPU does: vectors, labels of k-means, scores.

A built-in model reads the built-in text of two languages, in float32 and in bfloat16. The CPU's
float32 vectors of its last layer are clustered on both, from the same words: each language alone
for CALIGN, and both together for COLAP. How far apart the two may be is what docs/DETERMINISM.md
says. `gpu.py --all` measures it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from extraction import TOKENIZER as MODEL
from extraction import Task, all_words, plan_of
from measuring import Figure, figure
from scores import RULE

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.records.concepts import ClusteredWords, KMeansClusters
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import calign
from polyconcept.scoring.colap import colap
from polyconcept.text.dictionary import build_dictionary
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.planned import ExtractionPlan

STAGE = "GPU beside CPU"
LANGUAGES = ("en", "de")
LAYERS = (0, 2, 4)
FARTHEST_VECTOR = 1e-5
FARTHEST_INERTIA = 1e-9
FARTHEST_SCORE = 1e-12
"""Scores are of counts, which the same labels make the same."""


@dataclass(frozen=True)
class Size:
    """What is read, and into how many clusters it goes."""

    n_sentences: int = 2000
    n_clusters: int = 200


QUICK = Size(n_sentences=200, n_clusters=60)


@dataclass(frozen=True)
class Pair:
    """The text of two languages as the model reads it."""

    tasks: tuple[Task, Task]
    plans: tuple[ExtractionPlan, ExtractionPlan]
    dictionary: Dictionary
    """From the first language to the second."""


def pair_of(size: Size) -> Pair:
    """Return the text of a size."""
    text = generate_corpus(LANGUAGES, n_sentences=size.n_sentences, seed=5)
    model, tokenizer = load_backbone(MODEL), load_tokenizer(MODEL)
    source, target = (
        Task(model, tokenizer, side, all_words(side), LAYERS) for side in text.sentences.values()
    )
    dictionary, _ = build_dictionary(text.links(*LANGUAGES), source.sentences, target.sentences)
    return Pair((source, target), (plan_of(source), plan_of(target)), dictionary)


def vectors_of(pair: Pair, device: str, dtype: torch.dtype) -> dict[int, list[np.ndarray]]:
    """Return what a device computes: for each layer the vectors of both languages."""
    model = load_backbone(MODEL, device=device, dtype=dtype)
    shapes = [(len(plan.rows), model.config.hidden_size) for plan in pair.plans]
    found = {layer: [np.empty(shape, "f4") for shape in shapes] for layer in LAYERS}
    for side, plan in enumerate(pair.plans):
        for places, states in extract_vectors(model, plan, layers=LAYERS):
            for layer in LAYERS:
                found[layer][side][places] = states[layer]
    return found


def farthest(
    found: Mapping[int, Sequence[np.ndarray]], expected: Mapping[int, Sequence[np.ndarray]]
) -> float:
    """Return the largest difference of a vector, as a share of its length."""
    return max(
        float((np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)).max())
        for layer in LAYERS
        for ours, theirs in zip(found[layer], expected[layer], strict=True)
    )


def clusters_of(sides: Sequence[np.ndarray], n_clusters: int, device: str) -> list[KMeansClusters]:
    """Return the clusters of each language alone, then of both together."""
    found = []
    for vectors in (*sides, np.concatenate(sides)):
        rows = np.random.default_rng(1).choice(len(vectors), n_clusters, replace=False)
        options: dict[str, Any] = {"start": vectors[rows], "device": device}
        found.append(cluster_vectors(vectors, n_clusters=n_clusters, seed=0, **options))
    return found


def scores_of(pair: Pair, clusters: Sequence[KMeansClusters]) -> dict[str, float]:
    """Return CALIGN and COLAP of the clusters."""
    source, target = (
        ClusteredWords.of(task.words, plan.rows, own.cluster, n_clusters=own.n_clusters)
        for task, plan, own in zip(pair.tasks, pair.plans, clusters[:2], strict=True)
    )
    aligned = calign(source, target, pair.dictionary, RULE)
    both, n_source = clusters[2], len(source.cluster)
    overlap = colap(
        both.cluster[:n_source], both.cluster[n_source:],
        n_clusters=both.n_clusters, share=0.3, definition="published",
    )  # fmt: skip
    return {
        "CALIGN": aligned.n_aligned / aligned.n_clusters,
        "COLAP": overlap.n_overlapping / overlap.n_clusters,
    }


def within(ours: float, unit: str, most: float, note: str) -> Figure:
    """Return a difference beside the most that it may be."""
    return figure(ours, unit, "<= 1", ours / most, limit=most, note=note)


def vector_figures(
    pair: Pair, device: str, expected: dict[int, list[np.ndarray]]
) -> dict[str, Figure]:
    """Compare vectors with the CPU's in the same type; `expected` are those in float32."""
    coarse = vectors_of(pair, "cpu", torch.bfloat16)
    n_words = sum(len(plan.rows) for plan in pair.plans)
    unit, what = "of its length", f"the farthest of {n_words:,} words in layers {LAYERS}"
    return {
        f"{STAGE}, vectors in float32": within(
            farthest(vectors_of(pair, device, torch.float32), expected), unit, FARTHEST_VECTOR, what
        ),
        # Each of the two is as far from the float32 vectors as its rounding takes it.
        f"{STAGE}, vectors in bfloat16": within(
            farthest(vectors_of(pair, device, torch.bfloat16), coarse), unit,
            2 * farthest(coarse, expected), f"{what}; at most twice what bfloat16 does on the CPU",
        ),
    }  # fmt: skip


def label_figures(
    pair: Pair, sides: Sequence[np.ndarray], n_clusters: int, device: str
) -> dict[str, Figure]:
    """Compare the clusters of the same vectors from the same start, and their scores."""
    from sklearn.metrics import adjusted_rand_score

    expected, found = (clusters_of(sides, n_clusters, place) for place in ("cpu", device))
    pairs = list(zip(found, expected, strict=True))
    equal = np.concatenate([ours.cluster == theirs.cluster for ours, theirs in pairs])
    rand = min(adjusted_rand_score(theirs.cluster, ours.cluster) for ours, theirs in pairs)
    ratio = max((ours.inertia / theirs.inertia for ours, theirs in pairs), key=lambda r: abs(r - 1))
    scores, on_cpu = scores_of(pair, found), scores_of(pair, expected)
    note = f"{n_clusters} clusters of each language, and of both together"
    return {
        f"{STAGE}, labels: equal": figure(
            float(equal.mean()), "of words", ">= 1", float(equal.mean()), limit=1.0, note=note
        ),
        f"{STAGE}, labels: adjusted Rand index": figure(
            float(rand), "of 1", ">= 1", float(rand), limit=1.0, note="the least of the three"
        ),
        f"{STAGE}, inertia ratio: off 1 by": within(
            abs(ratio - 1), "of the CPU's", FARTHEST_INERTIA,
            f"{ratio!r}, the farthest of the three"
        ),
    } | {
        f"{STAGE}, {metric}: difference": within(
            abs(score - on_cpu[metric]), "of clusters", FARTHEST_SCORE,
            f"{score!r}; on the CPU {on_cpu[metric]!r}",
        )
        for metric, score in scores.items()
    }  # fmt: skip


def measure(quick: bool, device: str) -> dict[str, Figure]:
    """Return by name how far a device is from the CPU."""
    size = QUICK if quick else Size()
    pair = pair_of(size)
    expected = vectors_of(pair, "cpu", torch.float32)
    return vector_figures(pair, device, expected) | label_figures(
        pair, expected[LAYERS[-1]], size.n_clusters, device
    )
