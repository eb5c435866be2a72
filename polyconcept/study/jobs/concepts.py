"""Clusterings of a pair's words with what else is read off their vectors, and the controls."""

from __future__ import annotations

from collections.abc import Sequence

from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import DEFINITIONS, METRICS, Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.text_sizes import Number

# CALIGN clusters each language alone, COLAP both together.
_FITS = {"calign": 2, "colap": 1}
# A label is int16; packed, those of 400,000 words in 600 clusters took 1.37 bytes each, of 3,000
# clusters 1.68, of 50 clusters 0.69.
_LABEL_BYTES = 1.4
# A job holds a layer of both languages nearly twice, and tables besides (the Bible, 384 dims).
_HELD_LAYERS, _HELD_BYTES = 1.8, 200e6


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
    study, n_layers = work.study, len(work.study.layers_of(names["model"]))
    n_seeds = len(study.clustering.seeds)
    n_words = n_layers * sum(_clustered(work, names, one) for one in DEFINITIONS)
    n_fits = n_layers * len(DEFINITIONS) * sum(_FITS.values())
    done = work.fits(
        names["model"],
        n_words,
        work.sizes.clusters(names["pair"]),
        n_seeds * study.clustering.n_restarts,
        n_fits,
    )
    return _written(work, names, done + _similarity_cost(work, names), n_seeds * n_words)


def _clustered(
    work: Work, names: Names, definition: str, metrics: Sequence[str] = METRICS
) -> Number:
    """Words of a pair that are clustered in a layer under one definition."""
    return sum(work.sizes.clustered(names["pair"], metric, definition) for metric in metrics)


def _similarity_cost(work: Work, names: Names) -> Cost:
    """CKA goes through the words once a layer; what it takes grows with dims squared."""
    name = names["model"]
    n_layers, n_dims = len(work.study.layers_of(name)), work.sizes.model(name).n_dims
    units = n_layers * work.pair_words(names) / 2 * n_dims**2
    return work.on_core(units * work.rates["rival_seconds_per_unit"])


def _controls_cost(work: Work, names: Names) -> Cost:
    """Price some seeds; one definition but for K. `centred` clusters COLAP's words only."""
    pair, definition = names["pair"], work.study.figures.definition
    own, n_layers = work.sizes.clusters(pair), len(work.study.layers_of(names["model"]))
    all_words = sum(_clustered(work, names, one) for one in DEFINITIONS)
    # Words and clusters of each clustering of a layer, and how many k-means that is.
    parts: list[tuple[Number, Number, Number]] = [
        (n_layers * all_words, count, n_layers * len(DEFINITIONS) * sum(_FITS.values()))
        for count in _cluster_counts(work, names)
    ]
    for change, layers in _changes(work, names, n_layers):
        metrics = ("colap",) if change == "centred" else METRICS
        n_words = layers * _clustered(work, names, definition, metrics)
        parts.append((n_words, own, layers * sum(_FITS[metric] for metric in metrics)))
    if work.study.controls.same_sentences:
        # Two parts of two or three, with as many of the clusters as of the words.
        n_parts = 2 if Files(work.study).extra_corpora(pair) else 3
        n_words = n_layers * _clustered(work, names, definition, ("calign",)) * 2 / n_parts
        parts.append((n_words, own / n_parts, n_layers * 2 * _FITS["calign"]))
    n_seeds = min(work.study.controls.n_seeds, len(work.study.clustering.seeds))
    n_starts = n_seeds * work.study.clustering.n_restarts
    done = sum(
        (work.fits(names["model"], words, count, n_starts, fits) for words, count, fits in parts),
        Cost(),
    )
    return _written(work, names, done, n_seeds * sum(words for words, _, _ in parts))


def _cluster_counts(work: Work, names: Names) -> set[int]:
    """Numbers of clusters under the controls that change it."""
    factors = work.study.controls.cluster_factors
    return {work.sizes.clusters(names["pair"], factor) for factor in factors}


def _changes(work: Work, names: Names, n_layers: int) -> list[tuple[str, int]]:
    """Return controls that keep the number of clusters, each with its number of layers."""
    found = [(str(change), n_layers) for change in work.study.controls.vectors]
    has_norm = work.sizes.has_before_norm(names["model"])
    return [*found, ("before_norm", 1)] if has_norm else found


def _written(work: Work, names: Names, done: Cost, n_labels: Number) -> Cost:
    """Price a clustering job of a pair that writes so many labels of words."""
    held = _HELD_LAYERS * work.layer_bytes(names) + _HELD_BYTES
    return done.holding(held, _LABEL_BYTES * n_labels)


def control_layers(work: Work, names: Names, left_out: str = "") -> int:
    """Return the number of layers of all controls that keep the number of clusters."""
    if not work.study.is_controlled(names["model"], names["variant"]):
        return 0
    n_layers = len(work.study.layers_of(names["model"]))
    return sum(n for name, n in _changes(work, names, n_layers) if name != left_out)


def scored_counts(work: Work, names: Names) -> list[int]:
    """Return all numbers of clusters that a pair is scored at, the study's own first."""
    controlled = work.study.is_controlled(names["model"], names["variant"])
    others = _cluster_counts(work, names) if controlled else set()
    return [work.sizes.clusters(names["pair"]), *sorted(others)]


JOBS = {
    "cluster_words": Job(
        "clusters", _pair, _words, clustering_kinds, cost=_words_cost, gpu=True, start="torch"
    ),
    "cluster_controls": Job(
        "controls",
        _controlled_pair,
        _controls,
        clustering_kinds,
        cost=_controls_cost,
        gpu=True,
        start="torch",
    ),
}
