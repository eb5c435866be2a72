"""Write down the checksums of a task's data, all of which have been fetched and checked."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.store.json import sha256, write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    checksums = {file: sha256(Path(file)) for file in snakemake.input}
    write_json(checksums, Path(snakemake.output.checked))
