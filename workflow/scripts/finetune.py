"""Fine-tune a model on a task, in the way that its kind and the model's ask for."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from polyconcept.audit.jobs import running
from polyconcept.machine.devices import choose_device
from polyconcept.machine.kinds import load_kind
from polyconcept.models.check import check_model
from polyconcept.models.directory import save_model
from polyconcept.tasks.checkpoints import remove_checkpoints
from polyconcept.tasks.finetuning import Learner, finetune
from polyconcept.tasks.trainer import FinetuneOptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, checkpoints = dict(snakemake.params.settings), Path(snakemake.params.checkpoints)
    settings["device"] = choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    labels, codes = settings.pop("labels"), settings.pop("language_codes", None)
    base, files = Path(snakemake.input.model), [Path(path) for path in snakemake.input.train]
    check_model(base, side_names=settings.pop("side_names"), layers=[], trained=True)
    kind = cast("Learner", load_kind(snakemake.params.kinds[0], "tasks"))
    options = FinetuneOptions(**settings)
    model, tokenizer = finetune(kind, base, files, labels, options, checkpoints, codes)
    save_model(model, tokenizer, Path(snakemake.output.model))
    remove_checkpoints(checkpoints)
