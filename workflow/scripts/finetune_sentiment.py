"""Fine-tune a model to label sentences."""

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
    labels, codes = settings.pop("labels"), settings.pop("language_codes", None)
    files = [Path(path) for path in snakemake.input.train]
    train = [corpus.read_labelled(file, file.stem, labels) for file in files]
    base = Path(snakemake.input.model)
    tokenizer = models.load_tokenizer(base)
    model = models.load_for_sequence_classification(base, labels, seed=settings["seed"])
    models.limit_length(tokenizer, model)
    training.finetune_sentiment(
        model,
        tokenizer,
        train,
        options=training.FinetuneOptions(**settings),
        checkpoint_directory=checkpoints,
        language_codes=codes,
    )
    models.save_model(model, tokenizer, Path(snakemake.output.model))
    training.remove_checkpoints(checkpoints)
