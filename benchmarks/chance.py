"""What gives a score its meaning - nulls, intervals, sweeps, rivals, controls - beside reading.

    OMP_NUM_THREADS=1 python benchmarks/chance.py

One run of a model of base size on 1,000 sentences of 20 words in two languages: 3 layers, 5 seeds,
600 clusters. Words, clusters and dictionary are random, most types in one cluster; each type has up
to 4 translations. The alternative is the bare forward pass over the sentences of both languages (30
subwords each), nothing kept or clustered; a part of it is timed and scaled. Of the controls'
clusterings one restart at 20,000 words is timed and scaled by words and clusters. Seconds are of
CPU.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from measuring import Figure, cpu_seconds, figure
from transformers import BertConfig, BertModel

from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.records.concepts import Clusters, ConceptKey
from polyconcept.records.scores import Run
from polyconcept.records.text import Definition, Dictionary, Selection, Words
from polyconcept.scoring import statistics, word_classes
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.cka import linear_cka
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.scoring.retrieval import retrieval_hits, sentence_means
from polyconcept.study.schema import Study

SUBWORDS = 30
RUN = Run("bert", "base", "encoder", "random")


@dataclass(frozen=True)
class Size:
    """How much is scored, and which part of the forward pass is timed."""

    n_sentences: int = 1000
    words_per_sentence: int = 20
    n_types: int = 5000
    n_clusters: int = 600
    layers: tuple[int, ...] = (4, 8, 12)
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    n_dims: int = 768
    n_blocks: int = 12
    n_read: int = 64
    """Sentences that are read to time the forward pass."""

    @property
    def n_words(self) -> int:
        """Words of one language."""
        return self.n_sentences * self.words_per_sentence


QUICK = Size(60, 5, 100, 12, (0, 1), (1, 2), 24, 1, 8)


@dataclass(frozen=True)
class RandomConcepts:
    """Clusterings of random words: every type has a cluster, one word in five another."""

    size: Size
    source: Words
    target: Words
    definitions: tuple[Definition, ...] = ("published", "corrected")
    rows: Selection = field(init=False)

    def __post_init__(self) -> None:
        every = np.arange(self.size.n_words)
        object.__setattr__(self, "rows", Selection(every, every))

    @property
    def layers(self) -> tuple[int, ...]:
        """Layers."""
        return self.size.layers

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds."""
        return self.size.seeds

    def selection(self, metric: str, definition: str) -> Selection:
        """Return all words."""
        del metric, definition
        return self.rows

    def clusters(self, key: ConceptKey) -> Clusters:
        """Draw clusters anew for each key, with the key's numbers as seed."""
        random = np.random.default_rng([key.layer, key.seed])
        types = {"source": [self.source], "target": [self.target]}
        words = np.concatenate(
            [w.word_type for w in types.get(key.part, [self.source, self.target])]
        )
        of_type = np.random.default_rng(0).integers(self.size.n_clusters, size=self.size.n_types)
        moved = random.random(len(words)) < 0.2
        drawn = random.integers(self.size.n_clusters, size=len(words))
        cluster = np.where(moved, drawn, of_type[words]).astype(np.int32)
        return Clusters(cluster, self.size.n_clusters)


def words_of(language: str, size: Size, seed: int) -> Words:
    """Return a word table of random types, frequent ones more often."""
    random = np.random.default_rng(seed)
    drawn = (size.n_types * random.random(size.n_words) ** 2).astype(np.int32)
    sentence = np.repeat(np.arange(size.n_sentences), size.words_per_sentence).astype(np.int32)
    position = np.tile(np.arange(size.words_per_sentence), size.n_sentences).astype(np.int32)
    types = tuple(f"{language}{number}" for number in range(size.n_types))
    return Words(language, sentence, position, drawn, types)


