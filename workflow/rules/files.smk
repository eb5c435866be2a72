"""Which files each rule reads."""

from functools import partial


def part(corpus, pair):
    """The folder of a pair in a corpus where each pair has sentences of its own."""
    return f"{pair}/" if STUDY.corpora[corpus].pairwise else ""


def text(corpus, pair, language):
    """The text of one language of a pair."""
    return f"<results>/corpora/{corpus}/{part(corpus, pair)}{language}.txt"


def word_table(pair, language):
    return (
        f"<results>/words/{STUDY.corpus}/{part(STUDY.corpus, pair)}{language}.parquet"
    )


def both(file, pair):
    """What `file` gives for the two languages of a pair."""
    source, target = pair.split("-")
    return {"source": file(pair, source), "target": file(pair, target)}


def source_text(wildcards):
    pair = wildcards.part.removesuffix("/")
    return ancient(STUDY.corpora[wildcards.corpus].file_of(wildcards.language, pair))


def source_labels(wildcards):
    return ancient(task_data(wildcards).files[wildcards.language])


def source_model(wildcards):
    """The directory of a model that is on this machine."""
    model = STUDY.models[wildcards.model]
    if model.builtin:
        place = BUILTIN_MODELS / model.builtin
        # The same in every clone that runs in its own folder.
        return ancient(
            str(
                place.relative_to(Path.cwd())
                if place.is_relative_to(Path.cwd())
                else place
            )
        )
    return ancient(model.directory)


def source_model_files(wildcards):
    suffixes = {".json", ".safetensors", ".txt", ".model"}
    found = Path(source_model(wildcards)).glob("*")
    return ancient(
        sorted(
            str(path) for path in found if path.suffix in suffixes and path.is_file()
        )
    )


# Of files that come from outside, their content counts and not their time (they are `ancient`): a
# clone has new times, and a file put in place of another may be older.


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


def pair_texts(wildcards):
    return both(partial(text, STUDY.corpus), wildcards.pair)


def alignment_texts(wildcards):
    """Texts of a pair, and further parallel text of both languages that helps to link words."""
    pair = wildcards.pair
    extra = [
        text(corpus, pair, code)
        for corpus in STUDY.word_links.extra_corpora
        for code in pair.split("-")
    ]
    return pair_texts(wildcards) | {"extra": extra}


def pair_words(wildcards):
    found = both(word_table, wildcards.pair)
    return {f"{place}_words": file for place, file in found.items()}


def language_texts(wildcards):
    """A language's text, with the texts of its partners and the word links that join them."""
    language, own = wildcards.language, wildcards.part.removesuffix("/")
    pairs, partners = (
        STUDY.pairs_with(language, own),
        STUDY.partners_of(language, own),
    )
    return {
        "texts": [text(STUDY.corpus, pairs[0], code) for code in partners],
        "links": [f"<results>/dictionaries/{pair}/links.txt" for pair in pairs],
    }


def pretraining_texts(wildcards):
    recipe = STUDY.models[wildcards.model].pretrain
    return [
        text(corpus, "", code) for corpus in recipe.corpora for code in recipe.languages
    ]


def labelled_files(task, split):
    suffix = {"entities": "conll", "sentiment": "tsv"}[STUDY.tasks[task].kind]
    languages = getattr(STUDY.tasks[task], split).of_languages
    return [f"<results>/tasks/{task}/{split}/{code}.{suffix}" for code in languages]


def checked_model(wildcards):
    """A base model to fine-tune; before that, it and the task's data are checked.

    The checks are older than anything, so that another layer, or another language to be scored,
    does not fine-tune again.
    """
    return {
        "model": f"<results>/models/{wildcards.model}/base",
        "checks": [
            ancient(f"<results>/models/{wildcards.model}/checked.json"),
            ancient(f"<results>/tasks/{wildcards.variant}/checked.json"),
        ],
    }


def train_files(wildcards):
    return labelled_files(wildcards.variant, "train")


def test_files(wildcards):
    return labelled_files(wildcards.variant, "test")


def translation_texts(task, split):
    """Texts of a translation task: the source's and the target's for each target language."""
    data = getattr(STUDY.tasks[task], split)
    source = STUDY.tasks[task].source
    pairs = [(f"{source}-{code}", code) for code in data.languages]
    return {
        "sources": [text(data.corpus, pair, source) for pair, _ in pairs],
        "targets": [text(data.corpus, pair, code) for pair, code in pairs],
    }


def train_texts(wildcards):
    return translation_texts(wildcards.variant, "train")


def test_texts(wildcards):
    return translation_texts(wildcards.variant, "test")


