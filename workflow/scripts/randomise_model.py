"""Draw the weights of a model anew: a control that has learnt nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.random_weights import randomise_model

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    randomise_model(
        Path(snakemake.input.model), Path(snakemake.output.model), **snakemake.params.settings
    )
