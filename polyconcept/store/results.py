"""A study's results as a reader opens them: scores, concepts, and where a word is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from polyconcept.records.arrays import Rows
from polyconcept.records.concepts import ClusteredWords, ConceptKey, ConceptReader, Part
from polyconcept.records.text import Definition, Words
from polyconcept.store.concepts import ConceptFile
from polyconcept.store.faults import StoreError
from polyconcept.store.hdf5 import open_hdf5
from polyconcept.store.tables import read_table
from polyconcept.store.words import read_words


@dataclass(frozen=True)
class WordPlace:
    """A cluster that holds occurrences of a word type."""

    language: str
    """Code of the language."""
    layer: int
    """0 = embedding output, n = after block n."""
    cluster: int
    """0-based; of CALIGN each language has clusters of its own."""
    n_words: int
    """Occurrences of the word type in it."""


def load(folder: str | Path) -> Results:
    """Open the results of a study, such as ``load("results/demo")``.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; needed results/NAME of a study")
    return Results(folder)


class Results:
    """The results of a study in their folder, such as results/demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def scores(self) -> Any:  # noqa: ANN401 - pandas need not be there
        """The score table (docs/FORMAT.md, "Scores") as a DataFrame, a row for each score.

        Raises:
            StoreError: There is none, or it cannot be read.
            ImportError: pandas is not installed.
        """
        table, _ = read_table(self.folder / "scores.parquet", "scores")
        try:
            return table.to_pandas()
        except ImportError as error:
            raise ImportError(
                "scores as a DataFrame need pandas: pip install 'polyconcept[pandas]'"
            ) from error

    @property
    def runs(self) -> dict[str, list[str]]:
        """Runs (``model/variant/side``) with the language pairs that were clustered."""
        runs: dict[str, list[str]] = {}
        for path in sorted((self.folder / "concepts").glob("*/*/*/*.h5")):
            run = path.parent.relative_to(self.folder / "concepts").as_posix()
            if "." not in path.stem:  # a file of controls is PAIR.controls.h5
                runs.setdefault(run, []).append(path.stem)
        return runs

    @contextmanager
    def opened(self, run: str, pair: str) -> Iterator[ConceptFile]:
        """Open all clusterings of a run (``mbert/base/encoder``) and pair (``en-de``).

        Raises:
            StoreError: There is no such run or pair, or its word tables are not there.
        """
        if pair not in self.runs.get(run, ()):
            known = "; ".join(f"{name}: {', '.join(pairs)}" for name, pairs in self.runs.items())
            raise StoreError(f"{self.folder}: no concepts of {run}, {pair}; there are: {known}")
        path = self.folder / "concepts" / run / f"{pair}.h5"
        with open_hdf5(path, "concepts") as file:
            source, target = (self._words(file, side, pair) for side in ("source", "target"))
        with ConceptFile.open(path, source, target) as concepts:
            yield concepts

    def concepts(
        self,
        run: str,
        pair: str,
        layer: int,
        *,
        metric: str = "calign",
        definition: Definition = "published",
        seed: int | None = None,
    ) -> tuple[ClusteredWords, ClusteredWords]:
        """Return the words of both languages of a pair with their clusters; `opened` says which.

        Under ``calign`` each language has clusters of its own, under ``colap`` both share one
        clustering. Without a seed it is that of the lowest.

        Raises:
            StoreError: There is no such clustering.
        """
        with self.opened(run, pair) as concepts:
            parts = clustered_parts(concepts, layer, metric, definition, seed)
            (_, _, source), (_, _, target) = parts
            return source, target

    def where(
        self,
        word: str,
        run: str,
        pair: str,
        *,
        metric: str = "calign",
        definition: Definition = "published",
        seed: int | None = None,
    ) -> list[WordPlace]:
        """Return the clusters that hold a word type of either language, layer by layer.

        The word is spelt as in the text; all else is as for `concepts`.

        Raises:
            StoreError: There is no such clustering.
        """
        places = []
        with self.opened(run, pair) as concepts:
            for layer in concepts.layers:
                for *_, part in clustered_parts(concepts, layer, metric, definition, seed):
                    if word in part.types:
                        of_word = part.word_type == part.types.index(word)
                        found = np.unique(part.cluster[of_word], return_counts=True)
                        places += [
                            WordPlace(part.language, layer, int(cluster), int(count))
                            for cluster, count in zip(*found, strict=True)
                        ]
        return places

    def _words(self, file: h5py.File, side: str, pair: str) -> Words:
        """Return the word table that was clustered: of its corpus, or of the pair in it."""
        language = file.attrs[side]
        for place in (f"*/{pair}/{language}.parquet", f"*/{language}.parquet"):
            for path in sorted((self.folder / "words").glob(place)):
                words = read_words(path)
                if words.fingerprint == file.attrs[f"{side}_fingerprint"]:
                    return words
        raise StoreError(f"{self.folder}/words: no word table of {language} that was clustered")


def clustered_parts(
    concepts: ConceptReader, layer: int, metric: str, definition: Definition, seed: int | None
) -> list[tuple[Words, Rows, ClusteredWords]]:
    """Return of both languages of a pair the word table, its rows, and the clusters of those.

    Arguments and errors are those of `Results.concepts`.
    """
    selection = concepts.selection(metric, definition)
    chosen = concepts.seeds[0] if seed is None else seed

    def cluster_of(part: Part) -> tuple[np.ndarray, int]:
        clusters = concepts.clusters(ConceptKey(layer, chosen, metric, definition, part))
        return clusters.cluster, clusters.n_clusters

    rows = (selection.source_rows, selection.target_rows)
    if metric == "colap":
        cluster, n = cluster_of("pooled")
        found = [(cluster[: len(rows[0])], n), (cluster[len(rows[0]) :], n)]
    else:
        found = [cluster_of("source"), cluster_of("target")]
    tables = (concepts.source, concepts.target)
    return [
        (words, own, ClusteredWords.of(words, own, cluster, n_clusters=n))
        for words, own, (cluster, n) in zip(tables, rows, found, strict=True)
    ]
