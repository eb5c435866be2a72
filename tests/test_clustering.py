"""K-means: hand-worked cases, laws, and agreement with scikit-learn."""

import dataclasses
import logging
import warnings

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from polyconcept.clustering.assign import nearest_centers
from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.clustering.points import SEGMENT, Team, centred_points
from polyconcept.clustering.start import _Closest, greedy_starts

CPU = torch.device("cpu")


def mixture(n_words, n_dims, n_clusters, *, seed=0, noise=1.0, shift=0.0):
    """Gaussian clusters that overlap; three dims are shifted, as in hidden states."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(n_clusters, n_dims))
    vectors = centers[rng.integers(n_clusters, size=n_words)]
    vectors += noise * rng.normal(size=vectors.shape)
    vectors[:, :3] += shift * np.array([1.0, -2.0, 3.0])[:n_dims]
    return vectors.astype(np.float32)


def some_words(vectors, n_clusters, seed=1):
    rows = np.random.default_rng(seed).choice(len(vectors), n_clusters, replace=False)
    return vectors[rows]


def sklearn_fit(vectors, start, dtype=np.float64, **options):
    model = KMeans(len(start), init=start.astype(dtype), n_init=1, algorithm="lloyd", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # empty clusters are wanted here
        return model.fit(vectors.astype(dtype))


def own_fit(vectors, start, **options):
    return cluster_vectors(vectors, n_clusters=len(start), seed=0, start=start, **options)


# Worked out by hand


def test_four_points():
    vectors = np.array([[0, 0], [0, 2], [10, 0], [10, 2]], dtype=np.float32)
    expected_centers = np.array([[0, 1], [10, 1]])

    clusters = own_fit(vectors, start=vectors[[0, 2]])

    assert clusters.cluster.tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(clusters.centers, expected_centers)
    assert clusters.inertia == 4
    assert clusters.restart_inertias.tolist() == [4]
    assert clusters.n_iterations == 2


def test_empty_cluster_takes_the_farthest_word_from_its_cluster():
    # Nearest centers: 0.5 (words 0, 1), 12 (words 10, 20); 1000 gets none. Farthest is 20, 8 from
    # its center: it becomes cluster 2, and cluster 1 keeps 10 alone. Then nothing moves.
    vectors = np.array([[0], [1], [10], [20]], dtype=np.float32)
    start = np.array([[0.5], [12], [1000]], dtype=np.float32)

    clusters = own_fit(vectors, start=start)

    assert clusters.cluster.tolist() == [0, 0, 1, 2]
    np.testing.assert_array_equal(clusters.centers, [[0.5], [10], [20]])
    assert clusters.inertia == 0.5
    assert clusters.n_iterations == 2


def test_equally_near_centers_give_the_lower_index():
    vectors = np.array([[-1], [0], [1]], dtype=np.float32)

    clusters = own_fit(vectors, start=np.array([[1.0], [-1.0]], dtype=np.float32), max_iterations=1)

    # Word 0 goes to cluster 0 at first; the centers become 0.5 and -1, and it stays.
    assert clusters.cluster.tolist() == [1, 0, 0]
    np.testing.assert_array_equal(clusters.centers, [[0.5], [-1]])


def test_draws_follow_squared_distances():
    # Squared distances to word 0 are 0, 1, 9: word 1 has a tenth of the sum, word 2 the rest.
    vectors = np.array([[0], [1], [3]], dtype=np.float32)
    points = centred_points(vectors, CPU)
    uniform = np.array([[0.0, 0.09, 0.11, 0.99]])

    with Team(CPU) as team:
        closest = _Closest(points, np.array([0]), n_trials=4, team=team)
        drawn = closest.draw(uniform)

    assert drawn.tolist() == [[1, 1, 2, 2]]


def test_best_trial_leaves_the_least_sum():
    # With word 0 chosen, word 1 leaves 4 (of word 2), word 2 leaves 1 (of word 1), word 0 all 10.
    vectors = np.array([[0], [1], [3]], dtype=np.float32)
    points = centred_points(vectors, CPU)

    with Team(CPU) as team:
        closest = _Closest(points, np.array([0]), n_trials=3, team=team)
        best = closest.add_best(np.array([[0, 1, 2]]))

    assert best.tolist() == [2]


def test_draws_reach_every_segment():
    # Words differ from word 0 only at the two ends of segments.
    vectors = np.zeros((3 * SEGMENT - 5, 2), dtype=np.float32)
    far = [SEGMENT - 1, SEGMENT, 3 * SEGMENT - 6]
    vectors[far, 1] = 1
    points = centred_points(vectors, CPU)
    uniform = np.array([[0.1, 0.5, 0.9]])

    with Team(CPU) as team:
        closest = _Closest(points, np.array([0]), n_trials=3, team=team)
        drawn = closest.draw(uniform)

    assert drawn.tolist() == [far]


# Agreement with scikit-learn


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_words", "n_dims", "n_clusters", "noise", "shift"),
    [(1500, 2, 8, 0.5, 0), (2000, 32, 40, 1.5, 0), (1300, 64, 150, 2.0, 0), (2000, 24, 30, 1, 100)],
)
def test_same_labels_as_sklearn(n_words, n_dims, n_clusters, noise, shift, dtype):
    vectors = mixture(n_words, n_dims, n_clusters, noise=noise, shift=shift)
    start = some_words(vectors, n_clusters)
    expected = sklearn_fit(vectors, start, dtype)

    clusters = own_fit(vectors, start)

    np.testing.assert_array_equal(clusters.cluster, expected.labels_)
    assert clusters.n_iterations == expected.n_iter_ > 3
    np.testing.assert_allclose(clusters.centers, expected.cluster_centers_, rtol=1e-4, atol=1e-4)
    assert clusters.inertia == pytest.approx(expected.inertia_, rel=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_same_labels_as_sklearn_with_empty_clusters(seed):
    # Half of the start lies far from the words, so that many clusters are empty and words that
    # leave for them leave others empty.
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(80, 3)) * rng.choice([1, 10], size=(80, 1))
    vectors = vectors.astype(np.float32)
    start = rng.normal(size=(24, 3)) * rng.choice([1, 30], size=(24, 1))
    expected = sklearn_fit(vectors, start)

    clusters = own_fit(vectors, start)

    np.testing.assert_array_equal(clusters.cluster, expected.labels_)
    assert clusters.n_iterations == expected.n_iter_
    assert clusters.inertia == pytest.approx(expected.inertia_, rel=1e-5)


@pytest.mark.parametrize(("max_iterations", "tolerance"), [(1, 1e-4), (3, 1e-4), (300, 0.01)])
def test_stops_where_sklearn_stops(max_iterations, tolerance):
    vectors = mixture(1500, 16, 30, noise=1.5)
    start = some_words(vectors, 30)
    expected = sklearn_fit(vectors, start, max_iter=max_iterations, tol=tolerance)
    to_the_end = sklearn_fit(vectors, start, tol=0)

    clusters = own_fit(vectors, start, max_iterations=max_iterations, tolerance=tolerance)

    assert clusters.n_iterations == expected.n_iter_ < to_the_end.n_iter_
    np.testing.assert_array_equal(clusters.cluster, expected.labels_)


def test_start_is_as_good_as_sklearns():
    vectors = mixture(1200, 16, 40)
    points = centred_points(vectors, CPU)
    n_starts = 30

    def potential(rows):
        distance = np.square(vectors[:, None] - vectors[rows]).sum(-1).min(1)
        return distance.sum(dtype=np.float64)

    with Team(CPU) as team:
        seeds = np.random.SeedSequence(0).spawn(n_starts)
        own = [potential(rows) for rows in greedy_starts(points, 40, seeds, team)]
    sklearns = [potential(kmeans_plusplus(vectors, 40, random_state=i)[1]) for i in range(n_starts)]
    rng = np.random.default_rng(0)
    uniform = [potential(rng.choice(1200, 40, replace=False)) for _ in range(n_starts)]

    assert np.mean(own) == pytest.approx(np.mean(sklearns), rel=0.02)
    assert np.mean(own) < 0.95 * np.mean(uniform)  # the control: draws by distance do matter


def test_sklearn_engine_is_sklearns_best_of_ten():
    vectors = mixture(300, 8, 12)
    with threadpool_limits(1):  # more threads add up in the order they finish
        expected = KMeans(12, n_init=10, random_state=212, algorithm="elkan").fit(
            vectors.astype(np.float64)
        )

    clusters = cluster_vectors(
        vectors, n_clusters=12, seed=212, n_restarts=10, engine="scikit-learn"
    )

    np.testing.assert_array_equal(clusters.cluster, expected.labels_)
    np.testing.assert_array_equal(clusters.centers, expected.cluster_centers_.astype(np.float32))
    assert clusters.inertia == expected.inertia_
    assert len(clusters.restart_inertias) == 10
    assert clusters.n_iterations == expected.n_iter_


def test_engines_agree_from_the_same_start():
    vectors = mixture(400, 8, 12)
    start = some_words(vectors, 12)
    expected = own_fit(vectors, start, engine="scikit-learn")

    clusters = own_fit(vectors, start, engine="torch")

    np.testing.assert_array_equal(clusters.cluster, expected.cluster)
    assert len(clusters.restart_inertias) == len(expected.restart_inertias) == 1


# Laws


def test_near_ties_are_decided_as_by_exact_distances():
    # Pairs of centers so close together that float32 products cannot order them.
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3000, 200)).astype(np.float32)
    points = centred_points(vectors, CPU)
    pairs = rng.normal(size=(20, 200)).repeat(2, axis=0)
    centers = torch.from_numpy(pairs + 1e-7 * rng.normal(size=pairs.shape))
    words = points.rows[: points.n_words].double()
    distance = torch.stack([(words - center).square().sum(1) for center in centers], dim=1)
    expected = distance.argmin(1)
    narrow = (centers.square().sum(1) - 2 * words @ centers.T).float().argmin(1)

    with Team(CPU) as team:
        labels = nearest_centers(points, centers, team)

    assert torch.equal(labels, expected)
    assert not torch.equal(narrow, expected)  # the control: float32 does get some wrong


def test_long_centers_elsewhere_do_not_hide_the_nearest():
    vectors = mixture(1000, 50, 10, noise=0.3)
    vectors[:5] *= 1e4
    points = centred_points(vectors, CPU)
    centers = points.rows[:100].double()
    words = points.rows[: points.n_words].double()
    expected = torch.stack([(words - c).square().sum(1) for c in centers], dim=1).argmin(1)

    with Team(CPU) as team:
        labels = nearest_centers(points, centers, team)

    assert torch.equal(labels, expected)


def test_inertia_and_centers_are_those_of_the_labels():
    vectors = mixture(3000, 20, 25)
    clusters = cluster_vectors(vectors, n_clusters=25, seed=3, n_restarts=2, tolerance=0.0)
    wide = vectors.astype(np.float64)
    means = np.stack([wide[clusters.cluster == j].mean(axis=0) for j in range(25)])
    inertia = np.square(wide - means[clusters.cluster]).sum()

    np.testing.assert_allclose(clusters.centers, means, atol=1e-5)
    assert clusters.inertia == pytest.approx(inertia, rel=1e-6)


def test_inertia_never_rises():
    vectors = mixture(1000, 10, 20, noise=2)
    start = some_words(vectors, 20)

    inertias = [
        own_fit(vectors, start, max_iterations=i, tolerance=0.0).inertia for i in range(1, 15)
    ]

    assert all(np.diff(inertias) <= 0)
    assert inertias[-1] < 0.95 * inertias[0]


def test_order_of_words_does_not_matter():
    vectors = mixture(1200, 12, 15)
    start = some_words(vectors, 15)
    order = np.random.default_rng(5).permutation(len(vectors))
    expected = own_fit(vectors, start).cluster[order]

    clusters = own_fit(vectors[order], start)

    np.testing.assert_array_equal(clusters.cluster, expected)


def test_a_common_shift_does_not_matter():
    # Multiples of 1/64 stay exact in float32 under the shift, so any change would be ours.
    vectors = np.round(mixture(1200, 12, 15) * 64) / np.float32(64)
    start = some_words(vectors, 15)
    expected = own_fit(vectors, start)

    clusters = own_fit(vectors + np.float32(1e4), start + np.float32(1e4))

    np.testing.assert_array_equal(clusters.cluster, expected.cluster)
    assert clusters.inertia == pytest.approx(expected.inertia, rel=1e-9)


def test_the_best_restart_is_kept():
    vectors = mixture(800, 6, 25)

    few = cluster_vectors(vectors, n_clusters=25, seed=7, n_restarts=2)
    many = cluster_vectors(vectors, n_clusters=25, seed=7, n_restarts=6)

    assert len(many.restart_inertias) == 6
    assert len(set(many.restart_inertias)) > 1
    assert many.inertia == min(many.restart_inertias)
    np.testing.assert_allclose(many.restart_inertias[:2], few.restart_inertias, rtol=1e-9)


def test_seeds_differ():
    vectors = mixture(800, 6, 25)

    first, second = (cluster_vectors(vectors, n_clusters=25, seed=i, n_restarts=3) for i in (1, 2))

    assert set(first.restart_inertias).isdisjoint(second.restart_inertias)


@pytest.mark.parametrize("engine", ["torch", "scikit-learn"])
@pytest.mark.parametrize(("n_words", "n_dims", "n_clusters"), [(4000, 48, 60), (40_000, 4, 8)])
def test_same_bytes_for_any_number_of_threads(n_words, n_dims, n_clusters, engine):
    # A sum of 40,000 numbers is one that torch does split by thread.
    vectors = mixture(n_words, n_dims, n_clusters, shift=20) * np.arange(1, n_dims + 1)
    vectors = vectors.astype(np.float32)
    options = {"n_clusters": n_clusters, "n_restarts": 5, "max_iterations": 10}
    before = torch.get_num_threads()
    results = []
    try:
        for n_threads in (1, 2, 3):
            torch.set_num_threads(n_threads)
            results.append(cluster_vectors(vectors, seed=1, engine=engine, **options))
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)

    for other in results[1:]:
        for field in dataclasses.fields(other):
            values = getattr(results[0], field.name), getattr(other, field.name)
            assert np.asarray(values[0]).tobytes() == np.asarray(values[1]).tobytes(), field.name


def test_threads_are_set_back_after_an_error():
    before = torch.get_num_threads()

    with pytest.raises(ZeroDivisionError), Team(CPU) as team:
        team.share(lambda _: 1 // 0, 4)

    assert torch.get_num_threads() == before


@pytest.mark.cuda
def test_gpu_gives_the_labels_of_the_cpu():
    vectors = mixture(6000, 48, 30, shift=20)
    start = some_words(vectors, 60)
    expected = own_fit(vectors, start)

    clusters = own_fit(vectors, start, device="cuda")
    drawn = [
        cluster_vectors(vectors, n_clusters=60, seed=1, n_restarts=3, device="cuda")
        for _ in range(2)
    ]

    np.testing.assert_array_equal(clusters.cluster, expected.cluster)
    assert clusters.inertia == pytest.approx(expected.inertia, rel=1e-9)
    np.testing.assert_array_equal(drawn[0].cluster, drawn[1].cluster)


# Edges


@pytest.mark.parametrize("engine", ["torch", "scikit-learn"])
def test_fewer_distinct_words_than_clusters(engine, caplog):
    distinct = mixture(10, 4, 10)
    vectors = distinct.repeat(7, axis=0)

    with caplog.at_level(logging.WARNING):
        clusters = cluster_vectors(vectors, n_clusters=12, seed=0, n_restarts=2, engine=engine)

    counts = np.bincount(clusters.cluster, minlength=12)
    assert sorted(counts) == [0, 0] + 10 * [7]
    assert clusters.inertia == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(clusters.centers[clusters.cluster], vectors, atol=1e-6)
    for center in clusters.centers[counts == 0]:
        np.testing.assert_array_equal(center, clusters.centers[counts.argmax()])
    assert "2 of 12 clusters are empty: the 70 vectors have too few distinct rows" in caplog.text


def test_duplicates_are_never_drawn_twice():
    distinct = mixture(10, 4, 10) * np.float32(1e-3)
    distinct[:5] += 100
    points = centred_points(distinct.repeat(7, axis=0), CPU)

    with Team(CPU) as team:
        rows = greedy_starts(points, 10, np.random.SeedSequence(0).spawn(5), team)

    assert np.sort(rows // 7, axis=1).tolist() == 5 * [list(range(10))]


@pytest.mark.parametrize("engine", ["torch", "scikit-learn"])
def test_one_cluster_and_one_word_per_cluster(engine):
    vectors = mixture(9, 3, 3)

    one = cluster_vectors(vectors, n_clusters=1, seed=0, n_restarts=2, engine=engine)
    all_apart = cluster_vectors(vectors, n_clusters=9, seed=0, n_restarts=2, engine=engine)

    assert one.cluster.tolist() == 9 * [0]
    np.testing.assert_allclose(one.centers[0], vectors.mean(axis=0), atol=1e-6)
    assert sorted(all_apart.cluster) == list(range(9))
    assert all_apart.inertia == pytest.approx(0, abs=1e-9)


def test_one_word():
    clusters = cluster_vectors(np.ones((1, 2), np.float32), n_clusters=1, seed=0)

    assert clusters.cluster.tolist() == [0]
    assert clusters.centers.tolist() == [[1, 1]]
    assert clusters.inertia == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": 6}, "more clusters than words: 6 clusters, 5 words"),
        ({"n_clusters": 0}, "n_clusters is 0, must be at least 1"),
        ({"n_restarts": 0}, "n_restarts is 0, must be at least 1"),
        ({"max_iterations": 0}, "max_iterations is 0, must be at least 1"),
        ({"tolerance": -1.0}, "tolerance is -1.0, must be a number of at least 0"),
        ({"tolerance": float("nan")}, "tolerance is nan, must be a number of at least 0"),
        ({"seed": -1}, "seed is -1, must be at least 0"),
        ({"device": "cuda:99"}, "cannot compute on device 'cuda:99'"),
        ({"device": "toaster"}, "cannot compute on device 'toaster'"),
        (
            {"start": np.zeros((3, 2))},
            r"start has shape \(3, 2\), needed is \(n_clusters, n_dims\) = \(2, 2\)",
        ),
        ({"start": np.array([[0, 0], [np.nan, 0]])}, r"start center 1 \(0-based\) is not finite"),
    ],
)
def test_bad_arguments(options, message):
    vectors = mixture(5, 2, 2)

    with pytest.raises(ValueError, match=message):
        cluster_vectors(vectors, **{"n_clusters": 2, "seed": 0, **options})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_first_vector_that_is_not_finite_is_named(value):
    vectors = mixture(9, 3, 2)
    vectors[[4, 7], 1] = value

    with pytest.raises(ValueError, match=r"vector of row 4 \(0-based\) is not finite"):
        cluster_vectors(vectors, n_clusters=2, seed=0)


def test_vectors_too_long_for_float32():
    vectors = mixture(9, 4, 2)
    vectors[3, 2] = -1e19

    with pytest.raises(ValueError, match=r"vectors reach 1e\+19; float32 distances need under"):
        cluster_vectors(vectors, n_clusters=2, seed=0)


def test_no_words():
    with pytest.raises(ValueError, match="no words to cluster"):
        cluster_vectors(np.empty((0, 3), np.float32), n_clusters=1, seed=0)
