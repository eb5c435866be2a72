"""What each difference between `published` and `corrected` does to the scores of finished studies.

    python benchmarks/differences.py results/demo results/local

Clusters, dictionaries and word tables are read; nothing is clustered again. One thing is changed at
a time, starting from `published`; docs/REPRODUCTION.md holds the table.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.records.text import Definition, Dictionary
from polyconcept.scoring.calign import aligned_at, calign
from polyconcept.scoring.colap import colap
from polyconcept.store.concepts import ConceptFile
from polyconcept.store.words import read_words
from polyconcept.text import dictionary

Case = tuple[str, str]
"""Metric, and what was changed."""


def calign_cases(
    concepts: ConceptFile, dictionaries: tuple[Dictionary, Dictionary], layer: int, seed: int
) -> Iterator[tuple[Case, float]]:
    """Yield CALIGN of one clustering, with one difference at a time."""
    rule = CalignRule("published", n=10, match=0.8, size_ratio=0.6, min_types=5)
    strict = replace(rule, definition="corrected")

    def sides(definition: Definition) -> tuple[ClusteredWords, ClusteredWords]:
        return ClusteredWords.of_pair(concepts, "calign", definition, layer=layer, seed=seed)

    def share(
        words: Definition, size: CalignRule, match: CalignRule, *, back: bool = False
    ) -> float:
        pair, table = sides(words), dictionaries[0]
        if back:
            pair, table = pair[::-1], dictionaries[1]
        found = replace(calign(*pair, table, size), rule=match)
        return np.count_nonzero(aligned_at(found, match.match)) / found.n_clusters

    yield ("calign", "published"), share("published", rule, rule)
    yield ("calign", "matched share: at least"), share("published", rule, strict)
    yield ("calign", "sizes: both ways, at least"), share("published", strict, rule)
    yield ("calign", "words: once, cap per type"), share("corrected", rule, rule)
    yield ("calign", "corrected"), share("corrected", strict, strict)
    yield ("calign", "corrected, target to source"), share("corrected", strict, strict, back=True)
    for used in (rule, strict):
        found = calign(*sides(used.definition), dictionaries[0], used)
        if found.n_large:
            yield ("calign", f"{used.definition}, over large"), found.n_aligned / found.n_large


def colap_cases(concepts: ConceptFile, layer: int, seed: int) -> Iterator[tuple[Case, float]]:
    """Yield COLAP of one clustering, with one difference at a time."""

    def share(words: Definition, definition: Definition) -> float:
        source, target = ClusteredWords.of_pair(concepts, "colap", words, layer=layer, seed=seed)
        found = colap(
            source.cluster,
            target.cluster,
            n_clusters=source.n_clusters,
            share=0.3,
            definition=definition,
        )
        return found.n_overlapping / found.n_clusters

    yield ("colap", "published"), share("published", "published")
    yield ("colap", "share: at least"), share("published", "corrected")
    yield ("colap", "words: cap per language"), share("corrected", "published")
    yield ("colap", "corrected"), share("corrected", "corrected")


def cases_of(study: Path, file: Path) -> Iterator[tuple[Case, tuple[str, int, int], float]]:
    """Yield every case of a concept file, with the clustering that it is of."""
    languages = file.stem.split("-")
    tables = [
        # Where each pair has sentences of its own, its word tables stand in its folder.
        next(
            path
            for place in (f"{file.stem}/", "")
            for path in study.glob(f"words/*/{place}{code}.parquet")
        )
        for code in languages
    ]
    source, target = [read_words(table) for table in tables]
    folder = study / "dictionaries" / file.stem
    dictionaries = (
        dictionary.read_dictionary(folder / "forward.tsv", *languages),
        dictionary.read_dictionary(folder / "backward.tsv", *languages[::-1]),
    )
    with ConceptFile.open(file, source, target) as concepts:
        for layer in concepts.layers:
            for seed in concepts.seeds:
                place = (str(file), layer, seed)
                for case, value in calign_cases(concepts, dictionaries, layer, seed):
                    yield case, place, value
                for case, value in colap_cases(concepts, layer, seed):
                    yield case, place, value


def main() -> None:
    """Print a table per study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+", type=Path, help="folders such as results/demo")
    for study in parser.parse_args().studies:
        values: dict[Case, dict[tuple[str, int, int], float]] = defaultdict(dict)
        for file in sorted(study.glob("concepts/**/*.h5")):
            for case, place, value in cases_of(study, file):
                values[case][place] = value
        print(f"{study}: {len(values['calign', 'published'])} clusterings")
        for (metric, change), found in values.items():
            start = values[metric, "published"]
            difference = [value - start[place] for place, value in found.items()]
            print(
                f"| {metric} | {change} | {np.mean(list(found.values())):.3f} | "
                f"{np.mean(difference):+.3f} | {min(difference):+.3f} to {max(difference):+.3f} |"
            )


if __name__ == "__main__":
    main()
