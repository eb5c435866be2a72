"""Scores of each run and pair, of all languages together, and the one table of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from polyconcept.records.cluster_counts import count_clusters
from polyconcept.study.jobs.concepts import (
    clustering,
    clustering_kinds,
    control_layers,
    scored_counts,
)
from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import DEFINITIONS, METRICS, Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.sizes import FLOAT_BYTES
from polyconcept.study.text_sizes import Number

_DIRECTIONS: Mapping[str, Mapping[str, int]] = {
    "calign": {"published": 1, "corrected": 2},
    "colap": {"published": 1, "corrected": 1},
}
# Held by a job, and for a word that is scored; scores of a run and pair on the disk.
_SCORING_BYTES, _WORD_BYTES, _SCORE_BYTES = 120e6, 1000, 0.4e6
_CONTROL = 0.5  # of the seconds of what it changes: it has no curve and no sweeps
_MERGED_BYTES = 250e6  # held where all scores are merged
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
    """Drawn and permuted input: what grows with it is all that counts.

    CALIGN of each direction, one as published and two as corrected; COLAP of each definition.
    Controls that keep the number of clusters are scored under one definition.
    """
    study, sizes, pair = work.study, work.sizes, names["pair"]
    n_layers, counts = len(study.layers_of(names["model"])), scored_counts(work, names)
    one, controlled = study.figures.definition, control_layers(work, names)
    seconds = 0.0
    for metric in METRICS:
        weights = _DIRECTIONS[metric]
        rate = partial(_draw_seconds, work, metric)
        words = {which: sizes.clustered(pair, metric, which) / 2 for which in DEFINITIONS}
        of_count = [
            n_layers * sum(weights[which] * rate(words[which], count) for which in DEFINITIONS)
            for count in counts
        ]
        seconds += of_count[0] + _CONTROL * sum(of_count[1:])
        n_changed = controlled if metric == "colap" else control_layers(work, names, "centred")
        if metric == "calign" and study.controls.same_sentences and controlled:
            n_changed += 2 * n_layers  # `disjoint` and `halved`
        seconds += _CONTROL * n_changed * weights[one] * rate(words[one], counts[0])
    draws = study.statistics.n_permutations + study.statistics.n_resamples
    n_words = work.pair_words(names)
    seconds = draws * seconds + work.rates["score_job_seconds"]
    return Cost(seconds).holding(_SCORING_BYTES + _WORD_BYTES * n_words, _SCORE_BYTES)


def _draw_seconds(work: Work, metric: str, n_words: Number, n_clusters: Number) -> Number:
    """Return the seconds of one permutation or sample of a direction, words of one language."""
    rates = work.rates
    of_words = n_words * rates[f"{metric}_draw_seconds_per_word"]
    return of_words + n_clusters * rates[f"{metric}_draw_seconds_per_cluster"]


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
    settings, name, sizes = work.study.clustering, names["model"], work.sizes
    words = [sizes.capped(code) for code in work.study.languages]
    n_layers, n_words = len(work.study.layers_of(name)), sum(words)
    n_clusters = settings.n_clusters
    if not isinstance(n_clusters, int):
        n_clusters = count_clusters(n_words / len(words), settings.words_per_cluster)
    n_starts = len(settings.seeds) * settings.n_restarts
    done = work.fits(name, n_layers * n_words, n_clusters, n_starts, n_layers)
    return done.holding(2 * FLOAT_BYTES * n_words * sizes.model(name).n_dims)


def _merged_cost(work: Work, _names: Names) -> Cost:
    n_files = work.n_runs * len(work.study.pairs)
    done = Cost(n_files * work.rates["merge_seconds_per_run"])
    return done.holding(_MERGED_BYTES, _SCORE_BYTES)


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
        "controls",
        _languages,
        _mixing,
        clustering_kinds,
        cost=_mixing_cost,
        gpu=True,
        start="torch",
    ),
    "merge_scores": Job("scores", _merged, _table, cost=_merged_cost, local=True),
}
