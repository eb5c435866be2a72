"""Download a model of the hub at its pinned commit and check it."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import hub, models, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    pinned = store.read_pin(Path(snakemake.input.pin))
    models.copy_model(hub.download_model(pinned), Path(snakemake.output.model))
