"""Which files each rule reads, and whether the user's own are there."""

import json

from polyconcept.settings import layer_faults


def source_text(wildcards):
    return f"{STUDY.corpora[wildcards.corpus].directory}/{wildcards.language}.txt"


def source_labels(wildcards):
    return getattr(STUDY.tasks[wildcards.task], wildcards.split).files[
        wildcards.language
    ]


def source_model(wildcards):
    """The directory of a model that is not pre-trained here."""
    model = STUDY.models[wildcards.model]
    if model.builtin:
        return str(ROOT / "polyconcept" / "builtin" / "models" / model.builtin)
    return model.directory


def source_model_files(wildcards):
    """The files of a model directory: a folder's own time does not tell that one was rewritten."""
    suffixes = {".json", ".safetensors", ".txt", ".model"}
    found = Path(source_model(wildcards)).glob("*")
    return sorted(str(path) for path in found if path.suffix in suffixes)


# Snakemake reruns for files newer than a result. A file put in place of another may be older, as
# where it was copied with its time: so what is in them counts as well.


def hash_of_text(wildcards):
    return hash_of([source_text(wildcards)])


def hash_of_labels(wildcards):
    return hash_of([source_labels(wildcards)])


def hash_of_model(wildcards):
    """Of names, sizes, and each file's ends: weights are too large to read at every planning."""
    digest = hashlib.sha256()
    for path in map(Path, source_model_files(wildcards)):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(2**20))
            file.seek(max(0, path.stat().st_size - 2**20))
            digest.update(file.read())
    return digest.hexdigest()


def sources():
    """The user's files that the study names, each with the key that names it."""
    used = {
        name: STUDY.languages
        for name in (STUDY.corpus, *STUDY.word_links.extra_corpora)
    }
    wanted = [(name, code) for name, codes in used.items() for code in codes]
    for name in PRETRAINED:
        recipe = STUDY.models[name].pretrain
        wanted += [
            (corpus, code) for corpus in recipe.corpora for code in recipe.languages
        ]
    for name, code in dict.fromkeys(wanted):
        if name in FILE_CORPORA:
            yield f"corpora.{name}.directory", f"{STUDY.corpora[name].directory}/{code}.txt"
    for name in FILE_TASKS:
        for split in SPLITS:
            for code, file in getattr(STUDY.tasks[name], split).files.items():
                yield f"tasks.{name}.{split}.files.{code}", file
    for name, model in STUDY.models.items():
        if model.directory:
            yield f"models.{name}.directory", model.directory


# Here and not in the input functions: where an old result exists, Snakemake takes the error of an
# input function to mean that the result cannot be made again, and goes on with the old one.
missing = [
    f"  {key}: no such {'folder' if key.startswith('models.') else 'file'}: {path}"
    for key, path in sources()
    if not (Path(path).is_dir() if key.startswith("models.") else Path(path).is_file())
]
if missing:
    raise WorkflowError(
        "the study names files that do not exist:\n" + "\n".join(missing)
    )


