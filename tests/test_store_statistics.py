"""Files that intervals and controls need come back as written."""

from dataclasses import replace

import numpy as np
import pytest
from hand_concepts import table

from polyconcept.records.concepts import (
    BEFORE_NORM,
    Clusters,
    ConceptKey,
    ControlReader,
    VectorHeader,
)
from polyconcept.records.scores import Resamples, ScoreKey
from polyconcept.records.text import Selection
from polyconcept.scoring.statistics import seed_of_draw
from polyconcept.store import vectors as vectors_module
from polyconcept.store.concepts import ConceptFile, write_concepts
from polyconcept.store.faults import StoreError
from polyconcept.store.resamples import read_resamples, write_resamples
from polyconcept.store.scores import write_scores
from polyconcept.store.vectors import VectorFile

KEY = ScoreKey("mbert", "base", "encoder", "pud", "en", "de", layer=12, seed=None)
ENGLISH, GERMAN = table("en", "a b", "c"), table("de", "A B", "C")


# --- resamples


def resamples_of(seed, n=6, **fields):
    columns = {"metric": "calign", "definition": "published", "over": "all", "key": KEY} | fields
    values = np.random.default_rng(seed).random(n)
    return Resamples(**columns, seed=seed_of_draw(n, 2), value=values)


def assert_same(one, other):
    for name in ("metric", "definition", "over", "key"):
        assert getattr(one, name) == getattr(other, name)
    np.testing.assert_array_equal(one.seed, other.seed)
    np.testing.assert_array_equal(one.value, other.value)  # to the last bit


def test_resamples_come_back_in_order(tmp_path):
    written = [
        resamples_of(1),
        resamples_of(2, over="large"),
        resamples_of(3, key=replace(KEY, layer=0)),
        resamples_of(4, key=replace(KEY, source="de", target="en"), definition="corrected"),
        resamples_of(5, metric="colap", n=1),
    ]
    other = [resamples_of(6, key=replace(KEY, variant="ner"))]
    write_resamples(written, tmp_path / "one.parquet")
    write_resamples(iter(other), tmp_path / "other.parquet")

    read = read_resamples([tmp_path / "one.parquet", tmp_path / "other.parquet"])

    for one, again in zip([*written, *other], read, strict=True):
        assert_same(one, again)


def test_no_resamples_are_a_file_too(tmp_path):
    write_resamples([], tmp_path / "none.parquet")

    assert read_resamples([tmp_path / "none.parquet"]) == []
    assert read_resamples([]) == []


def test_the_same_score_of_two_files_stays_two(tmp_path):
    paths = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for seed, path in enumerate(paths):
        write_resamples([resamples_of(seed)], path)

    assert [len(one.value) for one in read_resamples(paths)] == [6, 6]


