"""Write down the checksums of a task's data, all of which have been fetched and checked."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    checksums = {file: store.sha256(Path(file)) for file in snakemake.input}
    store.write_json(checksums, Path(snakemake.output.checked))
