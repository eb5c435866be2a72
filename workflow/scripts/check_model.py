"""Check that a model has a usable tokenizer, and the sides and layers that the study wants."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    models.load_tokenizer(Path(snakemake.input.model))
    models.check_states(Path(snakemake.input.model), **snakemake.params.settings)
    store.write_json(snakemake.params.settings, Path(snakemake.output.checked))