def test_same_resamples_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_resamples([resamples_of(1), resamples_of(2, over="large")], tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_table_is_refused(tmp_path):
    write_scores([], tmp_path / "scores.parquet")

    with pytest.raises(StoreError, match="found 'scores' version 1, needed a 'resamples' file"):
        read_resamples([tmp_path / "scores.parquet"])


# --- vectors before the final norm


def write_vectors(path, layers, words=ENGLISH):
    header = VectorHeader(
        language=words.language,
        words_fingerprint=words.fingerprint,
        model="tiny",
        variant="base",
        side="encoder",
        given="",
        reading="",
        pooling="last",
        dropped={},
    )
    rows = np.arange(words.n_words)
    batches = [
        (np.array([2, 0]), {layer: found[[2, 0]] for layer, found in layers.items()}),
        (np.array([1]), {layer: found[[1]] for layer, found in layers.items()}),
    ]
    vectors_module.write_vectors(path, header, rows, batches)


def test_the_state_before_the_norm_comes_back_and_is_no_layer(tmp_path):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    write_vectors(tmp_path / "en.h5", {0: vectors, 4: -vectors, BEFORE_NORM: vectors + 9})

    with VectorFile.open(tmp_path / "en.h5", ENGLISH) as file:
        assert file.has_before_norm
        assert file.layers == (0, 4)
        np.testing.assert_array_equal(
            file.read(BEFORE_NORM, np.array([2, 1, 2])), vectors[[2, 1, 2]] + 9
        )
        np.testing.assert_array_equal(file.read(4, np.array([1])), -vectors[[1]])


def test_a_model_without_final_norm_has_no_such_state(tmp_path):
    write_vectors(tmp_path / "en.h5", {0: np.zeros((3, 2), dtype=np.float32)})

    with VectorFile.open(tmp_path / "en.h5", ENGLISH) as file:
        assert not file.has_before_norm
        with pytest.raises(StoreError, match=r"no state before the final norm; it holds \[0\]"):
            file.read(BEFORE_NORM, np.array([0]))


# --- clusterings under controls


SELECTIONS = {
    (metric, "published"): Selection(np.array([0, 1, 2]), np.array([0, 2]))
    for metric in ("calign", "colap")
}


def clusters_of(*labels, n_clusters=2):
    return Clusters(np.array(labels, dtype=np.int32), n_clusters)


def key_of(metric, part, *, layer=1, seed=7, control=""):
    return ConceptKey(layer, seed, metric, "published", part, control)


@pytest.fixture
def files(tmp_path):
    """Plain clusterings, and those under controls in a second file."""
    plain = [
        (key_of(metric, part, layer=layer, seed=seed), clusters_of(0, 1, 0))
        for layer in (1, 2)
        for seed in (7, 8)
        for metric, part in (("calign", "source"), ("calign", "target"), ("colap", "pooled"))
    ]
    changed = [
        (key_of("colap", "pooled", control="centred"), clusters_of(0, 0, 1, 1, 1)),
        (key_of("colap", "pooled", layer=2, control="centred"), clusters_of(1, 0, 1, 1, 1)),
        (key_of("calign", "source", control="n_clusters=4"), clusters_of(3, 2, 1, n_clusters=4)),
        (key_of("colap", "pooled", control="n_clusters=4"), clusters_of(3, 2, 1, 0, 0)),
        (key_of("calign", "source", layer=2, control="before_norm"), clusters_of(1, 1, 0)),
    ]
    paths = [tmp_path / "plain.h5", tmp_path / "controls.h5"]
    for path, found in zip(paths, (plain, changed), strict=True):
        write_concepts(path, ENGLISH, GERMAN, SELECTIONS, found)
    return paths


def test_controls_come_back_beside_the_plain_clusterings(files):
    with ConceptFile.open_all(files, ENGLISH, GERMAN) as (concepts, controls):
        assert (concepts.control, concepts.layers, concepts.seeds) == ("", (1, 2), (7, 8))
        assert concepts.metrics() == ("calign", "colap")
        found = {one.control: (one.layers, one.seeds, one.metrics()) for one in controls}
        assert found == {
            "before_norm": ((2,), (7,), ("calign",)),
            "centred": ((1, 2), (7,), ("colap",)),
            "n_clusters=4": ((1,), (7,), ("calign", "colap")),
        }
        assert [one.control for one in controls] == sorted(found)
        for one in controls:
            assert isinstance(one, ControlReader)
            assert one.definitions == ("published",)
            assert (one.source, one.target) == (ENGLISH, GERMAN)
            assert one.selection("colap", "published").target_rows.tolist() == [0, 2]


def test_a_control_s_clusterings_are_its_own(files):
    with ConceptFile.open_all(files, ENGLISH, GERMAN) as (concepts, controls):
        by_name = {one.control: one for one in controls}
        # Scores ask for the plain key: the reader knows which control it is of.
        pooled = key_of("colap", "pooled")
        assert concepts.clusters(pooled).cluster.tolist() == [0, 1, 0]
        assert by_name["centred"].clusters(pooled).cluster.tolist() == [0, 0, 1, 1, 1]
        assert by_name["n_clusters=4"].clusters(pooled).cluster.tolist() == [3, 2, 1, 0, 0]
        source = key_of("calign", "source")
        assert by_name["n_clusters=4"].clusters(source).n_clusters == 4
        with pytest.raises(
            StoreError, match="holds no control/centred/layer/1/seed/7/calign/published/source"
        ):
            by_name["centred"].clusters(source)


def test_a_study_without_controls_has_one_file(files):
    with ConceptFile.open_all(files[:1], ENGLISH, GERMAN) as (concepts, controls):
        assert concepts.layers == (1, 2)
        assert controls == []


def test_paths_may_be_spelt(files):
    with ConceptFile.open_all([str(path) for path in files], ENGLISH, GERMAN) as (_, controls):
        assert len(controls) == 3


def test_controls_of_other_words_are_refused(files):
    other = table("de", "X Y", "Z")

    with (
        pytest.raises(StoreError, match="another word table of language 'de'"),
        ConceptFile.open_all(files, ENGLISH, other),
    ):
        pass
