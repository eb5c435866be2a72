"""Scores of each run and pair, of all languages together, and the one table of all."""

from __future__ import annotations

from polyconcept.study.jobs.concepts import DEFINITIONS, clustering, control_layers, hash_concepts
from polyconcept.study.jobs.job import Inputs, Job
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.values import Values, plain

__all__ = ["JOBS", "METRICS"]

METRICS = ("calign", "colap")
_DRAWS = ("n_permutations", "n_resamples", "seed")


def _concepts(files: Files, names: Names) -> Inputs:
    """Clusters of a pair, and those under controls where the model has these."""
    stem = f"{files.run('concepts', names)}/{names['pair']}"
    controls = [f"{stem}.controls.h5"] if names["model"] in files.study.controlled else []
    return files.dictionaries(names["pair"]) | {"concepts": [f"{stem}.h5", *controls]}


def _calign(study: Study, _names: Names) -> Values:
    return {
        "corpus": study.corpus,
        "thresholds": plain(study.calign),
        "statistics": plain(study.statistics, *_DRAWS),
        "sweeps": plain(study.statistics.sweeps),
    }


def _colap(study: Study, _names: Names) -> Values:
    return {
        "corpus": study.corpus,
        "thresholds": plain(study.colap),
        "statistics": plain(study.statistics, *_DRAWS),
    }


def _similarity(study: Study, names: Names) -> Values:
    return {
        "corpus": study.corpus,
        "layers": list(study.layers_of(names["model"])),
        **plain(study.controls, "max_sentences", "seed"),
    }


def _calign_cost(work: Work, names: Names) -> Cost:
    """Plain scores of every seed and definition, and those of drawn and permuted input.

    Drawn and permuted is each direction: one as published, two as corrected.
    """
    n_layers = len(work.study.layers_of(names["model"]))
    each = 2 if work.study.figures.definition == "corrected" else 1
    n_groups = 3 * n_layers + each * control_layers(work, names, "centred")
    plain_scores = n_layers * DEFINITIONS * len(work.study.clustering.seeds)
    seconds = plain_scores * work.rates["score_seconds"]
    n_words = work.pair_words(names) / 2
    seconds += n_groups * _draws(work) * n_words * work.rates["calign_draw_seconds_per_word"]
    return Cost(seconds, hashing=hash_concepts(work, names))


def _colap_cost(work: Work, names: Names) -> Cost:
    n_groups = DEFINITIONS * len(work.study.layers_of(names["model"]))
    n_groups += control_layers(work, names)
    seconds = n_groups * _draws(work) * work.rates["colap_draw_seconds"]
    return Cost(seconds, hashing=hash_concepts(work, names))


def _draws(work: Work) -> int:
    return work.study.statistics.n_permutations + work.study.statistics.n_resamples


def _similarity_cost(work: Work, names: Names) -> Cost:
    """CKA goes through the words once a layer; what it takes grows with dims squared."""
    name = names["model"]
    n_layers, n_dims = len(work.study.layers_of(name)), work.sizes.model(name).n_dims
    units = n_layers * work.pair_words(names) / 2 * n_dims**2
    seconds = units * work.rates["rival_seconds_per_unit"]
    return Cost(seconds, hashing=work.hashing(hdf5=work.pair_bytes(names)))


def _languages(files: Files, names: Names) -> Inputs:
    """Word tables and vectors of all languages, in the order of the pairs."""
    codes = files.study.languages
    return {
        "words": [files.words("", code) for code in codes],
        "vectors": [f"{files.run('vectors', names)}/{code}.h5" for code in codes],
    }


def _mixing(study: Study, names: Names) -> Values:
    return {
        "corpus": study.corpus,
        "clustering": clustering(study, names),
        "statistics": plain(study.statistics, *_DRAWS),
        **plain(study.words, "cap"),
    }


def _mixing_cost(work: Work, names: Names) -> Cost:
    """All languages' words together, in each layer with each seed."""
    settings, name = work.study.clustering, names["model"]
    n_words = sum(map(work.sizes.words, work.study.languages))
    n_layers = len(work.study.layers_of(name))
    n_starts = len(settings.seeds) * settings.n_restarts
    done = work.fits(name, n_layers * n_words, settings.n_clusters, n_starts)
    return done.with_files(work.hashing(hdf5=work.sizes.vector_bytes(name, n_words)))


def _compared(files: Files, _names: Names) -> Inputs:
    resamples = [f"{metric}_resamples" for metric in METRICS]
    return {"scores": files.of_runs(METRICS), "resamples": files.of_runs(resamples)}


def _comparison(study: Study, names: Names) -> Values:
    """Which runs are compared, and which fine-tunings were repeated."""
    repeats = [list(tasks) for model in study.models for tasks in study.repeats_of(model)]
    return _table(study, names) | {"repeats": repeats}


def _merged(files: Files, _names: Names) -> Inputs:
    """Every file of scores: of runs and pairs, of all languages, of changes, of tasks."""
    study, scores = files.study, f"{files.results}/scores"
    mixed = [
        f"{scores}/{name}/{variant}/{side}/languages.parquet"
        for name in study.mixed
        for variant in study.variants_of(name)
        for side in study.mixed_sides(name)
    ]
    tasks = [
        f"{scores}/{name}/{task}/task.parquet"
        for name, model in study.models.items()
        for task in model.tasks
    ]
    of_runs = files.of_runs([*METRICS, "similarity"])
    return {"scores": [*of_runs, *mixed, f"{scores}/changes.parquet", *tasks]}


def _table(study: Study, _names: Names) -> Values:
    """Which rows the one table has: another model, task or pair makes another table."""
    runs = {
        name: {"variants": list(study.variants_of(name)), "sides": list(model.of_sides)}
        for name, model in study.models.items()
    }
    return {"runs": runs, "pairs": list(study.pairs)}


JOBS = {
    "score_calign": Job("scores", _concepts, _calign, cost=_calign_cost),
    "score_colap": Job("scores", _concepts, _colap, cost=_colap_cost),
    "score_similarity": Job(
        "scores", lambda files, names: files.pair_vectors(names), _similarity, cost=_similarity_cost
    ),
    "mix_languages": Job("controls", _languages, _mixing, cost=_mixing_cost, gpu=True),
    "compare_variants": Job("scores", _compared, _comparison, local=True),
    "merge_scores": Job("scores", _merged, _table, local=True),
}
