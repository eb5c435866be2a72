"""Arrays that memory has no room for."""

import logging
import subprocess
import sys
import weakref
from typing import ClassVar

import numpy as np
import pytest

from polyconcept.clustering.languages import cluster_languages
from polyconcept.clustering.pair import cluster_pair
from polyconcept.machine import memory
from polyconcept.machine.memory import vectors_for, vectors_in_file
from polyconcept.records.text import Selection, Words


@pytest.fixture
def no_room(monkeypatch, tmp_path):
    """Not a byte is free; temporary files stand in the folder returned."""
    monkeypatch.setattr(memory, "free_bytes", lambda: 0)
    monkeypatch.setattr(memory.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_array_that_fits_lies_in_memory():
    vectors = vectors_for(3, 5)

    assert (type(vectors), vectors.shape, vectors.dtype) == (np.ndarray, (3, 5), np.float32)


@pytest.mark.parametrize(("n_words", "kind"), [(50, np.ndarray), (51, np.memmap)])
def test_half_of_free_memory_is_the_most(n_words, kind, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 2 * 50 * 10 * 4)

    assert type(vectors_for(n_words, 10)) is kind


def test_array_without_room_lies_in_a_file(no_room, caplog):
    with caplog.at_level(logging.WARNING):
        vectors = vectors_for(3000, 5)

    assert isinstance(vectors, np.memmap)
    assert not vectors.any()
    vectors[:] = 2
    assert vectors.sum() == 2 * 3000 * 5
    assert list(no_room.iterdir()) == []  # nothing is left behind, whatever happens
    assert "3000 words x 5 dims take 0.0 GiB, and 0.0 GiB of memory are free" in caplog.text
    assert str(no_room) in caplog.text


def test_file_larger_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_BLOCK_BYTES", 1000)

    assert vectors_in_file((333, 7), tmp_path).shape == (333, 7)


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        vectors_in_file((2, 2), tmp_path / "nowhere")


def test_full_disk_is_an_error():
    """In a process of its own, whose files may have 4096 bytes."""
    code = """
import resource, signal, tempfile
from pathlib import Path
from polyconcept.machine.memory import vectors_in_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    vectors_in_file((1025, 1), Path(tempfile.gettempdir()))
except OSError as error:
    print(type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("OSError\n", "")


class Reader:
    """Vectors of a language, in arrays made by `vectors_for` as those of a file are."""

    def __init__(self, language, n_words):
        self.language = language
        self._vectors = np.random.default_rng(len(language) + n_words).normal(size=(n_words, 16))

    def has(self, rows):
        return np.ones(len(rows), dtype=bool)

    def read(self, layer, rows, out=None):
        vectors = vectors_for(len(rows), 16) if out is None else out
        vectors[:] = self._vectors[rows] + layer
        return vectors


def pair_of_clusterings():
    rows = np.arange(700), np.arange(600)
    chosen = {(metric, "published"): Selection(*rows) for metric in ("calign", "colap")}
    readers = Reader("en", 700), Reader("de", 600)
    options = {"n_clusters": 12, "n_restarts": 2}
    found = dict(cluster_pair(chosen, *readers, layers=[0, 1], seeds=[5, 6], **options))
    return {key: clusters.cluster.tobytes() for key, clusters in found.items()}


def languages_clustered():
    def words(language, n):
        zeros = np.zeros(n, dtype=np.int32)
        return Words(language, np.arange(n, dtype=np.int32), zeros, zeros, ("word",))

    languages = [
        (words(code, n), np.arange(n), Reader(code, n)) for code, n in (("en", 300), ("de", 200))
    ]
    found = cluster_languages(languages, layers=[1], seeds=[5], n_clusters=9, n_restarts=1)
    return [[part.cluster.tobytes() for part in seed] for _, seeds in found for seed in seeds]


@pytest.mark.parametrize("clusterings", [pair_of_clusterings, languages_clustered])
def test_clusters_are_the_same_without_room(clusterings, request, caplog):
    expected = clusterings()
    assert "temporary file" not in caplog.text

    request.getfixturevalue("no_room")

    assert clusterings() == expected
    assert "temporary file" in caplog.text


class Watching(Reader):
    """Counts, at each reading, the arrays of earlier ones that are still held by anybody."""

    arrays: ClassVar[list] = []
    held: ClassVar[list] = []

    def read(self, layer, rows, out=None):
        self.held.append(sum(array() is not None for array in self.arrays))
        vectors = super().read(layer, rows, out)
        if out is None:
            self.arrays.append(weakref.ref(vectors))
        return vectors


@pytest.fixture
def held():
    Watching.arrays.clear()
    Watching.held.clear()
    return Watching.held


def test_a_pair_holds_the_vectors_of_one_clustering(held):
    rows = np.arange(300), np.arange(200)
    chosen = {(metric, "published"): Selection(*rows) for metric in ("calign", "colap")}
    readers = Watching("en", 300), Watching("de", 200)

    for _ in cluster_pair(
        chosen, *readers, layers=[0, 1], seeds=[5, 6], n_clusters=9, n_restarts=2
    ):
        pass

    # CALIGN has an array of each language; COLAP puts both into one, which no reader made.
    assert held == [0, 1, 0, 0] * 2


def test_languages_together_hold_the_vectors_of_one_layer(held):
    def words(language, n):
        zeros = np.zeros(n, dtype=np.int32)
        return Words(language, np.arange(n, dtype=np.int32), zeros, zeros, ("word",))

    languages = [
        (words(code, n), np.arange(n), Watching(code, n)) for code, n in (("en", 90), ("de", 80))
    ]

    for _ in cluster_languages(languages, layers=[0, 1], seeds=[5], n_clusters=9, n_restarts=1):
        pass

    assert held == [0] * 4
