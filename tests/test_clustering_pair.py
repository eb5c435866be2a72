import numpy as np
import pytest
from readers import placed

from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.clustering.pair import cluster_pair, with_vectors
from polyconcept.records.text import Selection


class Reader:
    """Vectors of a language held in memory: one array per layer, rows without one are NaN."""

    def __init__(self, layers, language):
        self.layers, self.language = layers, language

    def has(self, rows):
        return np.isfinite(self.layers[0][rows]).all(axis=1)

    def read(self, layer, rows, out=None):
        return placed(self.layers[layer][rows], out)


def make_reader(n_words, shift, seed):
    random = np.random.default_rng(seed)
    groups = np.arange(n_words) % 2
    layer = (groups[:, None] * 10 + shift + random.normal(size=(n_words, 3))).astype(np.float32)
    return Reader({0: layer, 2: -layer}, "de" if shift else "en")


def selections(source_rows, target_rows):
    selection = Selection(np.array(source_rows), np.array(target_rows))
    return {("calign", "published"): selection, ("colap", "corrected"): selection}


def test_calign_clusters_languages_apart_and_colap_together():
    source, target = make_reader(8, 0, seed=1), make_reader(6, 100, seed=2)
    chosen = selections([0, 1, 2, 3, 3], [5, 4, 1])
    options = {"n_clusters": 2, "n_restarts": 2}

    found = dict(cluster_pair(chosen, source, target, layers=[0, 2], seeds=[7, 8], **options))

    parts = {(key.metric, key.part) for key in found}
    assert parts == {("calign", "source"), ("calign", "target"), ("colap", "pooled")}
    assert len(found) == 2 * 2 * 3
    for key, clusters in found.items():
        vectors = {
            "source": source.layers[key.layer][[0, 1, 2, 3, 3]],
            "target": target.layers[key.layer][[5, 4, 1]],
        }
        vectors["pooled"] = np.concatenate([vectors["source"], vectors["target"]])
        alone = cluster_vectors(vectors[key.part], seed=key.seed, **options)
        np.testing.assert_array_equal(clusters.cluster, alone.cluster)
    pooled = next(c for k, c in found.items() if k.part == "pooled")
    assert len(set(pooled.cluster[:5])) == 1
    assert set(pooled.cluster[5:]).isdisjoint(pooled.cluster[:5])


def test_words_without_vectors_leave_the_selection(caplog):
    source, target = make_reader(4, 0, seed=1), make_reader(4, 100, seed=2)
    source.layers[0][1] = np.nan
    kept = with_vectors(selections([0, 1, 1, 2], [3]), source, target)

    assert kept["calign", "published"].source_rows.tolist() == [0, 2]
    assert kept["calign", "published"].target_rows.tolist() == [3]
    assert "[2, 0] words have no vector" in caplog.text


def test_a_language_without_any_vector_is_refused():
    source, target = make_reader(4, 0, seed=1), make_reader(4, 100, seed=2)
    target.layers[0][3] = np.nan

    with pytest.raises(ValueError, match=r"calign \(published\): 1 and 0 words of the two"):
        with_vectors(selections([0], [3]), source, target)


def test_too_many_clusters_name_layer_and_language():
    source, target = make_reader(4, 0, seed=1), make_reader(4, 100, seed=2)
    jobs = cluster_pair(
        selections([0, 1, 2], [3]), source, target, layers=[2], seeds=[1], n_clusters=2
    )
    next(jobs)

    with pytest.raises(ValueError, match="more clusters than words: 2 clusters, 1 words") as caught:
        next(jobs)
    assert caught.value.__notes__ == ["layer 2, words of de for calign (published)"]
