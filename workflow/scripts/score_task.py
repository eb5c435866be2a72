"""Score a fine-tuned model in every test language of its task."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.machine.devices import choose_device
from polyconcept.machine.kinds import load_kind
from polyconcept.store.scores import write_scores
from polyconcept.store.translations import write_translations
from polyconcept.tasks.score_rows import TaskRun

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    run = TaskRun(
        model=names.model,
        variant=names.variant,
        corpus=names.variant,
        trained_on=tuple(settings["train_languages"]),
        seed=settings["seed"],
    )
    files = [Path(path) for path in snakemake.input.test]
    scores, translations = load_kind(snakemake.params.kinds[0], "tasks").score(
        Path(snakemake.input.model), files, settings, run, device
    )
    write_scores(scores, Path(snakemake.output.scores))
    write_translations(translations, Path(snakemake.output.translations))
