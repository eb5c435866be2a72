"""Check a model directory and copy what loading it needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.directory import copy_model

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    copy_model(Path(snakemake.input.model), Path(snakemake.output.model))
