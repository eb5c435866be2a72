"""Ask the hub which commit a revision is, and which files it holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import hub, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    pinned = hub.pin_repository(**snakemake.params.settings)
    store.write_pin(pinned, Path(snakemake.output.source))
