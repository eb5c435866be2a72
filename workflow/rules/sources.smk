"""Whether the user's own files are there, and which repositories of the hub a study names."""

import json

from polyconcept.study.checks import layer_faults
from polyconcept.study.jobs.paths import Files
from polyconcept.study.pins import pins


def extra_corpora(pair):
    """Further text of a pair; a study in which some helps no pair is refused."""
    try:
        return Files(STUDY).extra_corpora(pair)
    except ValueError as error:
        raise WorkflowError(f"the study cannot be used:\n  {error}") from error


def texts_used():
    """Every (corpus, pair, language) whose text some rule reads."""
    for pair in STUDY.pairs:
        for corpus in (STUDY.corpus, *extra_corpora(pair)):
            for code in pair.split("-"):
                yield corpus, pair, code
    for name in models_from("pretrain"):
        recipe = STUDY.models[name].pretrain
        for corpus in recipe.corpora:
            for code in recipe.languages:
                yield corpus, "", code
    for task in STUDY.tasks:
        for corpus, pairs in STUDY.translations_of(task).items():
            for pair in pairs:
                for code in pair.split("-"):
                    yield corpus, pair, code


def sources():
    """The user's files that the study names, each with the key that names it."""
    for corpus, pair, code in dict.fromkeys(texts_used()):
        own = Files(STUDY).own_folder(corpus, pair).removesuffix("/")
        file = STUDY.corpora[corpus].file_of(code, own)
        if file is not None:
            yield f"corpora.{corpus}.{STUDY.corpora[corpus].source}", file
    for name, task in STUDY.tasks.items():
        for split in SPLITS:
            for code, file in (getattr(task, split).files or {}).items():
                yield f"tasks.{name}.{split}.files.{code}", file
    for name in models_from("directory"):
        yield f"models.{name}.directory", STUDY.models[name].directory


# Here and not in the input functions: where an old result exists, Snakemake takes the error of an
# input function to mean that the result cannot be made again, and goes on with the old one.
missing = [
    f"  {key}: no such {'folder' if key.startswith('models.') else 'file'}: {path}"
    for key, path in dict.fromkeys(sources())
    if not (Path(path).is_dir() if key.startswith("models.") else Path(path).is_file())
]
if missing:
    raise WorkflowError(
        "the study names files that do not exist:\n" + "\n".join(missing)
    )


def too_deep():
    """Layers that a model of the user's does not have: else known after its fine-tuning."""
    for name in models_from("directory") + models_from("builtin"):
        source = "directory" if STUDY.models[name].directory else "builtin"
        folder = getattr(STUDY.models[name], source)
        place = BUILTIN_MODELS / folder if source == "builtin" else Path(folder)
        try:
            found = json.loads((place / "config.json").read_text())
            # T5's name, or that of most others.
            n_blocks = int(found.get("num_layers") or found["num_hidden_layers"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # the job that copies the model says what is wrong
        key = f"models.{name}.{source} ({folder})"
        yield from layer_faults(STUDY, name, n_blocks, key)


beyond = [f"  {fault}" for fault in too_deep()]
if beyond:
    raise WorkflowError("the study cannot be used:\n" + "\n".join(beyond))


PINS = pins(STUDY)
