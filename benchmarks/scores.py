"""CALIGN and COLAP beside plain Python loops over the pairs of clusters (the released way).

    OMP_NUM_THREADS=1 python benchmarks/scores.py

Random words in random clusters; each type has n translations, most at random, so that nearly every
pair of clusters shares some: the most work for sparse products. Both sides begin with the
dictionary read, as it is once for all layers and seeds. The loops' time grows with the number of
source clusters: a part of these is timed, in turns with ours, and scaled; the part's aligned pairs
must be ours. Seconds are of CPU, which other work on the machine changes less than wall time.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from measuring import Figure, cpu_seconds, figure, medians, table

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule, ClusterAlignment
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import align_clusters, translation_table
from polyconcept.scoring.colap import colap

RULE = CalignRule("published", n=10, match=0.5, size_ratio=0.6, min_types=5)


@dataclass(frozen=True)
class Size:
    """How much is scored, and which part of the source clusters the loops go through."""

    name: str
    n_clusters: int
    words_per_cluster: int
    n_types: int
    loop_clusters: int
    n_rounds: int


MOST_SECONDS = 2.0
STUDY = Size("600 x 600", 600, 60, 12_000, loop_clusters=30, n_rounds=5)
LARGE = Size("2,000 x 2,000, 300,000 words", 2000, 150, 60_000, loop_clusters=3, n_rounds=3)
QUICK = Size("60 x 60", 60, 20, 400, loop_clusters=20, n_rounds=2)


@dataclass(frozen=True)
class Words:
    """A language pair to score."""

    source: ClusteredWords
    target: ClusteredWords
    dictionary: Dictionary


def random_words(size: Size, seed: int = 0) -> Words:
    """Return clusters of random types; some source clusters translate into one target cluster."""
    random = np.random.default_rng(seed)
    n_words = size.n_clusters * size.words_per_cluster
    cluster = np.repeat(np.arange(size.n_clusters, dtype=np.int32), size.words_per_cluster)
    types = random.integers(size.n_types, size=(2, n_words)).astype(np.int32)
    aligned = random.random(size.n_clusters) < 0.3
    mirrored = aligned[cluster] & (random.random(n_words) < 0.8)
    types[1, mirrored] = types[0, mirrored]  # type i translates into type i, among others
    translation = random.integers(size.n_types, size=(size.n_types, RULE.n))
    translation[:, 3] = np.arange(size.n_types)
    spelling = [tuple(f"{side}{i}" for i in range(size.n_types)) for side in "st"]
    dictionary = Dictionary(
        "xx",
        "yy",
        tuple(np.repeat(spelling[0], RULE.n).tolist()),
        tuple(spelling[1][i] for i in translation.ravel().tolist()),
        np.full(translation.size, 1 / RULE.n),
        np.ones(translation.size, dtype=np.int64),
    )
    source, target = (
        ClusteredWords(code, names, of_word, cluster, size.n_clusters)
        for code, names, of_word in zip(("xx", "yy"), spelling, types, strict=True)
    )
    return Words(source, target, dictionary)


def types_of(words: ClusteredWords) -> list[set[str]]:
    """Return the spellings of each cluster."""
    clusters: list[set[str]] = [set() for _ in range(words.n_clusters)]
    for word_type, cluster in zip(words.word_type.tolist(), words.cluster.tolist(), strict=True):
        clusters[cluster].add(words.types[word_type])
    return clusters


def translations_of(dictionary: Dictionary) -> dict[str, list[str]]:
    """Return the first translations of each word."""
    found: dict[str, list[str]] = {}
    for word, translation in zip(dictionary.word, dictionary.translation, strict=True):
        found.setdefault(word, []).append(translation)
    return {word: all_of_it[: RULE.n] for word, all_of_it in found.items()}


def loop_pairs(
    source: list[set[str]], target: list[set[str]], translations: dict[str, list[str]]
) -> list[tuple[int, int]]:
    """Return aligned pairs of clusters (`published`), pair by pair and word by word."""
    aligned = []
    for i, source_types in enumerate(source):
        for j, target_types in enumerate(target):
            matched = 0
            for word in source_types:
                for translation in translations.get(word, ()):
                    if translation in target_types:
                        matched += 1
                        break
            if (
                matched / len(source_types) > RULE.match
                and len(source_types) > RULE.min_types
                and len(source_types) / len(target_types) > RULE.size_ratio
            ):
                aligned.append((i, j))
    return aligned


def check_same(alignment: ClusterAlignment, pairs: list[tuple[int, int]], n_source: int) -> None:
    """Refuse to compare times of different results."""
    own = zip(alignment.pair_source.tolist(), alignment.pair_target.tolist(), strict=True)
    ours = [pair for pair in own if pair[0] < n_source]
    if ours != pairs or not pairs:
        message = f"loops align {len(pairs)} pairs of the first clusters, ours {len(ours)}"
        raise ValueError(message)


def measure_size(size: Size) -> tuple[float, float]:
    """Return the seconds of our scores, and of the loops (a part, scaled)."""
    words = random_words(size)
    source, target = types_of(words.source), types_of(words.target)
    translations = translations_of(words.dictionary)
    part = source[: size.loop_clusters]
    pairs = loop_pairs(part, target, translations)
    names = words.source.types, words.target.types
    table = translation_table(words.dictionary, *names, n=RULE.n)
    check_same(align_clusters(words.source, words.target, table, RULE), pairs, len(part))

    def scores() -> None:
        align_clusters(words.source, words.target, table, RULE)
        clusters = words.source.cluster, words.target.cluster
        colap(*clusters, n_clusters=size.n_clusters, share=0.3, definition="published")

    ours, theirs = medians(
        cpu_seconds, size.n_rounds, scores, lambda: loop_pairs(part, target, translations)
    )
    return ours, theirs * size.n_clusters / len(part)


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of the scores by name: ours, limit, alternative, ratio, goal."""
    figures: dict[str, Figure] = {}
    for size in [QUICK] if quick else [STUDY, LARGE]:
        ours, theirs = measure_size(size)
        note = f"loops: {size.loop_clusters} of {size.n_clusters} source clusters timed, scaled"
        figures[f"scores, {size.name}"] = figure(
            ours, "s", ">= 200", theirs / ours, alternative=theirs, note=note
        )
    if not quick:
        figures["scores, large, seconds"] = figure(
            ours, "s", "<= 1", ours / MOST_SECONDS, limit=MOST_SECONDS, note="the seconds allowed"
        )
    return figures


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    print(table(measure(parser.parse_args().quick)))


if __name__ == "__main__":
    main()
