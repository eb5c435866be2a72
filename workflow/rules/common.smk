"""Settings, paths, wildcard constraints and code fingerprints that all rules use."""

import hashlib
from pathlib import Path

from polyconcept.audit.code import KNOWN, code_fingerprint, recall
from polyconcept.study.parse import SettingsError, parse_study
from polyconcept.study.stages import stage_settings

try:
    STUDY = parse_study(
        config, where=", ".join(map(str, workflow.configfiles)) or "config"
    )
except SettingsError as error:
    raise WorkflowError(str(error))

ROOT = Path(workflow.basedir)
recall(KNOWN)
SPLITS = ("train", "test")
SIDES = ("encoder", "decoder", "encoder-decoder")
METRICS = ("calign", "colap")


def one_of(names):
    """A wildcard constraint that matches just these names; nothing where there is none."""
    return "|".join(sorted(map(re.escape, names))) or "(?!)"


def corpora_from(source, *, pairwise=False):
    """Names of the corpora that come from files, the built-in text or the hub."""
    return [
        name
        for name, corpus in STUDY.corpora.items()
        if getattr(corpus, source) is not None and corpus.pairwise == pairwise
    ]


def labels_from(source, kind):
    """Names such as ``ner/train`` of the labelled data of a kind of task from one source."""
    return [
        f"{name}/{split}"
        for name, task in STUDY.tasks.items()
        for split in SPLITS
        if task.kind == kind and getattr(task, split).source == source
    ]


def tasks_of(kind):
    return [name for name, task in STUDY.tasks.items() if task.kind == kind]


def models_from(source):
    return [
        name
        for name, model in STUDY.models.items()
        if getattr(model, source) is not None
    ]


def models_of(family):
    return [name for name, model in STUDY.models.items() if model.of_family == family]


TWO_SIDED = models_of("encoder-decoder")


pathvars:
    results=f"results/{STUDY.name}",
    logs="<results>/logs",


wildcard_constraints:
    corpus=one_of(STUDY.corpora),
    language=r"[A-Za-z0-9_.]+",
    # Where each pair has sentences of its own, files stand in a folder per pair.
    part=r"|[A-Za-z0-9_.]+-[A-Za-z0-9_.]+/",
    pair=one_of(STUDY.pairs),
    task=one_of(STUDY.tasks),
    data=one_of(f"{task}/{split}" for task in STUDY.tasks for split in SPLITS),
    model=one_of(STUDY.models),
    variant=one_of(["base", "random", *STUDY.tasks]),
    side=one_of(SIDES),
    metric=one_of(METRICS),


# --- What a job depends on besides its input files.


def settings_of(rule):
    """One plain dict of just what a job uses: a change of any other setting does not rerun it."""
    return lambda wildcards: stage_settings(rule, STUDY, dict(wildcards.items()))


def code_of(rule):
    """Content hash of a rule's script and all of our modules that it can import."""
    return code_fingerprint(ROOT / "workflow" / "scripts" / f"{rule}.py", ROOT)


def hash_of(files):
    """Content hash of files, one after the other."""
    return hashlib.sha256(
        b"".join(Path(file).read_bytes() for file in files)
    ).hexdigest()


def finetuning_threads(wildcards):
    return STUDY.tasks[wildcards.variant].finetuning.n_threads


def pretraining_threads(wildcards):
    return STUDY.models[wildcards.model].pretrain.training.n_threads


def task_data(wildcards):
    """Settings of labelled data such as ``ner/train``."""
    task, split = wildcards.data.split("/")
    return getattr(STUDY.tasks[task], split)
