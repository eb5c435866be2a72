"""Check that a model has a usable tokenizer, and the sides and layers that the study wants."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.states import check_states
from polyconcept.store.json import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    load_tokenizer(Path(snakemake.input.model))
    check_states(Path(snakemake.input.model), **snakemake.params.settings)
    write_json(snakemake.params.settings, Path(snakemake.output.checked))
