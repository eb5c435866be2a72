"""Score a model's entities in every test language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, devices, evaluation, models, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory = Path(snakemake.input.model)
    files = [Path(path) for path in snakemake.input.test]
    model = models.load_token_classifier(directory, device=device)
    tokenizer = models.load_tokenizer(directory)
    models.limit_length(tokenizer, model)
    scores = evaluation.evaluate_entities(
        model,
        tokenizer,
        [corpus.read_tagged(file, file.stem, settings["labels"]) for file in files],
        run=evaluation.TaskRun(
            model=names.model,
            variant=names.variant,
            corpus=names.variant,
            trained_on=tuple(settings["train_languages"]),
            seed=settings["seed"],
        ),
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    store.write_scores(scores, Path(snakemake.output.scores))
