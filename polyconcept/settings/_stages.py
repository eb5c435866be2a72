"""What each job of the workflow uses of a study, and nothing else.

A job runs again where one of these values changes, and its run record keeps them; `make verify`
computes them anew and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from polyconcept.settings._base import Frozen
from polyconcept.settings._data import TaskData
from polyconcept.settings._pins import pins
from polyconcept.settings._schema import Study

__all__ = ["stage_settings"]

Wildcards: TypeAlias = Mapping[str, str]
Values: TypeAlias = dict[str, Any]
Stage: TypeAlias = Callable[[Study, Wildcards], Values]


def stage_settings(rule: str, study: Study, wildcards: Wildcards) -> Values:
    """Return the settings of one job as plain values by name.

    Args:
        rule: Name of the rule.
        study: The study.
        wildcards: The job's wildcards, such as ``{"model": "mbert", "variant": "ner"}``.

    Raises:
        ValueError: There is no such rule, or the study has no such job.
    """
    if rule not in _STAGES:
        raise ValueError(f"no rule {rule!r}; the rules are {', '.join(sorted(_STAGES))}")
    try:
        return _STAGES[rule](study, wildcards)
    except (KeyError, AttributeError) as error:
        raise ValueError(
            f"the study {study.name!r} has no job of {rule} with {dict(wildcards)}: {error}"
        ) from error


def _plain(settings: Frozen | None, *names: str) -> Values:
    """Fields of a settings object as plain values; all of them where none is named."""
    if settings is None:
        raise KeyError("the data or model comes from elsewhere")
    return settings.model_dump(mode="json", include=set(names) or None)


def _nothing(_study: Study, _wildcards: Wildcards) -> Values:
    return {}


# --- text and labels


def _task_data(study: Study, wildcards: Wildcards) -> TaskData:
    """Labelled data such as ``ner/train``."""
    task, split = wildcards["data"].split("/")
    data: TaskData = getattr(study.tasks[task], split)
    return data


def _labels(study: Study, wildcards: Wildcards) -> Values:
    task = study.tasks[wildcards["data"].split("/")[0]]
    return _plain(task, "labels", "spellings", "ignored")


def _builtin_text(study: Study, wildcards: Wildcards) -> Values:
    return _plain(study.corpora[wildcards["corpus"]].builtin)


def _builtin_labels(study: Study, wildcards: Wildcards) -> Values:
    return _plain(_task_data(study, wildcards).builtin)


_HUB_ROWS = ("files", "codes", "first", "n_sentences")


def _hub_text(study: Study, wildcards: Wildcards) -> Values:
    """What to read of a data set; which commit of it stands in the pin."""
    hub = study.corpora[wildcards["corpus"]].hub
    return _plain(hub, *_HUB_ROWS, "column", "tokenizer")


def _hub_labels(*columns: str) -> Stage:
    def settings(study: Study, wildcards: Wildcards) -> Values:
        hub = _task_data(study, wildcards).hub
        return {"hub": _plain(hub, *_HUB_ROWS, *columns), **_labels(study, wildcards)}

    return settings


def _pin(study: Study, wildcards: Wildcards) -> Values:
    return dict(pins(study)[wildcards["pin"]])


def _split_words(study: Study, wildcards: Wildcards) -> Values:
    own = wildcards["part"].removesuffix("/")
    language = wildcards["language"]
    return _plain(study.words) | {
        "languages": study.partners_of(language, own),
        "pairs": study.pairs_with(language, own),
    }


def _select_words(study: Study, _wildcards: Wildcards) -> Values:
    return _plain(study.words) | _plain(study.clustering, "n_clusters")


# --- models and tasks


def _check_model(study: Study, wildcards: Wildcards) -> Values:
    """What a model must have, known before it is fine-tuned."""
    family = study.models[wildcards["model"]].of_family
    sides = ["encoder", "decoder"] if family == "encoder-decoder" else [family]
    return {"side_names": sides, "layers": list(study.layers_of(wildcards["model"]))}


def _pretrain(study: Study, wildcards: Wildcards) -> Values:
    return _plain(study.models[wildcards["model"]].pretrain) | {"device": study.device}


def _finetune(study: Study, wildcards: Wildcards) -> Values:
    task = study.tasks[wildcards["variant"]]
    return _plain(task.finetuning) | _plain(task, "labels") | {"device": study.device}


def _finetune_translation(study: Study, wildcards: Wildcards) -> Values:
    return _plain(study.tasks[wildcards["variant"]].finetuning) | {"device": study.device}


def _score_task(study: Study, wildcards: Wildcards) -> Values:
    task = study.tasks[wildcards["variant"]]
    return _plain(task, "labels") | {
        "train_languages": list(task.train.of_languages),
        **_plain(task.finetuning, "seed", "max_length"),
        "device": study.device,
    }


def _score_as_text(study: Study, wildcards: Wildcards) -> Values:
    """How an encoder-decoder model's answers are written and scored."""
    task = study.tasks[wildcards["variant"]]
    return _plain(task.generation) | {
        "labels": list(task.labels),
        "train_languages": list(task.train.of_languages),
        "seed": task.finetuning.seed,
        "device": study.device,
    }


