"""Check that a model can be used as the study wants, before it is fine-tuned."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    models.check_model(Path(snakemake.input.model), **snakemake.params.settings)
    store.write_json(snakemake.params.settings, Path(snakemake.output.checked))