def dictionary_of(source: Words, target: Words, seed: int) -> Dictionary:
    """Translate type i into type i, and into up to three others."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, 5, size=len(source.types))
    words = np.repeat(np.arange(len(source.types)), counts)
    found = random.integers(len(target.types), size=len(words))
    found[np.cumsum(counts) - counts] = np.arange(len(source.types))
    return Dictionary(
        source.language,
        target.language,
        tuple(source.types[i] for i in words.tolist()),
        tuple(target.types[i] for i in found.tolist()),
        np.full(len(words), 0.25),
        np.ones(len(words), dtype=np.int64),
    )


def score_seconds(
    concepts: RandomConcepts, dictionaries: tuple[Dictionary, Dictionary]
) -> dict[str, float]:
    """Return the seconds of each metric with all that belongs to it, as in a job of scores."""
    defaults = Study.model_fields
    settings = defaults["statistics"].default
    options = statistics.Options(settings.n_permutations, settings.n_resamples, settings.seed)
    draws = statistics.draw_sentences(concepts.size.n_sentences, options)
    classes = word_classes.classes_of_pair(concepts.source, concepts.target, dictionaries)
    common = RUN, Statistics(options, draws, classes)
    measures: dict[str, Any] = {
        "calign": partial(
            CalignMeasure,
            *common,
            dictionaries=dictionaries,
            thresholds=defaults["calign"].default.model_dump(),
            sweeps=settings.sweeps.model_dump(),
        ),
        "colap": partial(ColapMeasure, *common, share=defaults["colap"].default.share),
    }
    return {
        name: cpu_seconds(partial(score_metric, measure, name, concepts))
        for name, measure in measures.items()
    }


def score_rivals(size: Size) -> None:
    """Score CKA and retrieval of every layer."""
    random = np.random.default_rng(0)
    sentence = np.repeat(np.arange(size.n_sentences), size.words_per_sentence).astype(np.int32)
    vectors = random.standard_normal((2, size.n_words, size.n_dims), dtype=np.float32)
    for _ in size.layers:
        linear_cka(*vectors)
        means = [sentence_means(side, sentence, n_sentences=size.n_sentences) for side in vectors]
        retrieval_hits(*means)


def reading_seconds(size: Size) -> float:
    """Time the forward pass of both languages' sentences, scaled from a part of them."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=1000,
        hidden_size=size.n_dims,
        num_hidden_layers=size.n_blocks,
        intermediate_size=4 * size.n_dims,
    )
    model = BertModel(config)
    model.eval()  # type: ignore[no-untyped-call]
    subwords = torch.randint(5, 1000, (size.n_read, SUBWORDS))

    @torch.inference_mode()
    def read() -> None:
        model(input_ids=subwords)

    read()
    return cpu_seconds(read) * 2 * size.n_sentences / size.n_read


def control_seconds(size: Size) -> float:
    """Time the controls' clusterings of all layers, scaled from one restart of one language."""
    random = np.random.default_rng(0)
    centers = random.standard_normal((size.n_clusters, size.n_dims)) * 0.5
    vectors = centers[random.integers(size.n_clusters, size=size.n_words)]
    vectors = (vectors + random.standard_normal(vectors.shape)).astype(np.float32)
    one = cpu_seconds(
        lambda: cluster_vectors(vectors, n_clusters=size.n_clusters, seed=1, n_restarts=1)
    )
    controls = Study.model_fields["controls"].default
    # Each language alone and both together, but of centred vectors only both together.
    whole = sum(name != "centred" for name in controls.vectors) + sum(controls.cluster_factors)
    times: float = 4 * whole + 2 * ("centred" in controls.vectors)
    return one * times * len(size.layers)


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures by name: ours, limit, alternative, ratio, goal."""
    size = QUICK if quick else Size()
    torch.set_num_threads(1)
    source, target = words_of("xx", size, 1), words_of("yy", size, 2)
    dictionaries = dictionary_of(source, target, 3), dictionary_of(target, source, 4)
    concepts = RandomConcepts(size, source, target)
    scores = sum(score_seconds(concepts, dictionaries).values())
    rivals = cpu_seconds(lambda: score_rivals(size))
    controls, reading = control_seconds(size), reading_seconds(size)
    note = f"{size.n_sentences:,} sentences, {len(size.layers)} layers, {len(size.seeds)} seeds"
    named = {
        "what a score means, nulls and intervals": (scores, "<= 1", note),
        "what a score means, rivals": (rivals, "<= 1", note),
        "what a score means, with rivals": (scores + rivals, "<= 1", note),
        "what a score means, controls' clusterings": (controls, "-", "one restart each, scaled"),
    }
    figures = {
        name: figure(
            seconds, "s", goal, seconds / reading,
            alternative=reading, note=f"alternative: the bare forward pass; {text}",
        )
        for name, (seconds, goal, text) in named.items()
    }  # fmt: skip
    defaults = Study.model_fields["statistics"].default
    # Of published scores one way, of corrected ones both, as `polyconcept plan` counts them.
    draws = 3 * len(size.layers) * (defaults.n_permutations + defaults.n_resamples)
    figures["what a score means, one draw"] = figure(
        scores / draws, "s", "-", scores / reading, alternative=reading / draws, note=note
    )
    return figures


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    json.dump(measure(parser.parse_args().quick), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