def task_files(wildcards):
    """All data of a task."""
    task = wildcards.task
    if STUDY.tasks[task].kind != "translation":
        return [file for split in SPLITS for file in labelled_files(task, split)]
    texts = [translation_texts(task, split) for split in SPLITS]
    files = [file for found in texts for file in found["sources"] + found["targets"]]
    return list(dict.fromkeys(files))


def vectors_of(run, side, pair, language):
    """Vectors of a language's words. What a decoder is asked to say depends on what is read."""
    model, variant = run
    forced = model in TWO_SIDED and side == "decoder"
    folder = f"{pair}/" if forced else part(STUDY.corpus, pair)
    return f"<results>/vectors/{model}/{variant}/{side}/{folder}{language}.h5"


def vector_inputs(wildcards):
    """A model, the words to read, their text; for a decoder also what its encoder reads."""
    pair = wildcards.part.removesuffix("/")
    files = {
        "model": f"<results>/models/{wildcards.model}/{wildcards.variant}",
        "text": text(STUDY.corpus, pair, wildcards.language),
        "words": word_table(pair, wildcards.language),
    }
    if wildcards.model in TWO_SIDED and wildcards.side == "decoder":
        [given] = set(pair.split("-")) - {wildcards.language}
        files["given"] = text(STUDY.corpus, pair, given)
    return files


def pair_vectors(wildcards):
    """Vectors of a pair; of two sides the source language's encoder, the target's decoder."""
    run = wildcards.model, wildcards.variant
    source, target = wildcards.pair.split("-")
    sides = wildcards.side.split("-")
    return pair_words(wildcards) | {
        "source_vectors": vectors_of(run, sides[0], wildcards.pair, source),
        "target_vectors": vectors_of(run, sides[-1], wildcards.pair, target),
    }


def pair_dictionaries(wildcards):
    folder = f"<results>/dictionaries/{wildcards.pair}"
    files = {"forward": f"{folder}/forward.tsv", "backward": f"{folder}/backward.tsv"}
    return pair_words(wildcards) | files


def checkpoint_folder(wildcards):
    """Where a fine-tuning keeps its checkpoints."""
    return f"results/{STUDY.name}/checkpoints/{wildcards.model}/{wildcards.variant}"


def pair_concepts(wildcards):
    """Clusters of a pair, and those under controls where the model has these."""
    stem = f"<results>/concepts/{wildcards.model}/{wildcards.variant}/{wildcards.side}"
    kinds = ("h5", "controls.h5") if wildcards.model in STUDY.controlled else ("h5",)
    return [f"{stem}/{wildcards.pair}.{kind}" for kind in kinds]


def of_runs(suffixes):
    """Score files of every run and pair, in the order of the configuration."""
    files = []
    for name, model in STUDY.models.items():
        files += expand(
            f"<results>/scores/{name}/{{variant}}/{{side}}/{{pair}}.{{suffix}}.parquet",
            variant=STUDY.variants_of(name),
            side=model.of_sides,
            pair=STUDY.pairs,
            suffix=suffixes,
        )
    return files


def language_vectors(wildcards):
    """Word tables and vectors of all languages, in the order of the pairs."""
    stem = f"<results>/vectors/{wildcards.model}/{wildcards.variant}/{wildcards.side}"
    return {
        "words": [word_table("", code) for code in STUDY.languages],
        "vectors": [f"{stem}/{code}.h5" for code in STUDY.languages],
    }


def mixed_runs():
    """Scores of all languages together, of each run that has them."""
    return [
        f"<results>/scores/{name}/{variant}/{side}/languages.parquet"
        for name in STUDY.mixed
        for variant in STUDY.variants_of(name)
        for side in STUDY.mixed_sides(name)
    ]


def run_scores(wildcards):
    return of_runs(METRICS)


def run_resamples(wildcards):
    return of_runs([f"{metric}_resamples" for metric in METRICS])


def all_scores(wildcards):
    """Every file of scores: of runs and pairs, of changes, of tasks."""
    tasks = [
        f"<results>/scores/{name}/{task}/task.parquet"
        for name, model in STUDY.models.items()
        for task in model.tasks
    ]
    return [
        *of_runs([*METRICS, "similarity"]),
        *mixed_runs(),
        "<results>/scores/changes.parquet",
        *tasks,
    ]


def figure_files():
    names = [
        f"{metric}{kind}" for metric in METRICS for kind in ("", "_curves", "_controls")
    ]
    names.append("rivals")
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
    side = chosen.side or STUDY.models[chosen.model].of_sides[0]
    run = f"{chosen.model}/{chosen.variant}/{side}"
    concepts = {"concepts": f"<results>/concepts/{run}/{wildcards.pair}.h5"}
    return pair_dictionaries(wildcards) | concepts
