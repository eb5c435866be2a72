"""Check a model directory and copy what loading it needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    models.copy_model(Path(snakemake.input.model), Path(snakemake.output.model))
