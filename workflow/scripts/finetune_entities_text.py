"""Fine-tune an encoder-decoder model to write the entities of a sentence."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.directory import save_model
from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.tasks.checkpoints import remove_checkpoints
from polyconcept.tasks.text_to_text import finetune_entities_as_text
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.text.tagged import read_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, checkpoints = dict(snakemake.params.settings), Path(snakemake.params.checkpoints)
    settings["device"] = devices.choose_device(
        settings["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    labels = settings.pop("labels")
    files = [Path(path) for path in snakemake.input.train]
    base = Path(snakemake.input.model)
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    finetune_entities_as_text(
        model,
        tokenizer,
        [read_tagged(file, file.stem, labels) for file in files],
        options=FinetuneOptions(**settings),
        checkpoint_directory=checkpoints,
    )
    save_model(model, tokenizer, Path(snakemake.output.model))
    remove_checkpoints(checkpoints)
