"""Fine-tune an encoder-decoder model to translate, into several languages at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.directory import save_model
from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.tasks.checkpoints import remove_checkpoints
from polyconcept.tasks.text_to_text import finetune_translation
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.text.parallel import read_pairs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, checkpoints = dict(snakemake.params.settings), Path(snakemake.params.checkpoints)
    settings["device"] = devices.choose_device(
        settings["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    base = Path(snakemake.input.model)
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    finetune_translation(
        model,
        tokenizer,
        read_pairs(snakemake.input.sources, snakemake.input.targets),
        options=FinetuneOptions(**settings),
        checkpoint_directory=checkpoints,
    )
    save_model(model, tokenizer, Path(snakemake.output.model))
    remove_checkpoints(checkpoints)
