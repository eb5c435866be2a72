"""Fine-tune a model to tag named entities."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_for_token_classification, load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.tasks.checkpoints import remove_checkpoints
from polyconcept.tasks.finetune import finetune_ner
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.text.tagged import iob2_tags, read_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, checkpoints = dict(snakemake.params.settings), Path(snakemake.params.checkpoints)
    settings["device"] = devices.choose_device(
        settings["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    labels = settings.pop("labels")
    files = [Path(path) for path in snakemake.input.train]
    train = [read_tagged(file, file.stem, labels) for file in files]
    base = Path(snakemake.input.model)
    tokenizer = load_tokenizer(base)
    model = load_for_token_classification(base, iob2_tags(labels), seed=settings["seed"])
    limit_length(tokenizer, model)
    finetune_ner(
        model,
        tokenizer,
        train,
        options=FinetuneOptions(**settings),
        checkpoint_directory=checkpoints,
    )
    save_model(model, tokenizer, Path(snakemake.output.model))
    remove_checkpoints(checkpoints)
