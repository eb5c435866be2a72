"""K-means' shortcuts: what they spare changes no label, and no copy of the vectors is needed."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from polyconcept.clustering import kmeans, track
from polyconcept.clustering import start as start_module
from polyconcept.clustering.assign import nearest_centers
from polyconcept.clustering.kmeans import cluster_seeds, cluster_vectors
from polyconcept.clustering.points import SEGMENT, Team, centred_points
from polyconcept.clustering.start import _cells_below, _Closest, greedy_starts
from polyconcept.clustering.track import Tracker
from polyconcept.machine.memory import vectors_in_file

CPU = torch.device("cpu")


def some_vectors(n_words=3000, n_dims=24, seed=0):
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(50, n_dims))
    vectors = centers[rng.integers(50, size=n_words)] + rng.normal(size=(n_words, n_dims))
    vectors[: n_words // 100] *= 30  # outliers
    return vectors.astype(np.float32)


def walk(centers, rng, n_steps=25):
    """Centers that move as k-means' do: all far at first, then a few, then hardly any."""
    for step in range(n_steps):
        yield centers
        moves = rng.random(len(centers)) < 1 / (1 + step / 3)
        length = 0.5 ** (step / 2) * rng.choice([0.1, 1.0], size=len(centers)) * moves
        centers = centers + torch.from_numpy(length[:, None] * rng.normal(size=centers.shape))


def distances(points, centers):
    rows = points.rows.double()
    return torch.stack([(rows - center).square().sum(1).sqrt() for center in centers], dim=1)


@pytest.mark.parametrize("seed", range(4))
def test_moving_centers_keep_exact_labels_and_true_bounds(seed, monkeypatch):
    points = centred_points(some_vectors(seed=seed), CPU)
    rng = np.random.default_rng(seed)
    searched = []
    search = track.find_nearest

    def counted(points, centers, nearest, words, team):
        searched.append(points.n_words if words is None else len(words))
        search(points, centers, nearest, words, team)

    monkeypatch.setattr(track, "find_nearest", counted)
    monkeypatch.setattr(track, "_WORTHWHILE", 0)
    start = points.rows[rng.choice(points.n_words, 60, replace=False)].double()
    start[1] = start[0]  # the same place: ties in every iteration until one moves
    with Team(CPU) as team:
        tracker = Tracker(points, 60, team)
        for centers in walk(start, rng):
            labels = tracker.update(centers)

            assert torch.equal(labels, nearest_centers(points, centers, team))
            exact = distances(points, centers)
            nearest = tracker._nearest
            sure = nearest.lower > nearest.upper  # near ties have the bound 0
            own = exact.gather(1, labels[:, None])[:, 0]
            others = exact.scatter(1, labels[:, None], torch.inf).amin(1)
            assert (own <= nearest.upper + 1e-9)[sure].all()
            assert (others >= nearest.lower - 1e-9).all()
    # The control: the bounds did spare most of the work, and were put to the test.
    assert sum(searched) < 0.5 * 25 * points.n_words
    assert searched[0] == points.n_words
    assert sum(n > 0 for n in searched) > 5


def test_centers_that_stay_are_not_searched_again(monkeypatch):
    points = centred_points(some_vectors(), CPU)
    centers = points.rows[:40].double()
    monkeypatch.setattr(track, "_WORTHWHILE", 0)
    with Team(CPU) as team:
        tracker = Tracker(points, 40, team)
        expected = tracker.update(centers)
        monkeypatch.setattr(track, "find_nearest", lambda *_: pytest.fail("searched"))

        assert torch.equal(tracker.update(centers.clone()), expected)


def test_one_center_is_nearest_wherever_it_is(monkeypatch):
    monkeypatch.setattr(track, "_WORTHWHILE", 0)
    points = centred_points(some_vectors(n_words=700), CPU)
    with Team(CPU) as team:
        tracker = Tracker(points, 1, team)
        for shift in (0.0, 5.0, -1.0):
            assert not tracker.update(points.rows[:1].double() + shift).any()


