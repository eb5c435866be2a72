import tracemalloc
from typing import get_args

import numpy as np
import pytest
from hand_concepts import table
from readers import placed

from polyconcept.clustering.controls import Change, _Changed, _Scale, cluster_controls
from polyconcept.clustering.pair import cluster_pair
from polyconcept.records.concepts import BEFORE_NORM
from polyconcept.records.text import Selection

OPTIONS = {"n_restarts": 2}
WORDS = table("en", *["a b"] * 6), table("de", *["c d"] * 6)


class Reader:
    """Vectors of a language held in memory, by layer."""

    def __init__(self, language, **layers):
        self.language = language
        names = {"before_norm": BEFORE_NORM}
        self.layers = {
            names.get(name, int(name.strip("layer_")) if name not in names else 0): np.asarray(
                vectors, dtype=np.float32
            )
            for name, vectors in layers.items()
        }

    def has(self, rows):
        return np.ones(len(rows), dtype=bool)

    def read(self, layer, rows, out=None):
        return placed(self.layers[layer][rows], out)


def groups(n_words=12, n_groups=3, scale=10.0, seed=1):
    """Words around points that lie far apart."""
    random = np.random.default_rng(seed)
    centers = scale * np.eye(n_groups, 4)
    return centers[np.arange(n_words) % n_groups] + random.normal(scale=0.1, size=(n_words, 4))


def selections(n_source=12, n_target=12, metrics=("calign", "colap")):
    rows = Selection(np.arange(n_source), np.arange(n_target))
    return {(metric, "published"): rows for metric in metrics}


def controls(source, target, *, chosen=None, layers=(1,), changes=(), k=3, **others):
    options = {"last": None, "seeds": [7], "other_counts": {}, "words": WORDS, "held_out": None}
    options["definition"] = "published"
    return dict(
        cluster_controls(
            chosen or selections(),
            source,
            target,
            layers=layers,
            n_clusters=k,
            changes=changes,
            **(options | others | OPTIONS),
        )
    )


def pooled_of(found, control):
    (clusters,) = (c for k, c in found.items() if (k.metric, k.control) == ("colap", control))
    return clusters


def plain_of(source, target, *, part, layer=1, k=3, chosen=None):
    found = cluster_pair(
        chosen or selections(), source, target, layers=[layer], seeds=[7], n_clusters=k, **OPTIONS
    )
    return next(c for key, c in found if key.part == part)


def same_partition(one, other):
    return (
        len(set(zip(one.tolist(), other.tolist(), strict=True)))
        == len(set(one.tolist()))
        == len(set(other.tolist()))
    )


def test_centring_brings_two_shifted_copies_together():
    vectors = groups()
    source, target = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors + 100)

    found = controls(source, target, changes=["centred"])

    # Apart by language without, by group with the control.
    before = plain_of(source, target, part="pooled").cluster
    assert set(before[:12]).isdisjoint(before[12:])
    after = pooled_of(found, "centred").cluster
    np.testing.assert_array_equal(after[:12], after[12:])
    assert same_partition(after[:12], np.arange(12) % 3)


def test_centring_leaves_calign_out():
    vectors = groups()
    reader = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors)

    found = controls(*reader, changes=["centred", "unit_length"])

    keys = {(key.control, key.metric, key.part) for key in found}
    assert keys == {
        ("centred", "colap", "pooled"),
        ("unit_length", "colap", "pooled"),
        ("unit_length", "calign", "source"),
        ("unit_length", "calign", "target"),
    }
    assert {(key.layer, key.seed, key.definition) for key in found} == {(1, 7, "published")}


def test_other_numbers_of_clusters_are_of_every_definition_all_else_of_one():
    vectors = groups()
    reader = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors)
    corrected = {(metric, "corrected"): rows for (metric, _), rows in selections().items()}

    found = controls(
        *reader,
        chosen=selections() | corrected,
        changes=["unit_length"],
        other_counts={"n_clusters=2": 2},
        definition="corrected",
    )

    assert {(key.control, key.definition) for key in found} == {
        ("unit_length", "corrected"),
        ("n_clusters=2", "corrected"),
        ("n_clusters=2", "published"),
    }


def test_centring_subtracts_the_mean_of_the_words_at_hand():
    # A word that is not selected lies far away; the others' centers then have a mean of 0.
    vectors = np.concatenate([groups(), [[1e6] * 4]])
    source, target = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors + 100)

    clusters = pooled_of(controls(source, target, changes=["centred"]), "centred")

    counts = np.bincount(clusters.cluster)
    np.testing.assert_allclose(counts @ clusters.centers / 24, 0, atol=1e-4)


