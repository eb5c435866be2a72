"""Check the user's entity tags of one language and split, and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.tagged import read_tagged, write_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    sentences = read_tagged(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["labels"],
        ignored=settings["ignored"],
    )
    write_tagged(Path(snakemake.output.labelled), sentences)
