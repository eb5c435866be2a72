"""Settings, paths, wildcard constraints and code fingerprints that all rules use."""

import hashlib
from pathlib import Path

from polyconcept.provenance import code_fingerprint
from polyconcept.settings import SettingsError, parse_study

try:
    STUDY = parse_study(
        config, where=", ".join(map(str, workflow.configfiles)) or "config"
    )
except SettingsError as error:
    raise WorkflowError(str(error))

ROOT = Path(workflow.basedir)
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
    variant=one_of(["base", *STUDY.tasks]),
    side=one_of(SIDES),
    metric=one_of(METRICS),


# --- Settings. Each job gets one plain dict of just what it uses: a change of any other setting
# --- does not rerun it.


def plain(settings, *names):
    """Fields of a settings object as a dict of plain values; all of them where none is named."""
    return settings.model_dump(mode="json", include=set(names) or None)


def code_of(rule):
    """Content hash of a rule's script and all of our modules that it can import."""
    return code_fingerprint(ROOT / "workflow" / "scripts" / f"{rule}.py", ROOT)


def hash_of_lexicon():
    """Content hash of the built-in corpus's word lists, which are data and no code."""
    return hash_of(sorted((ROOT / "polyconcept" / "builtin" / "lexicon").glob("*.tsv")))


def hash_of(files):
    """Content hash of files, one after the other."""
    return hashlib.sha256(
        b"".join(Path(file).read_bytes() for file in files)
    ).hexdigest()


def task_data(wildcards):
    """Settings of labelled data such as ``ner/train``."""
    task, split = wildcards.data.split("/")
    return getattr(STUDY.tasks[task], split)


def builtin_text_of(wildcards):
    return plain(STUDY.corpora[wildcards.corpus].builtin)


def builtin_labels_of(wildcards):
    return plain(task_data(wildcards).builtin)


def label_settings(wildcards):
    task = STUDY.tasks[wildcards.data.split("/")[0]]
    return plain(task, "labels", "spellings", "ignored")


def pretraining_settings(wildcards):
    return plain(STUDY.models[wildcards.model].pretrain)


def finetuning_settings(wildcards):
    task = STUDY.tasks[wildcards.variant]
    return plain(task.finetuning) | plain(task, "labels")


def translation_settings(wildcards):
    return plain(STUDY.tasks[wildcards.variant].finetuning)


def scoring_settings(wildcards):
    task = STUDY.tasks[wildcards.variant]
    return plain(task, "labels") | {
        "train_languages": list(task.train.of_languages),
        **plain(task.finetuning, "seed", "max_length"),
    }


def generation_settings(wildcards):
    """How an encoder-decoder model's answers are written and scored."""
    task = STUDY.tasks[wildcards.variant]
    return plain(task.generation) | {
        "labels": list(task.labels),
        "train_languages": list(task.train.of_languages),
        "seed": task.finetuning.seed,
    }


def extraction_settings(wildcards):
    """The reading is of decoders only: encoders do not run again where it changes."""
    settings = plain(STUDY.extraction) | {
        "layers": list(STUDY.layers_of(wildcards.model))
    }
    return settings if wildcards.side == "decoder" else settings | {"reading": None}


def clustering_settings(wildcards):
    return plain(STUDY.clustering) | {"layers": list(STUDY.layers_of(wildcards.model))}


def shape_settings(wildcards):
    """What a model must have, known before it is fine-tuned."""
    family = STUDY.models[wildcards.model].of_family
    sides = ["encoder", "decoder"] if family == "encoder-decoder" else [family]
    return {"side_names": sides, "layers": list(STUDY.layers_of(wildcards.model))}


def layer_figure_settings(wildcards):
    """What a figure shows; only CALIGN tells large clusters apart."""
    settings = plain(STUDY.figures, "definition", "over")
    return settings if wildcards.metric == "calign" else settings | {"over": "all"}


def example_settings():
    """Which layer, how many concepts, how many words of each."""
    chosen = STUDY.figures.examples
    if chosen is None:
        return {}
    return {
        "layer": chosen.layer,
        "n_examples": chosen.n_concepts,
        "n_shown": chosen.n_types,
    }


def example_rule():
    return plain(STUDY.calign) | plain(STUDY.figures, "definition")


def example_figure_settings():
    chosen = STUDY.figures.examples
    if chosen is None:
        return {}
    title = f"{chosen.model} ({chosen.variant}), layer {chosen.layer}"
    return {"n_types": chosen.n_types, "title": title}
