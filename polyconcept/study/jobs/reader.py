"""What a reader sees: claims, figures, examples."""

from __future__ import annotations

from polyconcept.study.jobs.job import Inputs, Job
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.scores import METRICS
from polyconcept.study.schema import Study
from polyconcept.study.values import Values, plain

__all__ = ["JOBS", "figure_names"]

_KINDS = ("curves", "controls")


def figure_names(study: Study) -> list[str]:
    """Return the names of a study's figures."""
    names = [*METRICS, *(f"{metric}_{kind}" for metric in METRICS for kind in _KINDS), "rivals"]
    if any(model.tasks for model in study.models.values()):
        names += [*(f"{metric}_change" for metric in METRICS), "tasks"]
    if study.figures.examples:
        names.append("examples")
    return names


def _score_table(files: Files, _names: Names) -> Inputs:
    return {"scores": f"{files.results}/scores.parquet"}


def _layer_figure(study: Study, names: Names) -> Values:
    """What a figure shows; only CALIGN tells large clusters apart."""
    settings = plain(study.figures, "definition", "over")
    return settings if names["metric"] == "calign" else settings | {"over": "all"}


def _curves(study: Study, names: Names) -> Values:
    threshold = study.calign.match if names["metric"] == "calign" else study.colap.share
    return _layer_figure(study, names) | {"threshold": threshold}


def _rivals(study: Study, _names: Names) -> Values:
    return plain(study.figures, "definition", "over")


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
    """Which layer, how many concepts, how many words of each."""
    chosen = study.figures.examples
    if chosen is None:
        return {}
    return {
        "layer": chosen.layer,
        "n_examples": chosen.n_concepts,
        "n_shown": chosen.n_types,
        "rule": plain(study.calign) | plain(study.figures, "definition"),
    }


def _all_examples(files: Files, _names: Names) -> Inputs:
    return {"examples": [f"{files.results}/examples/{pair}.json" for pair in files.study.pairs]}


def _plot_examples(study: Study, _names: Names) -> Values:
    chosen = study.figures.examples
    if chosen is None:
        return {}
    title = f"{chosen.model} ({chosen.variant}), layer {chosen.layer}"
    # The definition is for the caption.
    return {"n_types": chosen.n_types, "title": title, "definition": study.figures.definition}


JOBS = {
    "state_claims": Job("figures", _score_table, local=True),
    "plot_by_layer": Job("figures", _score_table, _layer_figure, local=True),
    "plot_change": Job("figures", _score_table, _layer_figure, local=True),
    "plot_curves": Job("figures", _score_table, _curves, local=True),
    "plot_controls": Job("figures", _score_table, _layer_figure, local=True),
    "plot_rivals": Job("figures", _score_table, _rivals, local=True),
    "plot_tasks": Job("figures", _score_table, local=True),
    "find_examples": Job("figures", _example_files, _find_examples),
    "plot_examples": Job("figures", _all_examples, _plot_examples, local=True),
}