def too_deep():
    """Layers that a model of the user's does not have: else known after its fine-tuning."""
    for name, model in STUDY.models.items():
        if not model.directory:
            continue
        try:
            found = json.loads((Path(model.directory) / "config.json").read_text())
            n_blocks = int(found["num_hidden_layers"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # the job that copies the model says what is wrong
        key = f"models.{name}.directory ({model.directory})"
        yield from layer_faults(STUDY, name, n_blocks, key)


beyond = [f"  {fault}" for fault in too_deep()]
if beyond:
    raise WorkflowError("the study cannot be used:\n" + "\n".join(beyond))


def text(corpus, language):
    return f"<results>/corpora/{corpus}/{language}.txt"


def pair_texts(wildcards):
    return dict(
        zip(
            ("source", "target"),
            [text(STUDY.corpus, code) for code in wildcards.pair.split("-")],
        )
    )


def alignment_texts(wildcards):
    """Texts of a pair, and further parallel text of both languages that helps to link words."""
    codes = wildcards.pair.split("-")
    extra = [
        text(corpus, code)
        for corpus in STUDY.word_links.extra_corpora
        for code in codes
    ]
    return pair_texts(wildcards) | {"extra": extra}


def word_table(language):
    return f"<results>/words/{STUDY.corpus}/{language}.parquet"


def pair_words(wildcards):
    source, target = wildcards.pair.split("-")
    return {"source_words": word_table(source), "target_words": word_table(target)}


def pairs_with(language):
    return [pair for pair in STUDY.pairs if language in pair.split("-")]


def partners(language):
    """The language and those it is paired with, in order of mention."""
    return list(
        dict.fromkeys(code for pair in pairs_with(language) for code in pair.split("-"))
    )


def language_texts(wildcards):
    """A language's text, with the texts of its partners and the word links that join them."""
    pairs = pairs_with(wildcards.language)
    return {
        "texts": [text(STUDY.corpus, code) for code in partners(wildcards.language)],
        "links": [f"<results>/dictionaries/{pair}/links.txt" for pair in pairs],
    }


def splitting_settings(wildcards):
    """Which files `language_texts` names."""
    return {
        "languages": partners(wildcards.language),
        "pairs": pairs_with(wildcards.language),
    }


def pretraining_texts(wildcards):
    recipe = STUDY.models[wildcards.model].pretrain
    return [
        text(corpus, code) for corpus in recipe.corpora for code in recipe.languages
    ]


def labelled_files(task, split):
    suffix = {"entities": "conll", "sentiment": "tsv"}[STUDY.tasks[task].kind]
    languages = getattr(STUDY.tasks[task], split).of_languages
    return [f"<results>/tasks/{task}/{split}/{code}.{suffix}" for code in languages]


def train_files(wildcards):
    return labelled_files(wildcards.variant, "train")


def test_files(wildcards):
    return labelled_files(wildcards.variant, "test")


def pair_vectors(wildcards):
    source, target = wildcards.pair.split("-")
    folder = f"<results>/vectors/{wildcards.model}/{wildcards.variant}/{wildcards.side}"
    return pair_words(wildcards) | {
        "source_vectors": f"{folder}/{source}.h5",
        "target_vectors": f"{folder}/{target}.h5",
    }


def pair_dictionaries(wildcards):
    folder = f"<results>/dictionaries/{wildcards.pair}"
    files = {"forward": f"{folder}/forward.tsv", "backward": f"{folder}/backward.tsv"}
    return pair_words(wildcards) | files


def checkpoint_folder(wildcards):
    """Where a fine-tuning keeps its checkpoints."""
    return f"results/{STUDY.name}/checkpoints/{wildcards.model}/{wildcards.variant}"


def all_scores(wildcards):
    """Score files of all runs, in the order of the configuration."""
    files = []
    for name, model in STUDY.models.items():
        for variant in STUDY.variants_of(name):
            folder = f"<results>/scores/{name}/{variant}"
            files += expand(
                f"{folder}/{{side}}/{{pair}}.{{metric}}.parquet",
                side=SIDES,
                pair=STUDY.pairs,
                metric=METRICS,
            )
        files += [
            f"<results>/scores/{name}/{task}/task.parquet" for task in model.tasks
        ]
    return files


def figure_files():
    names = list(METRICS)
    if any(model.tasks for model in STUDY.models.values()):
        names += [f"{metric}_change" for metric in METRICS] + ["tasks"]
    if STUDY.figures.examples:
        names.append("examples")
    return expand(
        "<results>/figures/{name}.{suffix}", name=names, suffix=("pdf", "png")
    )


def example_files(wildcards):
    """Clusters of a pair in the run that the study names, and what reads them."""
    chosen = STUDY.figures.examples
    if chosen is None:
        raise WorkflowError(
            "no examples asked for: set figures.examples in the configuration"
        )
    run = f"{chosen.model}/{chosen.variant}/{SIDES[0]}"
    concepts = {"concepts": f"<results>/concepts/{run}/{wildcards.pair}.h5"}
    return pair_dictionaries(wildcards) | concepts