def test_unit_length_ignores_lengths():
    random = np.random.default_rng(3)
    # Few negative values and far from 0: three directions.
    vectors = groups()
    stretched = vectors * random.uniform(0.01, 100, size=(12, 1))
    plain = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors)
    other = Reader("en", layer_1=stretched), Reader("de", layer_1=stretched[::-1])

    one = controls(*plain, changes=["unit_length"])
    two = controls(*other, changes=["unit_length"])

    for key in one:
        # No center is longer than 1.
        assert np.linalg.norm(two[key].centers, axis=1).max() <= 1 + 1e-6
    source = next(c.cluster for k, c in two.items() if k.part == "source")
    assert same_partition(source, np.arange(12) % 3)
    before = plain_of(*other, part="source").cluster
    assert not same_partition(before, np.arange(12) % 3)
    pooled = pooled_of(two, "unit_length").cluster
    assert same_partition(pooled[:12], pooled_of(one, "unit_length").cluster[:12])
    np.testing.assert_array_equal(pooled[:12], pooled[12:][::-1])


def test_standardising_ignores_the_scale_and_the_place_of_a_dim():
    random = np.random.default_rng(4)
    vectors = random.normal(size=(40, 4)).astype(np.float32)
    # Powers of two and whole numbers: the same values to the last bit or nearly.
    scales, shift = np.array([1, 1024, 0.125, 64]), np.array([8, 0, 0, -16])
    plain = Reader("en", layer_1=vectors[:20]), Reader("de", layer_1=vectors[20:])
    changed = vectors * scales + shift
    other = Reader("en", layer_1=changed[:20]), Reader("de", layer_1=changed[20:])
    chosen = selections(20, 20)

    one = controls(*plain, chosen=chosen, changes=["standardised"])
    two = controls(*other, chosen=chosen, changes=["standardised"])

    for key, clusters in one.items():
        np.testing.assert_array_equal(clusters.cluster, two[key].cluster)
        np.testing.assert_allclose(clusters.centers, two[key].centers, atol=1e-4)
    pooled = [plain_of(*pair, part="pooled", chosen=chosen).cluster for pair in (plain, other)]
    assert not same_partition(*pooled)


def test_standardised_words_have_mean_0_and_variance_1():
    vectors = 5 + 3 * np.random.default_rng(5).normal(size=(20, 4))
    source, target = Reader("en", layer_1=vectors[:10]), Reader("de", layer_1=vectors[10:])
    # As many clusters as words: the centers are the words.
    found = controls(
        source,
        target,
        chosen=selections(10, 10, ("colap",)),
        changes=["standardised"],
        k=20,
    )

    centers = pooled_of(found, "standardised").centers
    np.testing.assert_allclose(centers.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(centers.std(axis=0), 1, atol=1e-5)


def test_a_dim_that_never_varies_is_left_at_0():
    vectors = groups()
    vectors[:, 3] = 0.1
    pair = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors)

    centers = pooled_of(controls(*pair, changes=["standardised"]), "standardised").centers

    assert np.isfinite(centers).all()
    np.testing.assert_array_equal(centers[:, 3], 0)


def test_each_layer_is_standardised_by_its_own_words():
    vectors = groups()
    layers = {"layer_1": vectors, "layer_2": 1000 * vectors + 7}
    pair = Reader("en", **layers), Reader("de", **layers)

    found = controls(*pair, changes=["standardised"], layers=(1, 2))

    centers = {k.layer: c.centers for k, c in found.items() if k.part == "pooled"}
    np.testing.assert_allclose(centers[1], centers[2], atol=1e-3)


def test_vectors_at_hand_stay_as_they_are():
    vectors = groups()
    source, target = Reader("en", layer_1=vectors), Reader("de", layer_1=vectors)
    before = source.layers[1].copy()

    controls(source, target, changes=["centred", "standardised", "unit_length"])

    np.testing.assert_array_equal(source.layers[1], before)


def test_other_numbers_of_clusters_come_by_name():
    pair = Reader("en", layer_1=groups()), Reader("de", layer_1=groups(seed=2))
    counts = {"n_clusters=2": 2, "words_per_cluster=1.2": 10}

    found = controls(*pair, other_counts=counts, k=5)

    assert {key.control for key in found} == set(counts)
    for key, clusters in found.items():
        count = counts[key.control]
        assert clusters.n_clusters == count
        plain = plain_of(*pair, part=key.part, k=count)
        np.testing.assert_array_equal(clusters.cluster, plain.cluster)


