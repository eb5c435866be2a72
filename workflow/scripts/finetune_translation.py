"""Fine-tune an encoder-decoder model to translate, into several languages at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, devices, models, training
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, checkpoints = dict(snakemake.params.settings), Path(snakemake.params.checkpoints)
    settings["device"] = devices.choose_device(
        settings["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    codes = settings.pop("language_codes", None)
    base = Path(snakemake.input.model)
    model, tokenizer = models.load_for_generation(base), models.load_tokenizer(base)
    models.limit_length(tokenizer, model)
    training.finetune_translation(
        model,
        tokenizer,
        corpus.read_pairs(snakemake.input.sources, snakemake.input.targets),
        options=training.FinetuneOptions(**settings),
        checkpoint_directory=checkpoints,
        language_codes=codes,
    )
    models.save_model(model, tokenizer, Path(snakemake.output.model))
    training.remove_checkpoints(checkpoints)
