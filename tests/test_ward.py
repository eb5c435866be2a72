"""Ward's clustering, and how a way of clustering is chosen."""

from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from hand_concepts import entries, row_of, table
from readers import placed
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import ward as scipy_ward
from threadpoolctl import threadpool_limits

from polyconcept.audit.code import code_files
from polyconcept.clustering import ward
from polyconcept.clustering.languages import cluster_languages
from polyconcept.clustering.pair import cluster_pair
from polyconcept.clustering.ways import WAYS, way_of
from polyconcept.records.concepts import Clusters
from polyconcept.records.scores import Run
from polyconcept.records.text import Selection
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.scoring.statistics import Options, draw_sentences
from polyconcept.store.concepts import ConceptFile, write_concepts
from polyconcept.study.schema import Clustering

# By hand, on a line: 0 and 1 merge at distance 1, and 10 and 12 at 2. A merging of clusters of a
# and b words at distance d adds ab / (a + b) d^2 to the inertia, and its height is the root of
# twice that: 5 joins {0, 1} at the root of 2 * 2/3 * 4.5^2 = 27 rather than {10, 12} at the root of
# 2 * 2/3 * 6^2 = 48. The last is {0, 1, 5} and {10, 12}: 2 * 6/5 * 9^2 = 194.4.
POINTS = np.array([[10], [0], [1], [12], [5]], dtype=np.float32)


def labels_of(vectors, n_clusters):
    (clusters,) = ward.cluster_seeds(vectors, [212], n_clusters=n_clusters)
    assert type(clusters) is Clusters
    assert clusters.n_clusters == n_clusters
    return clusters.cluster


@pytest.fixture(scope="module")
def cloud():
    random = np.random.default_rng(0)
    centers = 3 * random.normal(size=(9, 6))
    vectors = centers[random.integers(9, size=300)] + random.normal(size=(300, 6))
    return vectors.astype(np.float32)


def test_heights_by_hand():
    heights = ward._tree(POINTS, 2).distances_

    np.testing.assert_allclose(np.square(heights), [1, 4, 27, 194.4], rtol=1e-12)


@pytest.mark.parametrize(
    ("n_clusters", "expected"),
    [
        (1, [0, 0, 0, 0, 0]),
        (2, [0, 1, 1, 0, 1]),
        (3, [0, 1, 1, 0, 2]),
        (4, [0, 1, 1, 2, 3]),
        (5, [0, 1, 2, 3, 4]),
    ],
)
def test_clusters_by_hand_in_the_order_of_their_first_words(n_clusters, expected):
    found = labels_of(POINTS, n_clusters)

    assert (found.tolist(), found.dtype) == (expected, np.int32)


@pytest.mark.parametrize("n_clusters", [2, 9, 40, 299])
def test_clusters_are_scipys(cloud, n_clusters):
    tree = scipy_ward(cloud.astype(np.float64))
    names = fcluster(tree, n_clusters, "maxclust").tolist()
    order = list(dict.fromkeys(names))

    assert labels_of(cloud, n_clusters).tolist() == [order.index(name) for name in names]
    np.testing.assert_allclose(ward._tree(cloud, n_clusters).distances_, tree[:, 2], rtol=1e-12)


def test_clusters_are_the_same_bytes_for_any_number_of_threads(cloud):
    # Halves, so that many distances are equal.
    vectors, before, found = np.round(2 * cloud) / 2, torch.get_num_threads(), set()
    try:
        for n_threads in (1, 2, 3):
            torch.set_num_threads(n_threads)
            with threadpool_limits(n_threads):
                found.add(labels_of(vectors, 25).tobytes())
    finally:
        torch.set_num_threads(before)

    assert len(found) == 1


def test_every_seed_has_the_same_clusters_and_vectors_stay(cloud):
    vectors = cloud.copy()

    first, second = ward.cluster_seeds(vectors, [1, 2], n_clusters=7, overwrite=True)

    assert first.cluster.tobytes() == second.cluster.tobytes()
    np.testing.assert_array_equal(vectors, cloud)


def test_equal_vectors_in_different_clusters_are_told(caplog):
    vectors = POINTS[[0, 0, 1, 1, 2, 4]]

    assert len(set(labels_of(vectors, 4).tolist())) == 4
    assert "different clusters" not in caplog.text
    assert len(set(labels_of(vectors, 5).tolist())) == 5
    assert "fewer than 5 rows are distinct" in caplog.text


@pytest.mark.parametrize(
    ("vectors", "n_clusters", "message"),
    [
        (POINTS, 6, "more clusters than words: 6 clusters, 5 words"),
        (POINTS, 0, "n_clusters is 0, must be at least 1"),
        (POINTS[:0], 1, "no words to cluster"),
        (np.array([[0], [np.nan]], np.float32), 1, r"vector of row 1 \(0-based\) is not finite"),
    ],
)
def test_bad_arguments(vectors, n_clusters, message):
    with pytest.raises(ValueError, match=message):
        labels_of(vectors, n_clusters)


# --- memory


class Reader:
    """Vectors of a language: of one dim, from its words' numbers."""

    def __init__(self, language, values):
        self.language, self.values, self.n_read = language, np.asarray(values, np.float32), 0

    def has(self, rows):
        return np.ones(len(rows), dtype=bool)

    def read(self, layer, rows, out=None):
        del layer
        self.n_read += 1
        return placed(self.values[rows][:, None], out)


