"""Check a model and keep a copy of it, from a folder or from the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.directory import copy_model
from polyconcept.sources.kinds import find_model

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    folder = find_model(snakemake.params.kinds[0], dict(snakemake.input.items()))
    copy_model(folder, Path(snakemake.output.model))
