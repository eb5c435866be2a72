"""K-means decides nothing by the last bits of a product, which are the processor's choice."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from polyconcept.clustering import kmeans, start
from polyconcept.clustering.assign import CenterSet, Nearest, find_nearest, nearest_centers
from polyconcept.clustering.coarse import CoarseWords, lost_length
from polyconcept.clustering.kmeans import cluster_seeds, cluster_vectors
from polyconcept.clustering.points import Team, centred_points
from polyconcept.clustering.start import _Closest, greedy_starts

CPU = torch.device("cpu")


def mixture(n_words, n_dims, *, n_centers=50, noise=1.0, copies=1, outliers=0):
    random = np.random.default_rng(n_dims)
    centers = 3 * random.normal(size=(n_centers, n_dims))
    vectors = centers[random.integers(n_centers, size=n_words)]
    vectors += noise * random.normal(size=vectors.shape)
    vectors[:outliers] *= 30
    return vectors.astype(np.float32).repeat(copies, axis=0)


def simplex(n_corners, copies):
    """Corners that are all as far from each other: every trial word is as good as another."""
    return np.eye(n_corners, dtype=np.float32).repeat(copies, axis=0)


@pytest.fixture
def rough_products(monkeypatch):
    """Products that add up the dims in another order in every call, and are off by an ulp more."""
    random = np.random.default_rng(0)
    n_changed = []

    def roughened(product):
        def rough(added, left, right, *, alpha, out=None):
            order = torch.from_numpy(random.permutation(left.shape[-1]))
            exact = product(added, left, right, alpha=alpha)
            found = product(added, left[..., order], right[..., order, :], alpha=alpha)
            away = random.choice(np.array([-np.inf, np.inf], np.float32), size=found.shape)
            found = found.nextafter(torch.from_numpy(away))
            n_changed.append(int((found != exact).sum()))
            return found if out is None else out.copy_(found)

        return rough

    bmm = torch.bmm

    def rough_coarse(left, right):
        assert (left.dtype, right.dtype) == (torch.bfloat16, torch.bfloat16)
        order = torch.from_numpy(random.permutation(left.shape[-1]))
        found = bmm(left[..., order].float(), right[..., order, :].float())
        away = random.choice(np.array([-np.inf, np.inf], np.float32), size=found.shape)
        found = found.nextafter(torch.from_numpy(away))
        n_changed.append(int((found != bmm(left.float(), right.float())).sum()))
        return found.bfloat16()

    for name in ("addmm", "baddbmm"):
        monkeypatch.setattr(torch, name, roughened(getattr(torch, name)))
    monkeypatch.setattr(torch, "bmm", rough_coarse)
    for name in ("mm", "matmul", "einsum"):
        monkeypatch.setattr(torch, name, None)  # a product that this test knows nothing of
    yield
    assert sum(n_changed) > 1000  # the control: they were used, and did change


def plain_starts(points, n_clusters, seed):
    """Greedy k-means++ by its definition, from exact distances to all words at every step."""
    rows = points.rows.double().numpy()
    random = np.random.default_rng(seed)
    chosen = [int(random.integers(len(rows)))]
    draws = random.random((n_clusters - 1, 2 + int(np.log(n_clusters))))
    closest = np.square(rows - rows[chosen[0]]).sum(axis=1)
    for uniform in draws:
        trials = np.searchsorted(closest.cumsum(), uniform * closest.sum(), side="right")
        left = [np.minimum(closest, np.square(rows - rows[i]).sum(axis=1)) for i in trials]
        sums = np.array([distance.sum() for distance in left])
        best = int(np.argmax(sums <= sums.min() + 1e-12 * closest.sum()))  # the first of equals
        chosen.append(int(trials[best]))
        closest = left[best]
    return np.array(chosen)


@pytest.mark.parametrize(
    ("vectors", "n_clusters"),
    [
        (mixture(1700, 16, outliers=17), 20),
        (mixture(600, 384), 20),
        (mixture(520, 768, noise=9.0, outliers=3), 14),
        (mixture(200, 32, copies=4), 40),
        (simplex(40, copies=15), 20),
    ],
    ids=["outliers", "384", "768", "copies", "simplex"],
)
@pytest.mark.parametrize("coarse", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.usefixtures("rough_products")
def test_starts_are_those_of_exact_distances_whatever_is_drawn_beside_them(
    vectors, n_clusters, coarse, monkeypatch
):
    monkeypatch.setattr(start, "has_bfloat16", lambda: coarse)
    if coarse:
        monkeypatch.setattr(start, "_FEW", 1.1)  # in every step, whatever is left in doubt
    points = centred_points(vectors, CPU)
    sequences = np.random.SeedSequence(5).spawn(4)
    expected = np.stack([plain_starts(points, n_clusters, seed) for seed in sequences])

    with Team(CPU) as team:
        together = greedy_starts(points, n_clusters, sequences, team)
        pair = greedy_starts(points, n_clusters, sequences[1:3], team)
        alone = greedy_starts(points, n_clusters, sequences[3:], team)

    # Of copies it does not matter which one is chosen, but even that is the same.
    np.testing.assert_array_equal(together, expected)
    np.testing.assert_array_equal(np.concatenate([pair, alone]), expected[1:])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_product_in_bfloat16_rules_out_no_word_that_is_near(scale):
    points = centred_points(scale * mixture(1024, 96), CPU)
    rows, norm = points.rows.view(2, 512, 96), points.norm.view(2, 1, 512)
    centers = points.rows[::31]
    coarse = CoarseWords.of(centers, points.norm[::31])
    lost = lost_length(points.rows).view(2, 1, 512)
    exact = (
        centers.double().square().sum(1)[:, None] - 2 * centers.double() @ points.rows.double().T
    )
    found = torch.bmm(coarse.centers.expand(2, -1, -1), rows.bfloat16().transpose(1, 2)).float()
    found -= coarse.half[:, None]
    found = found.transpose(0, 1).reshape(len(centers), 1024)

    ruled_out = 0
    for number, values in enumerate(exact):
        # Each value is the nearest to its limit that is below it.
        limit = values.float().nextafter(torch.tensor(torch.inf)).view(2, 1, 512)
        room = coarse.room(limit, norm, lost, 96).flatten()
        assert (found[number] >= room).all()
        far = coarse.room(limit - norm.square() / 5, norm, lost, 96).flatten()
        ruled_out += int((found[number] < far).sum())
    assert ruled_out > exact.numel() / 2


@pytest.mark.usefixtures("rough_products")
def test_a_draw_beside_a_words_bound_is_that_of_exact_distances():
    points = centred_points(mixture(1100, 96), CPU)
    rows = points.rows.double().numpy()
    trials = np.array([[7, 400, 1003, 650]])

    with Team(CPU) as team:
        closest = _Closest(points, np.array([30]), 4, team)
        (added,) = closest.add_best(trials)
        distance = np.min([np.square(rows - rows[i]).sum(axis=1) for i in (30, added)], axis=0)
        upto = distance.cumsum() / distance.sum()
        words = np.setdiff1d(np.arange(0, 1090, 7), [30, added, 29, added - 1])
        below, above = (closest.draw(upto[None, words] + step) for step in (-1e-10, 1e-10))

    assert below.tolist() == [words.tolist()]
    assert above.tolist() == [(words + 1).tolist()]


def clusterings():
    vectors = simplex(60, copies=2) + mixture(60, 60, noise=1e-4, n_centers=1).repeat(2, axis=0)
    return list(cluster_seeds(vectors, range(6), n_clusters=30, n_restarts=2))


def test_clusterings_are_the_same_bytes(request):
    expected = clusterings()
    request.getfixturevalue("rough_products")

    for clusters, other in zip(clusterings(), expected, strict=True):
        for field in dataclasses.fields(other):
            values = getattr(clusters, field.name), getattr(other, field.name)
            assert np.asarray(values[0]).tobytes() == np.asarray(values[1]).tobytes(), field.name


@pytest.mark.usefixtures("rough_products")
def test_near_ties_are_decided_as_by_exact_distances():
    vectors = mixture(900, 200)
    points = centred_points(vectors, CPU)
    random = np.random.default_rng(0)
    pairs = random.normal(size=(20, 200)).repeat(2, axis=0)
    centers = torch.from_numpy(pairs + 1e-7 * random.normal(size=pairs.shape))
    words = points.rows.double()
    expected = torch.stack([(words - c).square().sum(1) for c in centers], dim=1).argmin(1)

    with Team(CPU) as team:
        assert torch.equal(nearest_centers(points, centers, team), expected)


def test_of_centers_on_opposite_sides_of_a_word_the_first_is_nearest():
    """They are equally near; in float64 one comes out a bit nearer, another for each processor."""
    random = np.random.default_rng(1)
    points = centred_points(mixture(64, 300), CPU)
    n_unequal = 0
    for word in points.rows.double():
        away = torch.from_numpy(random.normal(size=300))
        centers = torch.stack([word + away, word - away])
        distance = (word - centers).square().sum(1)
        n_unequal += int(distance[0] != distance[1])
        place = int((points.rows.double() == word).all(1).nonzero())
        with Team(CPU) as team:
            for order in (centers, centers.flip(0)):
                assert nearest_centers(points, order, team)[place] == 0
    assert n_unequal > 10  # the control


def test_bounds_hold_of_centers_that_are_short_beside_the_words():
    """There the rounding of the words' own lengths is all there is."""
    points = centred_points(1e3 * mixture(500, 40), CPU)
    centers = torch.from_numpy(1e-6 * np.random.default_rng(0).normal(size=(2, 40)))
    nearest = Nearest.unknown(points)

    with Team(CPU) as team:
        find_nearest(points, CenterSet.of(centers), nearest, None, team)

    words = points.rows.double()
    exact = torch.stack([(words - c).square().sum(1).sqrt() for c in centers], dim=1)
    own = exact.gather(1, nearest.labels[:, None])[:, 0]
    assert (own <= nearest.upper).all()
    assert (exact.amax(1) >= nearest.lower).all()


def test_of_restarts_that_find_the_same_clusters_the_first_is_kept(monkeypatch):
    """Each restart numbers them in another way; the last bits of its sum must not choose."""
    vectors = mixture(300, 24, n_centers=6, noise=0.3)
    options = {"n_clusters": 6, "seed": 1}
    first = cluster_vectors(vectors, n_restarts=1, **options)
    exact, n_done = kmeans.lloyd, itertools.count()

    def rough(*args, **limits):
        fit = exact(*args, **limits)
        return dataclasses.replace(fit, inertia=fit.inertia * (1 - next(n_done) * 1e-15))

    monkeypatch.setattr(kmeans, "lloyd", rough)
    found = cluster_vectors(vectors, n_restarts=6, **options)

    assert found.restart_inertias[-1] < found.restart_inertias[0] == found.inertia
    assert found.restart_inertias == pytest.approx(first.inertia, rel=1e-13)
    np.testing.assert_array_equal(found.cluster, first.cluster)
