"""Score a fine-tuned model in every test language of its task."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from polyconcept.audit.jobs import running
from polyconcept.machine.devices import choose_device
from polyconcept.machine.kinds import load_kind
from polyconcept.store.json import write_json
from polyconcept.store.scores import write_scores
from polyconcept.tasks.scorer import Examiner, ScoreOptions, TaskRun, score

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = dict(snakemake.params.settings), snakemake.wildcards
    device = choose_device(settings.pop("device"), n_gpus=snakemake.resources.get("gpu", 0))
    run = TaskRun(
        model=names.model,
        variant=names.variant,
        corpus=names.variant,
        trained_on=tuple(settings.pop("train_languages")),
        pretrained_on=tuple(settings.pop("pretrained_on")),
        seed=settings.pop("seed"),
    )
    files = [Path(path) for path in snakemake.input.test]
    kind = cast("Examiner", load_kind(snakemake.params.kinds[0], "tasks"))
    options, model = ScoreOptions(**settings), Path(snakemake.input.model)
    scores, translations = score(kind, model, files, options, run, device)
    write_scores(scores, Path(snakemake.output.scores))
    write_json(translations, Path(snakemake.output.translations))