# --- vectors, concepts, scores


def _extract_vectors(study: Study, wildcards: Wildcards) -> Values:
    """The reading is of decoders only: encoders do not run again where it changes."""
    settings = _plain(study.extraction) | {
        "layers": list(study.layers_of(wildcards["model"])),
        "device": study.device,
    }
    return settings if wildcards["side"] == "decoder" else settings | {"reading": None}


def _cluster_words(study: Study, wildcards: Wildcards) -> Values:
    layers = list(study.layers_of(wildcards["model"]))
    return _plain(study.clustering) | {"layers": layers, "device": study.device}


def _random_model(study: Study, _wildcards: Wildcards) -> Values:
    return _plain(study.controls, "seed")


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
        "thresholds": _plain(study.calign),
        "statistics": _plain(study.statistics, *_DRAWS),
        "sweeps": _plain(study.statistics.sweeps),
    }


def _score_colap(study: Study, _wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "thresholds": _plain(study.colap),
        "statistics": _plain(study.statistics, *_DRAWS),
    }


_DRAWS = ("n_permutations", "n_resamples", "seed")


def _score_similarity(study: Study, wildcards: Wildcards) -> Values:
    return {
        "corpus": study.corpus,
        "layers": list(study.layers_of(wildcards["model"])),
        **_plain(study.controls, "max_sentences", "seed"),
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
    settings = _plain(study.figures, "definition", "over")
    return settings if wildcards["metric"] == "calign" else settings | {"over": "all"}


def _find_examples(study: Study, _wildcards: Wildcards) -> Values:
    """Which layer, how many concepts, how many words of each."""
    chosen = study.figures.examples
    if chosen is None:
        return {}
    return {
        "layer": chosen.layer,
        "n_examples": chosen.n_concepts,
        "n_shown": chosen.n_types,
        "rule": _plain(study.calign) | _plain(study.figures, "definition"),
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


_STAGES: Mapping[str, Stage] = {
    "fetch_corpus": _nothing,
    "generate_corpus": _builtin_text,
    "align_words": _nothing,
    "split_words": _split_words,
    "select_words": _select_words,
    "pin_repository": _pin,
    "fetch_hub_pair": _hub_text,
    "fetch_hub_text": _hub_text,
    "fetch_hub_entities": _hub_labels("words", "tags", "classes"),
    "fetch_hub_sentiment": _hub_labels("sentence", "label"),
    "fetch_hub_model": _nothing,
    "check_task": _nothing,
    "fetch_entities": _labels,
    "generate_entities": _builtin_labels,
    "fetch_sentiment": _labels,
    "generate_sentiment": _builtin_labels,
    "fetch_model": _nothing,
    "pretrain": _pretrain,
    "check_model": _check_model,
    "finetune_entities": _finetune,
    "score_entities": _score_task,
    "finetune_sentiment": _finetune,
    "score_sentiment": _score_task,
    "finetune_translation": _finetune_translation,
    "score_translation": _score_as_text,
    "finetune_entities_text": _finetune,
    "score_entities_text": _score_as_text,
    "finetune_sentiment_text": _finetune,
    "score_sentiment_text": _score_as_text,
    "extract_vectors": _extract_vectors,
    "random_model": _random_model,
    "cluster_words": _cluster_words,
    "cluster_controls": _cluster_controls,
    "score_calign": _score_calign,
    "score_colap": _score_colap,
    "score_similarity": _score_similarity,
    "compare_variants": _compare_variants,
    "merge_scores": _merge_scores,
    "state_claims": _nothing,
    "plot_by_layer": _layer_figure,
    "plot_change": _layer_figure,
    "plot_tasks": _nothing,
    "find_examples": _find_examples,
    "plot_examples": _plot_examples,
}
