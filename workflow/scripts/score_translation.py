"""Translate a held-out text into every test language and score the translations."""

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
    model = models.load_for_generation(directory, device=device)
    tokenizer = models.load_tokenizer(directory)
    models.limit_length(tokenizer, model)
    scores, translations = evaluation.evaluate_translation(
        model,
        tokenizer,
        corpus.read_pairs(snakemake.input.sources, snakemake.input.targets),
        run=evaluation.TaskRun(
            model=names.model,
            variant=names.variant,
            corpus=names.variant,
            trained_on=tuple(settings["train_languages"]),
            seed=settings["seed"],
            side="encoder-decoder",
        ),
        n_beams=settings["n_beams"],
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    store.write_scores(scores, Path(snakemake.output.scores))
    store.write_translations(translations, Path(snakemake.output.translations))
