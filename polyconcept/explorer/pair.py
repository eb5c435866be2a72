"""All shards of one language pair."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polyconcept.explorer.labels import TypeClusters, stability, type_clusters
from polyconcept.explorer.links import type_links
from polyconcept.explorer.places import place_columns, sentence_shards
from polyconcept.explorer.shards import Shard
from polyconcept.explorer.trails import partnered, states
from polyconcept.explorer.words import METRICS, SIDES, SideWords, words_by_type
from polyconcept.records.concepts import ConceptKey, parts_of
from polyconcept.records.explored import ExploredRun, PairText
from polyconcept.records.text import Definition

TYPES = 1024
"""Word types of a block of trails."""

_TOP = 10
"""Concepts that are shown where no script runs."""


def pair_shards(
    text: PairText, runs: Sequence[ExploredRun], *, definition: Definition, n: int
) -> Iterator[Shard]:
    """Yield the shards of a pair: text, translations, concepts, and where each word type is.

    Args:
        text: Sentences, words, their classes, and dictionaries.
        runs: Concepts of each run, of the first seed.
        definition: Whose words and scores are shown.
        n: Translations of a word that count.
    """
    yield from _Pair(text, definition, n).shards(runs)


@dataclass(frozen=True)
class _Layer:
    """Concepts of one metric, run and layer."""

    clusters: tuple[TypeClusters, TypeClusters]
    columns: Mapping[str, np.ndarray]
    """With a place for each concept: of CALIGN source clusters."""
    partner: np.ndarray
    """Of each concept its target cluster: of COLAP itself."""
    counts: tuple[np.ndarray, np.ndarray]
    """Whether each cluster of source and target aligns, is aligned to, or overlaps."""


class _Pair:
    def __init__(self, text: PairText, definition: Definition, n: int) -> None:
        self.text, self.definition = text, definition
        self.languages = text.words[0].language, text.words[1].language
        self.prefix = "-".join(self.languages)
        self.words = words_by_type(text.words, text.selections, definition)
        types = [side.types for side in self.words]
        self.links = (
            type_links(text.dictionaries[0], *types, n=n),
            type_links(text.dictionaries[1], *types[::-1], n=n),
        )

    def shards(self, runs: Sequence[ExploredRun]) -> Iterator[Shard]:
        yield self._types(runs)
        yield self._links()
        for metric in METRICS:
            for side, words, table, sentences in zip(
                SIDES, self.words, self.text.words, self.text.sentences, strict=True
            ):
                columns = place_columns(words.of_metric[metric], table, sentences)
                yield Shard(f"{self.prefix}/places/{metric}.{side}", columns)
        yield from sentence_shards(self.prefix, self.text.sentences)
        for metric in METRICS:
            found_states = []
            for run in runs:
                for layer in run.concepts.layers:
                    found = self._layer(metric, run, layer)
                    name = f"{self.prefix}/concepts/{run.name}/{metric}.{layer}"
                    yield Shard(name, dict(self._packed(found)))
                    found_states.append(self._trail(found))
                if metric == "calign" and run is runs[0]:
                    yield self._top(run, layer, found)
            yield from self._trails(metric, found_states)

    def _types(self, runs: Sequence[ExploredRun]) -> Shard:
        columns: dict[str, np.ndarray | str] = {}
        for name, side, language in zip(SIDES, self.words, self.languages, strict=True):
            columns[name] = "\n".join(side.types)
            columns[f"{name}.classes"] = self._classes(side, language)
            for metric, words in side.of_metric.items():
                columns[f"{name}.{metric}"] = words.n_words
        about = {
            "languages": self.languages,
            "directions": [_direction(side) for side in self.words],
            "runs": [[run.name, run.concepts.layers] for run in runs],
            "n_sentences": len(self.text.sentences[0]),
            "classes": self._class_names(),
        }
        return Shard(f"{self.prefix}/types", columns, about)

    def _class_names(self) -> list[str]:
        """Return the classes but for scripts, of which a language mostly has one."""
        return [name for name in self.text.classes if not name.startswith("script:")]

    def _classes(self, side: SideWords, language: str) -> np.ndarray:
        """Return of each type a number whose bit i is set where it is of class i."""
        found = np.zeros(len(side.types), dtype=np.int64)
        for bit, name in enumerate(self._class_names()):
            found |= self.text.classes[name][language][side.type_index].astype(np.int64) << bit
        return found

    def _links(self) -> Shard:
        columns = {}
        for name, links in zip(("forward", "backward"), self.links, strict=True):
            columns[f"{name}.n"] = links.n_translations
            columns[name] = links.translation
        return Shard(f"{self.prefix}/links", columns)

    def _layer(self, metric: str, run: ExploredRun, layer: int) -> _Layer:
        by_seed = [self._labels(metric, run, layer, seed) for seed in run.concepts.seeds]
        source, target = (
            type_clusters(words.of_metric[metric].word_type, labels, len(words.types))
            for words, labels in zip(self.words, by_seed[0], strict=True)
        )
        scored = run.alignments if metric == "calign" else run.overlaps
        columns = dict(scored[self.definition, *self.languages, layer, run.concepts.seeds[0]])
        n_clusters = len(next(iter(columns.values())))
        if len(by_seed) > 1:
            # Of COLAP the words of both languages are one clustering.
            first, *others = (
                labels[0] if metric == "calign" else np.concatenate(labels) for labels in by_seed
            )
            columns["stability"] = stability(first, others, n_clusters)
        if metric == "colap":
            overlaps = columns["overlaps"].astype(bool)
            partner, counts = np.arange(n_clusters), (overlaps, overlaps)
        else:
            columns["sentence_share"] = columns["sentence_share"].astype(np.float32)
            partner, aligned = columns["best_target"], columns["n_targets"] > 0
            reached = np.zeros(int(target.cluster.max(initial=0)) + 1, dtype=bool)
            reached[partner[aligned]] = True
            counts = aligned, reached
        return _Layer((source, target), columns, partner, counts)

    def _labels(self, metric: str, run: ExploredRun, layer: int, seed: int) -> list[np.ndarray]:
        """Return the clusters of the words of both languages, ordered by type."""
        selection = run.concepts.selection(metric, self.definition)
        rows = (selection.source_rows, selection.target_rows)
        found = np.concatenate(
            [
                run.concepts.clusters(
                    ConceptKey(layer, seed, metric, self.definition, part)
                ).cluster
                for part in parts_of(metric)
            ]
        )
        return [
            side.of_metric[metric].labels(own, cluster)
            for side, own, cluster in zip(
                self.words, rows, np.split(found, [len(rows[0])]), strict=True
            )
        ]

    def _packed(self, layer: _Layer) -> Iterator[tuple[str, np.ndarray]]:
        for name, clusters in zip(SIDES, layer.clusters, strict=True):
            yield f"{name}.n", clusters.n_clusters
            yield f"{name}.cluster", clusters.cluster
            yield f"{name}.of_word", clusters.of_word
        yield from layer.columns.items()

    def _trail(self, layer: _Layer) -> tuple[dict[str, np.ndarray], ...]:
        """Return the commonest cluster of each type of source and target, and its state there."""
        matched = partnered(layer.clusters, self.links[0], layer.partner)
        sides = zip(layer.clusters, matched, layer.counts, strict=True)
        return tuple(
            {
                "cluster": clusters.commonest(),
                "state": states(clusters.commonest(), own, counts),
            }
            for clusters, own, counts in sides
        )

    def _trails(
        self, metric: str, found: Sequence[tuple[dict[str, np.ndarray], ...]]
    ) -> Iterator[Shard]:
        """Yield blocks of types with where they are in every run and layer, runs in their order."""
        for place, side in enumerate(SIDES):
            trail = {
                name: np.stack([one[place][name] for one in found]) for name in ("cluster", "state")
            }
            for first in range(0, trail["state"].shape[1], TYPES):
                name = f"{self.prefix}/trails/{metric}.{side}.{first // TYPES}"
                columns = {key: rows[:, first : first + TYPES] for key, rows in trail.items()}
                yield Shard(name, columns)

    def _top(self, run: ExploredRun, layer: int, found: _Layer) -> Shard:
        """Return the concepts that align best, or come nearest to it, for a page without script."""
        columns = found.columns
        n_types, n_matched = columns["n_types"], columns["n_matched"]
        aligned = columns["n_targets"] > 0
        share = n_matched / np.maximum(n_types, 1)
        order = np.lexsort((-n_types, -share, ~aligned))
        order = order[n_types[order] > 0]
        concepts = [
            {
                "cluster": cluster,
                "aligned": bool(aligned[cluster]),
                "n_matched": int(n_matched[cluster]),
                "n_types": int(n_types[cluster]),
                "words": self._words_of(found, cluster),
            }
            for cluster in order[:_TOP].tolist()
        ]
        about = {
            "languages": self.languages,
            "directions": [_direction(side) for side in self.words],
            "run": run.name,
            "layer": layer,
            "n_aligned": int(aligned.sum()),
            "n_concepts": len(order),
            "concepts": concepts,
        }
        return Shard(f"{self.prefix}/top", about=about)

    def _words_of(self, found: _Layer, cluster: int) -> list[list[str]]:
        """Return the types of a concept and of its partner, most words first."""
        sides = zip(self.words, found.clusters, (cluster, int(found.partner[cluster])), strict=True)
        return [[side.types[i] for i in own.types_of(one)] for side, own, one in sides]


def _direction(side: SideWords) -> str:
    """Return ``rtl`` where most types are of a script that is read from right to left."""
    strong = [letter for letter in map(_first_strong, side.types) if letter]
    return "rtl" if strong.count("R") * 2 > len(strong) else "ltr"


def _first_strong(word: str) -> str:
    """Return ``L`` or ``R``, the direction of the first letter that has one, else nothing."""
    kinds = {"L": "L", "R": "R", "AL": "R"}
    found = (kinds.get(unicodedata.bidirectional(letter), "") for letter in word)
    return next(filter(None, found), "")
