"""What each job of the workflow uses of a study, and nothing else.

A job runs again where one of these values changes, and its run record keeps them; `make verify`
computes them anew and compares.
"""

from __future__ import annotations

from collections.abc import Mapping

from polyconcept.study.data import TaskData
from polyconcept.study.measuring import MEASURING
from polyconcept.study.pins import pins
from polyconcept.study.schema import Study
from polyconcept.study.values import Stage, Values, Wildcards, plain

__all__ = ["stage_settings"]


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
    return plain(task, "labels", "spellings", "ignored")


def _builtin_text(study: Study, wildcards: Wildcards) -> Values:
    return plain(study.corpora[wildcards["corpus"]].builtin)


def _builtin_labels(study: Study, wildcards: Wildcards) -> Values:
    return plain(_task_data(study, wildcards).builtin)


_HUB_ROWS = ("files", "codes", "first", "n_sentences")


def _hub_text(study: Study, wildcards: Wildcards) -> Values:
    """What to read of a data set; which commit of it stands in the pin."""
    hub = study.corpora[wildcards["corpus"]].hub
    return plain(hub, *_HUB_ROWS, "column", "tokenizer")


def _hub_labels(*columns: str) -> Stage:
    def settings(study: Study, wildcards: Wildcards) -> Values:
        hub = _task_data(study, wildcards).hub
        return {"hub": plain(hub, *_HUB_ROWS, *columns), **_labels(study, wildcards)}

    return settings


def _pin(study: Study, wildcards: Wildcards) -> Values:
    return dict(pins(study)[wildcards["pin"]])


def _split_words(study: Study, wildcards: Wildcards) -> Values:
    own = wildcards["part"].removesuffix("/")
    language = wildcards["language"]
    return plain(study.words) | {
        "languages": study.partners_of(language, own),
        "pairs": study.pairs_with(language, own),
    }


def _select_words(study: Study, _wildcards: Wildcards) -> Values:
    """How many words are needed: as many as there are clusters, the controls' included."""
    own = study.clustering.n_clusters
    factors = study.controls.cluster_factors if study.controlled else ()
    return plain(study.words) | {"n_clusters": max([own, *(round(f * own) for f in factors)])}


# --- models and tasks


def _check_model(study: Study, wildcards: Wildcards) -> Values:
    """What a model must have, known before it is fine-tuned."""
    family = study.models[wildcards["model"]].of_family
    sides = ["encoder", "decoder"] if family == "encoder-decoder" else [family]
    return {"side_names": sides, "layers": list(study.layers_of(wildcards["model"]))}


def _pretrain(study: Study, wildcards: Wildcards) -> Values:
    return plain(study.models[wildcards["model"]].pretrain) | {"device": study.device}


def _finetune(study: Study, wildcards: Wildcards) -> Values:
    task = study.tasks[wildcards["variant"]]
    return plain(task.finetuning) | plain(task, "labels") | {"device": study.device}


def _finetune_translation(study: Study, wildcards: Wildcards) -> Values:
    return plain(study.tasks[wildcards["variant"]].finetuning) | {"device": study.device}


def _score_task(study: Study, wildcards: Wildcards) -> Values:
    task = study.tasks[wildcards["variant"]]
    return plain(task, "labels") | {
        "train_languages": list(task.train.of_languages),
        **plain(task.finetuning, "seed", "max_length"),
        "device": study.device,
    }


def _score_as_text(study: Study, wildcards: Wildcards) -> Values:
    """How an encoder-decoder model's answers are written and scored."""
    task = study.tasks[wildcards["variant"]]
    return plain(task.generation) | {
        "labels": list(task.labels),
        "train_languages": list(task.train.of_languages),
        "seed": task.finetuning.seed,
        "device": study.device,
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
    **MEASURING,
}
