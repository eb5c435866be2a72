"""Labelled sentences; fine-tuning on them, and the scores of that."""

from __future__ import annotations

from collections.abc import Callable

from polyconcept.study.jobs.job import Inputs, Job, Values, before_text, plain
from polyconcept.study.jobs.models import stacks_of
from polyconcept.study.jobs.paths import SOURCES, Files, Names
from polyconcept.study.jobs.text import HUB_ROWS
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.kinds import TASK_KINDS
from polyconcept.study.schema import Study


def _label_source(files: Files, names: Names) -> Inputs:
    data = files.labels(names)
    if data.files is not None:
        return {"labelled": data.files[names["language"]]}
    hub = data.hub
    return {} if hub is None else {"pin": files.pin("dataset", hub.dataset, hub.revision)}


def _label_settings(study: Study, names: Names) -> Values:
    data = Files(study).labels(names)
    if data.builtin is not None:
        return plain(data.builtin)
    task = study.tasks[names["data"].split("/")[0]]
    columns = TASK_KINDS[task.kind].columns
    where = (
        plain(data, "columns")
        if data.hub is None
        else {"hub": plain(data.hub, *HUB_ROWS, *columns)}
    )
    return where | plain(task, "labels", "spellings", "ignored")


def _label_kinds(study: Study, names: Names) -> tuple[str, ...]:
    reader = TASK_KINDS[study.tasks[names["data"].split("/")[0]].kind].reader
    source = SOURCES[Files(study).labels(names).source]
    return f"polyconcept.sources.{source}", reader


def _train_files(files: Files, names: Names) -> Inputs:
    return {
        "model": files.model(names, "base"),
        "train": files.task(names["variant"], "train"),
    }


def _test_files(files: Files, names: Names) -> Inputs:
    return {"model": files.model(names), "test": files.task(names["variant"], "test")}


def _way(study: Study, names: Names) -> str:
    two_sided = study.models[names["model"]].of_family == "encoder-decoder"
    return "writer" if two_sided else "classifier"


def _finetune(study: Study, names: Names) -> Values:
    task = study.tasks[names["variant"]]
    settings = plain(task.finetuning) | plain(task, "labels") | {"device": study.device}
    settings["side_names"] = stacks_of(study, names)
    if _way(study, names) == "writer":
        del settings["head_learning_rate"]  # it has no new part
    return settings | before_text(study, names)


def _finetune_cost(work: Work, names: Names) -> Cost:
    name, settings = names["model"], work.study.tasks[names["variant"]].finetuning
    texts = work.sizes.task_texts(names["variant"], "train")
    n_subwords = sum(work.sizes.subwords(name, text) for text in texts)
    done = work.loading(name) + work.training(name, settings.epochs * n_subwords)
    # Checkpoints are gone at the end.
    return done.holding(
        work.training_memory(name, texts, settings), work.sizes.model(name).file_bytes
    )


def _score_task(study: Study, names: Names) -> Values:
    """Of a classifier how far it reads; of a writer also how its answers are searched for."""
    task = study.tasks[names["variant"]]
    writes = _way(study, names) == "writer"
    reading = plain(task.generation) if writes else plain(task.finetuning, "max_length")
    return reading | {
        "labels": list(task.labels),
        "train_languages": list(task.train.of_languages),
        "pretrained_on": _pretrained_on(study, names),
        "seed": task.finetuning.seed,
        "device": study.device,
        **before_text(study, names),
    }


def _pretrained_on(study: Study, names: Names) -> list[str]:
    """Return the languages tested that a model could translate into before it was fine-tuned."""
    task = study.tasks[names["variant"]]
    if task.kind != "translation":
        return []
    known, tested = study.models[names["model"]].of_translates, task.test.of_languages
    return list(tested) if known == "all" else [code for code in tested if code in known]


def _modules(step: str) -> Callable[[Study, Names], tuple[str, ...]]:
    def kinds(study: Study, names: Names) -> tuple[str, ...]:
        kind = study.tasks[names["variant"]].kind
        return (f"polyconcept.tasks.{kind}.{step}_{_way(study, names)}",)

    return kinds


def _score_cost(work: Work, names: Names) -> Cost:
    name, task = names["model"], names["variant"]
    texts = work.sizes.task_texts(task, "test")
    n_subwords = sum(work.sizes.subwords(name, text) for text in texts)
    if work.sizes.n_sides(name) == 2:  # the answer is written, word by word
        n_beams = work.study.tasks[task].generation.n_beams
        n_subwords *= 1 + work.rates["writing_over_reading"] * n_beams
    done = work.loading(name) + work.reading(name, n_subwords)
    draws = sum(text.n_sentences for text in texts) * work.rates["task_draws_seconds_per_sentence"]
    return (done + work.on_core(draws)).holding(1.5 * work.sizes.model(name).file_bytes)


def _labels_cost(work: Work, names: Names) -> Cost:
    task, split = names["data"].split("/")
    n_words = sum(text.n_words for text in work.sizes.task_texts(task, split))
    n_languages = len(Files(work.study).labels(names).of_languages)
    return Cost(disk_bytes=7 * n_words / n_languages)


JOBS = {
    "fetch_labels": Job(
        "task data",
        _label_source,
        _label_settings,
        _label_kinds,
        cost=_labels_cost,
        sources=("labelled",),
        local=True,
    ),
    "finetune": Job(
        "fine-tuning",
        _train_files,
        _finetune,
        _modules("train"),
        cost=_finetune_cost,
        gpu=True,
        start="transformers",
    ),
    "score_task": Job(
        "task scores",
        _test_files,
        _score_task,
        _modules("score"),
        cost=_score_cost,
        gpu=True,
        start="transformers",
    ),
}
