"""Ask the hub which commit a revision is, and which files it holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.hub_pin import pin_repository
from polyconcept.store.sources import write_pin

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    pinned = pin_repository(**snakemake.params.settings)
    write_pin(pinned, Path(snakemake.output.source))
