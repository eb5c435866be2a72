"""Train a tokenizer and a small masked language model on a study's text."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.directory import save_model
from polyconcept.tasks.architecture import build_model
from polyconcept.tasks.batches import Mixture
from polyconcept.tasks.pretrain import PretrainOptions, pretrain
from polyconcept.tasks.tokenizers import train_tokenizer
from polyconcept.text.parallel import read_joined

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    text = read_joined(snakemake.input.texts, settings["languages"])
    tokenizer = train_tokenizer(text.values(), **settings["tokenizer"])
    model = build_model(tokenizer=tokenizer, **settings["model"])
    model.to(device)  # type: ignore[arg-type]
    recipe = dict(settings["training"])
    with devices.cpu_threads(recipe.pop("n_threads")):
        options = PretrainOptions(**recipe, mixture=Mixture(**settings["mixture"]))
        pretrain(model, tokenizer, text, options=options)
    save_model(model, tokenizer, Path(snakemake.output.model))