def test_every_control_comes_under_every_seed():
    pair = Reader("en", layer_1=groups()), Reader("de", layer_1=groups(seed=2))

    found = controls(*pair, seeds=[7, 8], changes=["centred"], other_counts={"n_clusters=2": 2})

    assert {(key.control, key.seed) for key in found} == {
        (control, seed) for control in ("centred", "n_clusters=2") for seed in (7, 8)
    }


def test_before_the_norm_is_keyed_as_the_last_layer():
    pair = (
        Reader("en", layer_1=groups(), before_norm=groups(seed=3)),
        Reader("de", layer_1=groups(), before_norm=groups(seed=4)),
    )

    found = controls(*pair, last=12)

    assert {(key.layer, key.control) for key in found} == {(12, "before_norm")}
    assert {key.part for key in found} == {"source", "target", "pooled"}
    for key, clusters in found.items():
        plain = plain_of(*pair, part=key.part, layer=BEFORE_NORM)
        np.testing.assert_array_equal(clusters.cluster, plain.cluster)
    assert not controls(*pair, last=None)


def large_pair(n_dims, n_source=2500, n_target=3000):
    """Vectors of which single dims are far from 0, vary little, or not at all."""
    random = np.random.default_rng(8)
    vectors = random.normal(size=(n_source + n_target, n_dims)) * random.uniform(1e-3, 9, n_dims)
    vectors[:, 0] += 300
    vectors[:, 1] = -0.0
    return Reader("en", layer_1=vectors[:n_source]), Reader("de", layer_1=vectors[n_source:])


@pytest.mark.parametrize("n_dims", [5, 96, 768])
def test_scale_of_two_languages_is_numpys_of_both_at_once(n_dims):
    pair = large_pair(n_dims)
    rows = [np.arange(reader.layers[1].shape[0])[::-1] for reader in pair]
    both = np.concatenate([reader.read(1, part) for reader, part in zip(pair, rows, strict=True)])
    expected = both.mean(axis=0, dtype=np.float64), both.std(axis=0, dtype=np.float64)
    expected[1][1] = 1  # does not vary

    found = _Scale(tuple(zip(pair, rows, strict=True))).of(1)

    assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]


def test_unit_length_is_numpys_of_all_words_at_once():
    (_, reader), rows = large_pair(768), np.arange(3000)
    vectors = reader.read(1, rows)
    lengths = np.sqrt(np.square(vectors).sum(axis=1, dtype=np.float64))
    expected = vectors / lengths[:, None].astype(np.float32)

    found = _Changed(reader, "unit_length").read(1, rows)

    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("change", get_args(Change))
def test_changed_vectors_take_the_memory_of_one_language(change):
    source, target = large_pair(256, n_source=20_000, n_target=20_000)
    rows = np.arange(20_000)
    scale = _Scale(((source, rows), (target, rows))) if change == "standardised" else None
    n_bytes = source.layers[1].nbytes
    tracemalloc.start()

    changed = _Changed(source, change, scale).read(1, rows)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert changed.nbytes == n_bytes
    # Beside it some blocks of 1024 words in float64: 2 MiB each, of 19.5 MiB.
    assert peak < 1.4 * n_bytes


def test_an_unknown_change_is_refused():
    pair = Reader("en", layer_1=groups()), Reader("de", layer_1=groups())

    with pytest.raises(
        ValueError, match=r"unknown changes of vectors \['whitened'\]; known are \('centred', "
    ):
        controls(*pair, changes=["centred", "whitened"])


def test_a_vector_of_zeros_has_no_direction():
    vectors = groups()
    vectors[4] = 0
    pair = Reader("en", layer_1=groups()), Reader("de", layer_1=vectors)

    with pytest.raises(
        ValueError, match="de: row 4 of the word table has a vector of zeros in layer 1; it cannot"
    ):
        controls(*pair, changes=["unit_length"])


def test_too_many_clusters_name_layer_and_language():
    pair = Reader("en", layer_1=groups()), Reader("de", layer_1=groups())

    with pytest.raises(ValueError, match="more clusters than words: 30 clusters, 12 words") as seen:
        controls(*pair, other_counts={"n_clusters=30": 30})
    assert seen.value.__notes__ == ["layer 1, words of en for calign (published)"]
