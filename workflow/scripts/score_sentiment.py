"""Score a model's sentence labels in every test language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.loading import load_sequence_classifier, load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.store.scores import write_scores
from polyconcept.tasks.classifiers import evaluate_sentiment
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.text.labelled import read_labelled

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory = Path(snakemake.input.model)
    files = [Path(path) for path in snakemake.input.test]
    model = load_sequence_classifier(directory, device=device)
    tokenizer = load_tokenizer(directory)
    limit_length(tokenizer, model)
    scores = evaluate_sentiment(
        model,
        tokenizer,
        [read_labelled(file, file.stem, settings["labels"]) for file in files],
        run=TaskRun(
            model=names.model,
            variant=names.variant,
            corpus=names.variant,
            trained_on=tuple(settings["train_languages"]),
            seed=settings["seed"],
        ),
        max_length=settings["max_length"],
    )
    write_scores(scores, Path(snakemake.output.scores))
