"""Clusters of a language pair's words as HDF5: every layer, seed, metric and definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args

import h5py
import numpy as np

from polyconcept.records.concepts import Clusters, ConceptKey, KMeansClusters, MostSubwords
from polyconcept.records.text import Definition, Selection, Selections, Words
from polyconcept.store.faults import StoreError, check_fingerprint
from polyconcept.store.hdf5 import create_hdf5, open_hdf5
from polyconcept.store.packing import FILTERS


def write_concepts(
    path: Path,
    source: Words,
    target: Words,
    selections: Selections,
    results: Iterable[tuple[ConceptKey, Clusters]],
    most_subwords: tuple[MostSubwords, MostSubwords] | None = None,
) -> None:
    """Write which words were clustered and every clustering of them, as they come.

    `source` and `target` are the word tables of the languages; each key of `results` comes once.
    `most_subwords` are of these two: with them scores need no vectors.
    """
    with create_hdf5(path, "concepts") as (file, disk):
        for side, words in (("source", source), ("target", target)):
            file.attrs[side] = words.language
            file.attrs[f"{side}_fingerprint"] = words.fingerprint
        for side, most in zip(("source", "target"), most_subwords or (), strict=False):
            file.create_dataset(f"most_subwords/{side}", data=most)
        for (metric, definition), selection in selections.items():
            group = file.create_group(f"selection/{metric}/{definition}")
            group.create_dataset("source_rows", data=selection.source_rows)
            group.create_dataset("target_rows", data=selection.target_rows)
        for key, clusters in results:
            _write_clusters(file.create_group(_place(key)), clusters)
            disk.check()


def _place(key: ConceptKey) -> str:
    under = f"control/{key.control}/" if key.control else ""
    return f"{under}layer/{key.layer}/seed/{key.seed}/{key.metric}/{key.definition}/{key.part}"


def _write_clusters(group: h5py.Group, clusters: Clusters) -> None:
    kind = np.int16 if clusters.n_clusters <= np.iinfo(np.int16).max else np.int32
    # Of thousands of clusterings the labels are most of a study's disk.
    packed = FILTERS if len(clusters.cluster) else {}
    group.create_dataset("cluster", data=clusters.cluster.astype(kind), **packed)
    group.attrs["n_clusters"] = clusters.n_clusters
    if isinstance(clusters, KMeansClusters):
        # Not the centers: nothing reads them, and they were half of a file.
        group.create_dataset("restart_inertias", data=clusters.restart_inertias)
        group.attrs["inertia"] = clusters.inertia
        group.attrs["n_iterations"] = clusters.n_iterations


class ConceptFile:
    """Reader of one pair's clusterings.

    Attributes:
        path: The file.
        source: Word table of the source language.
        target: Word table of the target language.
        control: What was changed before clustering; empty where nothing was.
        layers: Layers in the file, ascending.
        seeds: Seeds of the clusterings, ascending.
    """

    def __init__(
        self, path: Path, file: h5py.File, source: Words, target: Words, *, control: str = ""
    ) -> None:
        self.path, self._file = path, file
        self.source, self.target, self.control = source, target, control
        found = file.get(f"control/{control}/layer" if control else "layer", {})
        self.layers = tuple(sorted(int(name) for name in found))
        seeds = {int(seed) for layer in found.values() for seed in layer["seed"]}
        self.seeds = tuple(sorted(seeds))

    @classmethod
    @contextmanager
    def open(cls, path: Path, source: Words, target: Words) -> Iterator[ConceptFile]:
        """Open the clusterings of the words of two word tables.

        Raises:
            StoreError: The file is truncated or foreign, or belongs to other word tables.
        """
        with open_hdf5(path, "concepts") as file:
            for side, words in (("source", source), ("target", target)):
                found = file.attrs[f"{side}_fingerprint"]
                check_fingerprint(path, found, words.fingerprint, words.language)
            yield cls(path, file, source, target)

    @classmethod
    @contextmanager
    def open_all(
        cls, paths: Sequence[Path | str], source: Words, target: Words
    ) -> Iterator[tuple[ConceptFile, list[ConceptFile]]]:
        """Open a pair's clusterings, and those under controls where a second file holds them.

        Raises:
            StoreError: As `open`.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(cls.open(Path(path), source, target)) for path in paths]
            yield files[0], [control for file in files for control in file.controls()]

    def controls(self) -> list[ConceptFile]:
        """Return the clusterings under each control, by name."""
        names = sorted(self._file.get("control", {}))
        return [
            ConceptFile(self.path, self._file, self.source, self.target, control=name)
            for name in names
        ]

    def metrics(self) -> tuple[str, ...]:
        """Return the metrics whose words were clustered here."""
        return tuple(self._first)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Definitions whose words were clustered."""
        names = {name for metric in self._first.values() for name in metric}
        return tuple(name for name in get_args(Definition) if name in names)

    @property
    def most_subwords(self) -> tuple[MostSubwords, MostSubwords]:
        """Of how many subwords the longest word of each type is, source and target.

        Raises:
            StoreError: The file does not say so.
        """
        if "most_subwords" not in self._file:
            raise StoreError(
                f"{self.path}: no numbers of subwords; written by an older version: remove it and "
                "make it again"
            )
        group = self._file["most_subwords"]
        return group["source"][:], group["target"][:]

    def selection(self, metric: str, definition: Definition) -> Selection:
        """Return the words that were clustered for a metric."""
        group = self._group(f"selection/{metric}/{definition}")
        return Selection(group["source_rows"][:], group["target_rows"][:])

    def clusters(self, key: ConceptKey) -> Clusters:
        """Return one clustering.

        Raises:
            StoreError: The file holds no such clustering.
        """
        group = self._group(_place(replace(key, control=self.control)))
        # Version 1 has no attribute that says how many there are.
        known = "n_clusters" in group.attrs
        n_clusters = int(group.attrs["n_clusters"]) if known else len(group["centers"])
        return Clusters(group["cluster"][:].astype(np.int32, copy=False), n_clusters)

    @property
    def _first(self) -> h5py.Group:
        """The clusterings of the first layer and seed: others are of the same words."""
        under = f"control/{self.control}/" if self.control else ""
        return self._group(f"{under}layer/{self.layers[0]}/seed/{self.seeds[0]}")

    def _group(self, place: str) -> h5py.Group:
        if place not in self._file:
            raise StoreError(f"{self.path}: holds no {place}")
        return self._file[place]
