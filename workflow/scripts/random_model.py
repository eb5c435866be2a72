"""Draw the weights of a model anew: a control that has learnt nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    models.randomise_model(
        Path(snakemake.input.model), Path(snakemake.output.model), **snakemake.params.settings
    )