@pytest.mark.parametrize("n_words", [1, 300, SEGMENT, SEGMENT + 1, 20 * SEGMENT, 20 * SEGMENT + 7])
def test_start_measures_every_word(n_words):
    points = centred_points(some_vectors(n_words=n_words), CPU)
    chosen = np.array([[0], [n_words // 2], [n_words - 1]])
    expected = distances(points, points.rows[chosen[:, 0]].double()).square().T

    with Team(CPU) as team:
        closest = _Closest(points, n_restarts=3, n_trials=1, team=team)
        closest.add_best(chosen)

    found = closest._distance.transpose(0, 1).flatten(1)
    scale = float(points.norm.square().max())
    torch.testing.assert_close(found[:, :n_words].double(), expected, rtol=1e-5, atol=1e-6 * scale)
    assert not found[:, n_words:].any()  # padding is never drawn


@pytest.mark.parametrize("many", [0, 10**9])
def test_cells_below_are_those_of_a_plain_comparison(many, monkeypatch):
    monkeypatch.setattr(start_module, "_MANY", many)
    values = torch.rand(3, 5, SEGMENT, generator=torch.Generator().manual_seed(0))
    limit = torch.tensor([[0.01], [0.0], [0.5], [0.001], [2.0]])
    expected = (values < limit).flatten().nonzero()[:, 0]

    assert torch.equal(_cells_below(values, limit), expected)


def test_seeds_share_the_vectors_memory():
    vectors = some_vectors(n_words=900)
    options = {"n_clusters": 20, "n_restarts": 2}
    expected = [cluster_vectors(vectors, seed=seed, **options) for seed in (3, 4)]
    kept = vectors.copy()

    for overwrite in (False, True):
        found = list(cluster_seeds(vectors, [3, 4], overwrite=overwrite, **options))

        for clusters, other in zip(found, expected, strict=True):
            assert_same(clusters, other)
        assert np.array_equal(vectors, kept) == (not overwrite)
    points = centred_points(vectors, CPU, overwrite=True)
    assert np.shares_memory(points.rows.numpy(), vectors)


def test_vectors_in_a_file_give_the_same_bytes(tmp_path):
    vectors = some_vectors(n_words=2 * SEGMENT + 100)
    in_file = vectors_in_file(vectors.shape, tmp_path)
    in_file[:] = vectors
    options = {"n_clusters": 30, "n_restarts": 2}
    expected = cluster_vectors(vectors, seed=5, **options)

    (clusters,) = cluster_seeds(in_file, [5], overwrite=True, **options)

    assert_same(clusters, expected)
    assert not np.array_equal(in_file, vectors)  # the file was computed in
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np, torch
from polyconcept.clustering.kmeans import cluster_seeds
from polyconcept.machine.memory import vectors_in_file

torch.set_num_threads(1)
options = {"n_clusters": 4, "n_restarts": 1, "max_iterations": 2}
random = np.random.default_rng(0)
block = random.normal(size=(1000, 512)).astype(np.float32)
next(cluster_seeds(block, [0], **options))  # what the libraries need for themselves
vectors = vectors_in_file((100_000, 512), Path(sys.argv[1]))
used = next(int(line.split()[1]) for line in open("/proc/self/status") if "VmData" in line) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + vectors.nbytes // 2,) * 2)
for first in range(0, len(vectors), 1000):
    vectors[first : first + 1000] = random.normal(size=(1000, 512))
clusters = next(cluster_seeds(vectors, [0], overwrite=sys.argv[2] == "there", **options))
print(int(np.bincount(clusters.cluster).sum()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize("where", ["there", "in a copy"])
def test_vectors_larger_than_memory(where, tmp_path):
    """As the workflow holds them: in a file, whose place the centred ones take."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), where], capture_output=True, text=True
    )

    if where == "there":
        assert (done.returncode, done.stdout) == (0, "100000\n"), done.stderr
    else:  # the control: the limit does hold
        assert done.returncode != 0
        assert "emory" in done.stderr


def assert_same(clusters, other):
    for field in dataclasses.fields(other):
        values = np.asarray(getattr(clusters, field.name)), np.asarray(getattr(other, field.name))
        assert values[0].tobytes() == values[1].tobytes(), field.name


@pytest.mark.parametrize(("n_dims", "n_clusters"), [(16, 20), (100, 60), (768, 25)])
def test_starts_do_not_depend_on_those_drawn_beside_them(n_dims, n_clusters):
    points = centred_points(some_vectors(n_words=1700, n_dims=n_dims), CPU)
    sequences = np.random.SeedSequence(5).spawn(10)

    with Team(points.device) as team:
        together = greedy_starts(points, n_clusters, sequences, team)
        pairs = [greedy_starts(points, n_clusters, sequences[i : i + 2], team) for i in (0, 2, 8)]
        alone = greedy_starts(points, n_clusters, sequences[3:4], team)

    assert np.array_equal(together[[0, 1, 2, 3, 8, 9]], np.concatenate(pairs))
    assert np.array_equal(together[3:4], alone)


@pytest.mark.parametrize("n_together", [1, 3])
def test_seeds_whose_starts_are_drawn_in_parts_have_the_same_clusters(n_together, monkeypatch):
    vectors, options = some_vectors(n_words=900), {"n_clusters": 20, "n_restarts": 2}
    expected = list(cluster_seeds(vectors, [3, 4, 5], **options))
    monkeypatch.setattr(kmeans, "_TOGETHER", n_together)

    found = list(cluster_seeds(vectors, [3, 4, 5], **options))

    for clusters, other in zip(found, expected, strict=True):
        assert_same(clusters, other)
