"""What a reader sees: claims, figures, examples, the report, the explorer."""

from __future__ import annotations

from polyconcept.study.jobs.figures import FIGURES, figure_inputs, figure_kinds, figure_names
from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.scores import resample_files
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study

# Of a word that is explored: held, and in the pages of each run.
_EXPLORED_BYTES, _PAGE_BYTES = 800, 12
# Held where all scores are read; a figure in three formats.
_TABLE_BYTES, _PICTURE_BYTES = 160e6, 0.25e6


def _all_scores(files: Files, _names: Names) -> Inputs:
    return {"scores": f"{files.results}/scores.parquet", "resamples": resample_files(files)}


def _example_files(files: Files, names: Names) -> Inputs:
    """Clusters of a pair in the run that the study names, and what reads them."""
    chosen = files.study.figures.examples
    if chosen is None:
        raise KeyError("no examples asked for: set figures.examples in the configuration")
    side = chosen.side or files.study.models[chosen.model].of_sides[0]
    run = {"model": chosen.model, "variant": chosen.variant, "side": side}
    concepts = f"{files.run('concepts', run)}/{names['pair']}.h5"
    return files.dictionaries(names["pair"]) | {"concepts": concepts}


def _find_examples(study: Study, _names: Names) -> Values:
    """Which layer and how many concepts."""
    chosen = study.figures.examples
    if chosen is None:
        return {}
    return {
        "layer": chosen.layer,
        "n_examples": chosen.n_concepts,
        "colap": plain(study.colap),
        "rule": plain(study.calign) | plain(study.figures, "definition"),
    }


def _reported_files(files: Files, _names: Names) -> Inputs:
    """Scores, claims and figures."""
    pictures = [f"{files.results}/figures/{name}.png" for name in figure_names(files.study)]
    return {
        "scores": f"{files.results}/scores.parquet",
        "claims": f"{files.results}/claims.json",
        "figures": pictures,
    }


def _build_report(study: Study, _names: Names) -> Values:
    """Each figure with its module and settings, which its caption follows from."""
    figures = {
        name: {
            "category": FIGURES[name].category,
            "module": FIGURES[name].module,
            "settings": FIGURES[name].captioned(study),
        }
        for name in figure_names(study)
    }
    return {"name": study.name, "figures": figures, **plain(study.figures, "definition")}


def _explored_files(files: Files, names: Names) -> Inputs:
    """Text of a pair, and its concepts in every run."""
    pair, runs = names["pair"], list(files.runs())
    of_pair = files.pair_texts(pair) | files.dictionaries(pair)
    of_pair.pop("coverage")
    of_runs: dict[str, str | list[str]] = {
        "concepts": [f"{files.run('concepts', run)}/{pair}.h5" for run in runs],
        "alignments": [
            f"{files.run('scores', run)}/{pair}.calign_concepts.parquet" for run in runs
        ],
        "overlaps": [f"{files.run('scores', run)}/{pair}.colap_concepts.parquet" for run in runs],
    }
    return of_pair | of_runs | {"selections": files.selections(pair)}


def _explore_pair(study: Study, _names: Names) -> Values:
    runs = [(run["model"], run["variant"], run["side"]) for run in Files(study).runs()]
    named = {"/".join(run): list(run) for run in runs}
    return {"runs": named, "n": study.calign.n, **plain(study.figures, "definition")}


def _explorer_files(files: Files, _names: Names) -> Inputs:
    """Scores, claims and the data of every pair."""
    data = f"{files.results}/explorer/data"
    return {
        "scores": f"{files.results}/scores.parquet",
        "claims": f"{files.results}/claims.json",
        "pairs": [f"{data}/{pair}" for pair in files.study.pairs],
    }


def _build_explorer(study: Study, _names: Names) -> Values:
    return {
        "name": study.name,
        "pairs": list(study.pairs),
        "seed": min(study.clustering.seeds),
        "calign": plain(study.calign),
        "colap": plain(study.colap),
        **plain(study.figures, "definition"),
    }


def _claims_cost(work: Work, _names: Names) -> Cost:
    n_files = work.n_runs * len(work.study.pairs)
    return Cost(n_files * work.rates["claim_seconds_per_run"]).holding(_TABLE_BYTES)


def _figure_cost(work: Work, _names: Names) -> Cost:
    return Cost(work.rates["figure_seconds"]).holding(_TABLE_BYTES, _PICTURE_BYTES)


def _explored_cost(work: Work, names: Names) -> Cost:
    n_runs, n_words = work.n_runs, work.pair_words(names)
    done = Cost(n_runs * work.rates["explore_seconds_per_run"])
    return done.holding(_TABLE_BYTES + _EXPLORED_BYTES * n_words, n_runs * n_words * _PAGE_BYTES)


JOBS = {
    "state_claims": Job(
        "figures", _all_scores, lambda study, _: plain(study.claims), cost=_claims_cost, local=True
    ),
    "find_examples": Job("figures", _example_files, _find_examples),
    "plot_figure": Job(
        "figures",
        lambda files, names: figure_inputs(files, names["figure"]),
        lambda study, names: FIGURES[names["figure"]].settings(study),
        lambda _, names: figure_kinds(names["figure"]),
        cost=_figure_cost,
        start="drawing",
        local=True,
    ),
    "build_report": Job("figures", _reported_files, _build_report, local=True),
    "explore_pair": Job("explorer", _explored_files, _explore_pair, cost=_explored_cost),
    "build_explorer": Job("explorer", _explorer_files, _build_explorer, local=True),
}
