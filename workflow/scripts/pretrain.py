"""Train a tokenizer and a small masked language model on a study's text."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, devices, models, training
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    text = corpus.read_joined(snakemake.input.texts, settings["languages"])
    tokenizer = training.train_tokenizer(text.values(), **settings["tokenizer"])
    model = training.build_model(tokenizer=tokenizer, **settings["model"])
    model.to(device)
    recipe = dict(settings["training"])
    with devices.cpu_threads(recipe.pop("n_threads")):
        options = training.PretrainOptions(
            **recipe, mixture=training.Mixture(**settings["mixture"])
        )
        training.pretrain(model, tokenizer, text, options=options)
    models.save_model(model, tokenizer, Path(snakemake.output.model))
