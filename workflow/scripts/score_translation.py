"""Translate a held-out text into every test language and score the translations."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.store.scores import write_scores
from polyconcept.store.translations import write_translations
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.tasks.translation import evaluate_translation
from polyconcept.text.parallel import read_pairs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory = Path(snakemake.input.model)
    scores, translations = evaluate_translation(
        load_for_generation(directory, device=device),
        load_tokenizer(directory),
        read_pairs(snakemake.input.sources, snakemake.input.targets),
        run=TaskRun(
            model=names.model,
            variant=names.variant,
            corpus=names.variant,
            trained_on=tuple(settings["train_languages"]),
            seed=settings["seed"],
            side="encoder-decoder",
        ),
        n_beams=settings["n_beams"],
        max_length=settings["max_length"],
    )
    write_scores(scores, Path(snakemake.output.scores))
    write_translations(translations, Path(snakemake.output.translations))