NEEDED = r"of 1000 words takes 0\.01 GiB of memory, 0\.01 GiB are free: .* lower `words\.cap`"


@pytest.fixture
def little_memory(monkeypatch):
    # 1000 words have 499,500 pairs, of 16 bytes; 999 have too few.
    monkeypatch.setattr(ward, "free_bytes", lambda: 16 * 499_500 - 1)


@pytest.mark.usefixtures("little_memory")
def test_what_memory_cannot_hold_is_refused():
    labels_of(np.zeros((999, 1), np.float32), 999)

    with pytest.raises(ValueError, match=NEEDED) as caught:
        labels_of(np.zeros((1000, 1), np.float32), 2)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("little_memory")
def test_it_is_refused_before_any_vector_is_read():
    source, target = Reader("en", range(600)), Reader("de", range(400))
    selection = Selection(np.arange(600), np.arange(400))
    options = {"layers": [0], "seeds": [1], "n_clusters": 2, "method": "ward"}

    def clustered(metric):
        return cluster_pair({(metric, "published"): selection}, source, target, **options)

    assert len(list(clustered("calign"))) == 2
    n_read = source.n_read
    with pytest.raises(ValueError, match=NEEDED):
        list(clustered("colap"))
    words = [table(code, " ".join(map(str, range(n)))) for code, n in (("en", 600), ("de", 400))]
    languages = [
        (words[0], selection.source_rows, source),
        (words[1], selection.target_rows, target),
    ]
    with pytest.raises(ValueError, match=NEEDED):
        list(cluster_languages(languages, **options))
    assert source.n_read == n_read


def test_the_memory_it_takes_is_logged(caplog):
    caplog.set_level("INFO")

    labels_of(np.zeros((1000, 1), np.float32), 2)

    assert "Ward's clustering of 1000 words takes 0.01 GiB of memory" in caplog.text


# --- one way among others


def test_every_way_is_a_choice_of_the_study():
    assert get_args(Clustering.model_fields["method"].annotation) == tuple(WAYS)


@pytest.mark.parametrize("script", ["cluster_words", "cluster_controls", "mix_languages"])
def test_the_code_of_one_way_is_none_of_another(script):
    root = Path(__file__).parents[1]
    names = {
        way: {
            path.stem
            for path in code_files(
                root / f"workflow/scripts/{script}.py", root, [f"polyconcept.clustering.{way}"]
            )
        }
        for way in WAYS
    }

    assert {"kmeans", "lloyd"} <= names["kmeans"] - names["ward"]
    assert names["ward"] - names["kmeans"] == {"ward"}


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="unknown way of clustering 'hdbscan'; known are: kmeans"):
        way_of("hdbscan")


def test_jobs_get_no_setting_that_the_way_does_not_use():
    expected = {"method": "ward", "n_clusters": 600, "seeds": (212,)}

    assert Clustering(method="ward").model_dump() == expected
    assert Clustering(method="ward", seeds=(7,)).seeds == (7,)
    assert set(Clustering(n_clusters="auto").model_dump()) == set(Clustering.model_fields)


def test_a_study_by_ward_from_its_settings_to_its_scores(tmp_path):
    english = table("en", "king red", "queen green", "king queen", "red green")
    german = table("de", "KÖNIG ROT", "KÖNIGIN GRÜN", "KÖNIG KÖNIGIN", "ROT GRÜN")
    dictionaries = (
        entries("en", "de", "king KÖNIG", "queen KÖNIGIN", "red ROT", "green GRÜN"),
        entries("de", "en", "KÖNIG king", "KÖNIGIN queen", "ROT red", "GRÜN green"),
    )
    # Royalty near 0; colours are farther from each other, and German's lie apart from English's.
    readers = (
        Reader("en", [0, 10, 1, 12, 0, 1, 10, 12]),
        Reader("de", [0, 50, 1, 52, 0, 1, 50, 52]),
    )
    rows = Selection(np.arange(8), np.arange(8))
    chosen = {(m, d): rows for m in ("calign", "colap") for d in ("published", "corrected")}
    settings = Clustering(method="ward", n_clusters=3).model_dump(mode="json")
    settings |= {"layers": [2], "device": "cpu"}
    path, run = tmp_path / "en-de.h5", Run("mbert", "base", "encoder", "text")

    write_concepts(path, english, german, chosen, cluster_pair(chosen, *readers, **settings))
    options = Options(n_permutations=4, n_resamples=4, seed=1)
    draws = draw_sentences(4, options)
    limits = {"n": 1, "match": 0.4, "size_ratio": 0.5, "min_types": 1}
    common = run, Statistics(options, draws, {})
    of_pair = {"dictionaries": dictionaries, "thresholds": limits, "sweeps": {}}
    with ConceptFile.open(path, english, german) as concepts:
        measure = partial(CalignMeasure, *common, **of_pair)
        calign = score_metric(measure, "calign", concepts).scores
        colap = score_metric(partial(ColapMeasure, *common, share=0.3), "colap", concepts).scores

    # Of three clusters: royalty of both (8 words), and the colours of each.
    row = row_of(colap, metric="colap", definition="published", seed=212)
    assert (row.n_hit, row.n_total) == (1, 3)
    # Royalty, and each colour alone, which is not large.
    row = row_of(calign, metric="calign", definition="published", over="all", seed=212)
    assert (row.n_hit, row.n_total) == (1, 3)
