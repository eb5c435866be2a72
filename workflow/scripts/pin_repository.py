"""Ask the hub which commit a revision is, and which files it holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import hub, store
from polyconcept.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with log_to(snakemake.log[0]):
    pinned = hub.pin_repository(**snakemake.params.settings)
    store.write_pin(pinned, Path(snakemake.output.source))
