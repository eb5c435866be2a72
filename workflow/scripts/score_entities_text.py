"""Score the entities that an encoder-decoder model writes, in every test language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.store.scores import write_scores
from polyconcept.tasks.as_text import evaluate_entities_as_text
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.text.tagged import read_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory = Path(snakemake.input.model)
    files = [Path(path) for path in snakemake.input.test]
    scores = evaluate_entities_as_text(
        load_for_generation(directory, device=device),
        load_tokenizer(directory),
        [read_tagged(file, file.stem, settings["labels"]) for file in files],
        labels=settings["labels"],
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
