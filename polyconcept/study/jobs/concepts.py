"""Clusterings of a pair's words with what else is read off their vectors, and the controls."""

from __future__ import annotations

from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.sizes import Number

# Under one definition each word of a pair is clustered twice: with its language alone (CALIGN),
# and with the other language's words (COLAP).
_TIMES_CLUSTERED = 2
# A label is int16; packed, those of 400,000 words in 600 clusters took 1.37 bytes each, of 3,000
# clusters 1.68, of 50 clusters 0.69.
_LABEL_BYTES, _PACKED_LABEL_BYTES = 2, 1.4
DEFINITIONS = 2


def _pair(files: Files, names: Names) -> Inputs:
    return files.pair_vectors(names)


def _controlled_pair(files: Files, names: Names) -> Inputs:
    return files.pair_vectors(names) | files.held_out(names)


def clustering(study: Study, names: Names) -> Values:
    """Return the settings of a clustering in every layer of a model."""
    layers = list(study.layers_of(names["model"]))
    return plain(study.clustering) | {"layers": layers, "device": study.device}


def clustering_kinds(study: Study, _names: Names) -> tuple[str, ...]:
    """Return the module of the study's way of clustering."""
    return (f"polyconcept.clustering.{study.clustering.method}",)


def _words(study: Study, names: Names) -> Values:
    """Beside the clusterings the rivals, which need no clusters: they read the same vectors.

    Other thresholds of the metrics then need neither the vectors nor a clustering.
    """
    rivals = plain(study.controls, "max_sentences", "seed")
    similarity = {"layers": list(study.layers_of(names["model"])), **rivals}
    return clustering(study, names) | {"corpus": study.corpus, "similarity": similarity}


def _controls(study: Study, names: Names) -> Values:
    """Take the first seeds alone: controls are not cheap.

    So other numbers of clusters alone are tried under both definitions, the rest under that of the
    figures.
    """
    settings = clustering(study, names)
    return settings | {
        "seeds": settings["seeds"][: study.controls.n_seeds],
        "changes": list(study.controls.vectors),
        "cluster_factors": list(study.controls.cluster_factors),
        "definition": study.figures.definition,
    }


def _words_cost(work: Work, names: Names) -> Cost:
    settings, n_words = work.study.clustering, work.pair_words(names)
    n_layers, n_seeds = len(work.study.layers_of(names["model"])), len(settings.seeds)
    times = n_layers * DEFINITIONS
    n_clustered, n_starts = times * _TIMES_CLUSTERED * n_words, n_seeds * settings.n_restarts
    n_clusters = work.pair_clusters(names)
    done = work.fits(names["model"], n_clustered, n_clusters, n_starts)
    done += _similarity_cost(work, names)
    return _written(work, names, done, n_seeds * n_clustered)


def _similarity_cost(work: Work, names: Names) -> Cost:
    """CKA goes through the words once a layer; what it takes grows with dims squared.

    A GPU waits meanwhile.
    """
    name = names["model"]
    n_layers, n_dims = len(work.study.layers_of(name)), work.sizes.model(name).n_dims
    units = n_layers * work.pair_words(names) / 2 * n_dims**2
    seconds = units * work.rates["rival_seconds_per_unit"]
    return Cost(seconds, seconds)


def _controls_cost(work: Work, names: Names) -> Cost:
    """Price some seeds; one definition but for K. `centred` clusters COLAP's words only."""
    own, counts = work.pair_clusters(names), _cluster_counts(work, names)
    n_layers = len(work.study.layers_of(names["model"]))
    # Of all controls and layers: numbers of clusters by how often each word is clustered into
    # so many.
    clusters: Number = n_layers * DEFINITIONS * _TIMES_CLUSTERED * sum(counts)
    n_times = n_layers * DEFINITIONS * _TIMES_CLUSTERED * len(counts)
    for name, layers in _changes(work, names, n_layers):
        times = 1 if name == "centred" else _TIMES_CLUSTERED
        clusters += layers * times * own
        n_times += layers * times
    if work.study.controls.same_sentences:
        # Two parts of two or three, with as many of the clusters as of the words.
        n_parts = 2 if Files(work.study).extra_corpora(names["pair"]) else 3
        clusters += n_layers * own * 2 / n_parts**2
        n_times += n_layers
    n_words, n_seeds = work.pair_words(names), _control_seeds(work)
    done = work.fits(names["model"], n_words, clusters, n_seeds * work.study.clustering.n_restarts)
    return _written(work, names, done, n_seeds * n_times * n_words)


def _control_seeds(work: Work) -> int:
    """Return the number of seeds under which controls are clustered."""
    return min(work.study.controls.n_seeds, len(work.study.clustering.seeds))


def _cluster_counts(work: Work, names: Names) -> set[int]:
    """Numbers of clusters under the controls that change it."""
    factors = work.study.controls.cluster_factors
    return {work.pair_clusters(names, factor) for factor in factors}


def _changes(work: Work, names: Names, n_layers: int) -> list[tuple[str, int]]:
    """Return controls that keep the number of clusters, each with its number of layers."""
    found = [(str(change), n_layers) for change in work.study.controls.vectors]
    has_norm = work.sizes.has_before_norm(names["model"])
    return [*found, ("before_norm", 1)] if has_norm else found


def _written(work: Work, names: Names, done: Cost, n_labels: Number) -> Cost:
    """Price a clustering job of a pair that writes so many labels of words."""
    raw, disk = _LABEL_BYTES * n_labels, _PACKED_LABEL_BYTES * n_labels
    return done.with_files(work.hashing(hdf5=raw, plain=work.pair_bytes(names) + disk), disk)


def control_layers(work: Work, names: Names, left_out: str = "") -> int:
    """Return the number of layers of all controls that keep the number of clusters."""
    if not work.study.is_controlled(names["model"], names["variant"]):
        return 0
    n_layers = len(work.study.layers_of(names["model"]))
    return sum(n for name, n in _changes(work, names, n_layers) if name != left_out)


def count_layers(work: Work, names: Names) -> int:
    """Return the number of layers under all numbers of clusters, the study's own among them."""
    controlled = work.study.is_controlled(names["model"], names["variant"])
    n_counts = len(_cluster_counts(work, names)) if controlled else 0
    return len(work.study.layers_of(names["model"])) * (1 + n_counts)


def hash_concepts(work: Work, names: Names) -> Number:
    """Return the seconds in which all concepts of a pair are hashed."""
    packed = _words_cost(work, names).disk_bytes
    if work.study.is_controlled(names["model"], names["variant"]):
        packed += _controls_cost(work, names).disk_bytes
    return work.hashing(hdf5=packed * _LABEL_BYTES / _PACKED_LABEL_BYTES)


JOBS = {
    "cluster_words": Job("clusters", _pair, _words, clustering_kinds, cost=_words_cost, gpu=True),
    "cluster_controls": Job(
        "controls", _controlled_pair, _controls, clustering_kinds, cost=_controls_cost, gpu=True
    ),
}
