"""Samples of sentences scored in the clusters of all words, beside clustering every sample anew.

    OMP_NUM_THREADS=1 python benchmarks/reclustering.py results/demo bert base en-de 1 3

Intervals take the variance of a score over samples of the sentences with the clusters held, plus
its variance over seeds (docs/STATISTICS.md). Here each sample is clustered from the start instead,
under another seed each, and its standard deviation is set beside that of the two together. Of a
finished study: its folder, a model, a variant, a pair, layers.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.records.text import Definition, Dictionary, Selection, Words
from polyconcept.scoring import statistics
from polyconcept.scoring.calign import calign
from polyconcept.scoring.colap import colap
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_selections, read_words
from polyconcept.text import dictionary

DEFINITION: Definition = "published"
N_SEEDS = 60


class Study:
    """Words, vectors and dictionary of one run and pair of a finished study."""

    def __init__(self, options: argparse.Namespace) -> None:
        source, target = options.pair.split("-")
        folder: Path = options.results
        [corpus] = (folder / "words").iterdir()
        self.words: tuple[Words, Words] = (
            read_words(corpus / f"{source}.parquet"),
            read_words(corpus / f"{target}.parquet"),
        )
        selections = read_selections(folder / f"selections/{options.pair}.parquet", *self.words)
        self.calign: Selection = selections["calign", DEFINITION]
        self.colap: Selection = selections["colap", DEFINITION]
        self.forward: Dictionary = dictionary.read_dictionary(
            folder / f"dictionaries/{options.pair}/forward.tsv", source, target
        )
        run = folder / f"vectors/{options.model}/{options.variant}/encoder"
        self._files = [run / f"{code}.h5" for code in (source, target)]
        self.n_clusters: int = options.clusters
        self.rule = CalignRule(DEFINITION, n=10, match=0.8, size_ratio=0.6, min_types=5)

    def vectors(self, side: int, layer: int, rows: np.ndarray) -> np.ndarray:
        """Return the vectors of rows of a word table."""
        with VectorFile.open(self._files[side], self.words[side]) as file:
            return file.read(layer, rows)

    def cluster(self, vectors: np.ndarray, seed: int) -> np.ndarray:
        """Make one k-means run."""
        found = cluster_vectors(vectors, n_clusters=self.n_clusters, seed=seed, n_restarts=1)
        return found.cluster

    def calign_of(self, rows: Selection, clusters: list[np.ndarray]) -> float:
        """Score CALIGN of clustered rows."""
        sides = [
            ClusteredWords.of(words, chosen, cluster, n_clusters=self.n_clusters)
            for words, chosen, cluster in zip(
                self.words, (rows.source_rows, rows.target_rows), clusters, strict=True
            )
        ]
        found = calign(sides[0], sides[1], self.forward, self.rule)
        return found.n_aligned / found.n_clusters

    def colap_of(self, n_source: int, cluster: np.ndarray) -> float:
        """Score COLAP of clustered words, source's first."""
        found = colap(
            cluster[:n_source],
            cluster[n_source:],
            n_clusters=self.n_clusters,
            share=0.3,
            definition=DEFINITION,
        )
        return found.n_overlapping / found.n_clusters


def scores(
    study: Study, layer: int, draws: np.ndarray, held: bool
) -> Iterator[tuple[float, float]]:
    """Yield CALIGN and COLAP of each sample: in the clusters of all words, or clustered anew."""
    rows = study.calign.source_rows, study.calign.target_rows
    both = study.colap.source_rows, study.colap.target_rows
    alone = [study.vectors(side, layer, rows[side]) for side in (0, 1)]
    pooled = [study.vectors(side, layer, both[side]) for side in (0, 1)]
    fixed = [study.cluster(vectors, seed=1) for vectors in alone]
    fixed_pooled = study.cluster(np.concatenate(pooled), seed=1)
    for number, draw in enumerate(draws):
        weights = [draw[study.words[side].sentence[rows[side]]] for side in (0, 1)]
        chosen = [np.repeat(np.arange(len(weight)), weight) for weight in weights]
        weights = [draw[study.words[side].sentence[both[side]]] for side in (0, 1)]
        pool = [np.repeat(np.arange(len(weight)), weight) for weight in weights]
        if held:
            clusters = [found[places] for found, places in zip(fixed, chosen, strict=True)]
            shift = len(both[0])
            together = fixed_pooled[np.concatenate([pool[0], pool[1] + shift])]
        else:
            seed = 1000 + number
            clusters = [
                study.cluster(vectors[places], seed)
                for vectors, places in zip(alone, chosen, strict=True)
            ]
            together = study.cluster(
                np.concatenate([v[p] for v, p in zip(pooled, pool, strict=True)]), seed
            )
        taken = Selection(rows[0][chosen[0]], rows[1][chosen[1]])
        yield study.calign_of(taken, clusters), study.colap_of(len(pool[0]), together)


def main() -> None:
    """Print both standard deviations for each layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("model")
    parser.add_argument("variant")
    parser.add_argument("pair")
    parser.add_argument("layers", type=int, nargs="+")
    parser.add_argument("--clusters", type=int, default=60)
    parser.add_argument("--samples", type=int, default=100)
    options = parser.parse_args()
    study = Study(options)
    n_sentences = statistics.n_sentences(*study.words)
    draws = statistics.draw_sentences(n_sentences, statistics.Options(1, options.samples, seed=3))
    whole = np.ones((N_SEEDS, n_sentences), dtype=np.int64)
    print("layer  metric    held   seeds  together   anew  ratio   means: held  anew  whole")
    for layer in options.layers:
        held = np.array(list(scores(study, layer, draws, held=True)))
        anew = np.array(list(scores(study, layer, draws, held=False)))
        seeds = np.array(list(scores(study, layer, whole, held=False)))
        together = np.sqrt(held.var(axis=0, ddof=1) + seeds.var(axis=0, ddof=1))
        apart = anew.std(axis=0, ddof=1)
        for place, metric in enumerate(("calign", "colap")):
            deviations = [found[:, place].std(ddof=1) for found in (held, seeds)]
            means = [found[:, place].mean() for found in (held, anew, seeds)]
            numbers = [*deviations, together[place], apart[place]]
            print(
                f"{layer:>5}  {metric:<7}"
                + "".join(f"{number:>8.4f}" for number in numbers)
                + f"{together[place] / apart[place]:>7.2f}   "
                + "".join(f"{mean:>8.3f}" for mean in means)
            )


if __name__ == "__main__":
    main()
