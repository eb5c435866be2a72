"""Settings of the jobs that measure: vectors, concepts, scores, figures."""

from __future__ import annotations

from collections.abc import Mapping

from polyconcept.study.schema import Study
from polyconcept.study.values import Stage, Values, Wildcards, plain

__all__ = ["MEASURING"]


def _nothing(_study: Study, _wildcards: Wildcards) -> Values:
    return {}


# --- vectors, concepts, scores


def _extract_vectors(study: Study, wildcards: Wildcards) -> Values:
    """The reading is of decoders only: encoders do not run again where it changes."""
    settings = plain(study.extraction) | {
        "layers": list(study.layers_of(wildcards["model"])),
        "device": study.device,
    }
    return settings if wildcards["side"] == "decoder" else settings | {"reading": None}


def _cluster_words(study: Study, wildcards: Wildcards) -> Values:
    layers = list(study.layers_of(wildcards["model"]))
    return plain(study.clustering) | {"layers": layers, "device": study.device}


def _random_model(study: Study, _wildcards: Wildcards) -> Values:
    return plain(study.controls, "seed")


def _cluster_controls(study: Study, wildcards: Wildcards) -> Values:
    """The first seed only, and the definition that the figures show: controls are not cheap."""
    settings = _cluster_words(study, wildcards)
    seed = settings.pop("seeds")[0]
    return settings | {
        "seed": seed,
        "changes": list(study.controls.vectors),
        "cluster_factors": list(study.controls.cluster_factors),
        "definition": study.figures.definition,
    }


def _score_calign(study: Study, _wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "thresholds": plain(study.calign),
        "statistics": plain(study.statistics, *_DRAWS),
        "sweeps": plain(study.statistics.sweeps),
    }


def _score_colap(study: Study, _wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "thresholds": plain(study.colap),
        "statistics": plain(study.statistics, *_DRAWS),
    }


_DRAWS = ("n_permutations", "n_resamples", "seed")


def _score_similarity(study: Study, wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "layers": list(study.layers_of(wildcards["model"])),
        **plain(study.controls, "max_sentences", "seed"),
    }


def _mix_languages(study: Study, wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "clustering": _cluster_words(study, wildcards),
        "statistics": plain(study.statistics, *_DRAWS),
        **plain(study.words, "cap"),
    }


def _compare_variants(study: Study, _wildcards: Wildcards) -> Values:
    """Which runs are compared, and which fine-tunings were repeated."""
    repeats = [list(names) for model in study.models for names in study.repeats_of(model)]
    return _merge_scores(study, {}) | {"repeats": repeats}


def _merge_scores(study: Study, _wildcards: Wildcards) -> Values:
    """Which rows the one table has: another model, task or pair makes another table."""
    runs = {
        name: {"variants": list(study.variants_of(name)), "sides": list(model.of_sides)}
        for name, model in study.models.items()
    }
    return {"runs": runs, "pairs": list(study.pairs)}


# --- figures


def _layer_figure(study: Study, wildcards: Wildcards) -> Values:
    """What a figure shows; only CALIGN tells large clusters apart."""
    settings = plain(study.figures, "definition", "over")
    return settings if wildcards["metric"] == "calign" else settings | {"over": "all"}


def _curves(study: Study, wildcards: Wildcards) -> Values:
    threshold = study.calign.match if wildcards["metric"] == "calign" else study.colap.share
    return _layer_figure(study, wildcards) | {"threshold": threshold}


def _rivals(study: Study, _wildcards: Wildcards) -> Values:
    return plain(study.figures, "definition", "over")


def _find_examples(study: Study, _wildcards: Wildcards) -> Values:
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


def _plot_examples(study: Study, _wildcards: Wildcards) -> Values:
    chosen = study.figures.examples
    if chosen is None:
        return {}
    title = f"{chosen.model} ({chosen.variant}), layer {chosen.layer}"
    return {
        "n_types": chosen.n_types,
        "title": title,
        # For the caption.
        "definition": study.figures.definition,
    }


MEASURING: Mapping[str, Stage] = {
    "extract_vectors": _extract_vectors,
    "random_model": _random_model,
    "cluster_words": _cluster_words,
    "cluster_controls": _cluster_controls,
    "score_calign": _score_calign,
    "score_colap": _score_colap,
    "score_similarity": _score_similarity,
    "mix_languages": _mix_languages,
    "compare_variants": _compare_variants,
    "merge_scores": _merge_scores,
    "state_claims": _nothing,
    "plot_by_layer": _layer_figure,
    "plot_change": _layer_figure,
    "plot_curves": _curves,
    "plot_controls": _layer_figure,
    "plot_rivals": _rivals,
    "plot_tasks": _nothing,
    "find_examples": _find_examples,
    "plot_examples": _plot_examples,
}
