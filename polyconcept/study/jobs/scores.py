"""Scores of each run and pair, of all languages together, and the one table of all."""

from __future__ import annotations

from polyconcept.study.jobs.concepts import (
    DEFINITIONS,
    clustering,
    clustering_kinds,
    control_layers,
    count_layers,
    hash_concepts,
)
from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study

METRICS = ("calign", "colap")
# Not `sweeps`: they are CALIGN's, and languages need not be mixed again where these change.
_DRAWS = ("n_permutations", "n_resamples", "seed")


def _of_pair(files: Files, names: Names) -> Inputs:
    """Clusters of a pair, and those under controls where the model has these."""
    stem = f"{files.run('concepts', names)}/{names['pair']}"
    controlled = files.study.is_controlled(names["model"], names["variant"])
    controls = [f"{stem}.controls.h5"] if controlled else []
    concepts = {"concepts": [f"{stem}.h5", *controls]}
    return files.dictionaries(names["pair"]) | concepts | files.held_out(names)


def _metrics(study: Study, _names: Names) -> Values:
    return {
        "corpus": study.corpus,
        "statistics": plain(study.statistics, *_DRAWS),
        "calign": plain(study.calign),
        "sweeps": plain(study.statistics.sweeps),
        "colap": plain(study.colap),
    }


def _metrics_cost(work: Work, names: Names) -> Cost:
    """Concepts are hashed once for both."""
    seconds = sum(cost(work, names).seconds for cost in (_calign_cost, _colap_cost))
    return Cost(seconds, hashing=hash_concepts(work, names))


def _calign_cost(work: Work, names: Names) -> Cost:
    """Plain scores of every seed and definition, and those of drawn and permuted input.

    Drawn and permuted is each direction: one as published, two as corrected.
    """
    n_layers = len(work.study.layers_of(names["model"]))
    each = 2 if work.study.figures.definition == "corrected" else 1
    n_controls = control_layers(work, names, "centred")
    controlled = work.study.is_controlled(names["model"], names["variant"])
    if controlled and work.study.controls.same_sentences:
        n_controls += 2 * n_layers  # `disjoint` and `halved`
    n_groups = 3 * count_layers(work, names) + each * n_controls
    plain_scores = n_layers * DEFINITIONS * len(work.study.clustering.seeds)
    seconds = plain_scores * work.rates["score_seconds"]
    n_words = work.pair_words(names) / 2
    seconds += n_groups * _draws(work) * n_words * work.rates["calign_draw_seconds_per_word"]
    return Cost(seconds)


def _colap_cost(work: Work, names: Names) -> Cost:
    n_groups = DEFINITIONS * count_layers(work, names) + control_layers(work, names)
    seconds = n_groups * _draws(work) * work.rates["colap_draw_seconds"]
    return Cost(seconds)


def _draws(work: Work) -> int:
    return work.study.statistics.n_permutations + work.study.statistics.n_resamples


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
    languages = work.study.languages
    n_words, n_clusters = sum(map(work.sizes.words, languages)), work.sizes.clusters(languages)
    n_layers = len(work.study.layers_of(name))
    n_starts = len(settings.seeds) * settings.n_restarts
    done = work.fits(name, n_layers * n_words, n_clusters, n_starts)
    return done.with_files(work.hashing(plain=work.sizes.vector_bytes(name, n_words)))


def _merged(files: Files, _names: Names) -> Inputs:
    """Every file of scores: of runs and pairs, of all languages, of tasks."""
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
    return {
        "runs": files.of_runs([*METRICS, "similarity"]),
        "resamples": resample_files(files),
        "mixed": mixed,
        "tasks": tasks,
    }


def resample_files(files: Files) -> list[str]:
    """Return the files of resampled scores of every run and pair."""
    return files.of_runs([f"{metric}_resamples" for metric in METRICS])


def _table(study: Study, _names: Names) -> Values:
    """Which rows the one table has, and which fine-tunings were repeated.

    Another model, task or pair makes another table.
    """
    repeats = [list(tasks) for model in study.models for tasks in study.repeats_of(model)]
    runs = {
        name: {"variants": list(study.variants_of(name)), "sides": list(model.of_sides)}
        for name, model in study.models.items()
    }
    return {"runs": runs, "pairs": list(study.pairs), "repeats": repeats}


JOBS = {
    "score_concepts": Job("scores", _of_pair, _metrics, cost=_metrics_cost),
    "mix_languages": Job(
        "controls", _languages, _mixing, clustering_kinds, cost=_mixing_cost, gpu=True
    ),
    "merge_scores": Job("scores", _merged, _table, local=True),
}
