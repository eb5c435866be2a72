"""Check a model directory and copy what loading it needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models
from polyconcept.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with log_to(snakemake.log[0]):
    models.copy_model(Path(snakemake.input.model), Path(snakemake.output.model))
