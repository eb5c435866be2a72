"""Labelled sentences; fine-tuning on them, and the scores of that."""

from __future__ import annotations

from collections.abc import Callable

from polyconcept.study.jobs.job import Inputs, Job
from polyconcept.study.jobs.paths import SPLITS, Files, Names
from polyconcept.study.jobs.text import HUB_ROWS
from polyconcept.study.jobs.work import READ, TRAINED, Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.values import Values, plain

__all__ = ["JOBS"]


def _own_labels(files: Files, names: Names) -> Inputs:
    return {"labelled": files.labels(names).files[names["language"]]}


def _labels_pin(files: Files, names: Names) -> Inputs:
    hub = files.labels(names).hub
    return {"pin": files.pin("dataset", hub.dataset, hub.revision)}


def _labels(study: Study, names: Names) -> Values:
    task = study.tasks[names["data"].split("/")[0]]
    return plain(task, "labels", "spellings", "ignored")


def _builtin_labels(study: Study, names: Names) -> Values:
    return plain(Files(study).labels(names).builtin)


def _hub_labels(*columns: str) -> Callable[[Study, Names], Values]:
    def settings(study: Study, names: Names) -> Values:
        hub = Files(study).labels(names).hub
        return {"hub": plain(hub, *HUB_ROWS, *columns), **_labels(study, names)}

    return settings


def _task_files(files: Files, names: Names) -> Inputs:
    found = [file for split in SPLITS for file in files.task(names["task"], split)]
    return {"data": list(dict.fromkeys(found))}


def _train_files(files: Files, names: Names) -> Inputs:
    """A base model and the data; before that, both are checked.

    The checks are older than anything, so that another layer, or another language to be scored,
    does not fine-tune again.
    """
    checked_task = f"{files.results}/tasks/{names['variant']}/checked.json"
    return {
        "model": files.model(names, "base"),
        "checks": [files.checked(names), checked_task],
    } | _data(files, names, "train")


def _test_files(files: Files, names: Names) -> Inputs:
    return {"model": files.model(names)} | _data(files, names, "test")


def _data(files: Files, names: Names, split: str) -> Inputs:
    found = files.task(names["variant"], split)
    if files.study.tasks[names["variant"]].kind != "translation":
        return {split: found}
    half = len(found) // 2
    return {"sources": found[:half], "targets": found[half:]}


def _finetune(study: Study, names: Names) -> Values:
    task = study.tasks[names["variant"]]
    return plain(task.finetuning) | plain(task, "labels") | {"device": study.device}


def _finetune_translation(study: Study, names: Names) -> Values:
    return plain(study.tasks[names["variant"]].finetuning) | {"device": study.device}


def _finetune_cost(work: Work, names: Names) -> Cost:
    name, task = names["model"], names["variant"]
    epochs = work.study.tasks[task].finetuning.epochs
    n_subwords = work.sizes.task_subwords(task, "train") * epochs
    size = work.sizes.model(name).file_bytes
    done = work.reading(name, TRAINED, n_subwords * work.sizes.n_sides(name))
    return done.with_files(work.hashing(plain=2 * size), size)


def _score_task(study: Study, names: Names) -> Values:
    task = study.tasks[names["variant"]]
    return plain(task, "labels") | {
        "train_languages": list(task.train.of_languages),
        **plain(task.finetuning, "seed", "max_length"),
        "device": study.device,
    }


def _score_as_text(study: Study, names: Names) -> Values:
    """How an encoder-decoder model's answers are written and scored."""
    task = study.tasks[names["variant"]]
    return plain(task.generation) | {
        "labels": list(task.labels),
        "train_languages": list(task.train.of_languages),
        "seed": task.finetuning.seed,
        "device": study.device,
    }


def _score_cost(work: Work, names: Names) -> Cost:
    name, task = names["model"], names["variant"]
    n_subwords = work.sizes.task_subwords(task, "test")
    if work.sizes.n_sides(name) == 2:  # the answer is written, word by word
        n_beams = work.study.tasks[task].generation.n_beams
        n_subwords *= 1 + work.rates["writing_over_reading"] * n_beams
    size = work.sizes.model(name).file_bytes
    return work.reading(name, READ, n_subwords).with_files(work.hashing(plain=size))


def _finetuning(settings: Callable[[Study, Names], Values]) -> Job:
    return Job(
        "fine-tuning", _train_files, settings, cost=_finetune_cost, checks=("checks",), gpu=True
    )


def _scoring(settings: Callable[[Study, Names], Values]) -> Job:
    return Job("task scores", _test_files, settings, cost=_score_cost, gpu=True)


_OWN = Job("task data", _own_labels, _labels, sources=("labelled",), local=True)
_BUILTIN = Job("task data", settings=_builtin_labels, local=True)
JOBS = {
    "fetch_entities": _OWN,
    "fetch_sentiment": _OWN,
    "generate_entities": _BUILTIN,
    "generate_sentiment": _BUILTIN,
    "fetch_hub_entities": Job(
        "task data", _labels_pin, _hub_labels("words", "tags", "classes"), local=True
    ),
    "fetch_hub_sentiment": Job(
        "task data", _labels_pin, _hub_labels("sentence", "label"), local=True
    ),
    "check_task": Job("task data", _task_files, local=True),
    "finetune_entities": _finetuning(_finetune),
    "score_entities": _scoring(_score_task),
    "finetune_sentiment": _finetuning(_finetune),
    "score_sentiment": _scoring(_score_task),
    "finetune_translation": _finetuning(_finetune_translation),
    "score_translation": _scoring(_score_as_text),
    "finetune_entities_text": _finetuning(_finetune),
    "score_entities_text": _scoring(_score_as_text),
    "finetune_sentiment_text": _finetuning(_finetune),
    "score_sentiment_text": _scoring(_score_as_text),
}
